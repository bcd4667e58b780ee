"""The content at the desk: how each topic stands, what people read in every voice, and proposals for other words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from actions.turn import utc_now
from actions.wording import Wording
from api.days import date_words, moment_words
from api.desk.door import DeskOf, Number, Signed, may
from api.desk.frame import desk_page
from api.layout import template
from api.problems import Problem
from api.state import State, StateOf
from content.hours import LONDON
from content.library import HERE, Library
from content.lint import OLDEST_AGE, ledger
from content.loading import read_yaml
from content.model import Source, Topic
from content.places import LISTS, NotWritable, places
from content.switches import Switched
from content.themes import THEMES
from desk.desk import Desk
from desk.marks import mark
from desk.proposals import Draft, NoSuchProposal, Outdated, Unfinished
from desk.standing import DUE, EXPIRED, STATES, chosen, standings, state_of
from desk.store import LARGEST

router = APIRouter(prefix="/staff/content", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "content.yml")
_HERE = "/staff/content"
_LONGEST = 100

Reader = Annotated[Signed, Depends(may("content"))]
Editor = Annotated[Signed, Depends(may("propose"))]
Field = Annotated[str, Form()]


@router.get("")
def everything(
    request: Request, state: StateOf, desk: DeskOf, staff: Reader, status: str = "", theme: str = "", text: str = ""
) -> HTMLResponse:
    """All topics, or those that fit the filter."""
    typed = {"status": status if status in STATES else "", "theme": theme if theme in THEMES else "", "text": text[:_LONGEST]}
    rows, waiting = standings(state.library, desk.counts, desk.counts.today()), desk.proposals.waiting()
    shown = chosen(rows, typed["status"], typed["theme"], typed["text"].strip())
    return desk_page(
        request, state, staff, "content.html.j2", here=_HERE, words=_WORDS, rows=shown, waiting=waiting, typed=typed,
        themes=THEMES, count=len(rows), expired=sum(row.state == EXPIRED for row in rows),
        due=sum(row.state == DUE for row in rows), states=STATES,
    )  # fmt: skip


@router.get("/{name}")
def topic(
    request: Request, state: StateOf, desk: DeskOf, staff: Reader, name: str,
    place: str = "", saved: Annotated[int | None, Query(ge=1, le=LARGEST)] = None, withdrawn: bool = False,
) -> HTMLResponse:  # fmt: skip
    """One topic in every voice with its facts, sources and proposals; with `place`, a form for other words there."""
    done = _WORDS["saved"].format(number=saved) if saved else _WORDS["withdrawn"] if withdrawn else ""
    shown = _topic(state, name)
    if not (place and staff.may("propose")):
        return _page(request, state, desk, staff, shown, done=done)
    try:
        text = desk.proposals.present(name, place)
    except NotWritable:
        return _page(request, state, desk, staff, shown, problem="place", status=404)
    return _page(request, state, desk, staff, shown, place=place, text=text, made_from=mark(text))


@router.post("/{name}")
def propose(
    request: Request, state: StateOf, desk: DeskOf, staff: Editor, name: str,
    place: Field = "", text: Field = "", why: Field = "", with_problems: Field = "", act: Field = "", made_from: Field = "",
) -> Response:  # fmt: skip
    """Keeps a proposal; with `act` check it only says what the linter finds."""
    shown = _topic(state, name)
    try:
        draft = desk.proposals.draft(state.library, name, place, text, desk.counts.today(), made_from)
    except NotWritable:
        return _page(request, state, desk, staff, shown, problem="place", status=404)
    typed: dict[str, Any] = {"place": place, "text": text, "why": why, "draft": draft, "ticked": bool(with_problems)}
    if act == "check":
        return _page(request, state, desk, staff, shown, made_from=made_from, **typed)
    try:
        number = desk.proposals.add(name, draft, why, staff.person.name, with_problems=bool(with_problems))
    except Unfinished as unfinished:
        # Whoever sends it again has seen the present words by then.
        seen = mark(draft.was)
        status = 409 if draft.changed_since else 422
        return _page(request, state, desk, staff, shown, problem=unfinished.why, status=status, made_from=seen, **typed)
    return RedirectResponse(f"{_HERE}/{name}?saved={number}#history", status_code=303)


@router.post("/{name}/lint")
def lint(state: StateOf, desk: DeskOf, staff: Editor, name: str, place: Field = "", text: Field = "") -> HTMLResponse:
    """What the linter says of the words as they are typed: a piece of a page. Nothing of it is kept."""
    _topic(state, name)
    try:
        draft = desk.proposals.draft(state.library, name, place, text, desk.counts.today())
    except NotWritable:
        raise Problem("not_found") from None
    page = template("desk/content_check.html.j2")
    return HTMLResponse(page.render(words=_WORDS, draft=draft, previews=_previews_of(state, draft), oldest=f"{OLDEST_AGE:g}"))


@router.get("/{name}/{number:int}.patch")
def patch(request: Request, state: StateOf, desk: DeskOf, staff: Reader, name: str, number: Number) -> Response:
    """The proposal as `git apply` takes it."""
    shown = _topic(state, name)
    try:
        said = desk.proposals.patch(desk.proposals.get(name, number))
    except NoSuchProposal:
        raise Problem("not_found") from None
    except Outdated:
        return _page(request, state, desk, staff, shown, problem="outdated", status=409)
    except NotWritable:
        return _page(request, state, desk, staff, shown, problem="not_writable", status=409)
    headers = {"content-disposition": f'attachment; filename="{name}-{number}.patch"', "cache-control": "no-store"}
    return Response(said, media_type="text/x-patch; charset=utf-8", headers=headers)


@router.post("/{name}/{number:int}/withdraw")
def withdraw(state: StateOf, desk: DeskOf, staff: Editor, name: str, number: Number) -> RedirectResponse:
    """Takes a proposal back."""
    _topic(state, name)
    try:
        desk.proposals.withdraw(name, number, staff.person.name)
    except NoSuchProposal:
        raise Problem("not_found") from None
    return RedirectResponse(f"{_HERE}/{name}?withdrawn=1#history", status_code=303)


def _topic(state: State, name: str) -> Topic:
    shown = state.library.topics.get(name)
    if shown is None:
        raise Problem("not_found")
    return shown


def _page(
    request: Request, state: State, desk: Desk, staff: Signed, shown: Topic, *, status: int = 200, problem: str = "",
    done: str = "", place: str = "", text: str = "", why: str = "", draft: Draft | None = None, made_from: str = "",
    ticked: bool = False,
) -> HTMLResponse:  # fmt: skip
    history = [(proposal, moment_words(proposal.at)) for proposal in desk.proposals.of(shown.id)]
    library, today, facts = state.library, desk.counts.today(), ledger(HERE, "facts")
    stands, offline = state_of(shown, today), state.library.is_offline(shown.id)
    kept = stands == EXPIRED or offline
    return desk_page(
        request, state, staff, "content_topic.html.j2", here=_HERE, status=status, words=_WORDS, topic=shown, stands=stands,
        offline=offline, done=done, problem=_WORDS["problems"].get(problem, _WORDS.get(problem, "") if problem else ""),
        given_now=Wording(library, utc_now()).answer(shown, "plain") if kept else "", previews=_previews(library, shown),
        facts=[(fact, facts[fact]["fact"]) for fact in shown.covers if fact in facts],
        sources=[_source(library.sources[one]) for one in shown.sources], history=history, places=places(shown),
        reviewed=date_words(shown.reviewed), review_by=date_words(shown.review_by), place=place, text=text, why=why, draft=draft,
        is_list=place in LISTS, made_from=made_from, ticked=ticked, wrong=problem,
        new_previews=_previews_of(state, draft) if draft else [], oldest=f"{OLDEST_AGE:g}",
    )  # fmt: skip


def _previews(library: Library, shown: Topic) -> list[tuple[str, str]]:
    """The whole answer in every voice, also where just now it is offline or past its review date."""
    whole, now = replace(library, switched=Switched()), utc_now()
    if shown.is_expired(now.astimezone(LONDON).date()):
        now = datetime.combine(shown.review_by, time(12), LONDON)
    wording = Wording(whole, now)
    return [(voice, wording.answer(shown, voice)) for voice in shown.voices]


def _previews_of(state: State, draft: Draft) -> list[tuple[str, str]]:
    """What a draft would be read as: the answer it belongs to, or the words alone."""
    head, _, voice = draft.place.partition(".")
    if draft.topic is None or not draft.text:
        return []
    if head == "answer":
        wanted = "plain" if voice == "short" else voice
        return [(one, text) for one, text in _previews(state.library, draft.topic) if one == wanted]
    said = "\n".join(f"- {line}" for line in draft.text.split("\n")) if draft.place in LISTS else draft.text
    return [("", said)]


def _source(source: Source) -> Mapping[str, str | None]:
    edition = _WORDS["edition"].format(edition=source.edition) if source.edition else _WORDS["no_edition"]
    about = _WORDS["source"].format(publisher=source.publisher, edition=edition, checked=date_words(source.checked))
    return {"title": source.title, "url": source.url, "about": about}
