"""The desk's switches, each with a reason and a second look before it is thrown, and the log of everything that was changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from actions.turn import utc_now
from actions.wording import ADVICE_LINE, Wording
from api.days import moment_words
from api.desk.door import DeskOf, Signed, may
from api.desk.frame import desk_page
from api.state import State, StateOf
from content.library import HERE
from content.loading import read_yaml
from content.themes import by_theme
from desk.desk import Desk
from desk.store import LARGEST
from desk.switchboard import CHAT, LONGEST_REASON, LONGEST_TEXT, NOTICE, Incomplete, Overtaken

router = APIRouter(prefix="/staff", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "switch.yml")
_ROWS = 50
# What a change needs beside its reason, and under which heading it stands.
_NEEDS = {
    "chat_off": "text", "chat_on": "", "topic_offline": "topic", "topic_online": "topic", "notice_on": "text", "notice_off": "",
}  # fmt: skip
_PLACES = {"chat_off": "chat", "chat_on": "chat", "topic_offline": "topic", "notice_on": "notice", "notice_off": "notice"}

Manager = Annotated[Signed, Depends(may("switch"))]
Reader = Annotated[Signed, Depends(may("audit"))]
Field = Annotated[str, Form()]


@router.get("/switch")
def switches(request: Request, state: StateOf, desk: DeskOf, staff: Manager, done: bool = False) -> HTMLResponse:
    """What is switched now, and a form for each change."""
    return _switches(request, state, desk, staff, done=done)


@router.post("/switch")
def switch(
    request: Request, state: StateOf, desk: DeskOf, staff: Manager,
    act: Field = "", text: Field = "", topic: Field = "", reason: Field = "", sure: Field = "", seen: Field = "",
) -> Response:  # fmt: skip
    """First what the change would do, for a second look; with `sure` it is done."""
    # A browser sends two signs for the end of a line where people see one.
    text = text.replace("\r\n", "\n").strip()
    topic = topic if _NEEDS.get(act) == "topic" else ""
    typed = {"act": act, "text": text, "topic": topic, "reason": reason.strip(), "seen": seen}
    if wrong := _wrong(state, desk, typed):
        return _switches(request, state, desk, staff, typed=typed, wrong=wrong, status=422)
    if not sure:
        return desk_page(
            request, state, staff, "switch_sure.html.j2", here="/staff/switch", words=_WORDS, act=_WORDS["acts"][act], typed=typed,
            question=_question(state, topic), shown=_shown(state, act, text),
        )  # fmt: skip
    try:
        _throw(desk, typed, staff.person.name)
    except Incomplete as incomplete:
        return _switches(request, state, desk, staff, typed=typed, wrong=incomplete.missing, status=422)
    except Overtaken:
        return _switches(request, state, desk, staff, typed=typed, wrong="overtaken", status=409)
    return RedirectResponse("/staff/switch?done=1", status_code=303)


@router.get("/audit")
def audit(
    request: Request, state: StateOf, desk: DeskOf, staff: Reader, before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None
) -> HTMLResponse:
    """The log, newest first, with whether it is whole."""
    rows, faults = desk.audit.rows(_ROWS + 1, before), desk.audit.verify()
    shown = [(row, moment_words(row.at)) for row in rows[:_ROWS]]
    return desk_page(
        request, state, staff, "audit.html.j2", here="/staff/audit", words=_WORDS["audit"], rows=shown, faults=faults,
        older=rows[_ROWS - 1].number if len(rows) > _ROWS else None, newest=before is not None,
    )  # fmt: skip


def _wrong(state: State, desk: Desk, typed: Mapping[str, str]) -> str:
    """What of the form cannot be taken; nothing where all is well."""
    act = typed["act"]
    if act not in _NEEDS:
        return "act"
    # A topic that has left the content meanwhile can still be put back.
    offline = [row.topic for row in desk.switchboard.rows()] if act == "topic_online" else []
    if _NEEDS[act] == "topic" and typed["topic"] not in (*state.library.topics, *offline):
        return "topic"
    if _NEEDS[act] == "text" and not 0 < len(typed["text"]) <= LONGEST_TEXT:
        return "text"
    return "" if 0 < len(typed["reason"]) <= LONGEST_REASON else "reason"


def _throw(desk: Desk, typed: Mapping[str, str], by: str) -> None:
    board, reason, seen = desk.switchboard, typed["reason"], typed["seen"]
    match typed["act"]:
        case "chat_off":
            board.set_chat_off(typed["text"], by, reason, seen)
        case "chat_on":
            board.set_chat_on(by, reason, seen)
        case "topic_offline":
            board.take_offline(typed["topic"], by, reason)
        case "topic_online":
            board.put_back(typed["topic"], by, reason)
        case "notice_on":
            board.set_notice(typed["text"], by, reason, seen)
        case "notice_off":
            board.set_notice(None, by, reason, seen)


def _question(state: State, topic: str) -> str:
    return state.library.topics[topic].question if topic in state.library.topics else topic


def _shown(state: State, act: str, text: str) -> str:
    """What people will read."""
    wording = Wording(state.library, utc_now())
    if act == "chat_off":
        return f"{state.library.say('closed', said=text)}\n\n{wording.someone([ADVICE_LINE])}"
    return wording.checking("plain") if act == "topic_offline" else text


def _switches(
    request: Request, state: State, desk: Desk, staff: Signed, *,
    typed: Mapping[str, str] | None = None, wrong: str = "", status: int = 200, done: bool = False,
) -> HTMLResponse:  # fmt: skip
    rows = desk.switchboard.rows()
    held = {row.name: row for row in rows}
    offline = [(row, _question(state, row.topic)) for row in rows if row.topic]
    given = typed or {"act": "", "text": "", "topic": "", "reason": ""}
    return desk_page(
        request, state, staff, "switch.html.j2", here="/staff/switch", status=status, words=_WORDS, chat=held.get(CHAT),
        notice=held.get(NOTICE), offline=offline, choices=by_theme(state.library), typed=given,
        wrong=_WORDS["problems"].get(wrong, ""), wrong_field=wrong, wrong_place=_PLACES.get(given["act"], given["topic"]),
        done=done, moment=moment_words,
    )  # fmt: skip
