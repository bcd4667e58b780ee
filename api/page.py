"""The plain page: a whole conversation with forms alone, the token in a hidden field, no cookie and no script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.blocks import blocks
from api.problems import Problem, problem_words
from api.state import State, StateOf, within_messages
from api.turns import take_turn, trouble_without_engine
from bot.engine import NoSuchConversation, SafetyNet
from bot.reply import Message, Outcome, Reply
from content.library import HERE
from content.reading import read_yaml

router = APIRouter(include_in_schema=False)

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_WORDS: Mapping[str, Any] = read_yaml(HERE / "page.yml")


@router.get("/")
async def first_page(state: StateOf) -> HTMLResponse:
    """An empty conversation. The token is made when the first message is sent."""
    return _page(state, [_net(state).greeting()], token="")


@router.post("/", dependencies=[Depends(within_messages)])
async def said(state: StateOf, text: Annotated[str, Form()] = "", token: Annotated[str, Form()] = "") -> HTMLResponse:
    """One turn. Only this turn is shown, so that the next person at the screen sees no earlier words."""
    try:
        token, reply = await _turn(state, token, text)
    except Problem as problem:
        words = problem_words(problem)
        ended = problem.kind == "no_such_conversation"
        return _page(state, [], token="" if ended else token, typed=text[: state.settings.longest_message], problem=words)
    return _page(state, reply.messages, token=token, asked=text, urgent=reply.urgent)


@router.post("/leave")
async def leave(state: StateOf, token: Annotated[str, Form()] = "") -> RedirectResponse:
    """Forgets the conversation and sends the browser away."""
    _forget(state, token)
    return RedirectResponse(state.settings.exit_address, status_code=303)


@router.get("/leave")
async def leave_by_link(state: StateOf) -> RedirectResponse:
    """The plain link: it carries no token, so the conversation ends by itself when it is idle."""
    return RedirectResponse(state.settings.exit_address, status_code=303)


@router.post("/delete")
async def delete(state: StateOf, token: Annotated[str, Form()] = "") -> HTMLResponse:
    """Forgets the conversation and says so."""
    forgotten = _forget(state, token)
    return _page(state, [_net(state).greeting()], token="", notice="deleted" if forgotten else "nothing_held")


@router.get("/style.css")
async def style() -> Response:
    """The page's one style sheet."""
    css = (Path(__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
    return Response(css, media_type="text/css", headers={"cache-control": "max-age=3600"})


@router.get("/favicon.ico")
async def icon() -> Response:
    """No icon: nothing on a tab should name what the page is about."""
    return Response(status_code=204)


async def _turn(state: State, token: str, text: str) -> tuple[str, Reply]:
    if state.engine is None:
        return "", trouble_without_engine(state, _net(state).trouble(text, Outcome.ERROR_ENGINE), "page")
    if not token:
        if not text.strip():
            raise Problem("empty_message")
        token = state.engine.start()
        state.metrics.conversation("started")
    return token, await take_turn(state, state.engine, token, text, "page")


def _forget(state: State, token: str) -> bool:
    if state.engine is None or not token:
        return False
    try:
        state.engine.forget(token)
    except NoSuchConversation:
        return False
    state.metrics.conversation("deleted")
    return True


def _net(state: State) -> SafetyNet:
    return state.net


def _page(
    state: State,
    messages: list[Message] | tuple[Message, ...],
    *,
    token: str,
    asked: str = "",
    typed: str = "",
    problem: Mapping[str, Any] | None = None,
    notice: str = "",
    urgent: bool = False,
) -> HTMLResponse:
    html = _TEMPLATES.get_template("page.html.j2").render(
        words=_WORDS,
        messages=[{"message": message, "blocks": blocks(message.text)} for message in messages],
        token=token, asked=asked, typed=typed, problem=problem, notice=notice, urgent=urgent,
        longest=state.settings.longest_message, exit_address=state.settings.exit_address,
    )  # fmt: skip
    return HTMLResponse(html, status_code=problem["status"] if problem else 200)


def page_problem(request: Request, state: State, problem: Problem) -> HTMLResponse:
    """A problem as a page, for a browser that asked for one."""
    return _page(state, [], token="", problem=problem_words(problem))
