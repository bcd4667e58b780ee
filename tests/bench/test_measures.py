"""The measuring instruments: noise, verdicts, curves and the search for examples that say the same."""

from __future__ import annotations

import numpy as np
import pytest

from bench import noise
from bench.bank import Question
from bench.curves import Guess, calibration, calibration_error, guess, trade_off
from bench.examples import Example, near_pairs, read, without
from bench.rivals import AnswerSearch
from bench.verdicts import verdict
from bot.reply import Button, Message, Outcome, Reply
from content.library import Library

TEXT = "My partner said the social worker's report is wrong. Can they take my children at the conference?"


def _question(expect: str = "answer", topics: tuple[str, ...] = ("core_group",)) -> Question:
    return Question("x-1", "x", TEXT, expect, frozenset(topics), frozenset(), None, topics[0] if topics else None)


def _reply(outcome: Outcome, topics: tuple[str, ...] = (), *, urgent: bool = False, buttons: tuple[str, ...] = ()) -> Reply:
    message = Message("answer", "words", buttons=tuple(Button(text, text) for text in buttons))
    return Reply(outcome, urgent, topics, (message,))


@pytest.mark.parametrize("kind", list(noise.KINDS))
def test_noise_changes_the_text_and_is_the_same_each_time(kind: str) -> None:
    assert noise.spoil(kind, TEXT) != TEXT
    assert noise.spoil(kind, TEXT) == noise.spoil(kind, TEXT)


@pytest.mark.parametrize(
    ("question", "reply", "expected"),
    [
        (_question(), _reply(Outcome.ANSWERED, ("core_group",)), "adequate"),
        (_question(), _reply(Outcome.ANSWERED, ("fathers",)), "wrong"),
        (_question(), _reply(Outcome.CLARIFY, buttons=("What is it?",)), "one_tap"),
        (_question(), _reply(Outcome.CLARIFY), "refused"),
        (_question(), _reply(Outcome.UNANSWERED_UNSURE), "refused"),
        (_question("urgent", ()), _reply(Outcome.HANDED_OVER, urgent=True), "adequate"),
        (_question("urgent", ()), _reply(Outcome.ANSWERED, ("fathers",)), "wrong"),
        (_question("unknown", ()), _reply(Outcome.UNANSWERED_UNSURE), "adequate"),
        (_question("offtopic", ()), _reply(Outcome.ANSWERED, ("fathers",)), "wrong"),
    ],
)
def test_a_reply_is_judged_by_what_it_does_for_the_person(question: Question, reply: Reply, expected: str) -> None:
    assert verdict(question, reply, {"What is it?": "core_group"}) == expected


def test_certainty_that_is_as_often_right_as_it_says_has_no_calibration_error() -> None:
    honest = [Guess(0.75, True, number < 3, True) for number in range(4)]
    assert calibration_error(calibration(honest)) == pytest.approx(0.0)
    assert calibration_error(calibration([Guess(0.95, True, False, True)])) == pytest.approx(0.95)


def test_the_trade_off_runs_from_answering_all_to_answering_little() -> None:
    guesses = [Guess(0.9, True, True, True), Guess(0.6, True, False, True), Guess(0.3, True, True, True)]
    curve = trade_off(guesses, steps=3)
    assert curve[0] == pytest.approx((1 / 3, 0.0))
    assert curve[-1] == pytest.approx((0.0, 2 / 3))


def test_a_guess_of_small_talk_answers_nothing() -> None:
    assert not guess(_question(), [("greet", 0.9)], frozenset({"core_group"})).answers


def test_near_examples_of_one_intent_are_found_and_taken_out_of_the_file() -> None:
    vectors = np.array([[1.0, 0.0], [0.999, 0.01], [0.0, 1.0]])
    assert near_pairs(vectors) == [(0, 1)]
    text = "nlu:\n- intent: a\n  metadata:\n    voice: v\n  examples: |\n    - one\n    - one too\n"
    assert "one too" not in without(text, [Example("a", "v", "one too")])


def test_every_topic_has_at_least_forty_ways_to_be_asked_for(library: Library) -> None:
    intents = [example.intent for example in read()]
    assert min(intents.count(topic) for topic in library.topics) >= 40


def test_search_over_the_answers_finds_what_uses_their_words(library: Library) -> None:
    assert "core_group" in [label for label, _ in AnswerSearch(library).rank("core group")[:3]]
