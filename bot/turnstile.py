"""Lets so many turns through at once, and those in danger before the others."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Passes of the event loop until a message that arrived during a turn, which blocks the loop, stands in line: one in which
# its task is made, one in which that begins.
_PASSES = 2


class Turnstile:
    """For the tasks of one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._numbers = itertools.count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._looking = False

    @asynccontextmanager
    async def place(self, *, urgent: bool) -> AsyncIterator[None]:
        """Waits for a place and has it until the block ends. Whoever is urgent goes first, then whoever came first."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not urgent, next(self._numbers), turn))
        self._look()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._free += 1
        self._look()

    def _look(self) -> None:
        """Soon lets in whoever is first then. Not at once: a turn blocks the loop, and who came meanwhile is not in line yet."""
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._let_in, _PASSES)

    def _let_in(self, passes: int) -> None:
        if passes:
            asyncio.get_running_loop().call_soon(self._let_in, passes - 1)
            return
        self._looking = False
        while self._free and self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
