"""The guide's own page: a whole conversation by forms, the token in a hidden field, no cookie; scripts turn it into the chat."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.layout import rendered
from api.problems import Problem, problem_words
from api.sharing import Shareable, keep, may_share, safe_text
from api.state import State, StateOf, within_messages, within_starts
from api.turns import started, take_turn
from bot.engine import NoSuchConversation
from bot.memory import Key, VaultDown
from bot.reply import Message, Reply
from bot.safety_net import SafetyNet
from content.library import HERE
from content.reading import read_yaml

router = APIRouter(include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "page.yml")


@router.get("/")
async def first_page(state: StateOf) -> HTMLResponse:
    """An empty conversation. The token is made when the first message is sent."""
    return _page(state, [_net(state).greeting()], token="")


@router.post("/", dependencies=[Depends(within_messages)])
async def said(
    request: Request, state: StateOf, text: Annotated[str, Form()] = "", token: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """One turn. Only this turn is shown, so that the next person at the screen sees no earlier words."""
    try:
        token, reply = await _turn(request, state, token, text)
    except Problem as problem:
        words = problem_words(problem)
        ended = problem.kind == "no_such_conversation"
        return _page(state, [], token="" if ended else token, typed=text[: state.settings.longest_message], problem=words)
    outcome = reply.outcome.value if may_share(state, reply, text) else ""
    return _page(state, reply.messages, token=token, asked=text, outcome=outcome)


@router.post("/share", dependencies=[Depends(within_messages)])
async def share(
    state: StateOf,
    text: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
    outcome: Annotated[Shareable, Form()] = "unanswered_unsure",
    agreed: Annotated[Literal["", "yes", "no"], Form()] = "",
) -> HTMLResponse:
    """Shows what would be kept of the question, and keeps it when the person then agrees."""
    if agreed == "no":
        return _page(state, [], token=token, notice="share_declined")
    try:
        kept = await keep(state, text, outcome) if agreed else await safe_text(state, text)
    except Problem as problem:
        return _page(state, [], token=token, problem=problem_words(problem))
    if kept is None:
        return _page(state, state.net.words(text, state.net.dangers(text)), token=token, notice="share_dropped")
    if agreed:
        return _page(state, [], token=token, notice="share_kept")
    return _page(state, [], token=token, asked=text, outcome=outcome, kept=kept)


@router.post("/leave")
async def leave(state: StateOf, token: Annotated[str, Form()] = "", quiet: Annotated[str, Form()] = "") -> Response:
    """Forgets the conversation and sends the browser away; `quiet` is for a script that has already left."""
    with contextlib.suppress(VaultDown):
        await _forget(state, token)
    if quiet:
        # Other websites send it too; without this their browsers complain of a response that nobody reads.
        return Response(status_code=204, headers={"cross-origin-resource-policy": "cross-origin"})
    return RedirectResponse(state.settings.exit_address, status_code=303)


@router.get("/leave")
async def leave_by_link(state: StateOf, chat: str = "") -> RedirectResponse:
    """The plain link, for a page without scripts. `chat` is the conversation's id: it ends the conversation and opens nothing."""
    with contextlib.suppress(VaultDown):
        await _forget(state, chat=chat)
    return RedirectResponse(state.settings.exit_address, status_code=303)


@router.post("/delete")
async def delete(state: StateOf, token: Annotated[str, Form()] = "") -> HTMLResponse:
    """Forgets the conversation and says so, with a statement that can be checked."""
    try:
        held = await _forget(state, token)
    except VaultDown:
        problem = Problem("not_forgotten", minutes=f"{state.settings.idle_minutes:g}")
        return _page(state, [], token=token, problem=problem_words(problem))
    statement = state.signer.deletion(held) if held else None
    return _page(state, [_net(state).greeting()], token="", notice="deleted" if held else "nothing_held", statement=statement)


@router.get("/check")
async def check_page(state: StateOf) -> HTMLResponse:
    """Explains the statements and checks one."""
    return _check(state)


@router.post("/check", dependencies=[Depends(within_messages)])
async def check(state: StateOf, statement: Annotated[str, Form()] = "") -> HTMLResponse:
    """Whether what was pasted is a statement of ours, unchanged."""
    return _check(state, statement, "statement_true" if state.signer.vouches_for(statement) else "statement_false")


@router.get("/favicon.ico")
async def icon() -> Response:
    """No icon: nothing on a tab should name what the page is about."""
    return Response(status_code=204)


async def _turn(request: Request, state: State, token: str, text: str) -> tuple[str, Reply]:
    if not token:
        if not text.strip():
            raise Problem("empty_message")
        await within_starts(request, state)
        token = await started(state)
    reply = await take_turn(state, token, text, "page")
    return "" if state.engine is None else token, reply


async def _forget(state: State, token: str = "", chat: str = "") -> int:
    """The bytes that were held; 0 where there was nothing. Raises VaultDown."""
    engine = state.engine
    if not (token or chat):
        return 0
    if engine is None:
        raise VaultDown
    try:
        held = await engine.aside(lambda: engine.forget(token) if token else engine.forget_id(chat))
    except NoSuchConversation:
        return 0
    state.metrics.conversation("deleted")
    return held


def _check(state: State, pasted: str = "", result: str = "") -> HTMLResponse:
    return rendered(
        state, "check.html.j2", here="/check", words=_WORDS, pasted=pasted, result=result, public_key=state.signer.public_key
    )


def _net(state: State) -> SafetyNet:
    return state.net


def _page(
    state: State,
    messages: list[Message] | tuple[Message, ...],
    *,
    token: str,
    asked: str = "",
    outcome: str = "",
    kept: str = "",
    typed: str = "",
    problem: Mapping[str, Any] | None = None,
    notice: str = "",
    statement: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    return rendered(
        state, "page.html.j2", here="/", status=problem["status"] if problem else 200, token=token,
        chat=Key.of(token).conversation if token else "", words=_WORDS, messages=messages, asked=asked, typed=typed,
        outcome=outcome, kept=kept, problem=problem, notice=notice, longest=state.settings.longest_message,
        statement=json.dumps(statement) if statement else "",
    )  # fmt: skip


def page_problem(request: Request, state: State, problem: Problem) -> HTMLResponse:
    """A problem as a page, for a browser that asked for one."""
    return _page(state, [], token="", problem=problem_words(problem))
