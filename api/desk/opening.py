"""Opens the desk beside the first requests, and tries again while its database cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from api.state import State
from bot.events import Event, kind_of, place_of, tell
from content.switches import Switches
from desk.audit import Audit
from desk.desk import DefaultPassword, Desk
from desk.key import KeyRefused, desk_key
from desk.last_switches import LastSwitches
from desk.store import Store, StoreDown
from desk.switchboard import Switchboard

_Done = TypeVar("_Done")
_AGAIN_SECONDS = 3.0


class Opening:
    """The chat never waits for it: without a desk nothing is counted, and the switches stay as they were last."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._last = LastSwitches(state.settings.database)
        self._switchboard: Switchboard | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """Begins with what was switched last."""
        if (switches := self._last.read()) is not None:
            self._state.library.switched.become(switches)
        self._thread.start()

    def stop(self) -> None:
        """Ends it, and closes a desk that it opened."""
        self._over.set()
        self._thread.join(timeout=10)
        if self._state.desk is not None:
            self._state.desk.close()
        elif self._switchboard is not None:
            self._switchboard.stop()
            self._switchboard.store.close()

    def _run(self) -> None:
        settings = self._state.settings
        board = self._switchboard = self._tried(self._opened)
        if board is None:
            return
        # What is switched holds for parents from the first moment, whatever there is to say about keys and passwords.
        board.watch(self._apply)
        desk = self._tried(lambda: Desk.shut(desk_key(settings.desk_key, settings.database), self._state.library, board))
        if desk is None:
            return
        desk.counts.start()
        self._state.desk = desk
        self._tried(desk.let_people_in)
        if desk.is_open:
            tell(Event.DESK_OPEN)

    def _opened(self) -> Switchboard:
        store = Store(self._state.settings.database)
        try:
            store.migrate()
        except BaseException:
            store.close()
            raise
        return Switchboard(store, Audit(store))

    def _tried(self, work: Callable[[], _Done]) -> _Done | None:
        """What comes of it, tried again while the store is down; None where it cannot be done, or is no longer wanted."""
        told = False
        while not self._over.is_set():
            try:
                return work()
            except (StoreDown, OSError) as error:
                if not told:
                    why = str(error).replace(" ", "_") if isinstance(error, StoreDown) else kind_of(error)
                    tell(Event.STORE_DOWN, store="desk", error=why)
                told = True
                self._over.wait(_AGAIN_SECONDS)
            except (KeyRefused, DefaultPassword) as error:
                tell(Event.DESK_SHUT, error=kind_of(error), hint=f"{error}.")
                return None
            except Exception as error:  # such as an address that is none; its words may hold a password
                tell(Event.DESK_SHUT, error=kind_of(error), hint=f"It failed at {place_of(error.__traceback__)}.")
                return None
        return None

    def _apply(self, switches: Switches) -> None:
        self._state.library.switched.become(switches)
        self._last.keep(switches)
