"""The way to the vault for one turn: what is far is asked beside the other work, and those in danger have a door of their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from bot.memory import Key, OpenTurn, Taken, Vault, VaultDown, seal
from bot.spans import span

_Result = TypeVar("_Result")
_THREADS, _URGENT_THREADS = 8, 4
# Seconds after which a turn in danger does without its conversation.
_URGENT_PATIENCE = 0.4
# Seconds for which a sender's next message waits: longer than a dead worker holds a conversation.
PATIENCE = 4.0
_LOOK_AGAIN = 0.05


class NoSuchConversation(Exception):
    """The token opens nothing: it is wrong, was deleted, or was idle for too long."""


class Busy(Exception):
    """The conversation's last message is still being answered."""


class Doors:
    """A vault that does not answer stalls neither the web nor, for those in danger, anything."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self._calm = ThreadPoolExecutor(_THREADS, "vault")
        self._urgent = ThreadPoolExecutor(_URGENT_THREADS, "urgent-vault")
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, work: Callable[[], _Result], *, urgent: bool = False) -> _Result:
        """Runs what asks the vault without stalling the caller's other work."""
        if not self.vault.is_far:
            return work()
        asked = asyncio.get_running_loop().run_in_executor(self._urgent if urgent else self._calm, work)
        if not urgent:
            return await asked
        try:
            return await asyncio.wait_for(asked, _URGENT_PATIENCE)
        except TimeoutError:
            raise VaultDown("late") from None

    async def begun(self, key: Key, *, urgent: bool = False) -> OpenTurn:
        """The turn that now begins; without memory where the vault is down. Raises NoSuchConversation and Busy."""
        try:
            with span("vault get"):
                held = await self.ask(lambda: self.vault.take(key.conversation), urgent=urgent)
        except VaultDown:
            return OpenTurn(key, None)
        except Taken:
            raise Busy from None
        if held is None:
            raise NoSuchConversation
        return OpenTurn(key, held)

    async def begun_anew(self, key: Key, *, urgent: bool = False) -> OpenTurn:
        """The same for a conversation that nobody had to start; without memory where none can be started now. Raises Busy."""
        try:
            return await self.begun(key, urgent=urgent)
        except NoSuchConversation:
            try:
                await self.ask(lambda: self.vault.begin(key.conversation, seal(key, b"[]"), idle=key.idle), urgent=urgent)
                return await self.begun(key, urgent=urgent)
            except (VaultDown, NoSuchConversation):
                return OpenTurn(key, None)

    @contextlib.asynccontextmanager
    async def in_line(self, key: Key, *, urgent: bool) -> AsyncIterator[OpenTurn]:
        """The same once the sender's messages before are answered, one after the other as stock Rasa does. Raises Busy.

        Whoever is in danger waits for nothing, and does without the conversation while it is held.
        """
        if urgent:
            yield await self._at_once(key)
            return
        loop, line = asyncio.get_running_loop(), self._lines.setdefault(key.conversation, asyncio.Lock())
        until = loop.time() + PATIENCE
        try:
            async with asyncio.timeout_at(until):
                await line.acquire()
        except TimeoutError:
            raise Busy from None
        try:
            yield await self._free(key, until)
        finally:
            line.release()

    async def _at_once(self, key: Key) -> OpenTurn:
        try:
            return await self.begun_anew(key, urgent=True)
        except Busy:
            return OpenTurn(key, None)

    async def _free(self, key: Key, until: float) -> OpenTurn:
        """The turn once no other worker, and nobody who is in danger and did not wait, is at it. Raises Busy."""
        while True:
            try:
                return await self.begun_anew(key)
            except Busy:
                if asyncio.get_running_loop().time() > until:
                    raise
            await asyncio.sleep(_LOOK_AGAIN)

    async def put_back(self, turn: OpenTurn, *, well: bool, urgent: bool = False) -> bool:
        """Ends the turn in the vault, as it began where it did not end well; False where what came of it is not kept."""
        proof, sealed = turn.proof, turn.sealed if well else None
        if proof is None:
            return False
        try:
            return await self.ask(
                lambda: self.vault.put_back(turn.key.conversation, proof, sealed, idle=turn.key.idle), urgent=urgent
            )
        except VaultDown:
            return False

    async def keep_held(self, turn: OpenTurn, proof: str) -> None:
        """Says that the turn still goes on, where that can be said."""
        with contextlib.suppress(VaultDown):
            await self.ask(lambda: self.vault.keep_held(turn.key.conversation, proof))

    def close(self) -> None:
        """Lets the threads go when they are done."""
        self._calm.shutdown(wait=False)
        self._urgent.shutdown(wait=False)
