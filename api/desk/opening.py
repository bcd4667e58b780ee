"""Opens the desk beside the first requests, and tries again while its database cannot be reached."""

from __future__ import annotations

import threading

from api.state import State
from bot.events import Event, kind_of, tell
from content.switches import Switches
from desk.desk import DefaultPassword, Desk
from desk.key import KeyRefused
from desk.store import StoreDown

_AGAIN_SECONDS = 3.0


class Opening:
    """The chat never waits for it: without a desk nothing is counted and nothing is switched."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it, and closes a desk that it opened."""
        self._over.set()
        self._thread.join(timeout=10)
        if self._state.desk is not None:
            self._state.desk.close()

    def _run(self) -> None:
        settings, told = self._state.settings, False
        while not self._over.is_set():
            try:
                desk = Desk.open(settings.database, settings.desk_key, self._state.library)
            except StoreDown as error:
                if not told:
                    tell(Event.STORE_DOWN, store="desk", error=str(error).replace(" ", "_"))
                told = True
                self._over.wait(_AGAIN_SECONDS)
                continue
            except (KeyRefused, DefaultPassword) as error:
                tell(Event.DESK_SHUT, error=kind_of(error), hint=f"{error}.")
                return
            desk.counts.start()
            desk.switchboard.watch(self._apply)
            self._state.desk = desk
            tell(Event.DESK_OPEN)
            return

    def _apply(self, switches: Switches) -> None:
        self._state.library.switched.become(switches)
