"""Counts turns, votes and calls: in memory at once, in the store every two seconds, by day and never two things together."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from actions.wording import ADVICE_LINE
from content.hours import LONDON, open_state
from content.library import Library
from desk import tables
from desk.figures import Figures
from desk.store import Store, StoreDown

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_CELLS = 200_000
_SECONDS_BETWEEN = 2.0

Cell = tuple[date, str, str]


class Moment(NamedTuple):
    """What is counted of a moment, by the clock in London. `hours` is None where nobody knows whether the line is open."""

    day: date
    hour: str
    weekday: str
    hours: str | None


class Counts:
    """One for each process; any thread may count. Nothing here raises into a turn, waits for the store, or keeps a word."""

    def __init__(self, store: Store, library: Library, seconds_between: float = _SECONDS_BETWEEN) -> None:
        self._store = store
        self._line = library.services[ADVICE_LINE]
        self._seconds_between = seconds_between
        self._tally: dict[Cell, int] = {}
        self._counting = threading.Lock()
        self._writing = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._latest: tuple[int, Moment] | None = None

    def turn(self, outcome: str, urgent: bool, topics: Iterable[str], channel: str, at: datetime | None = None) -> None:
        """Counts one turn of a chat, now or at the aware moment `at`."""
        moment = self._moment(at)
        cells = [
            *_of_any_turn(moment, outcome, channel), ("urgent", "yes" if urgent else "no"),
            *(("topic", topic) for topic in set(topics)),
        ]  # fmt: skip
        if moment.hours:
            cells.append(("hours", moment.hours))
        self._add(moment.day, cells)

    def helpful(self, helpful: bool, at: datetime | None = None, topic: str = "") -> None:
        """Counts an answer that somebody marked, and under which topic it stood; a mark belongs to no turn."""
        cells = [("helpful", "yes" if helpful else "no")]
        if topic:
            cells.append(("helpful_topic" if helpful else "not_helpful_topic", topic))
        self._add(self._moment(at).day, cells)

    def call(self, topic: str, outcome: str, at: datetime | None = None) -> None:
        """Counts a call that an adviser logged: a turn of the channel `desk`, and a call of its own."""
        moment = self._moment(at)
        calls = [("topic", topic), ("call_topic", topic), ("call_outcome", outcome)]
        self._add(moment.day, [*_of_any_turn(moment, outcome, "desk"), *calls])

    @property
    def waiting(self) -> int:
        """How many cells are not in the store yet."""
        return len(self._tally)

    def flush(self) -> bool:
        """Writes what was counted since the last time, all or nothing; False where the store is down and it waits on."""
        with self._writing:
            with self._counting:
                taken, self._tally = self._tally, {}
            if not taken:
                return True
            written = False
            try:
                # In one order everywhere, so that two processes never wait for each other's rows.
                rows = [
                    {"day": day, "dimension": dimension, "value": value, "n": n}
                    for (day, dimension, value), n in sorted(taken.items())
                ]
                with self._store.begin() as connection:
                    self._store.put(connection, tables.counts, rows, adding="n")
                written = True
            except StoreDown:
                pass
            finally:
                if not written:
                    self._put_back(taken)
            return written

    def start(self) -> None:
        """Begins to write by itself."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._keep_writing, name="counts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends that and writes a last time."""
        self._stopped.set()
        if self._thread:
            self._thread.join(timeout=10)
            self._thread = None
        self.flush()

    def figures(self, first: date, last: date) -> Figures:
        """What is published from `first` to `last`, both included. Raises StoreDown."""
        table = tables.counts.c
        before = func.sum(case((table.day < first, table.n), else_=0))
        every = (
            select(table.dimension, table.value, before, func.sum(table.n))
            .where(table.day <= last)
            .group_by(table.dimension, table.value)
        )
        turns = select(table.day, table.n).where(table.dimension == "turns", table.value == "all", table.day <= last)
        with self._store.read() as connection:
            running = [(dimension, value, int(a), int(b)) for dimension, value, a, b in connection.execute(every)]
            by_day = [(day, int(n)) for day, n in connection.execute(turns)]
        return Figures.of(first, last, running, by_day)

    def counted(self) -> int:
        """How many turns and calls there are altogether, exactly: not for anybody's eyes. Raises StoreDown."""
        table = tables.counts.c
        with self._store.read() as connection:
            found = connection.execute(select(func.sum(table.n)).where(table.dimension == "turns")).scalar()
        return int(found or 0)

    def today(self) -> date:
        """The day in London."""
        return self._moment(None).day

    def _keep_writing(self) -> None:
        while not self._stopped.wait(self._seconds_between):
            # Whatever is wrong, what was counted waits for the next time, and so must the thread.
            with contextlib.suppress(Exception):
                self.flush()

    def _add(self, day: date, cells: Iterable[tuple[str, str]]) -> None:
        with self._counting:
            for dimension, value in cells:
                cell = (day, dimension, value)
                if cell in self._tally or len(self._tally) < _MOST_CELLS:
                    self._tally[cell] = self._tally.get(cell, 0) + 1

    def _put_back(self, taken: dict[Cell, int]) -> None:
        with self._counting:
            for cell, n in self._tally.items():
                taken[cell] = taken.get(cell, 0) + n
            self._tally = taken

    def _moment(self, at: datetime | None) -> Moment:
        """Worked out once a minute: whether the line is open costs more than all the counting."""
        minute = int(at.timestamp() if at else self._store.now()) // 60
        latest = self._latest
        if latest is None or latest[0] != minute:
            latest = self._latest = (minute, self._worked_out(minute))
        return latest[1]

    def _worked_out(self, minute: int) -> Moment:
        local = datetime.fromtimestamp(minute * 60, UTC).astimezone(LONDON)
        is_open = open_state(self._line, local).open_now
        hours = None if is_open is None else "open" if is_open else "closed"
        return Moment(local.date(), f"{local.hour:02}", WEEKDAYS[local.weekday()], hours)


def _of_any_turn(moment: Moment, outcome: str, channel: str) -> list[tuple[str, str]]:
    return [
        ("turns", "all"), ("outcome", outcome), ("channel", channel), ("hour", moment.hour), ("weekday", moment.weekday),
    ]  # fmt: skip
