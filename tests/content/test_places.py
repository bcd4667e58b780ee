"""One place of a topic's file is changed, it reads back with exactly the new words, and every other line stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.library import HERE, Library
from content.loading import parsed, read_topic
from content.model import Topic
from content.places import LISTS, NotWritable, places, rewritten, text_at, tidy

SCHEMA = HERE / "schema" / "topic.yml"
SOURCE = """\
id: a_topic  # the name of the file
question: What is it?
theme: meeting
harm: low
covers: []
draws_on: []
audience: [parent]
# what is said
answer:
  short: >-
    It is this.

  # the long form
  plain: |
    One.

    - Two
now:
    - First step.   # odd, but somebody's
    - "Second: step."
follow:
  why: 'Because.'
services: []
next: [b, c]
sources: [d]
reviewed: 2026-11-21
review_by: 2027-05-21
"""


def _read(source: str, name: str = "a_topic") -> Topic:
    topic, faults = read_topic(parsed(source), SCHEMA, f"{name}.yml")
    assert topic, faults
    return topic


def _kept(before: str, after: str) -> Iterator[str]:
    lines = after.split("\n")
    return (line for line in before.split("\n") if line not in lines)


@pytest.mark.parametrize(
    ("place", "text", "gone"),
    [
        ("question", "Is it: this?", ["question: What is it?"]),
        ("answer.short", "It is that.", ["    It is this."]),
        ("answer.short", "It is that.\n\nAnd more.", ["  short: >-", "    It is this."]),
        ("answer.plain", "Three # and: four.", ["    One.", "    - Two"]),
        ("answer.kin", "For kin.", []),
        ("follow.why", "It's so.", ["  why: 'Because.'"]),
        ("follow.more", "Yes: more.", []),
        ("now", "One step.\nAnother: step.", ["    - First step.   # odd, but somebody's", '    - "Second: step."']),
        ("now_child", "Tell somebody.", []),
        ("follow.more", "No", []),
        ("differs", "In some areas.", []),
    ],
)
def test_only_the_lines_of_the_place_change(place: str, text: str, gone: list[str]) -> None:
    after = rewritten(SOURCE, place, text)
    assert text_at(_read(after), place) == text
    assert list(_kept(SOURCE, after)) == gone
    assert "# the long form" in after


def test_the_same_words_leave_every_file_as_it_was_but_for_where_a_folded_line_breaks(library: Library) -> None:
    for topic in library.topics.values():
        source = (HERE / "topics" / f"{topic.id}.yml").read_text(encoding="utf-8")
        for place in places(topic):
            if place.text:
                assert rewritten(source, place.id, place.text).split() == source.split(), (topic.id, place.id)


@pytest.mark.parametrize("place", ["answer.kin", "follow.more", "now_child", "differs"])
def test_what_was_added_can_be_taken_away_again(place: str) -> None:
    added = rewritten(SOURCE, place, "Some words.")
    assert added != SOURCE
    assert rewritten(added, place, "") == SOURCE


@pytest.mark.parametrize("place", ["question", "answer.short", "answer.plain", "follow.why", "now"])
def test_what_a_topic_cannot_be_without_is_not_taken_away(place: str) -> None:
    with pytest.raises(NotWritable):
        rewritten(SOURCE, place, "")


@pytest.mark.parametrize("place", ["id", "sources", "answer", "answer.nobody", "follow.short", "answer.short.x", ""])
def test_no_other_place_can_be_written(place: str) -> None:
    with pytest.raises(NotWritable):
        rewritten(SOURCE, place, "x")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([place.id for place in places(_read(SOURCE))]), st.text(max_size=60))
def test_whatever_is_typed_reads_back_just_so_or_is_refused(place: str, typed: str) -> None:
    text = tidy(place, typed)
    if place == "question":
        text = text.replace("\n", " ")
    try:
        after = rewritten(SOURCE, place, text)
    except NotWritable:
        assert not text or "\n" in text
        return
    raw, before = parsed(after), parsed(SOURCE)
    found = raw
    for step in place.split("."):
        found = found.get(step, "") if isinstance(found, dict) else found
    assert ("\n".join(found) if place in LISTS else found.strip()) == text
    head = place.split(".")[0]
    assert {key: value for key, value in raw.items() if key != head} == {k: v for k, v in before.items() if k != head}


def test_tidying_takes_what_cannot_be_seen_and_the_dashes_of_a_list() -> None:
    assert tidy("answer.short", " One.\u200b \r\n\r\nTwo.\x07\ufeff ") == "One.\n\nTwo."
    assert tidy("now", "- One.\n\n  - Two.\nThree.") == "One.\nTwo.\nThree."


def test_every_text_of_a_topic_has_its_place(library: Library) -> None:
    topic = replace(library.topics["report_wrong"], differs="It does.")
    held = {place.text for place in places(topic)}
    assert {topic.question, topic.short, *topic.voices.values(), *topic.follow.values(), "It does."} <= held
