"""The conference clock against dates that were counted by hand, and days in ordinary words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.calendar import STARTS, Deadline, deadlines, is_working_day, working_days_until
from actions.dates import Day, day_meant, read_day

TABLE: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "clock_table.yml").read_text(encoding="utf-8"))
WEDNESDAY = date(2026, 11, 25)
MARCH = date(2026, 3, 4)


def test_the_table_holds_at_least_forty_dates_of_every_kind() -> None:
    assert len(TABLE) >= 40
    assert {row["event"] for row in TABLE} == set(STARTS)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['event']} {row['on']} {row['name']}")
def test_the_clock_agrees_with_the_table(row: dict[str, Any]) -> None:
    assert {f"{found.step}_by": found.on for found in deadlines(row["event"], row["on"])} == row["gives"]


def test_a_deadline_is_late_today_or_ahead() -> None:
    standing = [Deadline("review", date(2026, 11, day)).standing(WEDNESDAY) for day in (24, 25, 26)]
    assert standing == ["late", "today", "ahead"]


def test_bank_holidays_on_the_way_are_named() -> None:
    (conference,) = deadlines("strategy", date(2026, 12, 21))
    assert conference.stepped_over == (date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1))
    assert not is_working_day(date(2026, 12, 28))


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", (2026, 11, 25)),
        ("it was yesterday", (2026, 11, 24)),
        ("tomorow", (2026, 11, 26)),
        ("the day before yesterday", (2026, 11, 23)),
        ("day after tomorrow", (2026, 11, 27)),
        ("last Friday", (2026, 11, 20)),
        ("Monday just gone", (2026, 11, 23)),
        ("friday gone", (2026, 11, 20)),
        ("friday before last", (2026, 11, 13)),
        ("a week last Friday", (2026, 11, 13)),
        ("on Monday", (2026, 11, 23)),
        ("wednesday", (2026, 11, 25)),
        ("next thurs", (2026, 11, 26)),
        ("next tuesday", (2026, 12, 1)),
        ("this coming saturday", (2026, 11, 28)),
        ("a week on Tuesday", (2026, 12, 8)),
        ("tuesday week", (2026, 12, 8)),
        ("wk on mon", (2026, 12, 7)),
        ("a fortnight on Friday", (2026, 12, 11)),
        ("two weeks ago", (2026, 11, 11)),
        ("a fortnight ago", (2026, 11, 11)),
        ("10 days ago", (2026, 11, 15)),
        ("a month ago", (2026, 10, 25)),
        ("a couple of weeks back", (2026, 11, 11)),
        ("in three weeks", (2026, 12, 16)),
        ("3rd of March", (2026, 3, 3)),
        ("the 3rd of December", (2025, 12, 3)),
        ("March 3rd", (2026, 3, 3)),
        ("3 march 2027", (2027, 3, 3)),
        ("friday 13 nov", (2026, 11, 13)),
        ("the twenty third of october", (2026, 10, 23)),
        ("29 February 2028", (2028, 2, 29)),
        ("12/11", (2026, 11, 12)),
        ("3.11.26", (2026, 11, 3)),
        ("03-11-2026", (2026, 11, 3)),
        ("2026-11-03", (2026, 11, 3)),
        ("on the fifth", (2026, 11, 5)),
        ("the 31st", (2026, 10, 31)),
        ("it was on the 2nd i think", (2026, 11, 2)),
        ("conference was last thursday so when is the core group", (2026, 11, 19)),
        ("3 wks ago", (2026, 11, 4)),
        ("3wks ago", (2026, 11, 4)),
        ("in 9 days", (2026, 12, 4)),
        ("2 weeks time", (2026, 12, 9)),
        ("2 weeks on thursday", (2026, 12, 10)),
        ("tmrw", (2026, 11, 26)),
        ("sat", (2026, 11, 21)),
        ("thurs 10.30", (2026, 11, 19)),
        ("the first of november", (2026, 11, 1)),
    ],
)
def test_a_day_is_read_from_ordinary_words(words: str, day: tuple[int, int, int]) -> None:
    found = read_day(words, WEDNESDAY)
    assert found is not None
    assert found.on == date(*day)


@pytest.mark.parametrize("words", [
    "no idea", "i have 2 kids", "when the leaves fell", "2026-13-45", "31/31", "", "soon", "the first conference",
    "i have the 2 kids", "the second child", "1st meeting", "he is here 24/7", "2/3 weeks", "he sat down",
    "the 15 working days", "a week today",
])  # fmt: skip
def test_what_names_no_day_gives_none(words: str) -> None:
    assert read_day(words, WEDNESDAY) is None


def test_working_days_up_to_a_day_leave_out_the_weekend_and_bank_holidays() -> None:
    assert working_days_until(WEDNESDAY, WEDNESDAY) == 0
    assert working_days_until(date(2026, 11, 30), WEDNESDAY) == 3
    assert working_days_until(date(2026, 12, 29), date(2026, 12, 24)) == 1


def test_a_day_that_may_mean_two_gives_both() -> None:
    found = read_day("last tuesday", WEDNESDAY)
    assert found is not None
    assert (found.on, found.other) == (date(2026, 11, 24), date(2026, 11, 17))


def test_a_day_ahead_is_read_where_that_is_asked() -> None:
    found = read_day("friday", WEDNESDAY, past=False)
    assert found is not None
    assert found.on == date(2026, 11, 27)


def test_a_day_ahead_may_be_today() -> None:
    for words in ("4 march", "4/3", "the 4th", "wednesday"):
        assert read_day(words, MARCH, past=False) == read_day(words, MARCH) == Day(MARCH)


@pytest.mark.parametrize(
    ("words", "day", "other"),
    [
        ("my conference is on 12 march", (2026, 3, 12), None),
        ("it is on friday", (2026, 3, 6), (2026, 2, 27)),
        ("It's on Monday", (2026, 3, 9), (2026, 3, 2)),
        ("it will be the 31st", (2026, 3, 31), None),
        ("It was on Friday", (2026, 2, 27), (2026, 3, 6)),
        ("they held it on 12 march", (2025, 3, 12), (2026, 3, 12)),
        ("it was on 3 march", (2026, 3, 3), None),
        ("is it 4 march", (2026, 3, 4), None),
    ],
)
def test_a_day_has_been_or_is_to_come_as_the_words_say(
    words: str, day: tuple[int, int, int], other: tuple[int, int, int] | None
) -> None:
    assert day_meant(words, MARCH) == Day(date(*day), date(*other) if other else None)


@pytest.mark.parametrize(
    ("words", "day", "other"),
    [
        ("12 march", (2026, 3, 12), None),
        ("20 february", (2026, 2, 20), None),
        ("friday", (2026, 3, 6), (2026, 2, 27)),
        ("monday", (2026, 3, 2), (2026, 3, 9)),
        ("the 20th", (2026, 2, 20), (2026, 3, 20)),
        ("monday, when is the core group", (2026, 3, 2), (2026, 3, 9)),
    ],
)
def test_of_two_days_that_the_words_leave_open_the_nearer_is_meant(
    words: str, day: tuple[int, int, int], other: tuple[int, int, int] | None
) -> None:
    assert day_meant(words, MARCH) == Day(date(*day), date(*other) if other else None)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("the conference was on monday and the review is coming", (2026, 3, 2)),
        ("he came back last night, the conference is on 12 march", (2026, 3, 12)),
        ("he was here. we had the police. conference on 12 march", (2026, 3, 12)),
        ("the conference, it was held, i think, on friday", (2026, 2, 27)),
    ],
)
def test_the_words_nearest_to_the_day_say_whether_it_has_been(words: str, day: tuple[int, int, int]) -> None:
    found = day_meant(words, MARCH)
    assert found is not None
    assert found.on == date(*day)


def test_a_conference_is_to_come_for_who_waits_for_one_but_not_the_discussion_before_it() -> None:
    ahead, before = Day(date(2026, 3, 9), date(2026, 3, 2)), Day(date(2026, 3, 2), date(2026, 3, 9))
    assert day_meant("monday", MARCH, event="conference", stage="before") == ahead
    assert day_meant("it was on monday", MARCH, event="conference", stage="before") == before
    assert day_meant("monday", MARCH, event="strategy", stage="before") == before


@pytest.mark.parametrize("words", ["1 february", "30 april", "3 october", "20 august", "29 february", "friday", "the 30th"])
@pytest.mark.parametrize("frame", ["it was on {}", "it is on {}", "{}"])
def test_the_nearer_of_two_days_is_always_the_one_meant_or_offered(frame: str, words: str) -> None:
    found = day_meant(frame.format(words), MARCH)
    days = [read_day(words, MARCH), read_day(words, MARCH, past=False)]
    nearer = min((day.on for day in days if day), key=lambda day: abs(day - MARCH))
    assert found is not None
    assert nearer in (found.on, found.other)
