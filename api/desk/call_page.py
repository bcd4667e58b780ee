"""Logging a call in two keystrokes, its topic and how it ended, so that calls count beside chats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.desk.door import DeskOf, Signed, may
from api.desk.frame import desk_page
from api.state import State, StateOf
from content.library import HERE
from content.loading import read_yaml

router = APIRouter(prefix="/staff/call", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "call.yml")
_OTHER = "other"

Adviser = Annotated[Signed, Depends(may("log_call"))]


@router.get("")
def form(
    request: Request, state: StateOf, desk: DeskOf, staff: Adviser, counted: Annotated[str, Query()] = ""
) -> HTMLResponse:  # fmt: skip
    """The form, with a word that the last call is counted."""
    return _page(request, state, staff, counted=bool(counted))


@router.post("")
def log(
    request: Request,
    state: StateOf,
    desk: DeskOf,
    staff: Adviser,
    topic: Annotated[str, Form()] = "",
    other_topic: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
) -> Response:
    """Counts the call and is ready for the next; with something missing, the form again with what was chosen."""
    chosen = other_topic if topic in (_OTHER, "") else topic
    problems = []
    if chosen not in state.library.topics:
        problems.append("topic")
    if outcome not in _WORDS["outcomes"].values():
        problems.append("outcome")
    if problems:
        return _page(request, state, staff, problems=problems, topic=topic, other_topic=other_topic, outcome=outcome, status=422)
    desk.counts.call(chosen, outcome)
    return RedirectResponse("/staff/call?counted=1", status_code=303)


def _page(
    request: Request,
    state: State,
    staff: Signed,
    *,
    counted: bool = False,
    problems: list[str] | None = None,
    topic: str = "",
    other_topic: str = "",
    outcome: str = "",
    status: int = 200,
) -> HTMLResponse:
    questions = {one.id: one.question for one in state.library.topics.values()}
    quick: Mapping[str, str] = _WORDS["topics"]
    return desk_page(
        request, state, staff, "call.html.j2", here="/staff/call", status=status, words=_WORDS, counted=counted,
        problems=problems or [], chosen={"topic": topic, "other_topic": other_topic, "outcome": outcome}, other=_OTHER,
        quick=[(key, id_, questions[id_]) for key, id_ in quick.items()],
        rest=sorted(((id_, text) for id_, text in questions.items() if id_ not in quick.values()), key=lambda row: row[1]),
        outcomes=[(key, id_, _WORDS["outcome_labels"][id_]) for key, id_ in _WORDS["outcomes"].items()],
    )  # fmt: skip
