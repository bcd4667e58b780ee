"""The clock in a conversation: which day it counts from, and which other day it offers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import build
from actions.dates import day_meant, read_day
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


@pytest.mark.parametrize("asked", [None, "clock_event", "clock_day"])
def test_who_names_the_strategy_discussion_gets_the_day_for_the_conference(library: Library, asked: str | None) -> None:
    text = "when does the conference have to be by, the strat meeting was on 23 february"
    slots = {"requested_slot": asked, "clock_event": "conference" if asked == "clock_day" else None}
    _, slots = _run(library, "validate_clock_form", text, slots, "journey_clock", "clock_form")
    assert (slots["clock_event"], slots["clock_day"]) == ("strategy", "2026-02-23")
    said, _ = _run(library, "action_end_clock", text, slots)
    words = library.journeys.journeys["clock"].words
    assert words["counted_from"]["strategy"].format(day="Monday 23 February 2026") in said[0]["text"]
    assert words["deadlines"]["conference"].format(day="Monday 16 March 2026") in said[0]["text"]


@pytest.mark.parametrize("asked", [None, "clock_event", "clock_day"])
@pytest.mark.parametrize("text", ["core group meeting is next tuesday", "the fgc is on friday", "visit on thursday"])
def test_the_day_of_a_core_group_is_the_day_of_nothing_else(library: Library, asked: str | None, text: str) -> None:
    before = {"requested_slot": asked, "clock_event": "conference" if asked == "clock_day" else None, "clock_day": None}
    _, slots = _run(library, "validate_clock_form", text, before, "core_group_when", "clock_form")
    assert slots["clock_event"] == before["clock_event"]
    assert slots["clock_day"] is None


def test_a_meeting_without_its_name_gives_its_day_and_the_event_is_asked_for(library: Library) -> None:
    text = "work out my dates, the meeting was on 23 february"
    _, slots = _run(library, "validate_clock_form", text, {"clock_event": None}, "journey_clock", "clock_form")
    assert (slots["clock_event"], slots["clock_day"]) == (None, "2026-02-23")
    slots["requested_slot"] = "clock_event"
    label = library.journeys.step("clock_event")[0].steps[0].choices["strategy"]
    _, slots = _run(library, "validate_clock_form", label, slots, "affirm", "clock_form")
    assert (slots["clock_event"], slots["clock_day"]) == ("strategy", "2026-02-23")


def test_the_event_that_was_counted_before_is_asked_for_anew(library: Library) -> None:
    text, counted = "work out my dates", {"clock_event": "conference"}
    _, slots = _run(library, "validate_clock_form", text, counted, "journey_clock", "clock_form")
    assert slots["clock_event"] is None
    left = {"clock_event": "conference", "journey": "clock"}
    _, slots = _run(library, "validate_clock_form", "back to the steps", left, "resume_journey", "clock_form")
    assert slots["clock_event"] == "conference"


def test_another_day_of_another_event_is_counted_for_that_event(library: Library) -> None:
    text = "the strategy meeting was on 2 march"
    said, slots = _run(library, "action_follow_up", text, {"clock_event": "conference"})
    words = library.journeys.journeys["clock"].words
    assert words["counted_from"]["strategy"].format(day="Monday 2 March 2026") in said[0]["text"]
    assert slots["clock_event"] == "strategy"


def test_a_day_of_another_meeting_said_afterwards_is_not_counted(library: Library) -> None:
    said, _ = _run(library, "action_follow_up", "core group is on 12 march", {"clock_event": "conference"})
    end = library.journeys.journeys["clock"].end.split("{")[0]
    assert end not in said[0]["text"]


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


@pytest.mark.parametrize(
    "day", ["9999-12-31", "31/12/9999", "1 January 2090", "in 99999999999 weeks", "400000 weeks ago", "1.1.0001"]
)
def test_a_day_that_no_plan_could_reach_is_none(day: str) -> None:
    assert read_day(f"the conference was on {day}", date(2026, 11, 23)) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("friday 13th", date(2026, 11, 13)),
        ("my conference is on friday 4th", date(2026, 12, 4)),
        ("conference is Thursday the 3rd at 10am", date(2026, 12, 3)),
        ("RCPC Tues 15th", date(2026, 12, 15)),
        ("it was last week on tuesday", date(2026, 11, 17)),
        ("monday of last week", date(2026, 11, 16)),
        ("next week tuesday", date(2026, 12, 1)),
        ("yesterday. the worst week of my life", date(2026, 11, 24)),
    ],
)
def test_a_weekday_is_read_together_with_the_number_or_the_week_beside_it(text: str, day: date) -> None:
    meant = day_meant(text, date(2026, 11, 25))
    assert meant
    assert meant.on == day
