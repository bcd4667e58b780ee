"""What reads words outside of conversations leaves none of them behind."""

from __future__ import annotations

import re

import pytest

from bot.engine import Engine
from bot.judged import _without


@pytest.mark.parametrize(
    ("text", "word", "left"),
    [
        ("He hit me, he did", "he", "hit me,   did"),
        ("the report isn't the reports", "report", "the   isn't the reports"),
        ("they 'help' me", "help", "they ' ' me"),
        ("why", "why", "."),
        ("a.b a+b", "a+b", "a.b a+b"),
    ],
)
def test_a_word_is_taken_out_wherever_it_stands_alone(text: str, word: str, left: str) -> None:
    assert _without(text, word) == left


async def test_no_word_that_an_adviser_typed_stays_in_the_cache_of_patterns(engine: Engine) -> None:
    word = "zyxquokka"
    re.purge()
    await engine.deciding(f"{word} says the report is wrong", "report_wrong", None, frozenset())
    assert not [pattern for pattern in re._cache if word in str(pattern)]  # type: ignore[attr-defined]
