"""Numbers in memory that forked workers share: a row for each worker, a column for each series, no file and no text."""

from __future__ import annotations

import itertools
import math
import mmap
import os
import threading
from collections.abc import Iterable

_CELL_BYTES = 8
# A row costs a few kilobytes, and only once it is written to.
_MOST_ROWS = 65


class Board:
    """Made before the fork. Every process writes its own row alone, so nobody waits for another process.

    Row 0 belongs to the process that made the board. Counts of a worker that ended stay in its row, and the next worker
    goes on from them, so that no sum ever falls. Gauges, whose columns are named in `gauges`, go with their worker.
    """

    def __init__(self, columns: int, gauges: Iterable[int], rows: int = _MOST_ROWS) -> None:
        self._width = columns + 1
        self._rows = rows
        self._gauges = tuple(gauges)
        self._cells = memoryview(mmap.mmap(-1, rows * self._width * _CELL_BYTES)).cast("d")
        self._lock = threading.Lock()
        self._start = 0
        self._live(0, True)

    def add(self, column: int, amount: float = 1.0) -> None:
        """Adds to this process's number."""
        cell = self._start + column
        with self._lock:
            self._cells[cell] += amount

    def set(self, column: int, value: float) -> None:
        """Replaces this process's number."""
        self._cells[self._start + column] = value

    def total(self, column: int) -> float:
        """The sum over all workers, also those that ended."""
        return sum(self._cells[row * self._width + column] for row in self._used())

    def each(self, column: int) -> list[float]:
        """That gauge of every living worker that has set it."""
        values = (self._cells[row * self._width + column] for row in self._used() if self._is_live(row))
        return [value for value in values if not math.isnan(value)]

    def workers(self) -> int:
        """How many workers live."""
        return sum(self._is_live(row) for row in self._used())

    def reserve(self) -> int:
        """A row for the worker that is about to be forked; from now on the process that made the board is none itself."""
        self._live(0, False)
        for row in range(1, self._rows):
            if not self._is_live(row):
                self._live(row, True)
                return row
        # More workers than rows: they share the last one, and some of their counts may be lost.
        return self._rows - 1

    def enter(self, row: int) -> None:
        """Called in the forked worker: writes go to that row."""
        self._lock = threading.Lock()
        self._start = row * self._width

    def release(self, row: int) -> None:
        """Called in the process that made the board, once the worker of that row has ended."""
        self._live(row, False)

    def _used(self) -> Iterable[int]:
        # Rows are taken in order, so the first that nobody ever had is the end.
        return itertools.takewhile(lambda row: self._state(row) != 0, range(self._rows))

    def _is_live(self, row: int) -> bool:
        return self._state(row) > 0

    def _state(self, row: int) -> float:
        """1 while a worker has the row, -1 once it ended, 0 before."""
        return self._cells[(row + 1) * self._width - 1]

    def _live(self, row: int, live: bool) -> None:
        for column in self._gauges:
            self._cells[row * self._width + column] = math.nan
        self._cells[(row + 1) * self._width - 1] = 1.0 if live else -1.0


def process_seconds() -> float | None:
    """Seconds since this process began, or None where the system does not say."""
    try:
        with open("/proc/self/stat", encoding="ascii") as stat:
            began = int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        with open("/proc/uptime", encoding="ascii") as uptime:
            return float(uptime.read().split()[0]) - began
    except (OSError, ValueError, IndexError):
        return None


def process_memory() -> float | None:
    """Bytes that this process holds, with its share of what several hold together; None where the system does not say."""
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as rollup:
            return next(float(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss:"))
    except (OSError, ValueError, StopIteration):
        return None
