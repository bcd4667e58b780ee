"""The desk as one thing: its store, its people and what they work on; opened once for each process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from content.library import Library
from desk.audit import Audit
from desk.counts import Counts
from desk.key import desk_key
from desk.people import People
from desk.proposals import Proposals
from desk.questions import Questions
from desk.sessions import Sessions
from desk.store import Seconds, Store
from desk.switchboard import Switchboard


class DefaultPassword(Exception):
    """An account has a password that everybody would try first, so the desk stays shut."""


@dataclass(frozen=True)
class Desk:
    """`key` seals what the desk must keep secret, 32 bytes."""

    store: Store
    key: bytes = field(repr=False)
    audit: Audit
    people: People
    sessions: Sessions
    counts: Counts
    questions: Questions
    proposals: Proposals
    switchboard: Switchboard
    _checked: threading.Event = field(default_factory=threading.Event, repr=False)

    @classmethod
    def open(cls, database: str, key: str | None, library: Library, clock: Seconds = time.time) -> Desk:
        """The desk over that database, open to its people. Raises StoreDown, KeyRefused, DefaultPassword."""
        secret = desk_key(key, database)
        store = Store(database, clock)
        store.migrate()
        desk = cls.shut(secret, library, Switchboard(store, Audit(store)))
        desk.let_people_in()
        return desk

    @classmethod
    def shut(cls, key: bytes, library: Library, switchboard: Switchboard) -> Desk:
        """The desk over the switchboard's store, which has its newest shape: it counts and switches, and lets nobody in yet."""
        store, audit = switchboard.store, switchboard.audit
        return cls(
            store, key, audit, People(store, audit, key), Sessions(store), Counts(store, library), Questions(store, audit),
            Proposals(store, audit), switchboard,
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether its people are let in."""
        return self._checked.is_set()

    def let_people_in(self) -> None:
        """Opens it, unless a password would be guessed first: that takes seconds to find out. Raises DefaultPassword, StoreDown."""
        if guessed := self.people.with_default_password():
            raise DefaultPassword(f"{', '.join(guessed)}: choose another password with `python -m desk password NAME`")
        self._checked.set()

    def close(self) -> None:
        """Writes what was counted and lets go of the database."""
        self.counts.stop()
        self.switchboard.stop()
        self.store.close()
