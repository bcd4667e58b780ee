"""Opens the desk beside the first requests, and tries again while its database cannot be reached."""

from __future__ import annotations

import logging
import threading

from api.state import State
from content.switches import Switches
from desk.desk import DefaultPassword, Desk
from desk.key import KeyRefused
from desk.store import StoreDown

log = logging.getLogger("handrail")

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
                    log.error("The desk's store cannot be used (%s). The chat goes on; trying again.", error)
                told = True
                self._over.wait(_AGAIN_SECONDS)
                continue
            except (KeyRefused, DefaultPassword) as error:
                log.error("The desk stays shut: %s", error)
                return
            desk.counts.start()
            desk.switchboard.watch(self._apply)
            self._state.desk = desk
            log.info("The desk is open.")
            return

    def _apply(self, switches: Switches) -> None:
        self._state.library.switched.become(switches)
