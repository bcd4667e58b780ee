"""The desk's pages for shared questions: an adviser names the topic, an editor lets it stand."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from api.desk.door import DeskOf, Number, Signed, may
from api.desk.frame import desk_page
from api.state import State, StateOf
from bot.likeness import groups, without_marks
from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Topic
from content.themes import by_theme
from desk.questions import NoSuchQuestion, Question

router = APIRouter(prefix="/staff/questions", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "questions.yml")
_NEAREST = 3
# So many are compared with each other, and so many are shown at once.
_COMPARED, _SHOWN = 400, 30
_REMEMBERED = 2000

Adviser = Annotated[Signed, Depends(may("assign"))]
Editor = Annotated[Signed, Depends(may("approve"))]
Done = Annotated[str, Query(max_length=20)]


@router.get("")
async def waiting(request: Request, state: StateOf, desk: DeskOf, staff: Adviser, done: Done = "") -> HTMLResponse:
    """What waits, put together by likeness, each with the topics that come nearest."""
    questions = await run_in_threadpool(desk.questions.waiting)
    to_review = await run_in_threadpool(desk.questions.number_to_approve)
    compared = questions[:_COMPARED]
    alike = await run_in_threadpool(groups, [question.text for question in compared])
    # Whole groups only, so that none is torn apart by the end of the page.
    ends = list(accumulate(len(group) for group in alike))
    shown = [group for group, end in zip(alike, ends, strict=True) if end <= _SHOWN] or [group[:_SHOWN] for group in alike[:1]]
    rows = [[(compared[place], await _nearest(state, compared[place])) for place in group] for group in shown]
    return desk_page(
        request, state, staff, "questions.html.j2", here="/staff/questions", words=_WORDS["waiting"], groups=rows,
        count=len(questions), shown=sum(map(len, rows)), to_review=to_review, topics=_choices(state.library),
        engine=state.engine is not None, done=_WORDS["done"].get(done, ""),
    )  # fmt: skip


@router.post("/{number}/decide")
def decide(
    state: StateOf,
    desk: DeskOf,
    staff: Adviser,
    number: Number,
    do: Annotated[str, Form()] = "other",
    other: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Sets a topic (`do` is its id, or `other` for the one of the list), says that none fits, or drops the question."""
    name = staff.person.name
    topic = other if do == "other" else do
    try:
        if do == "none":
            desk.questions.assign(number, None, name)
            return _back("", "none")
        if do == "drop":
            desk.questions.drop(number, name)
            return _back("", "dropped")
        if topic not in state.library.topics:
            return _back("", "no_topic")
        desk.questions.assign(number, topic, name)
        return _back("", "assigned")
    except NoSuchQuestion:
        return _back("", "gone")


@router.get("/review")
def review(request: Request, state: StateOf, desk: DeskOf, staff: Editor, done: Done = "") -> HTMLResponse:
    """What advisers said, for an editor to let stand."""
    return desk_page(
        request, state, staff, "questions_review.html.j2", here="/staff/questions/review", words=_WORDS["review"],
        questions=desk.questions.to_approve(), approved=desk.questions.approved(), topics=state.library.topics,
        done=_WORDS["done"].get(done, ""),
    )  # fmt: skip


@router.post("/{number}/review")
def reviewed(
    desk: DeskOf,
    staff: Editor,
    number: Number,
    do: Annotated[Literal["approve", "back", "drop"], Form()],
    topic: Annotated[str, Form()] = "",
    shown: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Approves, sends back or drops. `topic` and `shown`, the state, are what the page showed: nothing else is let stand."""
    name = staff.person.name
    try:
        if do == "approve":
            desk.questions.approve(number, name, topic=topic or None)
            return _back("/review", "approved")
        if do == "back":
            desk.questions.send_back(number, name)
            return _back("/review", "back")
        desk.questions.drop_reviewed(number, name, state=shown, topic=topic or None)
        return _back("/review", "dropped")
    except NoSuchQuestion:
        return _back("/review", "gone")


def _back(page: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"/staff/questions{page}?done={done}", status_code=303)


def _choices(library: Library) -> list[tuple[str, list[Topic]]]:
    """Each theme with its topics in the order of the alphabet."""
    return [(name, sorted(topics, key=lambda topic: topic.question)) for name, topics in by_theme(library)]


async def _nearest(state: State, question: Question) -> list[Topic]:
    """The likeliest topics; none while there is no model. Remembered, as the page is drawn again after every decision."""
    if state.engine is None:
        return []
    known = state.nearest
    if len(known) > _REMEMBERED:
        known.clear()
    if question.id not in known:
        try:
            ranking = await state.engine.understand(without_marks(question.text))
        except TimeoutError:  # also where too many wait
            return []
        known[question.id] = [state.library.topics[name] for name, _ in ranking if name in state.library.topics][:_NEAREST]
    return known[question.id]
