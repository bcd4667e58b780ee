"""What every route shares: made in the lifespan, reached through typed dependencies, closed in the lifespan."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from actions.turn import utc_now
from api.limits import Limit, RateLimit, SharedRateLimit, counted_as
from api.metrics import Metrics
from api.problems import Problem
from api.sent import sent, text_of
from api.settings import Settings
from api.statements import Signer
from bot.engine import Engine
from bot.memory import Vault
from bot.redis_client import connect
from bot.redis_vault import RedisVault
from bot.reply import Message
from bot.safety_net import SafetyNet
from content.library import Library
from content.model import Topic
from content.search import Search
from desk.triage import Triage

if TYPE_CHECKING:
    from desk.desk import Desk
    from desk.openid import OpenId

# How many messages a minute of one address are looked at for danger although they are refused. A look takes up to a quarter
# of a second, so it is for each worker to count.
_LOOKS_A_MINUTE = 60
# What is refused for its length alone.
_TOO_LONG = frozenset({"long_message", "large_request"})


@dataclass
class State:
    """`engine` is None until the model has been loaded, `desk` until its store is open, and where either could not be."""

    settings: Settings
    library: Library
    net: SafetyNet
    metrics: Metrics
    signer: Signer
    starts: Limit
    messages: Limit
    sign_ins: Limit
    engine: Engine | None = field(default=None)
    desk: Desk | None = field(default=None)
    # Where conversations are kept. Redis is there from the start; this process's memory comes with the engine loaded here.
    vault: Vault | None = field(default=None)
    # The way to the organisation's own accounts, made when somebody first takes it.
    openid: OpenId | None = field(default=None)
    # By number of a shared question, the topics that come nearest to it.
    nearest: dict[int, list[Topic]] = field(default_factory=dict)
    looks: RateLimit = field(default_factory=lambda: RateLimit(_LOOKS_A_MINUTE))

    @property
    def remembers(self) -> bool:
        """Whether a conversation may be kept somewhere: without an engine only in Redis."""
        return self.engine is not None or self.vault is not None

    @cached_property
    def search(self) -> Search:
        """The index over the library, made by the first search in most of a second: ask for it in a thread."""
        return Search(self.library)

    @cached_property
    def triage(self) -> Triage:
        """What the desk's first page asks."""
        return Triage(self.library, lambda: self.search)

    @classmethod
    def of(cls, settings: Settings, library: Library) -> State:
        """Everything but the engine, which takes seconds to load."""
        held_in = "Redis, encrypted" if settings.redis else "memory, encrypted"
        return cls(
            settings, library, SafetyNet(library, utc_now), Metrics(library.topics), Signer(settings.signing_key, held_in),
            *_limits(settings), vault=_far_vault(settings),
        )  # fmt: skip


def _far_vault(settings: Settings) -> Vault | None:
    return RedisVault(connect(settings.redis), settings.idle_minutes * 60) if settings.redis else None


def _limits(settings: Settings) -> tuple[Limit, Limit, Limit]:
    starts, messages, sign_ins = settings.starts_a_minute, settings.messages_a_minute, settings.sign_ins_a_minute
    if not settings.redis:
        return RateLimit(starts), RateLimit(messages), RateLimit(sign_ins)
    # Without a key of their own the workers of one machine, forked from here, still share this one.
    key = base64.b64decode(settings.limits_key) if settings.limits_key else secrets.token_bytes(32)
    shared = partial(SharedRateLimit, client=connect(settings.redis), key=key)
    return shared("starts", starts), shared("messages", messages), shared("sign_ins", sign_ins)


# Asynchronous although they wait for nothing: the others would be handed to a thread at every request.
async def _state(request: Request) -> State:
    state: State = request.app.state.handrail
    return state


StateOf = Annotated[State, Depends(_state)]


def address_of(caller: HTTPConnection) -> str:
    """The address that a request is counted under, for the limits alone: it is never stored."""
    return counted_as(caller.client.host) if caller.client else "unknown"


async def is_over(limit: Limit, caller: HTTPConnection) -> int:
    """The whole seconds for which the caller's address has to wait; 0 where it has not."""
    address = address_of(caller)
    return await run_in_threadpool(limit.wait, address) if limit.is_far else limit.wait(address)


async def heard(request: Request, state: State, problem: Problem) -> Problem:
    """The problem, with the words for danger where what is refused for its length shows some."""
    if problem.kind in _TOO_LONG and not problem.safety:
        problem.safety = await _safety(request, state)
    return problem


async def _safety(request: Request, state: State) -> tuple[Message, ...]:
    """What is said first to the message of a request; nothing where it shows no danger, or may not be looked at just now."""
    text = text_of(await sent(request))
    if not text or state.looks.wait(address_of(request)):
        return ()

    def look() -> tuple[Message, ...]:
        dangers = state.net.dangers(text)
        return state.net.words(text, dangers) if dangers else ()

    return await run_in_threadpool(look)


async def _within(limit: Limit, request: Request, state: State, name: str) -> None:
    if seconds := await is_over(limit, request):
        if await _safety(request, state):
            return
        state.metrics.refused(name)
        raise Problem("too_many", retry_after=seconds, seconds=seconds)


async def within_starts(request: Request, state: StateOf) -> None:
    """Raises the problem `too_many` when too many conversations were started from one address."""
    await _within(state.starts, request, state, "starts")


async def within_messages(request: Request, state: StateOf) -> None:
    """Raises the problem `too_many` when too many messages came from one address, and this one shows no danger."""
    await _within(state.messages, request, state, "messages")
