"""The content linter: clean on our content, and each rule bites when it is broken."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from content.library import HERE, Library
from content.lint import MEDIAN_AGE, OLDEST_AGE, Lint, Report, answers, reading_age
from content.model import Topic

TODAY = date(2026, 11, 21)
TOPIC = "core_group"


def _lint(library: Library, today: date = TODAY, **changes: object) -> Report:
    topics = dict(library.topics)
    topics[TOPIC] = replace(topics[TOPIC], **changes)  # type: ignore[arg-type]
    return Lint(replace(library, topics=topics), today).run()


def _voice(library: Library, text: str) -> dict[str, object]:
    return {"voices": {**library.topics[TOPIC].voices, "plain": text}}


@pytest.fixture(scope="module")
def report(library: Library) -> Report:
    return Lint(library, TODAY).run()


def test_our_content_is_clean(report: Report) -> None:
    assert report.problems == []


def test_every_answered_fact_of_the_ledger_is_covered(library: Library) -> None:
    facts = yaml.safe_load((HERE / "ledger" / "facts.yml").read_text(encoding="utf-8"))
    covered = {fact for topic in library.topics.values() for fact in topic.covers}
    assert {row["id"] for row in facts if row["answered"]} <= covered


def test_half_of_the_answers_are_readable_at_eleven_and_none_needs_more_than_thirteen(report: Report) -> None:
    assert report.median_age <= MEDIAN_AGE
    assert max(report.ages.values()) <= OLDEST_AGE


def test_hard_words_have_a_higher_reading_age() -> None:
    easy = reading_age("You can ask. They will tell you. It is fine to ask twice.")
    hard = reading_age(
        "Professional participants subsequently deliberate concerning multidisciplinary safeguarding recommendations."
    )
    assert easy < 9 < OLDEST_AGE < hard


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"voices": {"plain": "You can ask.", "kin": "You can ask too."}, "now_kin": ()}, "now_kin: who reads answer.kin"),
        ({"covers": ("no-such-fact",)}, "there is no fact 'no-such-fact'"),
        ({"covers": ("after-core-group-soon-then-every-six-weeks",)}, "holds in Southwark only"),
        ({"draws_on": ("law:nothing",)}, "there is no 'law:nothing'"),
        ({"draws_on": ("law:core-group-within-10-working-days",), "services": ()}, "must name family-rights-group"),
        ({"review_by": date(2026, 1, 1)}, "must come after reviewed"),
        ({"short": "Yes! You can."}, "no exclamation marks"),
        ({"short": "You failed to protect your child."}, "never blame"),
        ({"short": "Your child will not be taken."}, "never promise"),
        ({"short": "Call 020 7525 3306 now."}, "is no verified number"),
        ({"question": "Can the conference take my child away?"}, "the same wording twice"),
    ],
)
def test_a_broken_rule_is_told(library: Library, changes: dict[str, object], told: str) -> None:
    assert any(told in problem for problem in _lint(library, **changes).problems)


@pytest.mark.parametrize(
    ("file", "was", "becomes", "told"),
    [
        ("after_danger.yml", "Good. The numbers", "Good! The numbers", "after_danger.yml: closing: '!'"),
        ("safety.yml", "call 999 now", "call 020 7525 3306 now", "is no verified number"),
        ("areas/southwark.yml", "In Southwark the council's page", "Unfortunately the council's page", "plain words only"),
        ("pages.yml", "Any spelling is fine.", "Any spelling is fine; really.", "no dashes as punctuation"),
        ("desk/triage.yml", "heading: ", "heading: We promise ", "never promise"),
    ],
)
def test_a_broken_rule_is_told_wherever_people_read_it(
    library: Library, tmp_path: Path, file: str, was: str, becomes: str, told: str
) -> None:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, becomes, 1), encoding="utf-8")
    problems = Lint(library, TODAY, folder).run().problems
    assert [problem for problem in problems if told in problem], problems


def test_the_notes_of_a_council_fall_due_and_expire(library: Library) -> None:
    due = library.areas["southwark"].review_by
    assert any("southwark" in warning for warning in _lint(library, due - timedelta(days=3)).warnings)
    assert any("southwark" in problem for problem in _lint(library, due + timedelta(days=1)).problems)


def test_a_sentence_of_a_seed_document_is_found(library: Library) -> None:
    words = (
        "It is important to remember that a child protection plan does not mean that you directly abused or neglected your child."
    )
    assert any("stands in a seed document" in problem for problem in _lint(library, **_voice(library, words)).problems)


def test_an_answer_that_is_too_hard_needs_a_reason(library: Library) -> None:
    hard = "Multidisciplinary professionals subsequently deliberate concerning comprehensive safeguarding recommendations."
    assert any("reading age" in problem for problem in _lint(library, **_voice(library, hard)).problems)
    excused = _lint(library, **_voice(library, hard), reading_age_reason="it quotes the law")
    assert not any("reading age" in problem for problem in excused.problems)


def test_a_missing_fact_is_named(library: Library) -> None:
    problems = _lint(library, covers=()).problems
    assert any("no topic covers 'after-core-group-puts-plan-into-action'" in problem for problem in problems)


def test_a_review_that_falls_due_is_told_fourteen_days_ahead(library: Library) -> None:
    due = library.topics[TOPIC].review_by
    assert _lint(library, today=due - timedelta(days=15)).warnings == []
    falling_due = [entry for entry in (*library.topics.values(), *library.areas.values()) if entry.review_by <= due]
    assert len(_lint(library, today=due - timedelta(days=14)).warnings) == len(falling_due)


def test_a_review_date_that_has_passed_stops_a_release(library: Library) -> None:
    late = library.topics[TOPIC].review_by + timedelta(days=1)
    assert any("has passed" in problem for problem in _lint(library, today=late).problems)


def test_an_answer_on_removal_names_the_court_and_the_police(library: Library) -> None:
    def names_police(topic: Topic) -> bool:
        return all("police" in text.lower() for voice, text in answers(topic))

    assert names_police(library.topics["could_children_be_removed"])
    assert names_police(library.topics["removal_at_conference"])


def test_every_open_question_of_the_seed_documents_has_its_topic(library: Library) -> None:
    rows = yaml.safe_load((HERE / "ledger" / "open-questions.yml").read_text(encoding="utf-8"))
    drawn = {row for topic in library.topics.values() for row in topic.draws_on}
    assert len(rows) == 18
    assert {f"question:{row['id']}" for row in rows} <= drawn
