"""The conference clock against dates that were counted by hand, and days in ordinary words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.calendar import STARTS, Deadline, deadlines, is_working_day
from actions.dates import read_day

TABLE: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "clock_table.yml").read_text(encoding="utf-8"))
WEDNESDAY = date(2026, 11, 25)


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
    ],
)
def test_a_day_is_read_from_ordinary_words(words: str, day: tuple[int, int, int]) -> None:
    found = read_day(words, WEDNESDAY)
    assert found is not None
    assert found.on == date(*day)


@pytest.mark.parametrize("words", ["no idea", "i have 2 kids", "when the leaves fell", "2026-13-45", "31/31", "", "soon"])
def test_what_names_no_day_gives_none(words: str) -> None:
    assert read_day(words, WEDNESDAY) is None


def test_a_day_that_may_mean_two_gives_both() -> None:
    found = read_day("last tuesday", WEDNESDAY)
    assert found is not None
    assert (found.on, found.other) == (date(2026, 11, 24), date(2026, 11, 17))


def test_a_day_ahead_is_read_where_that_is_asked() -> None:
    found = read_day("friday", WEDNESDAY, past=False)
    assert found is not None
    assert found.on == date(2026, 11, 27)
