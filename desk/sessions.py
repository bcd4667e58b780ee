"""Who is signed in: sessions live in the store, the browser holds a random token and nothing else."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import select

from desk.people import Person
from desk.permissions import Role
from desk.store import Store
from desk.tables import people, sessions

IDLE_SECONDS = 20 * 60
LONGEST_SECONDS = 10 * 3600
_TOUCH_SECONDS = 30
# As far as the clocks of two machines may be apart. A session from further ahead was seen by a clock that was wrong.
_APART_SECONDS = 120


@dataclass(frozen=True)
class Session:
    """`csrf` is what every form of this session carries."""

    person: Person
    csrf: str


class Sessions:
    """A session ends after 20 idle minutes, after ten hours, when its person signs out or is shut out.

    It ends too when the clock was set back from behind it: else it would last as much longer.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, person: Person) -> str:
        """A new session's token; it is stored as a hash. Raises StoreDown."""
        token, now = secrets.token_urlsafe(32), self._store.now()
        with self._store.begin() as connection:
            ahead = sessions.c.seen > now + _APART_SECONDS
            over = (sessions.c.seen < now - IDLE_SECONDS) | (sessions.c.begun < now - LONGEST_SECONDS) | ahead
            connection.execute(sessions.delete().where(over))
            row = {"id": _hash(token), "person": person.id, "csrf": secrets.token_urlsafe(24), "begun": now, "seen": now}
            connection.execute(sessions.insert(), row)
        return token

    def get(self, token: str) -> Session | None:
        """The session, with the person's role as it is now; None where it is over. Raises StoreDown."""
        now = self._store.now()
        chosen = select(sessions, people.c.name, people.c.role).join(people).where(sessions.c.id == _hash(token), people.c.active)
        with self._store.read() as connection:
            row = connection.execute(chosen).mappings().first()
        if row is None:
            return None
        if not now - IDLE_SECONDS <= row["seen"] <= now + _APART_SECONDS or row["begun"] < now - LONGEST_SECONDS:
            self.end(token)
            return None
        if row["seen"] < now - _TOUCH_SECONDS:
            with self._store.begin() as connection:
                connection.execute(sessions.update().where(sessions.c.id == row["id"]).values(seen=now))
        return Session(Person(row["person"], row["name"], Role(row["role"])), row["csrf"])

    def end(self, token: str) -> None:
        """Signs out. Raises StoreDown."""
        with self._store.begin() as connection:
            connection.execute(sessions.delete().where(sessions.c.id == _hash(token)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
