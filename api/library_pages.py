"""The guide as pages to read: all questions with a search, each answer, phone lines, safety online, what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse

from actions.turn import utc_now
from actions.wording import ADVICE_LINE, Wording
from api.days import date_words
from api.layout import rendered
from api.problems import Problem, problem_words
from api.services import service_out
from api.state import State, StateOf, heard, within_messages
from api.turns import checked_text
from bot.reply import Message
from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Topic
from content.search import Search
from content.themes import by_theme

router = APIRouter(include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "pages.yml")


def _index(state: StateOf) -> Search:
    """A dependency that is no coroutine, so that the first search waits for the index in a thread."""
    return state.search


@router.get("/topics")
async def topics(state: StateOf) -> HTMLResponse:
    """All questions by group, with the search."""
    return _topics(state)


@router.post("/topics", dependencies=[Depends(within_messages)])
async def search(
    request: Request, state: StateOf, index: Annotated[Search, Depends(_index)], text: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """What was found. The words come in the body, so that they stand in no address and no history."""
    try:
        asked = checked_text(state, text)
    except Problem as problem:
        problem = await heard(request, state, problem)
        return _topics(state, typed=text, problem=problem_words(problem), safety=problem.safety)
    safety = state.net.words(asked, state.net.dangers(asked))
    return _topics(state, typed=asked, asked=asked, safety=safety, found=index.find(asked))


@router.get("/topics/{name}")
async def topic(state: StateOf, name: str, voice: Annotated[str, Query(alias="for")] = "plain") -> HTMLResponse:
    """One answer, in the same words as in the chat; a voice that the topic does not have gives the plain one."""
    shown = state.library.topics.get(name)
    if shown is None:
        raise Problem("not_found")
    # The words for staff are for reading out; who reads for themselves gets the others.
    voices = [one for one in shown.voices if one != "staff"]
    voice = voice if voice in voices else "plain"
    now = utc_now()
    wording, offline = Wording(state.library, now), state.library.is_offline(shown.id)
    answer = wording.answer(shown, voice)
    return rendered(
        state, "topic.html.j2", here=f"/topics/{shown.id}", words=_WORDS["topic"], topic=shown, voices=voices, voice=voice,
        answer=answer,
        leads={state.library.say("steps"): "steps", state.library.say("someone"): "someone"},
        follow={} if offline or wording.is_expired(shown) or voice == "child" else shown.follow,
        hard_words=state.library.hard_words_in(answer, plurals=True), next=_next(state.library, shown, voice),
        sources=[] if offline else _sources(state.library, shown),
        reviewed=date_words(shown.reviewed), review_by=date_words(shown.review_by),
    )  # fmt: skip


@router.get("/lines")
async def lines(state: StateOf) -> HTMLResponse:
    """The phone lines by what they are for, with whether each is open now."""
    now, words = utc_now(), _WORDS["lines"]
    groups = [(group, _lines(state, group["services"], now)) for group in words["groups"]]
    return rendered(
        state, "lines.html.j2", here="/lines", words=words, groups=groups, web=_lines(state, words["web"]["services"], now)
    )


@router.get("/safe")
async def safe(state: StateOf) -> HTMLResponse:
    """Staying safe where somebody else may look at the device."""
    return _prose(state, "safe")


@router.get("/kept")
async def kept(state: StateOf) -> HTMLResponse:
    """What is kept, for how long, and how to check it."""
    return _prose(state, "kept")


@router.get("/accessibility")
async def accessibility(state: StateOf) -> HTMLResponse:
    """What was tested, what was not, and whom to tell."""
    return _prose(state, "accessibility", "accessibility.html.j2", contact=state.settings.contact)


def _topics(
    state: State,
    *,
    typed: str = "",
    asked: str = "",
    safety: Iterable[Message] = (),
    found: Iterable[Topic] = (),
    problem: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    wording = Wording(state.library, utc_now())
    line = wording.service(state.library.services[ADVICE_LINE])
    return rendered(
        state, "topics.html.j2", here="/topics", status=problem["status"] if problem else 200, words=_WORDS["topics"],
        themes=by_theme(state.library), count=len(state.library.topics), typed=typed, asked=asked,
        safety=list(safety), found=[(one, wording.short(one, "plain")) for one in found], problem=problem, line=line,
    )  # fmt: skip


def _prose(state: State, name: str, template: str = "prose.html.j2", **values: Any) -> HTMLResponse:
    """A page of sections, each with its text and, where it names them, questions, phone lines and a page to read on."""
    wording, library = Wording(state.library, utc_now()), state.library
    sections = [
        {
            **section,
            "text": section["text"].replace("{minutes}", f"{state.settings.idle_minutes:g}"),
            "topics": [library.topics[one] for one in section.get("topics", ())],
            "services": [wording.service(library.services[one]) for one in section.get("services", ())],
            "page": section.get("page"),
        }
        for section in _WORDS[name]["sections"]
    ]
    return rendered(state, template, here=f"/{name}", words=_WORDS[name], more=_WORDS["more"], sections=sections, **values)


def _lines(state: State, names: Iterable[str], now: datetime) -> list[Any]:
    wording = Wording(state.library, now)
    return [service_out(state.library.services[name], wording, now) for name in names]


def _next(library: Library, topic: Topic, voice: str) -> list[Topic]:
    """A child is led on to what is written for children, where there is any."""
    onward = [library.topics[one] for one in topic.next if not library.is_offline(one)]
    return [one for one in onward if "child" in one.voices] or onward if voice == "child" else onward


def _sources(library: Library, topic: Topic) -> list[dict[str, str | None]]:
    known = (library.sources[name] for name in topic.sources)
    return [{**source.public(), "checked": date_words(source.checked)} for source in known]
