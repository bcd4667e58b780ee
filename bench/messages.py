"""What the benchmark says: messages drawn from the question bank, the same ones in every run and for everybody measured."""

from __future__ import annotations

import random

from bench.bank import questions

_SEED = 20261122
_MIXED, _LONG, _URGENT = 40, 10, 10
_LONGEST = 3900


def mixed() -> list[str]:
    """Forty messages as the bank has them: questions long and short, some urgent, some that nothing covers."""
    return [question.text for question in _chance().sample(questions(), _MIXED)]


def asked() -> list[str]:
    """Ten questions that topics answer, to be said over and over in one long conversation."""
    return [question.text for question in _chance().sample([one for one in questions() if one.expect == "answer"], _LONG)]


def urgent() -> list[str]:
    """Ten messages that show danger."""
    return [question.text for question in _chance().sample([one for one in questions() if one.expect == "urgent"], _URGENT)]


def longest() -> list[str]:
    """Messages about as long as the chat accepts, each of many questions."""
    everything = [question.text for question in questions() if question.expect == "answer"]
    chance = _chance()
    found = []
    for _ in range(_LONG):
        text = ""
        while len(text) < _LONGEST:
            text += chance.choice(everything) + " "
        found.append(text[:_LONGEST])
    return found


def _chance() -> random.Random:
    return random.Random(_SEED)
