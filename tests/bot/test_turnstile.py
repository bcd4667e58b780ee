"""Turns wait for their place in order, and those in danger before the others."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future, ThreadPoolExecutor

from bot.turnstile import Turnstile


async def _pass(turnstile: Turnstile, name: str, went: list[str], *, urgent: bool = False, length: int = 0) -> None:
    async with turnstile.place(urgent=urgent, length=length):
        went.append(name)
        await asyncio.sleep(0)


async def test_whoever_is_in_danger_goes_before_those_who_wait() -> None:
    turnstile, went = Turnstile(1), list[str]()
    calm = [asyncio.ensure_future(_pass(turnstile, f"calm {place}", went)) for place in range(3)]
    urgent = asyncio.ensure_future(_pass(turnstile, "urgent", went, urgent=True))
    await asyncio.gather(*calm, urgent)
    assert went == ["urgent", "calm 0", "calm 1", "calm 2"]


async def test_a_short_message_goes_before_long_ones_and_danger_before_both() -> None:
    turnstile, went = Turnstile(1), list[str]()
    waiting = [
        asyncio.ensure_future(_pass(turnstile, "long", went, length=3900)),
        asyncio.ensure_future(_pass(turnstile, "short", went, length=40)),
        asyncio.ensure_future(_pass(turnstile, "long and urgent", went, urgent=True, length=3900)),
    ]
    await asyncio.gather(*waiting)
    assert went == ["long and urgent", "short", "long"]


async def test_a_long_message_that_has_waited_goes_before_a_short_one_that_has_just_come() -> None:
    turnstile, went = Turnstile(1), list[str]()
    async with turnstile.place(urgent=False):
        long = asyncio.ensure_future(_pass(turnstile, "long", went, length=200))
        await asyncio.sleep(0.2)
        short = asyncio.ensure_future(_pass(turnstile, "short", went))
        await asyncio.sleep(0)
    await asyncio.gather(long, short)
    assert went == ["long", "short"]


async def test_one_that_gives_up_waiting_holds_up_nobody() -> None:
    turnstile, went = Turnstile(1), list[str]()
    tasks = [asyncio.ensure_future(_pass(turnstile, str(place), went)) for place in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert went == ["0", "2"]
    await _pass(turnstile, "later", went)
    assert went[-1] == "later"


async def test_a_place_that_came_to_one_who_just_gave_up_is_passed_on() -> None:
    turnstile, went = Turnstile(1), list[str]()
    async with turnstile.place(urgent=False):
        first = asyncio.ensure_future(_pass(turnstile, "first", went))
        second = asyncio.ensure_future(_pass(turnstile, "second", went))
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert went == ["second"]


async def test_danger_that_arrives_while_a_turn_blocks_the_loop_goes_before_those_who_came_before_it() -> None:
    turnstile, went = Turnstile(1), list[str]()
    loop = asyncio.get_running_loop()

    async def block(name: str, *, urgent: bool = False) -> None:
        async with turnstile.place(urgent=urgent):
            went.append(name)
            time.sleep(0.05)

    def say() -> list[Future[None]]:
        names = ["calm 0", "calm 1", "calm 2", "urgent"]
        return [asyncio.run_coroutine_threadsafe(block(name, urgent=name == "urgent"), loop) for name in names]

    async with turnstile.place(urgent=False):
        with ThreadPoolExecutor(1) as other:
            said = other.submit(say).result()
    await asyncio.gather(*map(asyncio.wrap_future, said))
    assert went == ["urgent", "calm 0", "calm 1", "calm 2"]
