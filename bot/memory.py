"""Sealed memory of conversations: Rasa's tracker store over bytes that nobody can read without the conversation's token."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, Restarted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from bot.spans import span
from bot.tracker import Conversation

_NONCE_BYTES = 12
_TOKEN_BYTES = 32
_TURNS_KEPT = 6
UNKEPT = "unkept."
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


def new_token(*, kept: bool = True) -> str:
    """256 random bits, safe in a header and in a form; marked where nothing could be kept under it when it was given out."""
    return ("" if kept else UNKEPT) + secrets.token_urlsafe(_TOKEN_BYTES)


class VaultDown(Exception):
    """The place where conversations are kept does not answer."""


class Taken(Exception):
    """Somebody else is in the midst of a turn of that conversation."""


@dataclass(frozen=True)
class Held:
    """What lies in the vault, and the proof that whoever has it may put back what comes of it."""

    sealed: bytes
    proof: str


class Vault(Protocol):
    """Keeps sealed bytes for a while. Whoever reads it without a token learns nothing but sizes and times.

    `is_far` says whether asking it may take long enough to stall somebody.
    """

    is_far: bool

    def put(self, name: str, sealed: bytes, *, idle: float | None = None) -> None:
        """Keeps `sealed` under `name` until it was idle for `idle` seconds, or for the vault's own time."""

    def begin(self, name: str, sealed: bytes, *, idle: float | None = None) -> None:
        """The same, where nothing is kept under `name` yet."""

    def take(self, name: str) -> Held | None:
        """What is kept, for one turn and nobody else; None where there is none. Raises Taken."""

    def put_back(self, name: str, proof: str, sealed: bytes | None, *, idle: float | None = None) -> bool:
        """Ends the turn and keeps `sealed`, or with None what was there, from now on for `idle` seconds.

        False where nothing is kept: it was dropped or was idle for too long meanwhile, and stays so, also where another
        conversation has begun under that name.
        """

    def keep_held(self, name: str, proof: str) -> None:
        """Says that the turn still goes on; otherwise a far vault thinks within seconds that its worker has died."""

    def get(self, name: str) -> bytes | None:
        """The bytes, or None where there are none or they were idle for too long."""

    def drop(self, name: str) -> int:
        """Forgets at once, and what a turn under way would have kept as well; the number of bytes that were held."""

    def names(self) -> list[str]:
        """Every name that is still kept."""

    def sweep(self) -> None:
        """Lets go of what was idle for too long, where that does not happen by itself."""


class MemoryVault:
    """The embedded default: this process's memory, swept as it is used. Past `most` the one longest idle is forgotten."""

    is_far = False

    def __init__(self, idle_seconds: float, most: int = 100_000) -> None:
        self._idle = idle_seconds
        self._most = most
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._held: dict[str, str] = {}
        self._lock = threading.Lock()
        self._next_sweep = 0.0

    def put(self, name: str, sealed: bytes, *, idle: float | None = None) -> None:
        with self._lock:
            self._put(name, sealed, idle)

    def begin(self, name: str, sealed: bytes, *, idle: float | None = None) -> None:
        with self._lock:
            if self._get(name) is None:
                self._put(name, sealed, idle)

    def take(self, name: str) -> Held | None:
        with self._lock:
            sealed = self._get(name)
            if sealed is None:
                return None
            if name in self._held:
                raise Taken
            self._held[name] = secrets.token_hex(8)
            return Held(sealed, self._held[name])

    def put_back(self, name: str, proof: str, sealed: bytes | None, *, idle: float | None = None) -> bool:
        with self._lock:
            if self._held.get(name) != proof:
                return False
            del self._held[name]
            kept = self._get(name)
            if kept is None:
                return False
            self._put(name, kept if sealed is None else sealed, idle)
            return True

    def keep_held(self, name: str, proof: str) -> None:
        """Nothing to do: the one process lives, or the vault is gone with it."""

    def get(self, name: str) -> bytes | None:
        with self._lock:
            return self._get(name)

    def drop(self, name: str) -> int:
        with self._lock:
            self._held.pop(name, None)
            return len(self._kept.pop(name, (0.0, b""))[1])

    def names(self) -> list[str]:
        with self._lock:
            self._sweep(time.monotonic(), at_once=True)
            return list(self._kept)

    def sweep(self) -> None:
        with self._lock:
            self._sweep(time.monotonic(), at_once=True)

    def _put(self, name: str, sealed: bytes, idle: float | None) -> None:
        now = time.monotonic()
        self._sweep(now)
        self._kept.pop(name, None)
        self._kept[name] = (now + (self._idle if idle is None else idle), sealed)
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

    def _get(self, name: str) -> bytes | None:
        now = time.monotonic()
        self._sweep(now)
        until, sealed = self._kept.get(name, (0.0, b""))
        return sealed if until > now else None

    def _sweep(self, now: float, *, at_once: bool = False) -> None:
        if now < self._next_sweep and not at_once:
            return
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]
        self._next_sweep = now + min(self._idle, 10.0)


class OpenTurn:
    """One turn of a conversation: what it begins with, and, sealed, what came of it.

    Without `held` it begins with nothing and nothing of it is kept: the vault does not answer.
    """

    def __init__(self, key: Key, held: Held | None) -> None:
        self.key = key
        self.proof = held.proof if held else None
        self.events: list[dict[str, Any]] = json.loads((unseal(key, held.sealed) if held else None) or b"[]")
        self.sealed: bytes | None = None

    def said_before(self, once: str, text: str) -> list[dict[str, Any]] | None:
        """What was answered to the last message where it was this `text` with the same mark; None where it was not."""
        last = max((place for place, event in enumerate(self.events) if event["event"] == "user"), default=None)
        if last is None or (self.events[last].get("metadata") or {}).get(MARK) != once:
            return None
        if self.events[last].get("text") != text.strip():
            return None
        return [{"text": event["text"], **event["data"]} for event in self.events[last:] if event["event"] == "bot"]


MARK = "once"
_current_turn: ContextVar[OpenTurn] = ContextVar("current_turn")


class SealedTrackerStore(TrackerStore):
    """A tracker store that opens and seals with the key of the turn under way; see `use`."""

    def __init__(self, vault: Vault, domain: Domain | None = None, event_broker: EventBroker | None = None) -> None:
        self.vault = vault
        super().__init__(domain or Domain.empty(), event_broker)

    @staticmethod
    def use(turn: OpenTurn) -> None:
        """Names the turn for everything that the current task does from here on."""
        _current_turn.set(turn)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Seals the slots and the last turns of the conversation; older words are forgotten. Whoever took it puts it back."""
        turn = _current_turn.get()
        with span("seal"):
            turn.sealed = seal(turn.key, json.dumps([event.as_dict() for event in _recent(tracker)]).encode())

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as it was when the turn began."""
        events = list(self._known(map(event_of, _current_turn.get().events)))
        return Conversation.from_events(sender_id, events, self.domain.slots) if events else None

    def _known(self, events: Iterable[Event | None]) -> Iterator[Event]:
        """During a rollout another version may have written them: a form that this model lacks would stop every turn."""
        gone = False
        for event in events:
            if isinstance(event, ActiveLoop):
                gone = event.name is not None and event.name not in self.domain.form_names
                yield ActiveLoop(None) if gone else event
            elif event is not None and not (gone and isinstance(event, SlotSet) and event.key == REQUESTED_SLOT):
                yield event

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """An empty conversation."""
        return Conversation(sender_id, self.domain.slots)

    async def delete(self, sender_id: str) -> None:
        """Forgets the conversation at once."""
        self.vault.drop(sender_id)

    async def keys(self) -> Iterable[str]:
        """The ids of every conversation; they say nothing about who speaks in it."""
        return self.vault.names()


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
    restarts = [place for place, event in enumerate(events) if isinstance(event, Restarted)]
    events = events[restarts[-1] + 1 :] if restarts else events
    starts = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    # What was answered last is kept, so that it can be said again where it did not arrive.
    last = starts[-1] if starts else 0
    kept = [event for place, event in enumerate(events) if place > last or not isinstance(event, BotUttered)]
    if len(starts) <= _TURNS_KEPT:
        return kept
    first = next(place for place, event in enumerate(kept) if event is events[starts[-_TURNS_KEPT]])
    kept = kept[first:]
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


def event_of(written: dict[str, Any]) -> Event | None:
    """The event that was written; None for a kind of another version."""
    # Event.from_parameters would search all kinds of event for each one.
    kind = _EVENTS.get(written["event"])
    return kind._from_parameters(written) if kind else None


def _values_before(events: list[Event]) -> dict[str, Any]:
    return {event.key: event.value for event in events if isinstance(event, SlotSet)}


def _derive(raw: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(raw)
