"""Lets so many turns through at once: those in danger before the others, and short messages before long ones."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Passes of the event loop until a message that arrived during a turn, which blocks the loop, stands in line: one in which
# its task is made, one in which that begins.
_PASSES = 2
# Who has written so many characters is taken to have come a second later: the longest messages take twenty times as long as
# most, and whoever asks in one line should not wait for eight of them. Who waits longer than that goes first all the same.
_CHARACTERS_A_SECOND = 2000


class Turnstile:
    """For the tasks of one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._numbers = itertools.count()
        self._waiting: list[tuple[bool, float, int, asyncio.Future[None]]] = []
        self._looking = False

    @asynccontextmanager
    async def place(self, *, urgent: bool, length: int = 0) -> AsyncIterator[None]:
        """Waits for a place and has it until the block ends. Whoever is urgent goes first, then whoever came first, where a
        message of some length, in characters, counts as come a little later."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, (not urgent, loop.time() + length / _CHARACTERS_A_SECOND, next(self._numbers), turn))
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
            turn = heapq.heappop(self._waiting)[-1]
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
