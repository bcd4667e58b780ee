"""The export of approved questions: files that Rasa and the tests can read, and an honest report of what would move."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from bench.bank import questions as bank_questions
from bot.deidentify import REMOVED
from bot.importer import ExamplesImporter
from desk import export as command
from desk.audit import Audit
from desk.export import EXAMPLES, REPORT, TESTS, export
from desk.moves import Addition, estimated
from desk.questions import Question, Questions
from desk.store import Store

NLU = """version: "3.1"
nlu:
- intent: contact_with_child
  metadata: {voice: a}
  examples: |
    - when can i see my children at the contact centre
    - how often is contact
- intent: moving_house
  metadata: {voice: a}
  examples: |
    - can i move house while on a plan
    - we want to live in another town
"""
BANK = [
    {
        "id": "a-1",
        "voice": "a",
        "text": "may i bring our dog to the contact centre",
        "expect": "answer",
        "topics": ["contact_with_child"],
    },
    {
        "id": "a-2",
        "voice": "a",
        "text": "is moving to another town allowed on a plan",
        "expect": "answer",
        "topics": ["moving_house"],
    },
    {"id": "a-3", "voice": "a", "text": "do they pay for a bigger bed", "expect": "unknown"},
]


def _question(number: int, text: str, topic: str | None) -> Question:
    return Question(number, text, "unanswered_unsure", date(2026, 11, 1), "approved", topic, "Ana", "Edi")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(NLU, encoding="utf-8")
    return tmp_path / "data"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in BANK), encoding="utf-8")
    return tmp_path / "bank"


def test_rasa_reads_the_examples_and_the_tests_read_the_questions(tmp_path: Path, data: Path, bank: Path) -> None:
    approved = [
        _question(3, f"can {REMOVED} come to contact\n- with the dog [x](y) \\ {{z}}", "contact_with_child"),
        _question(4, "/is there money for beds", None),
        _question(5, "may we move to another town", "moving_house"),
    ]
    export(approved, tmp_path / "out", data=data, bank=bank)
    importer = ExamplesImporter(training_data_paths=[str(tmp_path / "out" / EXAMPLES)])
    examples = {(one.get("intent"), one.get("text")) for one in importer.get_nlu_data().training_examples}
    assert {intent for intent, _ in examples} == {"contact_with_child", "moving_house", "not_covered"}
    assert ("not_covered", "is there money for beds") in examples
    assert not any("[" in text or "removed" in text or "\n" in text for _, text in examples)
    voices = {block["metadata"]["voice"] for block in yaml.safe_load((tmp_path / "out" / EXAMPLES).read_text())["nlu"]}
    assert voices == {"shared"}
    found = bank_questions(tmp_path / "out")
    assert [(one.id, one.expect, set(one.topics)) for one in found] == [
        ("shared-003", "answer", {"contact_with_child"}),
        ("shared-004", "unknown", set()),
        ("shared-005", "answer", {"moving_house"}),
    ]
    assert {one.text for one in found} == {text for _, text in examples}


def test_an_addition_moves_the_questions_that_it_stands_nearest_to_and_no_others(data: Path, bank: Path) -> None:
    (move,) = estimated([Addition("may i bring our cat to the contact centre", "moving_house")], data, bank)
    assert (move.id, move.now, move.then, move.towards) == ("a-1", "contact_with_child", "moving_house", -1)
    assert estimated([Addition("may i bring our cat to the contact centre", "contact_with_child")], data, bank) == []
    assert estimated([Addition("what is on television", "moving_house")], data, bank) == []
    assert estimated([], data, bank) == []


def test_a_move_towards_what_the_bank_expects_counts_as_better(tmp_path: Path, data: Path, bank: Path) -> None:
    (data / "nlu.yml").write_text(NLU.replace("contact_with_child", "core_group"), encoding="utf-8")
    (move,) = estimated([Addition("may i bring our cat to the contact centre", "contact_with_child")], data, bank)
    assert (move.id, move.towards) == ("a-1", 1)


def test_the_report_names_what_moves_and_what_is_missing(tmp_path: Path, data: Path, bank: Path) -> None:
    approved = [
        _question(1, "may i bring our cat to the contact centre", "moving_house"),
        _question(2, "who pays for wheelchairs", None),
        _question(9, "what about the old topic", "no_such_topic_any_more"),
    ]
    export(approved, tmp_path / "out", data=data, bank=bank)
    report = (tmp_path / "out" / REPORT).read_text(encoding="utf-8")
    assert "| a-1 | contact_with_child | moving_house | contact_with_child |" in report
    assert "a-2" not in report
    assert "- who pays for wheelchairs" in report
    assert report.count("\n## ") == 2
    for name in (EXAMPLES, TESTS):
        assert "old topic" not in (tmp_path / "out" / name).read_text(encoding="utf-8")
    assert ": 9." in report


def test_nothing_approved_gives_files_that_say_so(tmp_path: Path, data: Path, bank: Path) -> None:
    export([], tmp_path / "out", data=data, bank=bank)
    assert yaml.safe_load((tmp_path / "out" / EXAMPLES).read_text()) == {"version": "3.1", "nlu": []}
    assert (tmp_path / "out" / TESTS).read_text() == ""


def test_the_command_exports_what_an_editor_approved_and_nothing_else(
    store: Store, database: str, tmp_path: Path, data: Path, bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = Questions(store, Audit(store))
    for text in ("may we bring the dog to contact", "may we bring the cat to contact", "may we bring the horse to contact"):
        questions.share(text, "clarify")
    horse, cat, _ = [question.id for question in questions.waiting()]
    questions.assign(horse, "contact_with_child", "Ana")
    questions.approve(horse, "Edi", topic="contact_with_child")
    questions.assign(cat, "contact_with_child", "Ana")
    given = ["export", "--database", database, "--out", str(tmp_path / "out"), "--data", str(data), "--bank", str(bank)]
    monkeypatch.setattr("sys.argv", given)
    assert command.main() == 0
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert "the horse" in written
    assert "the dog" not in written
    assert "the cat" not in written


def test_a_store_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["export", "--database", f"sqlite:///{tmp_path / 'none.db'}", "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", given)
    assert command.main() == 1
    assert capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_an_address_the_command_reads_the_desks_own_store(
    store: Store, database: str, tmp_path: Path, data: Path, bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = Questions(store, Audit(store))
    questions.share("may we bring the horse to contact", "clarify")
    (horse,) = [question.id for question in questions.waiting()]
    questions.assign(horse, "contact_with_child", "Ana")
    questions.approve(horse, "Edi", topic="contact_with_child")
    monkeypatch.setenv("HANDRAIL_DATABASE", database)
    monkeypatch.setattr("sys.argv", ["export", "--out", str(tmp_path / "out"), "--data", str(data), "--bank", str(bank)])
    assert command.main() == 0
    assert "the horse" in (tmp_path / "out" / EXAMPLES).read_text(encoding="utf-8")
