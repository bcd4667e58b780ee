"""How long the server waits for a client: for a whole request, and for what was sent to be read. Uvicorn itself waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Patient(HttpToolsProtocol):
    """Closes a line whose request is not whole in time, and one whose reader takes nothing for as long."""

    seconds: float

    _request: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_request()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._request is None:
            self._wait_for_request()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._request = _cancelled(self._request)

    def handle_websocket_upgrade(self) -> None:
        # From here on the line is a websocket's, which has waits of its own.
        self._request = _cancelled(self._request)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reader = _cancelled(self._reader)
        self._reader = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reader = _cancelled(self._reader)

    def timeout_keep_alive_handler(self) -> None:
        # Closing waits until everything was read, so a reader that takes nothing would keep the line.
        super().timeout_keep_alive_handler()
        if self._reader is None:
            self._reader = self.loop.call_later(self.seconds, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._request, self._reader = _cancelled(self._request), _cancelled(self._reader)

    def _wait_for_request(self) -> None:
        self._request = self.loop.call_later(self.seconds, self.transport.abort)


def patient(seconds: float) -> type[HttpToolsProtocol]:
    """What Uvicorn is to speak HTTP with, as its `http`: the same, but with an end to every wait."""
    return type("PatientProtocol", (_Patient,), {"seconds": seconds})


def raise_handle_limit() -> int:
    """Asks for as many file handles as the system allows, since each line needs one; how many there are now."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return most
    return soft


def _cancelled(timer: asyncio.TimerHandle | None) -> Any:
    if timer is not None:
        timer.cancel()
    return None
