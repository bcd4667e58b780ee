"""Questions that are answered rightly and have to stay so. Others than the bank's, because they may be trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bank import Question, questions
from bench.verdicts import ask_all
from bot.engine import Engine
from content.library import Library

FOLDER = Path(__file__).parent / "regressions"


@pytest.mark.parametrize("question", questions(FOLDER), ids=lambda question: question.id)
async def test_a_question_that_was_settled_stays_settled(engine: Engine, library: Library, question: Question) -> None:
    (asked,) = await ask_all(engine, [question], {topic.question: topic.id for topic in library.topics.values()})
    assert asked.verdict == "adequate"
