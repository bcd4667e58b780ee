"""The engine in one piece, and every way in which a part of it can fail."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from actions.answer import AnswerTopic
from bot.engine import Busy, Engine, Limits, ModelMissing, NoSuchConversation
from bot.memory import Held, Key, MemoryVault, OpenTurn
from bot.nlu.embedding import Pass
from bot.nlu.reader import MessageReader
from bot.redis_client import connect
from bot.redis_vault import RedisVault
from bot.reply import Outcome
from bot.seams import TurnChannel
from content.library import Library

CANARY = "zanzibar-lighthouse-4471"


async def _ask(engine: Engine, text: str) -> Any:
    token = engine.start()
    try:
        return await engine.reply(token, text)
    finally:
        engine.forget(token)


async def test_every_topics_own_question_leads_to_its_answer(engine: Engine, library: Library) -> None:
    for topic in library.topics.values():
        reply = await _ask(engine, topic.question)
        assert reply.topics[0] == topic.id
        assert reply.outcome is Outcome.ANSWERED


async def test_every_button_does_what_its_label_says(engine: Engine, library: Library) -> None:
    questions = {topic.question: topic.id for topic in library.topics.values()}
    reply = await _ask(engine, "what is a child protection plan")
    buttons = [button for message in reply.messages for button in message.buttons]
    assert buttons
    for button in buttons:
        assert (await _ask(engine, button.send)).topics == (questions[button.label],)


async def test_the_same_words_lead_to_the_same_reply(engine: Engine) -> None:
    text = "they said she might go on the register, what does that mean for us"
    first = await _ask(engine, text)
    for _ in range(5):
        assert await _ask(engine, text) == first


async def test_an_answer_names_its_facts_and_sources(engine: Engine, library: Library) -> None:
    reply = await _ask(engine, "can the conference take my child away?")
    message = reply.messages[0]
    assert "conf-no-power-to-remove" in message.facts
    assert {source["title"] for source in message.sources} == {
        library.sources[source].title for source in library.topics["removal_at_conference"].sources
    }


async def test_danger_and_an_answer_go_together(engine: Engine) -> None:
    reply = await _ask(engine, "he is hitting me right now. can the conference take my child away?")
    assert reply.urgent
    assert reply.messages[0].kind == "safety"
    assert "999" in reply.messages[0].text
    assert "removal_at_conference" in reply.topics


async def test_a_second_message_while_the_first_is_under_way_is_told_to_wait(engine: Engine) -> None:
    token = engine.start()
    first = asyncio.ensure_future(engine.reply(token, "what is a plan"))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await engine.reply(token, "what is a core group")
    assert (await first).outcome is Outcome.ANSWERED
    assert (await engine.reply(token, "what is a core group")).outcome is Outcome.ANSWERED


async def test_a_turn_begins_the_encoders_pass_once_and_before_the_message_is_read(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    begun, read = Pass.__init__, MessageReader._read
    monkeypatch.setattr(Pass, "__init__", lambda self, by, text: seen.append("begun") or begun(self, by, text))
    monkeypatch.setattr(MessageReader, "_read", lambda self, message: seen.append("read") or read(self, message))
    await engine.reply(engine.start(), "wot happens at teh conference. & can i bring my mum")
    assert seen == ["begun", "read"]


async def test_what_was_read_is_gone_with_the_turn_and_waits_for_no_garbage_collection(engine: Engine) -> None:
    gc.collect()
    gc.disable()
    try:
        await _ask(engine, f"{CANARY} what is a core group. and who decides there")
        await asyncio.sleep(0.05)
        assert not [found for found in gc.get_objects() if isinstance(found, Pass) and CANARY in found.text]
    finally:
        gc.enable()


async def test_many_conversations_at_once_stay_apart(engine: Engine) -> None:
    tokens = [engine.start() for _ in range(12)]
    asked = ["what is a core group" if place % 2 else "what is a merlin report" for place in range(12)]
    replies = await asyncio.gather(*(engine.reply(token, text) for token, text in zip(tokens, asked, strict=True)))
    assert [reply.topics[0] for reply in replies] == ["core_group" if place % 2 else "merlin_report" for place in range(12)]
    whys = await asyncio.gather(*(engine.reply(token, "why") for token in tokens))
    assert [reply.topics[0] for reply in whys] == [reply.topics[0] for reply in replies]


async def test_a_token_that_opens_nothing_is_told(engine: Engine) -> None:
    with pytest.raises(NoSuchConversation):
        await engine.reply("not-a-token", "hello")


def _broken(*args: object, **kwargs: object) -> None:
    raise RuntimeError(CANARY)


@pytest.mark.parametrize("text", ["what is a core group", "he is hitting me right now, what is a core group"])
async def test_an_action_that_breaks_still_leaves_a_useful_reply(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(AnswerTopic, "respond", _broken)
    reply = await _ask(engine, text)
    assert reply.outcome is Outcome.ERROR_ENGINE
    assert "0808 801 0366" in reply.messages[-1].text
    assert reply.urgent == ("hitting" in text)
    assert (reply.messages[0].kind == "safety") == reply.urgent


async def test_an_engine_that_breaks_still_leaves_a_useful_reply(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._agent, "handle_message", _broken)
    reply = await _ask(engine, "he is hitting me right now")
    assert reply.outcome is Outcome.ERROR_ENGINE
    assert reply.urgent
    assert "999" in reply.messages[0].text


async def test_a_reply_that_takes_too_long_is_given_up_and_danger_is_answered_within_a_second(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*args: object) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(engine._agent, "handle_message", slow)
    began = asyncio.get_running_loop().time()
    reply = await _ask(engine, "he is hitting me right now")
    assert asyncio.get_running_loop().time() - began < 1.0
    assert reply.outcome is Outcome.ERROR_TIMEOUT
    assert "999" in reply.messages[0].text
    monkeypatch.setattr(engine, "_limits", Limits(timeout=0.1))
    assert (await _ask(engine, "what is a plan")).outcome is Outcome.ERROR_TIMEOUT


async def test_after_trouble_the_next_turn_works(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    token = engine.start()
    with monkeypatch.context() as broken:
        broken.setattr(engine._agent, "handle_message", _broken)
        assert (await engine.reply(token, "what is a plan")).outcome is Outcome.ERROR_ENGINE
    assert (await engine.reply(token, "what is a plan")).outcome is Outcome.ANSWERED


async def test_a_turn_that_says_nothing_leaves_the_conversation_as_it_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    token = engine.start()
    await engine.reply(token, "what is a core group")
    before = engine.last_turn(token)
    handle = engine._agent.handle_message

    async def unheard(message: Any) -> None:
        message.output_channel = TurnChannel()
        await handle(message)

    with monkeypatch.context() as broken:
        broken.setattr(engine._agent, "handle_message", unheard)
        assert (await engine.reply(token, "what is a plan")).outcome is Outcome.ERROR_ENGINE
    assert engine.last_turn(token) == before
    assert (await engine.reply(token, "why")).topics == ("core_group",)


@pytest.mark.parametrize("text", ["/restart", "/ /restart", " //\n/restart", "/danger_violence"])
async def test_a_slash_is_not_a_command(engine: Engine, text: str) -> None:
    token = engine.start()
    reply = await engine.reply(token, text)
    assert not reply.outcome.startswith("error_")
    assert not reply.urgent


@pytest.mark.parametrize("days", [2, -3])
async def test_a_jump_of_the_wall_clock_makes_nobody_a_stranger(engine: Engine, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    token, now = engine.start(), time.time
    assert (await engine.reply(token, "what is a core group")).topics == ("core_group",)
    monkeypatch.setattr(time, "time", lambda: now() + days * 86_400)
    assert (await engine.reply(token, "why")).topics == ("core_group",)
    monkeypatch.undo()
    assert (await engine.reply(token, "why")).topics == ("core_group",)


async def test_after_a_restart_nothing_from_before_it_comes_back(engine: Engine) -> None:
    for text in ("conference", "/restart", *["what is a core group"] * 7):
        await engine.rest("restarts", text)
    key = Key.of_sender("restarts")
    events = OpenTurn(key, Held(engine._vault.get(key.conversation) or b"", "")).events
    assert ("clarifying", True) not in [(event["name"], event["value"]) for event in events if event["event"] == "slot"]


def test_a_missing_model_is_told_with_the_way_out(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make train"):
        Engine.load(tmp_path / "no.tar.gz", library, MemoryVault(60))


def test_a_spoilt_model_is_told_with_the_way_out(library: Library, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.tar.gz"
    spoilt.write_bytes(b"not a model")
    with pytest.raises(ModelMissing, match="make train"):
        Engine.load(spoilt, library, MemoryVault(60))


async def test_a_sender_is_answered_without_memory_and_told_so(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._doors, "vault", RedisVault(connect("redis://127.0.0.1:1/0"), 60))
    *answer, last = await engine.rest("somebody", "what is a core group")
    assert [message["custom"]["topics"] for message in answer if "custom" in message] == [["core_group"]]
    assert last == {"text": engine.net.forgetful().text, "recipient_id": "somebody"}


async def test_a_sender_whose_turn_says_nothing_keeps_the_conversation_from_before_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await engine.rest("quiet", "what is a core group")
    with monkeypatch.context() as broken:
        broken.setattr(AnswerTopic, "respond", _broken)
        said = await engine.rest("quiet", "who decides at the conference")
    assert {message["custom"]["outcome"] for message in said} == {"error_engine"}
    after = await engine.rest("quiet", "why")
    assert [message["custom"]["topics"] for message in after if "custom" in message] == [["core_group"]]


async def test_a_sender_is_told_of_a_timeout_as_such(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_limits", Limits(timeout=0.001))
    said = await engine.rest("late", "what is a core group")
    assert {message["custom"]["outcome"] for message in said} == {"error_timeout"}


async def test_nothing_that_was_typed_reaches_a_log_or_the_terminal(
    engine: Engine, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.DEBUG):
        await _ask(engine, f"what is a core group {CANARY}")
        await engine.rest("somebody", f"hello {CANARY}")
        monkeypatch.setattr(AnswerTopic, "respond", _broken)
        await _ask(engine, f"what is a core group {CANARY}")
        monkeypatch.setattr(engine._agent, "handle_message", _broken)
        await _ask(engine, f"what is a core group {CANARY}")
    out, err = capfd.readouterr()
    assert CANARY not in caplog.text + out + err
    assert "core group" not in caplog.text + out + err
