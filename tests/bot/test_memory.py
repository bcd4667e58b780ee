"""Sealed memory: what is kept cannot be read without the token, and is gone when it should be."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.deidentify import Deidentifier
from bot.engine import Engine, Limits, NoSuchConversation
from bot.memory import Key, MemoryVault, OpenTurn, SealedTrackerStore, Taken, new_token, seal, unseal
from bot.sentences import language

CANARY = "zanzibar-lighthouse-4471"


def test_a_token_has_256_random_bits() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 for token in tokens)


def test_id_and_key_say_nothing_about_the_token() -> None:
    token = new_token()
    key = Key.of(token)
    assert token not in key.conversation
    assert key.conversation != key.secret.hex()
    assert Key.of(token) == key
    assert Key.of(new_token()).conversation != key.conversation


def test_what_is_sealed_opens_with_its_key_only() -> None:
    key, other = Key.of("one"), Key.of("two")
    sealed = seal(key, b"words")
    assert unseal(key, sealed) == b"words"
    assert unseal(other, sealed) is None
    assert unseal(key, sealed[:-1] + bytes([sealed[-1] ^ 1])) is None
    assert b"words" not in sealed


def test_the_same_words_are_never_sealed_alike() -> None:
    key = Key.of("one")
    assert seal(key, b"words") != seal(key, b"words")


def test_an_idle_conversation_is_forgotten() -> None:
    vault = MemoryVault(idle_seconds=0.05)
    vault.put("name", b"sealed")
    assert vault.get("name") == b"sealed"
    time.sleep(0.06)
    assert vault.get("name") is None
    assert vault.names() == []


def test_an_idle_time_of_its_own_counts_for_that_conversation_only() -> None:
    vault = MemoryVault(idle_seconds=60)
    vault.put("short", b"sealed", idle=0.05)
    vault.put("long", b"sealed")
    time.sleep(0.06)
    assert vault.get("short") is None
    assert vault.names() == ["long"]


def test_a_conversation_that_goes_on_is_kept() -> None:
    vault = MemoryVault(idle_seconds=0.2)
    for _ in range(4):
        vault.put("name", b"sealed")
        time.sleep(0.1)
    assert vault.get("name") == b"sealed"


async def test_nothing_that_is_kept_holds_a_word_that_was_typed(engine: Engine) -> None:
    token = engine.start()
    await engine.reply(token, f"what is a core group {CANARY}")
    kept = engine._vault.get(Key.of(token).conversation)
    assert kept
    for form in (CANARY, CANARY.upper(), "core group"):
        assert form.encode() not in kept
    assert token.encode() not in kept
    engine.forget(token)


async def test_after_forgetting_every_way_back_is_closed(engine: Engine) -> None:
    token = engine.start()
    await engine.reply(token, "what is a plan")
    assert engine.forget(token) > 0
    assert not engine.holds(token)
    with pytest.raises(NoSuchConversation):
        await engine.reply(token, "why")
    with pytest.raises(NoSuchConversation):
        engine.forget(token)


async def test_memory_stays_flat_in_a_long_conversation(engine: Engine) -> None:
    token = engine.start()
    sizes = []
    for _ in range(30):
        await engine.reply(token, "what is a core group")
        sizes.append(len(engine._vault.get(Key.of(token).conversation) or b""))
    assert max(sizes[15:]) <= max(sizes[8:15]) * 1.1


async def test_what_was_learnt_outlives_the_words_that_are_forgotten(engine: Engine) -> None:
    token = engine.start()
    await engine.reply(token, "hi im 12 do i have to go to my meeting")
    for _ in range(10):
        await engine.reply(token, "who will be there")
    reply = await engine.reply(token, "can they take me away")
    assert "childline" in reply.messages[0].text.lower()


async def test_a_store_without_the_right_key_gives_nothing(engine: Engine) -> None:
    token = engine.start()
    await engine.reply(token, "what is a plan")
    store = SealedTrackerStore(engine._vault)
    held = engine._vault.take(Key.of(token).conversation)
    store.use(OpenTurn(Key.of("somebody else"), held))
    assert await store.retrieve(Key.of(token).conversation) is None


async def test_a_conversation_that_is_deleted_in_mid_turn_stays_deleted(engine: Engine) -> None:
    token = engine.start()
    turn = asyncio.create_task(engine.reply(token, "what is a core group"))
    await asyncio.sleep(0.002)
    engine.forget(token)
    assert (await turn).messages
    assert not engine.holds(token)


def test_what_was_dropped_is_not_brought_back() -> None:
    vault = MemoryVault(60)
    vault.put("name", b"sealed")
    held = vault.take("name")
    assert held is not None
    vault.drop("name")
    vault.put_back("name", held.proof, b"newer")
    assert vault.get("name") is None
    vault.put("name", b"sealed")
    held = vault.take("name")
    assert held is not None
    assert vault.put_back("name", held.proof, b"newer")
    assert vault.get("name") == b"newer"


def test_what_was_dropped_does_not_come_back_over_what_began_since() -> None:
    vault = MemoryVault(60)
    vault.put("name", b"of the one who left")
    held = vault.take("name")
    assert held is not None
    vault.drop("name")
    vault.put("name", b"new")
    assert vault.take("name") is not None, "the next one need not wait for the turn of the one who left"
    assert not vault.put_back("name", held.proof, b"words of the one who left")
    assert vault.get("name") == b"new"


def test_a_conversation_is_held_by_one_turn_at_a_time_and_only_its_holder_puts_it_back() -> None:
    vault = MemoryVault(60)
    vault.put("name", b"sealed")
    held = vault.take("name")
    assert held is not None
    with pytest.raises(Taken):
        vault.take("name")
    assert not vault.put_back("name", "another proof", b"another's")
    assert vault.get("name") == b"sealed"
    assert vault.put_back("name", held.proof, None)
    assert vault.get("name") == b"sealed"
    assert vault.take("name") is not None
    assert vault.take("other") is None


def test_a_flood_pushes_out_only_what_was_idle_longest() -> None:
    vault = MemoryVault(60, most=3)
    for name in ("a", "b", "c"):
        vault.put(name, b"sealed")
    vault.put("a", b"still talking")
    vault.put("d", b"sealed")
    assert sorted(vault.names()) == ["a", "c", "d"]


async def test_neither_a_senders_name_nor_a_chats_id_is_ever_a_token(engine: Engine) -> None:
    await engine.rest("guessable", "what is a core group")
    token = engine.start()
    for wrong in ("guessable", "rest:guessable", Key.of_sender("guessable").conversation, Key.of(token).conversation):
        with pytest.raises(NoSuchConversation):
            await engine.reply(wrong, "why")
    engine.forget(token)


async def test_a_senders_conversation_is_forgotten_sooner_than_one_with_a_token(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_limits", Limits(sender_idle=60.0))
    sender = new_token()
    token = engine.start()
    await engine.reply(token, "what is a core group")
    for text in ("what is a core group", "why"):
        await engine.rest(sender, text)
        kept = engine._vault._kept
        left = kept[Key.of_sender(sender).conversation][0] - time.monotonic()
        assert 0 < left <= 60 < kept[Key.of(token).conversation][0] - time.monotonic()
    engine.forget(token)
    assert engine.forget_sender(sender) > 0
    with pytest.raises(NoSuchConversation):
        engine.forget_sender(sender)


async def test_no_word_that_was_typed_stays_in_the_sentence_reader(engine: Engine) -> None:
    word = "zanzibarlighthouse" + new_token()[:6].lower()
    token = engine.start()
    await engine.reply(token, f"my son is called {word} and i want to know what happens at the conference, can he come?")
    engine.forget(token)
    assert word not in language().vocab.strings
    assert not Deidentifier.load().share(f"my son {word} is on a plan, what happens at the review").text.count(word)


def test_what_is_idle_goes_without_being_asked_for() -> None:
    vault = MemoryVault(0.05)
    vault.put("name", b"sealed")
    time.sleep(0.1)
    vault.sweep()
    assert vault._kept == {}
