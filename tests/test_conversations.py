"""Whole conversations with the real engine; each file of tests/conversations reads as the product does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine import Engine
from bot.reply import Reply

SCRIPTS = sorted((Path(__file__).parent / "conversations").glob("*.yml"))
CONVERSATIONS = [
    pytest.param(conversation, id=f"{path.stem}: {conversation['name']}")
    for path in SCRIPTS
    for conversation in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def test_there_are_at_least_sixty_conversations() -> None:
    assert len(CONVERSATIONS) >= 60


@pytest.mark.parametrize("conversation", CONVERSATIONS)
async def test_the_conversation_goes_as_written(engine: Engine, conversation: dict[str, Any]) -> None:
    token = engine.start()
    last: Reply | None = None
    for number, turn in enumerate(conversation["turns"], 1):
        typed = _typed(turn, last)
        reply = await engine.reply(token, typed)
        place = f"turn {number}, '{typed}': {reply.outcome.value} {reply.topics} {[m.kind for m in reply.messages]}"
        _check(turn, reply, place)
        last = reply


def _typed(turn: dict[str, Any], last: Reply | None) -> str:
    if "tap" not in turn:
        return str(turn["user"])
    assert last is not None
    buttons = [button for message in last.messages for button in message.buttons]
    return next(button.send for button in buttons if turn["tap"] in (button.label, buttons.index(button) + 1))


def _check(turn: dict[str, Any], reply: Reply, place: str) -> None:
    if "outcome" in turn:
        assert reply.outcome.value in _any(turn["outcome"]), place
    assert reply.urgent == turn.get("urgent", False), place
    if "topic" in turn:
        assert set(_any(turn["topic"])) & set(reply.topics), place
    if "topics" in turn:
        assert set(turn["topics"]) <= set(reply.topics), place
    if turn.get("urgent"):
        assert reply.messages[0].kind == "safety", place
    text = "\n".join(message.text for message in reply.messages)
    for words in _any(turn.get("says", [])):
        assert words.lower() in text.lower(), place
    for words in _any(turn.get("never_says", [])):
        assert words.lower() not in text.lower(), place
    if "kind" in turn:
        assert turn["kind"] in [message.kind for message in reply.messages], place


def _any(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
