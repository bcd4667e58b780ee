"""Rate limits: they hold, they say when to come back, and they keep no address."""

from __future__ import annotations

import httpx
import pytest

from api.app import create_app
from api.limits import RateLimit, counted_as
from api.settings import Settings
from bot.engine import Engine


class Clock:
    """Seconds that a test moves on by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_a_minute_and_then_a_wait_that_is_enough() -> None:
    clock = Clock()
    limit = RateLimit(6, clock)
    assert [limit.wait("one") for _ in range(6)] == [0] * 6
    wait = limit.wait("one")
    assert wait == 10
    clock.now += wait
    assert limit.wait("one") == 0


def test_one_address_does_not_spend_anothers_share() -> None:
    limit = RateLimit(1, Clock())
    assert limit.wait("one") == 0
    assert limit.wait("one") > 0
    assert limit.wait("two") == 0


def test_no_address_is_kept_and_the_key_changes_every_day() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.wait("203.0.113.9")
    assert "203.0.113.9" not in repr(vars(limit))
    key = limit._key
    clock.now += 86_400
    limit.wait("203.0.113.9")
    assert limit._key != key
    assert len(limit._buckets) == 1


@pytest.mark.parametrize(
    ("path", "field"), [("/api/conversations", "starts_a_minute"), ("/webhooks/rest/webhook", "messages_a_minute")]
)
async def test_too_many_calls_are_told_when_to_come_back(engine: Engine, path: str, field: str) -> None:
    app = create_app(Settings.model_validate({field: 2, "rest_channel": True}), engine=engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        codes = [(await client.post(path, json={"sender": "a", "message": "hi"})).status_code for _ in range(4)]
        assert codes[2:] == [429, 429]
        response = await client.post(path, json={"sender": "a", "message": "hi"})
        assert response.json()["type"] == "urn:handrail:problem:too-many"
        assert 1 <= int(response.headers["retry-after"]) <= 30
        assert "999" in response.json()["detail"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("2001:db8:1:2::1", "2001:0db8:0001:0002:0:0:0:9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:cb00:7109", "203.0.113.9"),
    ],
)
def test_addresses_that_one_household_has_count_as_one(one: str, other: str) -> None:
    assert counted_as(one) == counted_as(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:3::1"),
        ("203.0.113.9", "203.0.113.10"),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.10"),
        ("one", "two"),
    ],
)
def test_addresses_of_two_households_count_as_two(one: str, other: str) -> None:
    assert counted_as(one) != counted_as(other)


async def test_whoever_has_a_whole_network_of_addresses_is_limited_as_one() -> None:
    app = create_app(Settings(starts_a_minute=2))
    codes = []
    for place in range(4):
        transport = httpx.ASGITransport(app=app, client=(f"2001:db8:1:2::{place}", 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test") as client:
            codes.append((await client.post("/api/conversations")).status_code)
    assert codes == [201, 201, 429, 429]
