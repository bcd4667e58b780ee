"""The clock in a conversation: which day it counts from, and which other day it offers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import build
from actions.dates import read_day
from content.library import Library

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ASKED = {"requested_slot": "clock_day", "clock_event": "conference"}


def _run(
    library: Library, action: str, text: str, slots: dict[str, Any], intent: str = "give_date", loop: str | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What the action says, and the slots after it."""
    message = {"text": text, "intent": {"name": intent}, "reading": {}}
    tracker = Tracker("one", dict(slots), message, [], False, None, {"name": loop} if loop else {}, None)
    said = CollectingDispatcher()
    doer = next(one for one in build(library, lambda: NOW) if one.name() == action)
    events = doer.run(said, tracker, {})
    return said.messages, slots | {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def _days_offered(messages: list[dict[str, Any]]) -> list[date]:
    labels = [button["title"] for message in messages for button in message["buttons"]]
    return [day.on for label in labels if (day := read_day(label, NOW.date()))]


@pytest.mark.parametrize(
    ("text", "stage", "day", "others"),
    [
        ("my conference is on 12 march", None, date(2026, 3, 12), []),
        ("it is on friday", None, date(2026, 3, 6), [date(2026, 2, 27)]),
        ("it was on friday", None, date(2026, 2, 27), [date(2026, 3, 6)]),
        ("monday", None, date(2026, 3, 2), [date(2026, 3, 9)]),
        ("monday", "before", date(2026, 3, 9), [date(2026, 3, 2)]),
        ("12 march 2026", None, date(2026, 3, 12), []),
    ],
)
def test_the_step_keeps_the_day_that_is_meant_and_the_end_offers_the_other(
    library: Library, text: str, stage: str | None, day: date, others: list[date]
) -> None:
    _, slots = _run(library, "validate_clock_form", text, {**ASKED, "stage": stage}, loop="clock_form")
    assert slots["clock_day"] == day.isoformat()
    said, _ = _run(library, "action_end_clock", text, slots)
    assert _days_offered(said) == others


def test_one_sentence_that_starts_the_clock_gives_the_event_and_the_day_to_come(library: Library) -> None:
    text = "my conference is on 12 march, work out my dates"
    _, slots = _run(library, "validate_clock_form", text, {"clock_event": None}, "journey_clock", "clock_form")
    assert (slots["clock_event"], slots["clock_day"]) == ("conference", "2026-03-12")


def test_another_day_said_afterwards_is_counted_as_it_is_meant(library: Library) -> None:
    words = library.journeys.journeys["clock"].words["deadlines"]["core_group"]
    for text, core_group, other in (
        ("it is on friday", "Friday 20 March 2026", date(2026, 2, 27)),
        ("no it was on friday", "Friday 13 March 2026", date(2026, 3, 6)),
    ):
        said, _ = _run(library, "action_follow_up", text, {"clock_event": "conference"})
        assert words.format(day=core_group) in said[0]["text"]
        assert _days_offered(said) == [other]


@pytest.mark.parametrize(
    "text",
    [
        "the strategy meeting was on friday and the conference is on 12 march",
        "The conference is on 12 March, and the strategy discussion was on 20 February",
    ],
)
def test_of_two_events_the_later_one_is_counted_from_its_own_day(library: Library, text: str) -> None:
    _, slots = _run(library, "validate_clock_form", text, {"clock_event": None}, "journey_clock", "clock_form")
    assert (slots["clock_event"], slots["clock_day"]) == ("conference", "2026-03-12")
