"""Asks what hangs once in a second, and not once for each of all who wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")
# Seconds: whatever fails after so long did not answer, and is asked again after so many.
_HANGS, _AGAIN = 0.2, 1.0


class Hanging(Exception):
    """It gave no answer a moment ago."""


class Breaker:
    """One for everything that hangs together; used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut_until: float | None = None

    def asked(self, question: Callable[[], _Result]) -> _Result:
        """What `question` gives or raises; raises Hanging instead where a question was left waiting within the last second."""
        began = time.monotonic()
        with self._lock:
            if self._shut_until is not None:
                if began < self._shut_until:
                    raise Hanging
                # One finds out, and nobody waits beside it.
                self._shut_until = began + _AGAIN
        try:
            answer = question()
        except Exception:
            with self._lock:
                now = time.monotonic()
                self._shut_until = now + _AGAIN if now - began >= _HANGS else None
            raise
        with self._lock:
            self._shut_until = None
        return answer
