"""Which event a text names, and the day that belongs to it: from the event's own clause and from no other."""

from __future__ import annotations

from datetime import date
from time import perf_counter

import pytest

from actions.dates import day_meant
from actions.events import OTHER, UNNAMED, EventFinder, counted
from content.library import Library

MONDAY = date(2026, 11, 23)
SLOWEST = 0.2


@pytest.fixture(scope="module")
def finder(library: Library) -> EventFinder:
    return EventFinder(library.journeys)


@pytest.mark.parametrize(
    ("text", "event", "day"),
    [
        ("when does the conference have to be by, the strat meeting was last monday", "strategy", (2026, 11, 16)),
        ("when must the conference be if the strategy discussion was 2 November", "strategy", (2026, 11, 2)),
        ("last monday's strat meeting, conference by when", "strategy", (2026, 11, 16)),
        ("strategy discussion was 3 wks ago", "strategy", (2026, 11, 2)),
        ("strat disc 16/11", "strategy", (2026, 11, 16)),
        ("no conference yet. strategy meeting 2nd november", "strategy", (2026, 11, 2)),
        ("caller: mum, conference Thurs 10am, report came today", "conference", (2026, 11, 26)),
        ("ICPC Thurs, report arrived today", "conference", (2026, 11, 26)),
        ("icpc tmrw, report came today", "conference", (2026, 11, 24)),
        ("report came today conference thurs", "conference", (2026, 11, 26)),
        ("got report today - ICPC Weds", "conference", (2026, 11, 25)),
        ("CPC on Thursday", "conference", (2026, 11, 26)),
        ("conf tmrw 2pm", "conference", (2026, 11, 24)),
        ("ICPC: Thursday 10:30", "conference", (2026, 11, 26)),
        ("ICPC Thurs 10.10", "conference", (2026, 11, 26)),
        ("ICPC Thurs, 26 Nov", "conference", (2026, 11, 26)),
        ("ICPC 3 wks ago", "conference", (2026, 11, 2)),
        ("conference for 2 kids thursday", "conference", (2026, 11, 26)),
        ("the conference with my ex there is on thursday", "conference", (2026, 11, 26)),
        ("the conference, it was held, i think, on friday", "conference", (2026, 11, 20)),
        ("on 3 november we had the conference", "conference", (2026, 11, 3)),
        ("was told conference is friday", "conference", (2026, 11, 27)),
        ("conference was 3 nov when is the review", "conference", (2026, 11, 3)),
        ("conference was last thursday so when is the core group", "conference", (2026, 11, 19)),
        ("conference 2 weeks on thursday", "conference", (2026, 12, 10)),
        ("conference in 9 days", "conference", (2026, 12, 2)),
        ("the strategy meeting was on 2 november and the conference is on 27 november", "conference", (2026, 11, 27)),
        ("RCPC was 3 November", "review", (2026, 11, 3)),
        ("lac review on thursday, rcpc 3 dec", "review", (2026, 12, 3)),
    ],
)
def test_a_day_is_counted_from_for_the_event_of_its_clause(
    finder: EventFinder, text: str, event: str, day: tuple[int, int, int]
) -> None:
    found = counted(finder.told(text, MONDAY))
    assert found is not None
    assert (found[0], found[1].on) == (event, date(*day))


@pytest.mark.parametrize(
    "text",
    [
        "core group meeting is next tuesday",
        "LA gone into PLO, first meeting Weds",
        "PLO letter\u2026 meeting in 9 days",
        "FGC meeting booked for Friday",
        "family group conference on friday",
        "professionals meeting on Friday",
        "sw visit Thursday re reports for conference",
        "pre-conference visit thursday",
        "conference report came today",
        "the meeting was last monday",
        "s47 started last monday when does the conference have to be",
        "he left last monday when does the conference have to be",
        "he came back last night. can the conference take my child",
        "can the conference take my child today",
        "conference cancelled today",
        "conference not on thursday",
        "what happens at the first conference",
        "what happens when he gets out of prison at the second review",
        "23/11: mum rang, conference coming",
        "they will review it on thursday",
        "conference about the 2 kids, he's here 24/7",
    ],
)
def test_a_day_of_something_else_is_not_counted_from(finder: EventFinder, text: str) -> None:
    assert counted(finder.told(text, MONDAY)) is None


def test_a_meeting_without_its_name_and_one_without_a_limit_keep_their_days_to_themselves(finder: EventFinder) -> None:
    (meeting,) = finder.told("the meeting was last monday", MONDAY)
    assert (meeting.event, meeting.day and meeting.day.on) == (UNNAMED, date(2026, 11, 16))
    (group,) = finder.told("core group meeting is next tuesday", MONDAY)
    assert group.event == OTHER


def test_every_button_names_its_own_event(finder: EventFinder, library: Library) -> None:
    journey, place = library.journeys.step("clock_event")
    for event, label in journey.steps[place].choices.items():
        assert finder.tapped(label) == event
        assert [one.event for one in finder.told(label, MONDAY)] == [event]
        assert "{day}" in journey.words["counted_from"][event]


def test_the_sign_nearest_to_a_day_says_whether_it_has_been() -> None:
    found = day_meant("friday", MONDAY, around="she was told conference is friday")
    assert found is not None
    assert found.on == date(2026, 11, 27)


@pytest.mark.parametrize("part", ["conference for a a a ", "on the , ", "in 2 in 2 days since ", "today is the ", "a couple of "])
def test_a_long_message_is_read_in_no_time(finder: EventFinder, part: str) -> None:
    begun = perf_counter()
    finder.told((part * 4000)[:4000], MONDAY)
    assert perf_counter() - begun < SLOWEST
