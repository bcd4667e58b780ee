"""Questions that people agreed to share: an adviser names the topic or says that there is none, an editor approves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from content.hours import LONDON
from desk.audit import Audit
from desk.store import Store
from desk.tables import questions

WAITING, ASSIGNED, NONE, APPROVED, DROPPED = "waiting", "assigned", "none", "approved", "dropped"
UNDECIDED = (WAITING, ASSIGNED, NONE)
REVIEWED = (ASSIGNED, NONE, APPROVED)
KEPT_DAYS = 365
MOST = 5000
_PROGRAM = "handrail"


class NoSuchQuestion(Exception):
    """There is none of that number in a state in which this can be done: perhaps a colleague was quicker."""


class NoRoom(Exception):
    """So many questions wait already that no further one is kept."""


@dataclass(frozen=True)
class Question:
    """`topic` is None where none was named, or where an adviser said that none fits."""

    id: int
    text: str
    outcome: str
    day: date
    state: str
    topic: str | None
    assigned_by: str | None
    decided_by: str | None


class Questions:
    """The texts have been through bot/deidentify.py before they come here. Every method raises StoreDown."""

    def __init__(self, store: Store, audit: Audit) -> None:
        self._store = store
        self._audit = audit

    def share(self, text: str, outcome: str, day: date | None = None) -> None:
        """Keeps a question, once for each day. Raises NoRoom."""
        # Not in the audit log: its time is exact, so it would say when the person wrote.
        day = day or self._today()
        same = (questions.c.text == text) & (questions.c.day == day) & (questions.c.state == WAITING)
        with self._store.begin() as connection:
            self._sweep(connection)
            if connection.execute(select(questions.c.id).where(same)).first():
                return
            if self._number(connection, questions.c.state.in_(UNDECIDED)) >= MOST:
                raise NoRoom
            connection.execute(insert(questions).values(text=text, outcome=outcome, day=day, state=WAITING))

    def waiting(self, limit: int = MOST) -> list[Question]:
        """Those that nobody has looked at, the newest first."""
        return self._in((WAITING,), limit)

    def to_approve(self) -> list[Question]:
        """Those that an adviser gave a topic, or said that none fits."""
        return self._in((ASSIGNED, NONE), MOST)

    def number_to_approve(self) -> int:
        """How many of those there are."""
        self.sweep()
        with self._store.read() as connection:
            return self._number(connection, questions.c.state.in_((ASSIGNED, NONE)))

    def approved(self) -> list[Question]:
        """Those that an editor approved, the oldest first."""
        return self._in((APPROVED,), None)[::-1]

    def assign(self, id: int, topic: str | None, by: str) -> None:
        """Names the topic of one that waits; None says that no topic fits. Raises NoSuchQuestion."""
        self._change(id, (WAITING,), "question_assigned" if topic else "question_no_topic", by, reason=topic or "",
                     state=ASSIGNED if topic else NONE, topic=topic, assigned_by=by)  # fmt: skip

    def approve(self, id: int, by: str, *, topic: str | None) -> None:
        """Lets what the adviser said stand, where it is still that topic (None: that none fits). Raises NoSuchQuestion."""
        state = ASSIGNED if topic else NONE
        self._change(id, (state,), "question_approved", by, seen=_of_topic(topic), state=APPROVED, decided_by=by)

    def send_back(self, id: int, by: str) -> None:
        """Puts it among the waiting again. Raises NoSuchQuestion."""
        self._change(id, (ASSIGNED, NONE), "question_sent_back", by, state=WAITING, topic=None, assigned_by=None)

    def drop(self, id: int, by: str) -> None:
        """Forgets the words of one that waits; the row alone stays, until it is swept. Raises NoSuchQuestion."""
        self._drop(id, (WAITING,), by, None)

    def drop_reviewed(self, id: int, by: str, *, state: str, topic: str | None) -> None:
        """The same for one beyond that, where it is still in that state with that topic. Raises NoSuchQuestion."""
        self._drop(id, (state,) if state in REVIEWED else (), by, _of_topic(topic))

    def _drop(self, id: int, states: Sequence[str], by: str, seen: Any) -> None:
        self._change(id, states, "question_dropped", by, seen=seen, state=DROPPED, text="", topic=None, decided_by=by)

    def sweep(self) -> int:
        """Deletes what was not decided within a year, and says how many that were."""
        # Every page of the desk's questions asks for it, so it writes only where there is something to delete.
        with self._store.read() as connection:
            if not self._number(connection, self._stale()):
                return 0
        with self._store.begin() as connection:
            return self._sweep(connection)

    def _stale(self) -> Any:
        return (questions.c.day < self._today() - timedelta(days=KEPT_DAYS)) & (questions.c.state != APPROVED)

    def _sweep(self, connection: Connection) -> int:
        gone = connection.execute(delete(questions).where(self._stale())).rowcount
        if gone:
            self._audit.add(connection, _PROGRAM, "questions_swept", str(gone))
        return int(gone)

    def _change(
        self, id: int, states: Sequence[str], action: str, by: str, reason: str = "", seen: Any = None, **values: Any
    ) -> None:
        chosen = (questions.c.id == id) & questions.c.state.in_(states)
        if seen is not None:
            chosen &= seen
        with self._store.begin() as connection:
            if not connection.execute(update(questions).where(chosen).values(**values)).rowcount:
                raise NoSuchQuestion
            self._audit.add(connection, by, action, str(id), reason)

    def _in(self, states: Sequence[str], limit: int | None) -> list[Question]:
        chosen = select(questions).where(questions.c.state.in_(states)).order_by(questions.c.id.desc()).limit(limit)
        self.sweep()
        with self._store.read() as connection:
            return [Question(**row) for row in connection.execute(chosen).mappings()]

    def _number(self, connection: Connection, which: Any) -> int:
        return int(connection.execute(select(func.count()).select_from(questions).where(which)).scalar_one())

    def _today(self) -> date:
        """The day in London."""
        return datetime.fromtimestamp(self._store.now(), LONDON).date()


def _of_topic(topic: str | None) -> Any:
    return questions.c.topic == topic if topic else questions.c.topic.is_(None)
