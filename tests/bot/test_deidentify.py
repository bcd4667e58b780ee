"""A question that somebody agrees to share loses what could tell who asked it, and stays a question."""

from __future__ import annotations

import json

import pytest

from bench.deidentify import DIRECT, FOLDER, measure
from bot.deidentify import REMOVED, Deidentifier


@pytest.fixture(scope="module")
def deidentifier() -> Deidentifier:
    return Deidentifier.load()


def test_nearly_every_direct_identifier_of_unseen_sentences_is_removed(deidentifier: Deidentifier) -> None:
    found = measure(FOLDER / "unseen.jsonl", deidentifier)
    assert found.sentences >= 300
    assert found.recall >= 0.98, found.survived
    for kind in DIRECT:
        assert found.removed[kind] >= 0.9 * found.marked[kind], kind


def test_most_of_what_was_asked_is_kept(deidentifier: Deidentifier) -> None:
    found = measure(FOLDER / "unseen.jsonl", deidentifier)
    assert found.words_kept >= 0.7
    assert found.dropped <= 0.1 * found.sentences


def test_most_questions_without_an_identifier_stay_as_they_are(deidentifier: Deidentifier) -> None:
    rows = [json.loads(line) for path in FOLDER.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    plain = [row["text"] for row in rows if not row["spans"]]
    assert len(plain) >= 40
    assert sum(deidentifier.share(text).text == text.strip() for text in plain) >= 0.6 * len(plain)


@pytest.mark.parametrize("text", ["Jayden", "ring me 07700 900118", "Ada Obi, 3 Elm Way, Leeds LS1 4AB, 07700 900118", ""])
def test_a_question_of_which_too_little_would_stay_is_dropped(deidentifier: Deidentifier, text: str) -> None:
    assert deidentifier.share(text).text is None


def test_the_advice_line_and_the_law_stay(deidentifier: Deidentifier) -> None:
    text = "should i ring 0808 801 0366 about section 47 and the 15 working days"
    assert deidentifier.share(text).text == text


def test_a_word_that_is_also_a_name_goes_where_it_is_one(deidentifier: Deidentifier) -> None:
    shared = deidentifier.share("my daughter Hope is on a plan and i hope it ends soon").text
    assert shared is not None
    assert shared == f"my daughter {REMOVED} is on a plan and i hope it ends soon"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my social worker miss green lied about me in the report", f"my social worker {REMOVED} lied about me in the report"),
        ("the chair is called white and she is rude to me", f"the chair is called {REMOVED} and she is rude to me"),
        ("mr king will be at the meeting, do i have to speak", f"{REMOVED} will be at the meeting, do i have to speak"),
        ("her name is may and she is my social worker", f"her name is {REMOVED} and she is my social worker"),
        ("my social worker will come and my son stays at school", "my social worker will come and my son stays at school"),
    ],
)
def test_an_ordinary_word_in_the_place_of_a_name_goes(deidentifier: Deidentifier, text: str, kept: str) -> None:
    assert deidentifier.share(text).text == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("i rang 999,07700900123 is his number what do i do", f"i rang 999{REMOVED} is his number what do i do"),
        ("can i appeal the section 47(12/03/2024) enquiry they did", f"can i appeal the section 47{REMOVED} enquiry they did"),
        ("the police log is 101-20231145 what does that mean", f"the police log is 101{REMOVED} what does that mean"),
        ("did they do a section 47, and was 999 called", "did they do a section 47, and was 999 called"),
    ],
)
def test_a_number_that_hangs_on_one_that_stays_goes(deidentifier: Deidentifier, text: str, kept: str) -> None:
    assert deidentifier.share(text).text == kept
