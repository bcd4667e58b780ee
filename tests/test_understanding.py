"""A floor under understanding: the question bank and the pairs, written by other people than the training examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.bank import questions
from bench.verdicts import Asked, ask_all, shares
from bot.engine import Engine
from bot.reply import Reply
from content.library import Library

# What was reached with the fitted encoder; these may rise and must not fall.
FLOOR_SIDES, FLOOR_PAIRS = 0.87, 0.76

PAIRS = Path(__file__).parent / "pairs"


@pytest.fixture(scope="module")
async def asked(engine: Engine, library: Library) -> list[Asked]:
    return await ask_all(engine, questions(), {topic.question: topic.id for topic in library.topics.values()})


def _share(asked: list[Asked], expect: str) -> dict[str, float]:
    return shares(one for one in asked if one.question.expect == expect)


def test_the_bank_has_questions_of_many_voices_and_names_only_topics_that_exist(library: Library) -> None:
    bank = questions()
    assert len(bank) >= 900
    assert len({question.voice for question in bank}) >= 15
    assert {topic for question in bank for topic in question.topics} <= set(library.topics)


def test_no_question_of_the_bank_was_trained_on() -> None:
    nlu = yaml.safe_load((Path(__file__).parent.parent / "data" / "nlu.yml").read_text(encoding="utf-8"))["nlu"]
    trained = {line.strip().removeprefix("- ").lower() for block in nlu for line in block["examples"].splitlines()}
    assert not {question.text.lower() for question in questions() if len(question.text.split()) > 3} & trained


async def test_most_questions_are_answered_and_few_wrongly(asked: list[Asked]) -> None:
    found = _share(asked, "answer")
    assert found["adequate"] >= 0.9
    assert found["adequate"] + found["one_tap"] >= 0.93
    assert found["wrong"] <= 0.04


async def test_what_no_topic_covers_is_met_with_doubt(asked: list[Asked]) -> None:
    assert _share(asked, "unknown")["wrong"] <= 0.15
    assert _share(asked, "offtopic")["wrong"] <= 0.06


async def test_a_word_that_turns_the_question_turns_the_answer(engine: Engine) -> None:
    pairs = yaml.safe_load((PAIRS / "understanding.yml").read_text(encoding="utf-8"))
    assert len(pairs) >= 150
    sides = [side for pair in pairs for side in (pair["a"], pair["b"])]
    right = [await _fits(engine, side) for side in sides]
    assert sum(right) / len(right) >= FLOOR_SIDES
    both = [first and second for first, second in zip(right[::2], right[1::2], strict=True)]
    assert sum(both) / len(both) >= FLOOR_PAIRS


async def _ask(engine: Engine, text: str) -> Reply:
    token = engine.start()
    try:
        return await engine.reply(token, text)
    finally:
        engine.forget(token)


async def _fits(engine: Engine, side: dict[str, Any]) -> bool:
    """A choice that is offered counts as understood; an urgent side has to be urgent."""
    reply = await _ask(engine, side["text"])
    if side.get("urgent", False) != reply.urgent:
        return False
    if reply.urgent:
        return True
    return bool(set(side["topics"]) & set(reply.topics))
