"""Limits that several machines share through a real Redis, without an address in it; while it is down each counts alone."""

from __future__ import annotations

import logging
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.limits import SharedRateLimit
from bench.services import RedisServer
from bot.redis_client import connect

ADDRESS = "203.0.113.77"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.stop()


def test_two_machines_with_one_key_count_together_and_another_address_is_free(redis: RedisServer) -> None:
    key = secrets.token_bytes(32)
    machines = [SharedRateLimit("messages", 6, connect(redis.url), key) for _ in range(2)]
    taken = [machines[place % 2].wait(ADDRESS) for place in range(8)]
    assert taken[:6] == [0] * 6
    assert all(0 < seconds <= 11 for seconds in taken[6:])
    assert machines[0].wait("203.0.113.78") == 0
    assert SharedRateLimit("starts", 6, connect(redis.url), key).wait(ADDRESS) == 0


def test_redis_holds_neither_the_address_nor_a_hash_that_another_key_would_give(redis: RedisServer) -> None:
    for key in (secrets.token_bytes(32), secrets.token_bytes(32)):
        SharedRateLimit("messages", 6, connect(redis.url), key).wait(ADDRESS)
    names = [name.decode() for name in connect(redis.url).keys("*")]
    assert len(names) == 2, "each key gives another hash"
    assert all(name.startswith("handrail:limit:") and ADDRESS not in name for name in names)
    assert all(0 < connect(redis.url).pttl(name) <= 60_000 for name in names)


def test_while_redis_is_down_each_worker_counts_for_itself(redis: RedisServer) -> None:
    limit = SharedRateLimit("messages", 3, connect(redis.url), secrets.token_bytes(32))
    redis.stop()
    taken = [limit.wait(ADDRESS) for _ in range(4)]
    assert taken[:3] == [0, 0, 0]
    assert taken[3] > 0
    redis.start()
    assert limit.wait(ADDRESS) == 0


def test_a_redis_that_refuses_to_count_is_told_once_in_a_while_and_each_worker_counts_for_itself(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    connect(redis.url).acl_setuser("less", enabled=True, nopass=True, keys=["*"], categories=["+@all"], commands=["-time"])
    limit = SharedRateLimit("messages", 3, connect(redis.url.replace("//", "//less@")), secrets.token_bytes(32))
    with caplog.at_level(logging.INFO, logger="handrail"):
        taken = [limit.wait(ADDRESS) for _ in range(4)]
    assert [seconds > 0 for seconds in taken] == [False, False, False, True]
    (told,) = [record for record in caplog.records if record.name == "handrail"]
    assert (told.event, told.fields["store"]) == ("store_down", "limits")


def test_a_redis_that_is_away_is_told_of_elsewhere(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    limit = SharedRateLimit("messages", 3, connect(redis.url), secrets.token_bytes(32))
    redis.stop()
    with caplog.at_level(logging.INFO, logger="handrail"):
        assert limit.wait(ADDRESS) == 0
    assert caplog.records == []


def test_a_redis_that_hangs_holds_up_one_request_in_a_second(redis: RedisServer) -> None:
    limit = SharedRateLimit("messages", 100, connect(redis.url), secrets.token_bytes(32))
    assert redis._process
    redis._process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert {limit.wait(ADDRESS) for _ in range(20)} == {0}
        assert time.monotonic() - began < 0.9
    finally:
        redis._process.send_signal(signal.SIGCONT)
