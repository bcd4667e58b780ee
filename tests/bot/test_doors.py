"""The way to the vault: senders are answered one message after the other, and a Redis that hangs holds up nobody in danger."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from bench.services import RedisServer
from bot.doors import Busy, Doors
from bot.engine import Crowded, Engine, Limits
from bot.memory import Key, MemoryVault, Vault, VaultDown, seal
from bot.redis_client import connect
from bot.redis_vault import RedisVault
from content.library import Library
from tests.conftest import MODEL

DANGER = "he is hitting me right now"


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def far(redis: RedisServer, library: Library) -> Iterator[Engine]:
    engine = Engine.load(MODEL, library, RedisVault(connect(redis.url), 1800))
    yield engine
    engine.close()


@pytest.fixture(params=["memory", "redis"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Vault]:
    if request.param == "memory":
        yield MemoryVault(60)
        return
    server = RedisServer(tmp_path)
    yield RedisVault(connect(server.url), 60)
    server.stop()


def _topics(said: list[dict[str, object]]) -> list[str]:
    return [topic for message in said for topic in (message.get("custom") or {}).get("topics", ())]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["engine", "far"])
async def test_a_senders_messages_at_once_are_answered_one_after_the_other(kind: str, engine: Engine, far: Engine) -> None:
    engine = far if kind == "far" else engine
    sender = f"hasty in {kind}"
    first, second, third = await asyncio.gather(
        *(engine.rest(sender, text) for text in ("what is a core group", "why", "what is a merlin report"))
    )
    assert _topics(first) == _topics(second) == ["core_group"]
    assert _topics(third) == ["merlin_report"]
    assert _topics(await engine.rest(sender, "why")) == ["merlin_report"]
    engine.forget_sender(sender)


async def test_a_sender_in_danger_waits_for_no_message_before(engine: Engine) -> None:
    key = Key.of_sender("held")
    engine._vault.put(key.conversation, seal(key, b"[]"))
    held = engine._vault.take(key.conversation)
    assert held
    began = time.monotonic()
    said = await engine.rest("held", DANGER)
    assert time.monotonic() - began < 1
    assert said[0]["custom"]["kind"] == "safety" if "custom" in said[0] else "999" in said[0]["text"]
    engine.forget_sender("held")


async def test_a_sender_whose_conversation_stays_held_is_told_and_not_answered_with_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doors.PATIENCE", 0.1)
    key = Key.of_sender("held")
    engine._vault.put(key.conversation, seal(key, b"[]"))
    assert engine._vault.take(key.conversation)
    for _ in range(2):
        with pytest.raises(Busy):
            await engine.rest("held", "what is a core group")
    engine.forget_sender("held")
    assert _topics(await engine.rest("held", "what is a core group")) == ["core_group"]
    engine.forget_sender("held")


async def test_a_sender_too_many_is_told_and_danger_is_never_sent_away(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_limits", Limits(most_waiting=1))
    texts = ("what is a core group", "what is a plan", DANGER)
    said = await asyncio.gather(*(engine.rest(f"sender {place}", text) for place, text in enumerate(texts)), return_exceptions=True)
    assert [isinstance(one, Crowded) for one in said] == [False, True, False]
    assert engine.waiting == 0


async def test_what_is_read_beside_conversations_is_counted_with_them_and_waits_its_turn(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for read in (
        lambda: engine.judged("what is a core group"),
        lambda: engine.understand("what is a core group"),
        lambda: engine.deciding("what is a core group", "core_group", None, frozenset()),
    ):
        with monkeypatch.context() as full:
            full.setattr(engine, "_limits", Limits(most_waiting=1))
            done = await asyncio.gather(read(), read(), return_exceptions=True)
            assert [isinstance(one, Crowded) for one in done] == [False, True]
        assert engine.waiting == 0
        with monkeypatch.context() as watched:
            places = _watch(engine, watched)
            await read()
        assert places
        assert not any(places)


def _watch(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each place that is asked for is urgent."""
    places, place = list[bool](), engine._turnstile.place

    def asked(*, urgent: bool) -> AbstractAsyncContextManager[None]:
        places.append(urgent)
        return place(urgent=urgent)

    monkeypatch.setattr(engine._turnstile, "place", asked)
    return places


def test_a_conversation_that_began_meanwhile_is_not_begun_anew(vault: Vault) -> None:
    vault.begin("a", b"first")
    held = vault.take("a")
    assert held
    vault.put_back("a", held.proof, b"words")
    vault.begin("a", b"second")
    assert vault.get("a") == b"words"


async def test_two_first_messages_at_once_do_not_wipe_one_another(vault: Vault) -> None:
    doors, key = Doors(vault), Key.of_sender("new")
    take, missed = vault.take, [True]

    def late(name: str):  # type: ignore[no-untyped-def]
        # Both look before either has begun.
        return None if missed and missed.pop() else take(name)

    vault.take = late  # type: ignore[method-assign]
    one = await doors.begun_anew(key)
    missed.append(True)
    one.sealed = seal(key, b"[1]")
    assert await doors.put_back(one, well=True)
    other = await doors.begun_anew(key)
    assert other.events == [1]


def test_a_turn_that_is_not_kept_still_keeps_the_conversation_for_its_time(vault: Vault) -> None:
    vault.put("a", b"sealed", idle=0.5)
    time.sleep(0.3)
    held = vault.take("a")
    assert held
    assert vault.put_back("a", held.proof, None, idle=0.5)
    time.sleep(0.3)
    assert vault.get("a") == b"sealed"


@pytest.mark.parametrize("sealed", [None, b"newer"])
def test_what_ran_out_during_its_turn_is_told_as_not_kept(vault: Vault, sealed: bytes | None) -> None:
    vault.put("a", b"sealed", idle=0.1)
    held = vault.take("a")
    assert held
    time.sleep(0.15)
    assert not vault.put_back("a", held.proof, sealed)
    assert vault.get("a") is None
    vault.put("a", b"new")
    assert vault.take("a"), "nobody holds it"


async def test_danger_is_answered_within_a_second_while_redis_hangs_and_others_wait(far: Engine, redis: RedisServer) -> None:
    tokens = [far.start() for _ in range(41)]
    assert redis._process
    redis._process.send_signal(signal.SIGSTOP)
    try:
        others = [asyncio.ensure_future(far.reply(token, "what is a core group")) for token in tokens[1:]]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        danger = await far.reply(tokens[0], DANGER)
        assert time.monotonic() - began < 1
        assert danger.urgent
        assert danger.messages[0].kind == "safety"
        assert {reply.topics for reply in await asyncio.gather(*others)} == {("core_group",)}
    finally:
        redis._process.send_signal(signal.SIGCONT)


def test_a_redis_that_hangs_is_asked_once_a_second_and_found_again(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    vault = RedisVault(connect(server.url), 60)
    vault.put("a", b"sealed")
    assert server._process
    server._process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(VaultDown):
                vault.get("a")
        assert time.monotonic() - began < 0.9
    finally:
        server._process.send_signal(signal.SIGCONT)
    time.sleep(1.1)
    assert vault.get("a") == b"sealed"
    server.stop()
