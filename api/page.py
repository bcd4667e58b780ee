"""The guide's own page: a whole conversation by forms, the token in a hidden field, no cookie; scripts turn it into the chat."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.forgetting import forget
from api.layout import rendered
from api.problems import Problem, problem_words
from api.sent import sent
from api.sharing import Shareable, keep, may_share, safe_text
from api.state import State, StateOf, heard, within_messages, within_starts
from api.turns import checked_text, started, take_turn
from bot.memory import Key, VaultDown
from bot.reply import Message, MessageKind
from bot.safety_net import SafetyNet
from content.library import HERE
from content.loading import read_yaml

router = APIRouter(include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "page.yml")


@router.get("/")
async def first_page(state: StateOf) -> HTMLResponse:
    """An empty conversation. The token is made when the first message is sent."""
    return _page(state, [_net(state).greeting()], token="")


@router.post("/")
async def said(
    request: Request, state: StateOf, text: Annotated[str, Form()] = "", token: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """One turn. Only this turn is shown, so that the next person at the screen sees no earlier words."""
    try:
        await within_messages(request, state)
        token = token or await _begun(request, state, text)
        reply = await take_turn(state, token, text, "page")
    except Problem as problem:
        ended = problem.kind == "no_such_conversation"
        problem = await heard(request, state, problem)
        return _refused(state, problem, token="" if ended else token, typed=text)
    token = token if state.remembers else ""
    outcome = reply.outcome.value if may_share(state, reply, text) else ""
    return _page(state, reply.messages, token=token, asked=text, outcome=outcome)


@router.post("/share")
async def share(
    request: Request,
    state: StateOf,
    text: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
    outcome: Annotated[Shareable, Form()] = "unanswered_unsure",
    agreed: Annotated[Literal["", "yes", "no"], Form()] = "",
) -> HTMLResponse:
    """Shows what would be kept of the question, and keeps it when the person then agrees."""
    try:
        await within_messages(request, state)
        if agreed == "no":
            return _page(state, [], token=token, notice="share_declined")
        kept = await keep(state, text, outcome) if agreed else await safe_text(state, text)
    except Problem as problem:
        problem = await heard(request, state, problem)
        # Where it may work soon, the question stays there to be shared.
        return _refused(state, problem, token=token, asked=text, outcome=outcome if problem.retry_after else "")
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
        return _refused(state, Problem("not_forgotten", retry_after=2, minutes=_minutes(state)), token=token)
    statement = state.signer.deletion(held) if held else None
    return _page(state, [_net(state).greeting()], token="", notice="deleted" if held else "nothing_held", statement=statement)


@router.get("/check")
async def check_page(state: StateOf) -> HTMLResponse:
    """Explains the statements and checks one."""
    return _check(state)


@router.post("/check", dependencies=[Depends(within_messages)])
async def check(state: StateOf, statement: Annotated[str, Form()] = "") -> HTMLResponse:
    """Whether what was pasted is a statement of ours, unchanged."""
    return _check(state, statement, f"statement_{state.signer.verdict(statement)}")


@router.get("/favicon.ico")
async def icon() -> Response:
    """No icon: nothing on a tab should name what the page is about."""
    return Response(status_code=204)


async def _begun(request: Request, state: State, text: str) -> str:
    """The token of a conversation for a text that can be taken."""
    checked_text(state, text)
    await within_starts(request, state)
    return await started(state)


async def _forget(state: State, token: str = "", chat: str = "") -> int:
    """The bytes that were held; 0 where there was nothing. Raises VaultDown."""
    conversation = Key.of(token).conversation if token else chat
    return await forget(state, conversation) if conversation else 0


def _check(state: State, pasted: str = "", result: str = "") -> HTMLResponse:
    return rendered(
        state, "check.html.j2", here="/check", words=_WORDS, pasted=pasted, result=result, public_key=state.signer.public_key
    )


def _net(state: State) -> SafetyNet:
    return state.net


def _page(
    state: State,
    messages: list[Message] | tuple[Message, ...] = (),
    *,
    token: str,
    status: int = 200,
    asked: str = "",
    outcome: str = "",
    kept: str = "",
    typed: str = "",
    problem: Mapping[str, Any] | None = None,
    notice: str = "",
    statement: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    return rendered(
        state, "page.html.j2", here="/", status=problem["status"] if problem else status, token=token,
        chat=Key.of(token).conversation if token else "", words=_WORDS, messages=messages, asked=asked, typed=typed,
        outcome=outcome, kept=kept, problem=problem, notice=notice,
        minutes=_minutes(state),
        statement=json.dumps(statement) if statement else "",
    )  # fmt: skip


def _refused(state: State, problem: Problem, *, token: str, asked: str = "", outcome: str = "", typed: str = "") -> HTMLResponse:
    """What went wrong, with whatever the person needs to go on or to delete the conversation."""
    words = problem_words(problem, with_safety=False)
    shown: dict[str, Any] = {"problem": words}
    if problem.safety:
        # Danger first: what is wrong with the message comes after the words for that.
        trouble = Message(MessageKind.TROUBLE, f"{words['title']}\n\n{words['detail']}")
        shown = {"messages": (*problem.safety, trouble), "status": words["status"]}
    page = _page(state, token=token, asked=asked, outcome=outcome, typed=typed, **shown)
    page.headers.update(problem.headers)
    return page


def _minutes(state: State) -> str:
    return f"{state.settings.idle_minutes:g}"


async def page_problem(request: Request, state: State, problem: Problem) -> HTMLResponse:
    """A problem as a page, for a browser that asked for one; with the chat and the words of a form that was refused."""
    fields = await sent(request) if request.method == "POST" else {}
    if problem.kind == "bad_request":
        # The words of that one are for who sends JSON.
        problem = Problem("bad_form", status=problem.status)
    return _refused(state, problem, token=fields.get("token", ""), typed=fields.get("text", ""))
