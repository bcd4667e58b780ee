"""The chat over HTTP: start, say, delete."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.forgetting import forget
from api.problems import Problem
from api.sharing import Shareable, keep, may_share, safe_text
from api.state import StateOf, within_messages, within_starts
from api.turns import gone, message_json, reply_json, started, take_turn
from bot.memory import Key, VaultDown
from bot.reply import MessageKind, Outcome

router = APIRouter()


class SourceOut(BaseModel):
    """Where an answer comes from."""

    title: str
    publisher: str
    url: str | None
    checked: str


class ButtonOut(BaseModel):
    """`send`, posted as text, does what `label` says."""

    label: str
    send: str


class WordOut(BaseModel):
    """A hard word of the text, in plain words."""

    word: str
    means: str


class MessageOut(BaseModel):
    """One message of a turn. Text is plain; lines that begin with "- " are lists."""

    kind: MessageKind
    text: str
    facts: list[str]
    sources: list[SourceOut]
    buttons: list[ButtonOut]
    words: list[WordOut]


class TurnOut(BaseModel):
    """One turn. `may_share` is true where the question found no answer and the person may be asked to share it."""

    outcome: Outcome
    urgent: bool
    topics: list[str]
    messages: list[MessageOut]
    may_share: bool


class ConversationOut(BaseModel):
    """A new conversation. The token is kept nowhere; `expires_in` is seconds without a message.

    `leave` is a plain link that ends the conversation and leads away, for an exit without scripts.
    """

    token: str
    expires_in: int
    leave: str
    messages: list[MessageOut]


class DeletionOut(BaseModel):
    """What was held and is gone, signed with Ed25519 over the statement as JSON with sorted keys and no spaces."""

    statement: dict[str, Any]
    signature: str
    public_key: str


class Say(BaseModel):
    """What a person says."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: str = Field(description="The message, as typed.")
    channel: Literal["api", "widget"] = Field("api", description="Where it was typed; only counted.")


class Share(BaseModel):
    """A question that a person may share, and whether they have agreed after seeing what would be kept."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: str = Field(description="The question, as typed.")
    agreed: bool = Field(False, description="False shows what would be kept and keeps nothing; true keeps it.")
    outcome: Shareable = Field("unanswered_unsure", description="How the turn of this question ended.")


class ShareOut(BaseModel):
    """What would be kept, or was kept; null where nothing is, because it shows danger or could say who asked."""

    kept: str | None


async def bearer(authorization: Annotated[str | None, Header()] = None) -> str:
    """The token in the Authorization header; raises the problem `missing_token`."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(token) > 256:
        raise Problem("missing_token")
    return token.strip()


Token = Annotated[str, Depends(bearer)]


@router.post("/api/conversations", status_code=201, response_model=ConversationOut, dependencies=[Depends(within_starts)])
async def start_conversation(state: StateOf) -> JSONResponse:
    """Starts a conversation. Where it cannot be kept there is a token all the same: help comes without memory too."""
    token = await started(state)
    body = {
        "token": token,
        "expires_in": round(state.settings.idle_minutes * 60),
        "leave": f"/leave?chat={Key.of(token).conversation}",
        "messages": [message_json(message, state.library) for message in (state.net.greeting(), *state.net.notices())],
    }
    return JSONResponse(body, status_code=201)


@router.post("/api/conversations/messages", response_model=TurnOut, dependencies=[Depends(within_messages)])
async def say(
    state: StateOf, token: Token, body: Say, idempotency_key: Annotated[str | None, Header(min_length=1, max_length=64)] = None
) -> JSONResponse:
    """One turn: a message in, an answer out; without an engine the words for danger and the advice line.

    A client that got no answer may send the message again with the same Idempotency-Key: it gets the same answer, and
    the turn is not taken twice.
    """
    reply = await take_turn(state, token, body.text, body.channel, idempotency_key)
    return JSONResponse({**reply_json(reply, state.library), "may_share": may_share(state, reply, body.text)})


@router.post(
    "/api/share",
    response_model=ShareOut,
    dependencies=[Depends(within_messages)],
    responses={201: {"model": ShareOut, "description": "It was kept."}},
)
async def share(state: StateOf, body: Share) -> JSONResponse:
    """Shows what would be kept of a question, with names, places and numbers taken out (200); keeps it once agreed (201).

    It is kept without anything that says whose it is, so it cannot be found again or taken back by the person.
    """
    if state.desk is None:
        raise Problem("not_shared")
    kept = await keep(state, body.text, body.outcome) if body.agreed else await safe_text(state, body.text)
    return JSONResponse({"kept": kept}, status_code=201 if body.agreed and kept is not None else 200)


# Without a limit, like its plain pages: who shares an address with many must be able to delete too.
@router.delete("/api/conversations", response_model=DeletionOut)
async def delete_conversation(state: StateOf, token: Token) -> JSONResponse:
    """Forgets the conversation at once and says so, signed."""
    if not state.remembers:
        raise Problem("not_ready", retry_after=2)
    try:
        held = await forget(state, Key.of(token).conversation)
    except VaultDown:
        raise Problem("not_forgotten", retry_after=2, minutes=f"{state.settings.idle_minutes:g}") from None
    if not held:
        raise gone(state)
    return JSONResponse(state.signer.deletion(held))


@router.get("/.well-known/handrail-key")
async def public_key(state: StateOf) -> dict[str, str]:
    """The key against which a deletion statement can be checked."""
    return {"algorithm": "Ed25519", "public_key": state.signer.public_key}
