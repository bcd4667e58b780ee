"""The public benchmark's own plumbing, on a bank of three questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import banking77

TOPICS = {
    "card_lost": ["I lost my card", "my card is gone", "where is my card, it has vanished", "card missing since lunch"],
    "card_pin": ["change my pin", "I forgot my pin", "how do I set a new pin", "the machine says wrong pin"],
    "rates": ["what is the exchange rate", "euros for pounds?", "rate for dollars today", 'the "rate", [please], now'],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [(text, intent) for intent, texts in TOPICS.items() for text in texts]
    body = "".join('"{}",{}\n'.format(text.replace('"', '""'), intent) for text, intent in rows)
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text(f"text,category\n{body}", encoding="utf-8")
    return tmp_path


def test_a_draw_is_the_same_for_the_same_seed_and_takes_as_many_of_each(folder: Path) -> None:
    questions = banking77.read(folder / "train.csv")
    drawn = banking77.draw(questions, 2, seed=1)
    assert drawn == banking77.draw(questions, 2, seed=1) != banking77.draw(questions, 2, seed=2)
    assert [question.intent for question in drawn] == ["card_lost"] * 2 + ["card_pin"] * 2 + ["rates"] * 2


def test_the_pipeline_is_the_projects_own_but_for_one_setting() -> None:
    steps = banking77.pipeline()["pipeline"]
    assert [step["name"] for step in steps] == list(banking77.COMPONENTS)
    assert steps[-1]["ngram_weight"] == banking77.NGRAM_WEIGHT


def test_it_learns_its_own_examples_through_rasa(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert banking77.run(folder, examples=4, seeds=(1,)) == [1.0]
    assert "draw 1: 100.00% of 12" in capsys.readouterr().out
