"""Looks every few seconds at what no request shows: whether the stores answer, what is held, how much memory is used."""

from __future__ import annotations

import contextlib
import threading

from api.board import process_memory
from api.state import State
from bot.events import Event, tell
from bot.memory import MemoryVault, VaultDown
from desk.store import StoreDown

_SECONDS = 5.0
_MEMORY_EVERY = 6
_UNOPENED = "unopened"


class Watch:
    """One for each worker, with a thread of its own, so that a store that hangs stalls nothing else."""

    def __init__(self, state: State, seconds: float = _SECONDS) -> None:
        self._state = state
        self._seconds = seconds
        self._over = threading.Event()
        self._down: set[str] = set()
        self._looks = 0
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; a look under way is not waited for long."""
        self._over.set()
        self._thread.join(timeout=1)

    def look(self) -> None:
        """One look at everything."""
        state = self._state
        if state.vault is not None:
            if isinstance(state.vault, MemoryVault):
                state.metrics.kept(len(state.vault.names()))
            else:
                self._found("redis", self._vault_trouble())
        if state.settings.database:
            self._found("desk", self._desk_trouble())
        if self._looks % _MEMORY_EVERY == 0 and (held := process_memory()) is not None:
            state.metrics.memory(held)
        self._looks += 1

    def _run(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(Exception):
                self.look()
            self._over.wait(self._seconds)

    def _vault_trouble(self) -> str:
        try:
            # Nobody's conversation has this name.
            if self._state.vault is not None:
                self._state.vault.get("watch")
        except VaultDown as error:
            return str(error) or "VaultDown"
        return ""

    def _desk_trouble(self) -> str:
        if self._state.desk is None:
            # Whoever opens it tells why.
            return _UNOPENED
        try:
            self._state.desk.store.ping()
        except StoreDown as error:
            return str(error).replace(" ", "_") or "StoreDown"
        return ""

    def _found(self, store: str, trouble: str) -> None:
        self._state.metrics.store(store, up=not trouble)
        if trouble and trouble != _UNOPENED and store not in self._down:
            self._down.add(store)
            tell(Event.STORE_DOWN, store=store, error=trouble)
        elif not trouble and store in self._down:
            self._down.remove(store)
            tell(Event.STORE_UP, store=store)
