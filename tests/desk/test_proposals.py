"""A proposed wording is checked, kept with its reason, and comes out as a patch that git takes and that says just that."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from content.library import HERE, Library
from content.loading import parsed, read_topic
from content.places import LISTS, PLACES, NotWritable, rewritten, text_at
from desk.audit import Audit
from desk.proposals import MARKED, OPEN, WITHDRAWN, Draft, NoSuchProposal, Outdated, Proposals, Unfinished, patch
from desk.store import Store

TODAY, BY, WHY = date(2026, 11, 21), "Ed", "plainer"
TOPIC, PLACE = "report_wrong", "answer.short"
GOOD = "You can say so. Tell your social worker first. If you still disagree on the day, tell the chair."
ONE_LINE = 'Ask the chair: "is it so?" That\'s #1 - and it is yours to ask.'
PARAGRAPHS = f"{ONE_LINE}\n\n- One thing\n- Another: this\n\nAnd then."


@pytest.fixture
def audit(store: Store) -> Audit:
    return Audit(store)


@pytest.fixture
def proposals(store: Store, audit: Audit) -> Proposals:
    return Proposals(store, audit)


@pytest.fixture
def draft(proposals: Proposals, library: Library) -> Draft:
    return proposals.draft(library, TOPIC, PLACE, GOOD, TODAY)


def _new_text(place: str) -> str:
    if place in LISTS:
        return f"{ONE_LINE}\nGo on."
    return ONE_LINE if place in ("question", "follow.why", PLACE) else PARAGRAPHS


def _git(folder: Path, *words: str, stdin: str | None = None) -> None:
    done = subprocess.run(["git", *words], cwd=folder, input=stdin, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def patches(library: Library) -> dict[str, str]:
    """By place, the patches of all topics one after the other."""
    found: defaultdict[str, str] = defaultdict(str)
    for topic in library.topics:
        source = (HERE / "topics" / f"{topic}.yml").read_text(encoding="utf-8")
        for place in PLACES:
            found[place] += patch(f"content/topics/{topic}.yml", source, rewritten(source, place, _new_text(place)))
    return found


@pytest.mark.parametrize("place", PLACES)
def test_git_takes_the_patch_of_every_topic_and_the_file_then_reads_back_with_just_the_new_words(
    library: Library, patches: dict[str, str], tmp_path: Path, place: str
) -> None:
    shutil.copytree(HERE / "topics", tmp_path / "content" / "topics")
    _git(tmp_path, "init", "--quiet")
    new = _new_text(place)
    for check in (["--check"], []):
        _git(tmp_path, "apply", "--whitespace=error-all", *check, stdin=patches[place])
    for topic, before in library.topics.items():
        source = (tmp_path / "content" / "topics" / f"{topic}.yml").read_text(encoding="utf-8")
        after, faults = read_topic(parsed(source), HERE / "schema" / "topic.yml", f"{topic}.yml")
        assert after, faults
        for one in PLACES:
            assert text_at(after, one) == (new if one == place else text_at(before, one)), (topic, one)


def test_a_file_without_a_last_line_end_gives_a_patch_too(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("one\ntwo", encoding="utf-8")
    _git(tmp_path, "init", "--quiet")
    _git(tmp_path, "apply", stdin=patch("a.yml", "one\ntwo", "one\nthree"))
    assert (tmp_path / "a.yml").read_text(encoding="utf-8") == "one\nthree"


def test_a_good_wording_is_kept_with_its_reason_and_logged(
    proposals: Proposals, audit: Audit, draft: Draft, library: Library
) -> None:
    assert draft.problems == ()
    assert draft.age is not None
    number = proposals.add(TOPIC, draft, WHY, BY)
    kept = proposals.get(TOPIC, number)
    assert (kept.was, kept.becomes, kept.why, kept.by, kept.state) == (library.topics[TOPIC].short, GOOD, WHY, BY, OPEN)
    assert proposals.waiting() == {TOPIC: 1}
    [row] = audit.rows()
    assert (row.person, row.action, row.about, row.reason) == (BY, "wording_proposed", f"{TOPIC} {PLACE} {number}", WHY)
    assert f"+    {GOOD}" in proposals.patch(kept)


@pytest.mark.parametrize(
    ("place", "text", "told"),
    [
        (PLACE, "You failed to protect your child.", "never blame"),
        (PLACE, "Call 020 7525 3306 now.", "no verified number"),
        ("question", "Can the conference take my child away?", "the same wording twice"),
        ("question", "x" * 80, "at most 75"),
        ("now", "Only one step.", "too short"),
        ("answer.plain", "", "cannot be empty"),
        (
            "answer.plain",
            "Multidisciplinary professionals subsequently deliberate concerning comprehensive safeguarding recommendations.",
            "reading age",
        ),
    ],
)
def test_what_the_linter_says_of_a_wording_is_told(
    proposals: Proposals, library: Library, place: str, text: str, told: str
) -> None:
    assert any(told in problem for problem in proposals.draft(library, TOPIC, place, text, TODAY).problems)


def test_what_was_wrong_before_is_not_laid_on_the_new_wording(proposals: Proposals, library: Library) -> None:
    assert proposals.draft(library, TOPIC, PLACE, GOOD, date(2030, 1, 1)).problems == ()


def test_a_wording_with_problems_is_kept_only_as_such(proposals: Proposals, library: Library) -> None:
    draft = proposals.draft(library, TOPIC, PLACE, "You failed to protect your child.", TODAY)
    with pytest.raises(Unfinished) as refused:
        proposals.add(TOPIC, draft, WHY, BY)
    assert refused.value.why == "problems"
    number = proposals.add(TOPIC, draft, WHY, BY, with_problems=True)
    assert proposals.get(TOPIC, number).state == MARKED


def test_nothing_is_kept_without_a_reason_or_without_a_change(proposals: Proposals, draft: Draft, library: Library) -> None:
    same = proposals.draft(library, TOPIC, PLACE, f"  {library.topics[TOPIC].short}\n", TODAY)
    for what, why, refusal in ((draft, " ", "reason"), (draft, "x" * 401, "reason"), (same, WHY, "same")):
        with pytest.raises(Unfinished) as refused:
            proposals.add(TOPIC, what, why, BY)
        assert refused.value.why == refusal
    assert proposals.of(TOPIC) == []


def test_a_withdrawn_proposal_stays_in_the_history(proposals: Proposals, audit: Audit, draft: Draft) -> None:
    number = proposals.add(TOPIC, draft, WHY, BY)
    proposals.withdraw(TOPIC, number, BY)
    assert proposals.get(TOPIC, number).state == WITHDRAWN
    assert proposals.waiting() == {}
    assert audit.rows()[0].action == "wording_withdrawn"
    with pytest.raises(NoSuchProposal):
        proposals.withdraw(TOPIC, number, BY)
    with pytest.raises(NoSuchProposal):
        proposals.get("core_group", number)


def test_a_patch_for_words_that_are_gone_by_now_is_refused(
    store: Store, audit: Audit, draft: Draft, library: Library, tmp_path: Path
) -> None:
    shutil.copytree(HERE / "topics", tmp_path / "topics")
    proposals = Proposals(store, audit, tmp_path / "topics")
    kept = proposals.get(TOPIC, proposals.add(TOPIC, draft, WHY, BY))
    file = tmp_path / "topics" / f"{TOPIC}.yml"
    file.write_text(rewritten(file.read_text(encoding="utf-8"), PLACE, "Other words by now."), encoding="utf-8")
    with pytest.raises(Outdated):
        proposals.patch(kept)


def test_a_place_that_no_topic_has_is_refused(proposals: Proposals, library: Library) -> None:
    with pytest.raises(NotWritable):
        proposals.draft(library, TOPIC, "sources", "x", TODAY)
