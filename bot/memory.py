"""Sealed memory of conversations: Rasa's tracker store over bytes that nobody can read without the conversation's token."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from bot.tracker import Conversation

_NONCE_BYTES = 12
_TOKEN_BYTES = 32
_TURNS_KEPT = 6
_EVENTS: dict[str, type[Event]] = {kind.type_name: kind for kind in reversed(all_subclasses(Event))}


@dataclass(frozen=True)
class Key:
    """What a token becomes: an id that says nothing about it, and the key that opens what lies under that id."""

    conversation: str
    secret: bytes
    # Seconds without a message; None for the vault's own.
    idle: float | None = None

    @classmethod
    def of(cls, token: str) -> Key:
        """Derived one way from the token."""
        return cls._derived(token, b"handrail conversation")

    @classmethod
    def of_sender(cls, sender: str, idle: float | None = None) -> Key:
        """For a sender of Rasa's channels, idle for `idle` seconds at most.

        Senders can be guessed, so theirs are kept apart: none is ever a token.
        """
        return cls._derived(sender, b"handrail rest sender", idle)

    @classmethod
    def _derived(cls, secret: str, purpose: bytes, idle: float | None = None) -> Key:
        raw = secret.encode("utf-8", "surrogatepass")
        return cls(_derive(raw, purpose + b" id").hex(), _derive(raw, purpose + b" seal"), idle)


def new_token() -> str:
    """256 random bits, safe in a header and in a form."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class VaultDown(Exception):
    """The place where conversations are kept does not answer."""


class Vault(Protocol):
    """Keeps sealed bytes for a while. Whoever reads it without a token learns nothing but sizes and times."""

    def put(self, name: str, sealed: bytes, *, known_only: bool = False, idle: float | None = None) -> None:
        """Keeps `sealed` under `name` until it was idle for `idle` seconds, or for the vault's own time.

        `known_only` never brings back what was dropped.
        """

    def get(self, name: str) -> bytes | None:
        """The bytes, or None where there are none or they were idle for too long."""

    def drop(self, name: str) -> int:
        """Forgets at once; the number of bytes that were held."""

    def names(self) -> list[str]:
        """Every name that is still kept."""

    def sweep(self) -> None:
        """Lets go of what was idle for too long, where that does not happen by itself."""


class MemoryVault:
    """The embedded default: this process's memory, swept as it is used. Past `most` the one longest idle is forgotten."""

    def __init__(self, idle_seconds: float, most: int = 100_000) -> None:
        self._idle = idle_seconds
        self._most = most
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()
        self._next_sweep = 0.0

    def put(self, name: str, sealed: bytes, *, known_only: bool = False, idle: float | None = None) -> None:
        now = time.monotonic()
        with self._lock:
            self._sweep(now)
            before = self._kept.pop(name, None)
            if known_only and (before is None or before[0] <= now):
                return
            self._kept[name] = (now + (self._idle if idle is None else idle), sealed)
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def get(self, name: str) -> bytes | None:
        now = time.monotonic()
        with self._lock:
            self._sweep(now)
            until, sealed = self._kept.get(name, (0.0, b""))
            return sealed if until > now else None

    def drop(self, name: str) -> int:
        with self._lock:
            return len(self._kept.pop(name, (0.0, b""))[1])

    def names(self) -> list[str]:
        with self._lock:
            self._sweep(time.monotonic(), at_once=True)
            return list(self._kept)

    def sweep(self) -> None:
        with self._lock:
            self._sweep(time.monotonic(), at_once=True)

    def _sweep(self, now: float, *, at_once: bool = False) -> None:
        if now < self._next_sweep and not at_once:
            return
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]
        self._next_sweep = now + min(self._idle, 10.0)


_current_key: ContextVar[Key] = ContextVar("current_key")


class SealedTrackerStore(TrackerStore):
    """A tracker store that opens and seals with the key of the turn under way; see `use`."""

    def __init__(self, vault: Vault, domain: Domain | None = None, event_broker: EventBroker | None = None) -> None:
        self._vault = vault
        super().__init__(domain or Domain.empty(), event_broker)

    @staticmethod
    def use(key: Key) -> None:
        """Names the key for everything that the current task does from here on."""
        _current_key.set(key)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Seals the slots and the last turns of the conversation; older words are forgotten."""
        events = [event.as_dict() for event in _recent(tracker)]
        key = _current_key.get()
        # A conversation that was deleted while its turn was under way stays deleted.
        self._vault.put(tracker.sender_id, seal(key, json.dumps(events).encode()), known_only=True, idle=key.idle)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation, or None where there is none or the key does not fit."""
        sealed = self._vault.get(sender_id)
        opened = unseal(_current_key.get(), sealed) if sealed else None
        if opened is None:
            return None
        return Conversation.from_events(sender_id, [_event(event) for event in json.loads(opened)], self.domain.slots)

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """An empty conversation."""
        return Conversation(sender_id, self.domain.slots)

    async def delete(self, sender_id: str) -> None:
        """Forgets the conversation at once."""
        self._vault.drop(sender_id)

    async def keys(self) -> Iterable[str]:
        """The ids of every conversation; they say nothing about who speaks in it."""
        return self._vault.names()


def seal(key: Key, plain: bytes) -> bytes:
    """Authenticated encryption under a fresh nonce, bound to the conversation's id."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key.secret).encrypt(nonce, plain, key.conversation.encode())


def unseal(key: Key, sealed: bytes) -> bytes | None:
    """The plain bytes, or None where the key does not fit or the bytes were changed."""
    try:
        return AESGCM(key.secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], key.conversation.encode())
    except InvalidTag:
        return None


def _recent(tracker: DialogueStateTracker) -> list[Event]:
    """The slots as they stand, then the last turns: enough for the policies, and flat however long the talk."""
    events = list(tracker.events)
    starts = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= _TURNS_KEPT:
        return events
    kept = [event for event in events[starts[-_TURNS_KEPT] :] if not isinstance(event, BotUttered)]
    values = [SlotSet(name, value) for name, value in _values_before(events[: starts[-_TURNS_KEPT]]).items()]
    loops = [event for event in events[: starts[-_TURNS_KEPT]] if isinstance(event, ActiveLoop)][-1:]
    opening: list[Event] = [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        *values,
        *loops,
        ActionExecuted("action_listen"),
    ]
    return [*opening, *kept]


def _event(written: dict[str, Any]) -> Event:
    # Event.from_parameters would search all kinds of event for each one.
    event: Event = _EVENTS[written["event"]]._from_parameters(written)
    return event


def _values_before(events: list[Event]) -> dict[str, Any]:
    return {event.key: event.value for event in events if isinstance(event, SlotSet)}


def _derive(raw: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(raw)
