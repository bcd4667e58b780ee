"""Whole conversations with the real engine; each file of tests/conversations reads as the product does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.bank import questions
from bench.verdicts import doubtful as doubtful_messages
from bot.engine import Engine
from bot.reply import Reply
from content.library import Library

SCRIPTS = sorted((Path(__file__).parent / "conversations").glob("*.yml"))
CONVERSATIONS = [
    pytest.param(conversation, id=f"{path.stem}: {conversation['name']}")
    for path in SCRIPTS
    for conversation in yaml.safe_load(path.read_text(encoding="utf-8"))
]
LOOKED_AT = {"user", "tap", "outcome", "topic", "topics", "urgent", "says", "never_says", "kind", "asks", "ends"}
LOOKED_AT |= {"spoken_to", "rests_on", "offers_none_of"}


def test_there_are_at_least_a_hundred_and_twenty_conversations() -> None:
    assert len(CONVERSATIONS) >= 120


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_a_script_asks_for_nothing_that_is_not_looked_at(conversation: dict[str, Any]) -> None:
    assert {key for turn in conversation["turns"] for key in turn} <= LOOKED_AT


@pytest.fixture(scope="module")
async def doubtful(engine: Engine) -> list[str]:
    """Messages of the question bank that the engine asks back about today, so that scripts on doubt outlive a training."""
    return await doubtful_messages(engine, questions(), 3, says="0808 801 0366")


@pytest.mark.parametrize("conversation", CONVERSATIONS)
async def test_the_conversation_goes_as_written(
    engine: Engine, library: Library, doubtful: list[str], conversation: dict[str, Any]
) -> None:
    token = engine.start()
    topic_of = {topic.question: topic.id for topic in library.topics.values()}
    unused = iter(doubtful)
    last: Reply | None = None
    tapped = ""
    for number, turn in enumerate(conversation["turns"], 1):
        typed = next(unused) if turn.get("user") == "<doubtful>" else _typed(turn, last)
        tapped = topic_of.get(typed, tapped) if "tap" in turn else tapped
        expected = {**turn, "topic": tapped} if turn.get("topic") == "<tapped>" else turn
        reply = await engine.reply(token, typed)
        place = f"turn {number}, '{typed}': {reply.outcome.value} {reply.topics} {[m.kind for m in reply.messages]}"
        _check(expected, reply, place, library)
        last = reply


def _typed(turn: dict[str, Any], last: Reply | None) -> str:
    """What the person types, or what the button they tap (by its label or its number) sends."""
    if "tap" not in turn:
        return str(turn["user"])
    assert last is not None
    buttons = [button for message in last.messages for button in message.buttons]
    return next(button.send for number, button in enumerate(buttons, 1) if turn["tap"] in (button.label, number))


def _check(turn: dict[str, Any], reply: Reply, place: str, library: Library) -> None:
    said = "\n".join(message.text for message in reply.messages)
    journeys = library.journeys
    if "asks" in turn:
        steps = [journeys.step(slot) for slot in _any(turn["asks"])]
        assert any(journey.steps[number].ask in reply.messages[-1].text for journey, number in steps), f"{place}: {said}"
    if "ends" in turn:
        assert journeys.journeys[turn["ends"]].end.split("{")[0] in said, f"{place}: {said}"
    if "outcome" in turn:
        assert reply.outcome.value in _any(turn["outcome"]), place
    assert reply.urgent == turn.get("urgent", False), place
    if "topic" in turn:
        assert set(_any(turn["topic"])) & set(reply.topics), place
    if "topics" in turn:
        assert set(turn["topics"]) <= set(reply.topics), place
    if turn.get("urgent"):
        assert reply.messages[0].kind == "safety", place
    if "spoken_to" in turn:
        assert [message.kind for message in reply.messages].count("safety") == turn["spoken_to"], place
    text = "\n".join(message.text for message in reply.messages)
    for words in _any(turn.get("says", [])):
        assert words.lower() in text.lower(), place
    for words in _any(turn.get("never_says", [])):
        assert words.lower() not in text.lower(), place
    if "rests_on" in turn:
        shown = {source["title"] for message in reply.messages for source in message.sources}
        assert library.sources[turn["rests_on"]].public()["title"] in shown, place
    if "offers_none_of" in turn:
        offered = {button.label for message in reply.messages for button in message.buttons}
        assert not offered & set(turn["offers_none_of"]), place
    if "kind" in turn:
        assert turn["kind"] in [message.kind for message in reply.messages], place


def _any(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
