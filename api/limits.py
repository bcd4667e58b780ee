"""Rate limits by address, without keeping an address: a keyed hash whose key changes every day and lives in memory."""

from __future__ import annotations

import hashlib
import math
import secrets
import threading
import time
from collections.abc import Callable

_DAY = 86_400.0
_MOST_BUCKETS = 100_000


class RateLimit:
    """A bucket for each address: `a_minute` tokens at most, filled up evenly. `clock` gives seconds that only grow."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(a_minute)
        self._rate = a_minute / 60.0
        self._clock = clock
        self._buckets: dict[bytes, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._key_until = clock() + _DAY

    def wait(self, address: str) -> int:
        """Takes a token: 0 when there was one, else the whole seconds until there is."""
        now = self._clock()
        with self._lock:
            if now >= self._key_until or len(self._buckets) >= _MOST_BUCKETS:
                self._key, self._key_until, self._buckets = secrets.token_bytes(32), now + _DAY, {}
            name = hashlib.blake2b(address.encode(), key=self._key, digest_size=16).digest()
            tokens, since = self._buckets.get(name, (self._size, now))
            tokens = min(self._size, tokens + (now - since) * self._rate)
            if tokens < 1:
                self._buckets[name] = (tokens, now)
                return math.ceil((1 - tokens) / self._rate)
            self._buckets[name] = (tokens - 1, now)
            return 0
