"""Two questions about doubt: does 80 % sure mean right four times in five, and what does each wrong answer fewer cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.bank import Question

Ranking = Sequence[tuple[str, float]]


@dataclass(frozen=True)
class Guess:
    """The first guess for a question: how sure it was, whether it was a topic, and whether it was right."""

    sure: float
    answers: bool
    right: bool
    wanted: bool


def guess(question: Question, ranking: Ranking, topics: frozenset[str]) -> Guess:
    """`wanted` says whether a topic should have been answered at all."""
    label, sure = ranking[0]
    return Guess(sure, label in topics, label in question.topics, question.expect == "answer")


@dataclass(frozen=True)
class Bin:
    """Guesses of about the same certainty."""

    sure: float
    right: float
    n: int


def calibration(guesses: Iterable[Guess], bins: int = 10) -> list[Bin]:
    """Guesses by certainty, from doubtful to certain; empty bins are left out."""
    answered = [one for one in guesses if one.answers]
    found = []
    for low in range(bins):
        inside = [one for one in answered if low <= one.sure * bins < low + 1 + (low == bins - 1)]
        if inside:
            found.append(Bin(float(np.mean([g.sure for g in inside])), float(np.mean([g.right for g in inside])), len(inside)))
    return found


def calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance between certainty and truth, each bin weighed by its size (0 is perfect)."""
    total = sum(one.n for one in bins)
    return sum(one.n * abs(one.sure - one.right) for one in bins) / total if total else 0.0


def trade_off(guesses: Sequence[Guess], steps: int = 60) -> list[tuple[float, float]]:
    """For each level of caution: the share of all questions answered wrongly, and of answerable ones sent away."""
    levels = np.quantile([one.sure for one in guesses], np.linspace(0, 1, steps))
    wanted = sum(one.wanted for one in guesses)
    curve = []
    for level in levels:
        wrong = sum(one.answers and one.sure >= level and not one.right for one in guesses)
        away = sum(one.wanted and not (one.answers and one.sure >= level) for one in guesses)
        curve.append((wrong / len(guesses), away / wanted))
    return curve
