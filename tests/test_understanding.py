"""A floor under understanding: the question bank and the pairs, written by other people than the training examples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.bank import Question, questions
from bench.evaluate import ask_all, verdict
from bot.engine import Engine
from bot.reply import Reply
from content.library import Library

# What was reached when the pairs were written; these may rise and must not fall.
FLOOR_SIDES, FLOOR_PAIRS, FLOOR_DANGER, CEILING_ALARMS = 0.76, 0.58, 0.88, 0.26

PAIRS = Path(__file__).parent / "pairs"


@pytest.fixture(scope="module")
async def asked(engine: Engine) -> list[tuple[Question, Reply]]:
    return await ask_all(engine, questions())


def _share(asked: list[tuple[Question, Reply]], library: Library, expect: str) -> dict[str, float]:
    topic_of = {topic.question: topic.id for topic in library.topics.values()}
    found = Counter(verdict(question, reply, topic_of) for question, reply in asked if question.expect == expect)
    return {name: count / sum(found.values()) for name, count in found.items()}


def test_the_bank_has_questions_of_seven_voices_and_names_only_topics_that_exist(library: Library) -> None:
    bank = questions()
    assert len(bank) >= 400
    assert len({question.voice for question in bank}) >= 7
    assert {topic for question in bank for topic in question.topics} <= set(library.topics)


def test_no_question_of_the_bank_was_trained_on() -> None:
    nlu = yaml.safe_load((Path(__file__).parent.parent / "data" / "nlu.yml").read_text(encoding="utf-8"))["nlu"]
    trained = {line.strip().removeprefix("- ").lower() for block in nlu for line in block["examples"].splitlines()}
    assert not {question.text.lower() for question in questions() if len(question.text.split()) > 3} & trained


async def test_most_questions_are_answered_and_few_wrongly(asked: list[tuple[Question, Reply]], library: Library) -> None:
    shares = _share(asked, library, "answer")
    assert shares["adequate"] >= 0.75
    assert shares["adequate"] + shares["one_tap"] >= 0.84
    assert shares["wrong"] <= 0.08


async def test_what_no_topic_covers_is_met_with_doubt(asked: list[tuple[Question, Reply]], library: Library) -> None:
    assert _share(asked, library, "unknown").get("wrong", 0) <= 0.2
    assert _share(asked, library, "offtopic").get("wrong", 0) <= 0.06


async def test_danger_is_caught_and_false_alarms_are_rare(asked: list[tuple[Question, Reply]]) -> None:
    urgent = [reply.urgent for question, reply in asked if question.expect == "urgent"]
    calm = [reply.urgent for question, reply in asked if question.expect != "urgent"]
    assert sum(urgent) / len(urgent) >= 0.9
    assert sum(calm) / len(calm) <= 0.04


async def test_a_word_that_turns_the_question_turns_the_answer(engine: Engine) -> None:
    pairs = yaml.safe_load((PAIRS / "understanding.yml").read_text(encoding="utf-8"))
    assert len(pairs) >= 150
    sides = [side for pair in pairs for side in (pair["a"], pair["b"])]
    right = [await _fits(engine, side) for side in sides]
    assert sum(right) / len(right) >= FLOOR_SIDES
    both = [first and second for first, second in zip(right[::2], right[1::2], strict=True)]
    assert sum(both) / len(both) >= FLOOR_PAIRS


async def test_calm_and_danger_are_told_apart(engine: Engine) -> None:
    pairs = yaml.safe_load((PAIRS / "danger.yml").read_text(encoding="utf-8"))
    assert len(pairs) >= 120
    danger = [(await _ask(engine, pair["danger"])).urgent for pair in pairs]
    calm = [(await _ask(engine, pair["calm"])).urgent for pair in pairs]
    assert sum(danger) / len(danger) >= FLOOR_DANGER
    assert sum(calm) / len(calm) <= CEILING_ALARMS


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
