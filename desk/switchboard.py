"""The switches that staff set: kept in the store with a reason each, and followed by every process that watches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from bot.events import Event, Sparing, kind_of
from content.switches import Switches
from desk.audit import Audit
from desk.marks import mark
from desk.store import Store
from desk.tables import switches as table

CHAT, NOTICE, _TOPIC = "chat", "notice", "topic:"
LONGEST_TEXT = 600
LONGEST_REASON = 400
_JOIN_SECONDS = 10
_LOCK = 7418529632
Apply = Callable[[Switches], None]


class Incomplete(ValueError):
    """`missing` is what was not given, or is too long: reason or text."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing


class Overtaken(Exception):
    """Somebody else has changed it since it was looked at."""


@dataclass(frozen=True)
class Switch:
    """One row: what is switched, with what words, by whom and when (seconds since 1970)."""

    name: str
    text: str
    by: str
    at: int

    @property
    def mark(self) -> str:
        """What a form carries to tell later which state it showed; where nothing is switched it is empty."""
        return mark(f"{self.at} {self.text}")

    @property
    def topic(self) -> str | None:
        """The topic that it takes offline, if it is that kind."""
        return self.name.removeprefix(_TOPIC) if self.name.startswith(_TOPIC) else None


class Switchboard:
    """Each change stands in the audit log in the same transaction. A change to what already holds does nothing.

    With `seen`, the mark of what was looked at, a change of anything else raises Overtaken.
    """

    def __init__(self, store: Store, audit: Audit) -> None:
        self.store = store
        self.audit = audit
        self._apply: Apply | None = None
        self._looking = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._unread = Sparing(Event.SWITCHES_UNREAD)

    def rows(self) -> list[Switch]:
        """Everything that is switched now. Raises StoreDown."""
        with self.store.read() as connection:
            return [Switch(**row) for row in connection.execute(select(table).order_by(table.c.name)).mappings()]

    def present(self) -> Switches:
        """The same as the chat takes it. Raises StoreDown."""
        rows = self.rows()
        texts = {row.name: row.text for row in rows}
        return Switches(texts.get(CHAT), frozenset(row.topic for row in rows if row.topic), texts.get(NOTICE))

    def set_chat_off(self, message: str, by: str, reason: str, seen: str | None = None) -> None:
        """From now on the chat says `message` and the advice line. Raises Incomplete, StoreDown."""
        self._set(CHAT, "chat_off", _text(message), by, reason, seen)

    def set_chat_on(self, by: str, reason: str, seen: str | None = None) -> None:
        """The chat answers again. Raises Incomplete, StoreDown."""
        self._clear(CHAT, "chat_on", by, reason, seen)

    def take_offline(self, topic: str, by: str, reason: str) -> None:
        """That topic is not answered until it is put back. Raises Incomplete, StoreDown."""
        self._set(_TOPIC + topic, "topic_offline", "", by, reason)

    def put_back(self, topic: str, by: str, reason: str) -> None:
        """That topic is answered again. Raises Incomplete, StoreDown."""
        self._clear(_TOPIC + topic, "topic_online", by, reason)

    def set_notice(self, text: str | None, by: str, reason: str, seen: str | None = None) -> None:
        """Puts up what everybody should know; None takes it down. Raises Incomplete, StoreDown."""
        if text is None:
            self._clear(NOTICE, "notice_off", by, reason, seen)
        else:
            self._set(NOTICE, "notice", _text(text), by, reason, seen)

    def watch(self, apply: Apply, seconds: float = 2.0) -> None:
        """Hands the present switches to `apply`, now and then every few seconds, and at once after a change made here.

        While the store is down the last known ones stay.
        """
        self._apply = apply
        self._stopped.clear()
        self._look()
        self._thread = threading.Thread(target=self._keep_looking, args=(seconds,), name="switches", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch."""
        self._stopped.set()
        if self._thread:
            self._thread.join(timeout=_JOIN_SECONDS)
            self._thread = None
        self._apply = None

    def _keep_looking(self, seconds: float) -> None:
        while not self._stopped.wait(seconds):
            self._look()

    def _look(self) -> None:
        # One at a time, or an older look could undo a newer one.
        with self._looking:
            if self._apply is None:
                return
            try:
                self._apply(self.present())
            except Exception as error:  # a process that stopped looking would go on answering while the chat is off
                self._unread.tell(error=kind_of(error))

    def _set(self, name: str, action: str, text: str, by: str, reason: str, seen: str | None = None) -> None:
        reason = _reason(reason)
        with self.store.begin() as connection:
            if self._held(connection, name, seen) == text:
                return
            row = {"name": name, "text": text, "by": by, "at": self.store.now()}
            self.store.put(connection, table, [row])
            self.audit.add(connection, by, action, name, f"{reason}\n\n{text}".strip())
        self._look()

    def _clear(self, name: str, action: str, by: str, reason: str, seen: str | None = None) -> None:
        reason = _reason(reason)
        with self.store.begin() as connection:
            if self._held(connection, name, seen) is None:
                return
            connection.execute(delete(table).where(table.c.name == name))
            self.audit.add(connection, by, action, name, reason)
        self._look()

    def _held(self, connection: Connection, name: str, seen: str | None) -> str | None:
        if not self.store.is_sqlite:
            # One writer at a time, or two could each see that nothing is switched yet.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        row = connection.execute(select(table).where(table.c.name == name)).mappings().one_or_none()
        held = Switch(**row) if row else None
        if seen is not None and seen != (held.mark if held else ""):
            raise Overtaken
        return held.text if held else None


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Incomplete("reason")
    return reason


def _text(text: str) -> str:
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if not text or len(text) > LONGEST_TEXT:
        raise Incomplete("text")
    return text
