"""Taking a call: one box, and beside it what the words are about. What is typed goes into the reply and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import HTMLResponse

from actions.calendar import STARTS
from actions.turn import utc_now
from actions.wording import Wording, day_words
from api.desk.door import Signed, may
from api.desk.frame import desk_page
from api.layout import template
from api.problems import Problem, problem_words
from api.services import ServiceOut, service_out
from api.state import State, StateOf
from api.turns import checked_text
from bot.judged import Deciding
from content.carry import Card, CardError, decode
from content.hours import LONDON
from content.library import HERE
from content.loading import read_yaml
from content.model import Service, Topic
from desk.briefing import brief
from desk.triage import Clock, Finding, Fit, Triage, ask_next

router = APIRouter(prefix="/staff", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "triage.yml")
_HOME = "/staff"
_GROUPS = re.compile(r"\s*[A-Za-z]{4}([-\s]?)[A-Za-z]{4}[-\s]?[A-Za-z]{4}\s*")
_YEARS_EITHER_WAY = 2
_EMPTY = Finding()
Adviser = Annotated[Signed, Depends(may("triage"))]


@dataclass(frozen=True)
class Typed:
    """What stands in the page's fields."""

    text: str = ""
    code: str = ""
    event: str = "conference"
    day: str = ""
    choose: str = ""


def _typed(
    text: Annotated[str, Form()] = "",
    code: Annotated[str, Form(max_length=400)] = "",
    event: Annotated[str, Form()] = "conference",
    day: Annotated[str, Form()] = "",
    choose: Annotated[str, Form()] = "",
) -> Typed:
    return Typed(text, code.strip(), event if event in STARTS else "conference", day.strip(), choose)


async def _triage(state: StateOf) -> Triage:
    return state.triage


TriageOf = Annotated[Triage, Depends(_triage)]


@router.get("")
async def start(request: Request, state: StateOf, staff: Adviser, triage: TriageOf) -> HTMLResponse:
    """The empty box."""
    view = _view(state, triage, Typed(), _EMPTY, None, utc_now())
    return _page(request, state, staff, view)


@router.post("/look")
async def look(
    request: Request,
    state: StateOf,
    staff: Adviser,
    triage: TriageOf,
    typed: Annotated[Typed, Depends(_typed)],
    fragment: Annotated[str, Header(alias="x-fragment")] = "",
) -> HTMLResponse:
    """What the words are about: the page; the parts that change (`x-fragment: 1`); or what decided (`x-fragment: words`)."""
    now = utc_now()
    card, card_error, text = _card(typed)
    try:
        asked = checked_text(state, text) if text.strip() else ""
    except Problem as problem:
        return _reply(request, state, staff, _view(state, triage, typed, _EMPTY, None, now, problem=problem), fragment)
    finding = await triage.look(state.engine, state.net, asked, now) if asked else _EMPTY
    topic = state.library.topics.get(typed.choose) or finding.likeliest
    decided = Deciding()
    if asked and fragment != "1":
        decided = await triage.deciding(state.engine, asked, finding, topic)
    view = _view(state, triage, typed, finding, topic, now, asked=asked, decided=decided, card=card, card_error=card_error)
    return _reply(request, state, staff, view, fragment)


@router.get("/topic/{name}")
async def topic(request: Request, state: StateOf, staff: Adviser, triage: TriageOf, name: str) -> HTMLResponse:
    """The same for one topic, without words."""
    shown = state.library.topics.get(name)
    if shown is None:
        raise Problem("not_found")
    finding = Finding((Fit(shown, None),), sure=True)
    return _page(request, state, staff, _view(state, triage, Typed(choose=name), finding, shown, utc_now()))


def _card(typed: Typed) -> tuple[Card | None, str, str]:
    """The card, what is wrong with it, and the text that is left when the box held nothing but a code."""
    in_box = _GROUPS.fullmatch(typed.text)
    code = typed.code or (typed.text if in_box else "")
    if not code:
        return None, "", typed.text
    text = typed.text if typed.code else ""
    try:
        return decode(code), "", text
    except CardError as error:
        if not typed.code and not (in_box and (in_box[1] == "-" or typed.text.isupper())):
            return None, "", typed.text
        return None, error.kind, text


def _view(
    state: State,
    triage: Triage,
    typed: Typed,
    finding: Finding,
    topic: Topic | None,
    now: datetime,
    *,
    asked: str = "",
    decided: Deciding | None = None,
    card: Card | None = None,
    card_error: str = "",
    problem: Problem | None = None,
) -> dict[str, Any]:
    """Everything that the templates show."""
    library, wording = state.library, Wording(state.library, now)
    shown = brief(library, topic, now, finding.voice, finding.area) if topic else None
    clock, clock_error = _clock(triage, typed, finding, now)
    level, why = triage.urgency(finding, topic, clock)
    summary = _summary(finding, topic, level) if asked else _WORDS["page"]["summary_card"] if card else ""
    dangers = [
        {
            "kind": kind, "words": _WORDS["danger"]["kinds"][kind], "by_rule": kind in finding.by_rule,
            "text": _danger_text(state, kind, finding.voice),
            "lines": _lines(wording, (library.services[one] for one in library.danger(kind).services), now),
        }
        for kind in finding.dangers
    ]  # fmt: skip
    return {
        "words": _WORDS, "typed": typed, "finding": finding, "topic": topic, "shown": shown, "decided": decided or Deciding(),
        "dangers": dangers, "level": level, "why": why, "clock": clock, "clock_error": clock_error, "card": card,
        "card_error": card_error, "card_words": _card_words(state, card), "ask": ask_next(topic, finding) if topic else [],
        "lines": _lines(wording, (library.services[one] for one in _WORDS["lines"]["services"]), now),
        "topic_lines": _lines(wording, shown.services, now) if shown else [], "topics": library.topics,
        "events": library.journeys.step("clock_event")[0].steps[0].choices, "day": day_words,
        "limits": library.journeys.journeys["clock"].words["limits"], "problem": problem_words(problem) if problem else None,
        "has_text": bool(asked), "summary": summary,
    }  # fmt: skip


def _danger_text(state: State, kind: str, voice: str | None) -> str:
    danger = state.library.danger(kind)
    return danger.child_text if voice == "child" and danger.child_text else danger.text


def _lines(wording: Wording, services: Iterable[Service], now: datetime) -> list[ServiceOut]:
    return [service_out(service, wording, now) for service in services]


def _clock(triage: Triage, typed: Typed, finding: Finding, now: datetime) -> tuple[Clock | None, bool]:
    """The clock of the date box, else of the words; and whether the date box holds no day that can be counted from."""
    if not typed.day:
        return finding.clock, False
    try:
        day = date.fromisoformat(typed.day)
    except ValueError:
        return None, True
    if abs(day.year - now.astimezone(LONDON).year) > _YEARS_EITHER_WAY:
        return None, True
    return triage.clock(typed.event, day, now), False


def _card_words(state: State, card: Card | None) -> Mapping[str, Any]:
    """The choices of a card in words."""
    if card is None:
        return {}
    words, library = _WORDS["card"], state.library
    return {
        "stage": library.journeys.stages[card.stage] if card.stage else words["no_stage"],
        "topics": [library.topics[one] for one in card.topics],
        "area": library.areas[card.area].name if card.area else words["no_area"],
        "needs": [words["need"][need] for need in words["need"] if need in card.needs],
        "ring": words["rings"][card.ring],
    }


def _summary(finding: Finding, topic: Topic | None, level: str) -> str:
    """One line that is read out when it changes."""
    words, urgency = _WORDS["page"], _WORDS["urgency"]
    kinds = ", ".join(_WORDS["danger"]["kinds"][kind]["name"] for kind in finding.dangers)
    danger = [words["summary_danger"].format(kinds=kinds)] if kinds else []
    if topic is None:
        return " ".join([*danger, words["summary_none"]])
    confidence = next((fit.confidence for fit in finding.fits if fit.topic is topic), None)
    percent = words["by_words"] if confidence is None else words["confidence"].format(percent=round(confidence * 100))
    told = words["summary"].format(topic=topic.question.rstrip("?."), confidence=percent, urgency=urgency[level])
    return " ".join([*danger, told])


def _reply(request: Request, state: State, staff: Signed, view: Mapping[str, Any], fragment: str) -> HTMLResponse:
    if fragment == "words":
        return HTMLResponse(template("desk/triage_words.html.j2").render(view=view))
    if fragment:
        return HTMLResponse(template("desk/triage_regions.html.j2").render(view=view))
    return _page(request, state, staff, view)


def _page(request: Request, state: State, staff: Signed, view: Mapping[str, Any]) -> HTMLResponse:
    status = view["problem"]["status"] if view["problem"] else 200
    return desk_page(request, state, staff, "triage.html.j2", here=_HOME, status=status, view=view, words=view["words"])
