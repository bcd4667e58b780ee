"""What every route shares: made in the lifespan, reached through typed dependencies, closed in the lifespan."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from actions.turn import utc_now
from api.limits import RateLimit
from api.metrics import Metrics
from api.problems import Problem
from api.settings import Settings
from api.statements import Signer
from bot.engine import Engine, SafetyNet
from content.library import Library
from content.model import Topic
from content.search import Search
from desk.triage import Triage

if TYPE_CHECKING:
    from desk.desk import Desk
    from desk.openid import OpenId


@dataclass
class State:
    """`engine` is None until the model has been loaded, `desk` until its store is open, and where either could not be."""

    settings: Settings
    library: Library
    net: SafetyNet
    metrics: Metrics
    signer: Signer
    starts: RateLimit
    messages: RateLimit
    sign_ins: RateLimit
    engine: Engine | None = field(default=None)
    desk: Desk | None = field(default=None)
    # The way to the organisation's own accounts, made when somebody first takes it.
    openid: OpenId | None = field(default=None)
    # By number of a shared question, the topics that come nearest to it.
    nearest: dict[int, list[Topic]] = field(default_factory=dict)

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
            settings, library, SafetyNet(library, utc_now), Metrics(), Signer(settings.signing_key, held_in),
            RateLimit(settings.starts_a_minute), RateLimit(settings.messages_a_minute),
            RateLimit(settings.sign_ins_a_minute),
        )  # fmt: skip


def _state(request: Request) -> State:
    state: State = request.app.state.handrail
    return state


StateOf = Annotated[State, Depends(_state)]


def _engine(state: StateOf) -> Engine:
    if state.engine is None:
        raise Problem("not_ready", retry_after=2)
    return state.engine


EngineOf = Annotated[Engine, Depends(_engine)]


def address_of(request: Request) -> str:
    """The address that a request comes from, for the limits alone: it is never stored."""
    return request.client.host if request.client else "unknown"


def _within(limit: RateLimit, request: Request) -> None:
    if seconds := limit.wait(address_of(request)):
        raise Problem("too_many", retry_after=seconds, seconds=seconds)


def within_starts(request: Request, state: StateOf) -> None:
    """Raises the problem `too_many` when too many conversations were started from one address."""
    _within(state.starts, request)


def within_messages(request: Request, state: StateOf) -> None:
    """Raises the problem `too_many` when too many messages came from one address."""
    _within(state.messages, request)
