"""Rate limits by address, without keeping an address: a keyed hash whose key changes every day and is written nowhere."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import math
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from redis.exceptions import ResponseError

from bot.breaker import Breaker, Hanging
from bot.events import Event, Sparing, kind_of
from bot.redis_client import FAULTS

_DAY = 86_400.0
_MOST_BUCKETS = 100_000
# What one household, or one renter of a server, is given whole.
_NETWORK = 64
_TELL_EVERY = 60.0


def counted_as(host: str) -> str:
    """What an address counts as: its network for IPv6, where anybody has billions, and itself for IPv4, also inside of IPv6."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), _NETWORK), strict=False))


class Limit(Protocol):
    """Says how long an address has to wait; `is_far` where asking may take long enough to stall somebody."""

    is_far: bool

    def wait(self, address: str) -> int:
        """0 where the address may go on now, else the whole seconds until it may."""


class RateLimit:
    """A bucket for each address: `a_minute` tokens at most, filled up evenly. `clock` gives seconds that only grow."""

    is_far = False

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


# The time at which a bucket will be full again, in milliseconds of Redis' own clock: one number says all about it.
_TAKE = """
local clock = redis.call('time')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local gap, size = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('get', KEYS[1]) or 0), now)
local wait = full + gap - now - size
if wait > 0 then return math.ceil(wait) end
redis.call('set', KEYS[1], full + gap, 'PX', math.ceil(full + gap - now))
return 0
"""


class SharedRateLimit:
    """The same for all workers of all machines that hold the same `key` (32 bytes), counted in Redis.

    There an address is a hash under the day's key, which is derived from `key`; it goes within minutes. While Redis does
    not answer, or refuses to count, each worker counts for itself; a refusal lasts until somebody mends it, so it is told.
    A Redis that hangs holds up one request in a second, and not all of them.
    """

    is_far = True

    def __init__(self, name: str, a_minute: int, client: Any, key: bytes) -> None:
        self._name = name
        self._gap, self._size = 60_000 / a_minute, 60_000.0
        self._take = client.register_script(_TAKE)
        self._key = key
        self._alone = RateLimit(a_minute)
        self._refused = Sparing(Event.STORE_DOWN, _TELL_EVERY)
        self._breaker = Breaker()

    def wait(self, address: str) -> int:
        """Takes a token: 0 when there was one, else the whole seconds until there is."""
        today = datetime.datetime.now(datetime.UTC).date().isoformat().encode()
        days_key = hashlib.blake2b(today, key=self._key, digest_size=32).digest()
        hashed = hashlib.blake2b(address.encode(), key=days_key, digest_size=16).hexdigest()
        bucket = f"handrail:limit:{self._name}:{hashed}"
        try:
            milliseconds = int(self._breaker.asked(lambda: self._take([bucket], [self._gap, self._size])))
            return math.ceil(milliseconds / 1000)
        except Hanging:
            return self._alone.wait(address)
        except FAULTS as error:
            if isinstance(error, ResponseError):
                self._refused.tell(store="limits", error=kind_of(error))
            return self._alone.wait(address)
