"""Sealed conversations in Redis, so that any worker can go on with them; they expire there by themselves."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from bot.breaker import Breaker, Hanging
from bot.memory import Held, Taken, VaultDown
from bot.redis_client import FAULTS

# In braces: a cluster keeps what belongs to one conversation in one place.
_PREFIX = "handrail:conversation:{"
_LOCK = "handrail:turn:{"
_END = "}"
# Milliseconds after which a turn whose worker says nothing more is over.
_HOLD = 3000
_Result = TypeVar("_Result")

# Each is one step for Redis: nothing comes between its lines. A full Redis takes no lock, and still gives what it keeps.
_TAKE = """
local kept = redis.call('get', KEYS[1])
if not kept then return nil end
local taken = redis.pcall('set', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
if not taken and redis.call('get', KEYS[2]) ~= ARGV[1] then return {0} end
return {1, kept}
"""
_PUT_BACK = """
if redis.call('get', KEYS[2]) ~= ARGV[1] then return 0 end
local kept = redis.call('pexpire', KEYS[1], ARGV[3])
if ARGV[2] ~= '' and kept == 1 then redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
redis.call('del', KEYS[2])
return kept
"""
_KEEP_HELD = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"


class RedisVault:
    """A Vault; see bot.memory. Every call raises VaultDown soon where Redis does not answer, and at once while it hangs."""

    is_far = True

    def __init__(self, client: Any, idle_seconds: float) -> None:
        self._idle = _milliseconds(idle_seconds)
        self._redis = client
        self._breaker = Breaker()
        self._take, self._put_back = client.register_script(_TAKE), client.register_script(_PUT_BACK)
        self._keep_held = client.register_script(_KEEP_HELD)

    def put(self, name: str, sealed: bytes, *, idle: float | None = None) -> None:
        self._asked(lambda: self._redis.set(_key(name), sealed, px=self._lasting(idle)))

    def begin(self, name: str, sealed: bytes, *, idle: float | None = None) -> None:
        self._asked(lambda: self._redis.set(_key(name), sealed, px=self._lasting(idle), nx=True))

    def take(self, name: str) -> Held | None:
        proof = secrets.token_hex(8)
        found: list[Any] | None = self._asked(lambda: self._take([_key(name), _lock(name)], [proof, _HOLD]))
        if found is None:
            return None
        if not found[0]:
            raise Taken
        return Held(found[1], proof)

    def put_back(self, name: str, proof: str, sealed: bytes | None, *, idle: float | None = None) -> bool:
        arguments = [proof, sealed or b"", self._lasting(idle)]
        return bool(self._asked(lambda: self._put_back([_key(name), _lock(name)], arguments)))

    def keep_held(self, name: str, proof: str) -> None:
        self._asked(lambda: self._keep_held([_lock(name)], [proof, _HOLD]))

    def get(self, name: str) -> bytes | None:
        kept: bytes | None = self._asked(lambda: self._redis.get(_key(name)))
        return kept

    def drop(self, name: str) -> int:
        # Plain commands, which a full Redis takes too. Without its hold a turn under way puts nothing back.
        self._asked(lambda: self._redis.delete(_lock(name)))
        return len(self._asked(lambda: self._redis.getdel(_key(name))) or b"")

    def names(self) -> list[str]:
        found = self._asked(lambda: list(self._redis.scan_iter(_PREFIX + "*")))
        return [key.decode().removeprefix(_PREFIX).removesuffix(_END) for key in found]

    def sweep(self) -> None:
        """Redis does it by itself."""

    def _lasting(self, idle: float | None) -> int:
        return self._idle if idle is None else _milliseconds(idle)

    def _asked(self, question: Callable[[], _Result]) -> _Result:
        try:
            return self._breaker.asked(question)
        except Hanging:
            raise VaultDown("Hanging") from None
        except FAULTS as error:
            # The error's own text may name keys, so only its kind travels on.
            raise VaultDown(type(error).__name__) from None


def _key(name: str) -> str:
    return _PREFIX + name + _END


def _lock(name: str) -> str:
    return _LOCK + name + _END


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
