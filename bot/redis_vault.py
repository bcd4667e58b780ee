"""Sealed conversations in Redis, so that any worker can go on with them; they expire there by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import redis

from bot.memory import VaultDown

_PREFIX = "handrail:conversation:"
_Result = TypeVar("_Result")


class RedisVault:
    """A Vault; see bot.memory. Every call raises VaultDown within `patience` seconds where Redis does not answer."""

    def __init__(self, url: str, idle_seconds: float, patience: float = 0.3) -> None:
        self._idle = idle_seconds
        self._redis: Any = redis.Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience)

    def put(self, name: str, sealed: bytes, *, known_only: bool = False, idle: float | None = None) -> None:
        milliseconds = max(1, round((self._idle if idle is None else idle) * 1000))
        self._asked(lambda: self._redis.set(_PREFIX + name, sealed, px=milliseconds, xx=known_only))

    def get(self, name: str) -> bytes | None:
        kept: bytes | None = self._asked(lambda: self._redis.get(_PREFIX + name))
        return kept

    def drop(self, name: str) -> int:
        def forget() -> int:
            with self._redis.pipeline() as both:
                both.strlen(_PREFIX + name).delete(_PREFIX + name)
                held, _ = both.execute()
            return int(held)

        return self._asked(forget)

    def names(self) -> list[str]:
        return self._asked(lambda: [key.decode().removeprefix(_PREFIX) for key in self._redis.scan_iter(_PREFIX + "*")])

    def sweep(self) -> None:
        """Redis does it by itself."""

    def _asked(self, question: Callable[[], _Result]) -> _Result:
        try:
            return question()
        except redis.RedisError as error:
            # The error's own text may name keys, so only its kind travels on.
            raise VaultDown(type(error).__name__) from None
