"""Finding the separate questions in a message."""

from __future__ import annotations

import pytest

from bench.bank import questions
from bot.questions import looks_asked, parts, stretches
from bot.sentences import language, sentence_reader
from bot.text import Expander
from content.library import Library


def test_sentences_end_where_spacys_own_pipeline_has_them_end() -> None:
    lines = [line.strip() for question in questions() for line in question.text.split("\n") if line.strip()]
    lines += ["", ".", "?? ok", "a", "my son. he is 4. what now", "é ß 你好。 мама мыла раму. so"]
    own, found = language(), sentence_reader()
    assert len(lines) > 900
    for line in lines:
        assert found(line) == [sentence.text.strip() for sentence in own(line).sents]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("who will be there", ["who will be there"]),
        (
            "conference on monday. 1 who will be there 2 can i bring my mum 3 will i see the report",
            ["conference on monday.", "who will be there", "can i bring my mum", "will i see the report"],
        ),
        ("Who decides about the plan? And how long does it last?", ["Who decides about the plan?", "And how long does it last?"]),
        (
            "what is a core group and when does it meet for the first time",
            ["what is a core group", "when does it meet for the first time"],
        ),
    ],
)
def test_points_sentences_and_joined_clauses_are_told_apart(text: str, found: list[str]) -> None:
    assert parts(text) == found


def test_a_points_number_is_no_short_form_of_a_word(library: Library) -> None:
    written_out = Expander(library.abbreviations).expand
    assert written_out("2 b told") == "to be told"
    found = ["who will be there?", "can you record it?"]
    assert parts("1) who will be there? 2) can u record it?", written_out) == found
    assert parts("1 who will be there? 2 can u record it?", written_out) == found


def test_a_long_story_keeps_its_end() -> None:
    story = " ".join(f"This is sentence number {number} of my story." for number in range(20)) + " Can they do this?"
    found = parts(story)
    assert len(found) <= 8
    assert found[-1] == "Can they do this?"


@pytest.mark.parametrize("text", ["can they do this", "any advice please", "i want to know who decides", "is it true"])
def test_a_question_needs_no_question_mark(text: str) -> None:
    assert looks_asked(text)


@pytest.mark.parametrize("text", ["she came on Monday", "my son is nine"])
def test_a_statement_is_no_question(text: str) -> None:
    assert not looks_asked(text)


@pytest.mark.parametrize("text", ["?" * 4000, "," * 4000, "a?\n" * 1300, "? " * 2000, "1. what " * 500, "\\" * 4000, "im 9 " * 800])
def test_a_message_made_to_be_slow_is_read_like_any_other(text: str) -> None:
    assert 1 <= len(parts(text)) <= 8


def test_a_long_message_is_read_in_stretches_that_leave_out_no_word() -> None:
    sentences = [f"This is sentence number {number} of what happened to us last year." for number in range(12)]
    found = stretches(" ".join(sentences))
    assert len(found) > 2
    assert all(len(stretch.split()) <= 45 for stretch in found)
    assert all(any(sentence in stretch for stretch in found) for sentence in sentences)


def test_a_long_message_without_a_full_stop_is_cut_into_stretches_as_well() -> None:
    words = [f"word{number}" for number in range(150)]
    found = stretches(" ".join(words))
    assert all(any(word in stretch.split() for stretch in found) for word in words)


def test_a_short_message_has_no_stretches() -> None:
    assert stretches("He hit me. What is a core group?") == []


def test_a_message_of_nothing_but_line_breaks_gives_no_more_stretches_than_words_could_fill() -> None:
    assert len(stretches("a\n" * 1990)) <= 32
