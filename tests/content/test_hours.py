"""Open now, closes at, opens next: at chosen moments over weekends, clock changes and bank holidays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from content.hours import LONDON, is_bank_holiday, open_state
from content.library import Library

LINE = "family-rights-group"
# Moment in UTC, open?, and the London time at which it closes (when open) or opens next.
MOMENTS = [
    ("2026-11-20 09:29", False, "2026-11-20 09:30"),  # Friday, a minute early
    ("2026-11-20 09:30", True, "2026-11-20 15:00"),
    ("2026-11-20 14:59", True, "2026-11-20 15:00"),
    ("2026-11-20 15:00", False, "2026-11-23 09:30"),  # Friday at three: Monday next
    ("2026-11-21 23:00", False, "2026-11-23 09:30"),  # Saturday night
    ("2026-11-22 12:00", False, "2026-11-23 09:30"),  # Sunday
    ("2026-11-23 00:00", False, "2026-11-23 09:30"),
    ("2026-11-23 12:00", True, "2026-11-23 15:00"),
    ("2026-11-24 20:00", False, "2026-11-25 09:30"),
    ("2026-03-27 10:00", True, "2026-03-27 15:00"),  # Friday before the clocks go forward
    ("2026-03-28 12:00", False, "2026-03-30 09:30"),  # across the change
    ("2026-03-30 08:29", False, "2026-03-30 09:30"),  # 9:29 in summer time
    ("2026-03-30 08:30", True, "2026-03-30 15:00"),
    ("2026-03-30 14:00", False, "2026-03-31 09:30"),
    ("2026-10-23 13:59", True, "2026-10-23 15:00"),  # last Friday of summer time
    ("2026-10-23 14:00", False, "2026-10-26 09:30"),  # across the change back
    ("2026-10-26 09:29", False, "2026-10-26 09:30"),
    ("2026-10-26 09:30", True, "2026-10-26 15:00"),
    ("2026-10-25 00:30", False, "2026-10-26 09:30"),  # the hour that happens twice
    ("2026-10-25 01:30", False, "2026-10-26 09:30"),
    ("2026-04-02 15:00", False, "2026-04-07 09:30"),  # Maundy Thursday in summer time: Good Friday and Easter Monday follow
    ("2026-04-03 11:00", False, "2026-04-07 09:30"),  # Good Friday
    ("2026-04-06 11:00", False, "2026-04-07 09:30"),  # Easter Monday
    ("2026-05-04 11:00", False, "2026-05-05 09:30"),  # early May bank holiday
    ("2026-08-31 11:00", False, "2026-09-01 09:30"),  # summer bank holiday
    ("2026-12-24 15:00", False, "2026-12-29 09:30"),  # Christmas, Boxing Day on a Saturday, its substitute on Monday
    ("2026-12-28 11:00", False, "2026-12-29 09:30"),
    ("2026-12-31 15:30", False, "2027-01-04 09:30"),  # New Year's Day on a Friday
    ("2027-01-01 12:00", False, "2027-01-04 09:30"),
    ("2027-12-24 15:30", False, "2027-12-29 09:30"),  # Christmas on a Saturday: both substitutes
    ("2028-02-29 12:00", True, "2028-02-29 15:00"),  # leap day
    ("2028-02-29 15:00", False, "2028-03-01 09:30"),
]


@pytest.mark.parametrize(("moment", "is_open", "then"), MOMENTS)
def test_the_advice_line_is_open_when_it_says(library: Library, moment: str, is_open: bool, then: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    state = open_state(library.services[LINE], now)
    expected = datetime.fromisoformat(then).replace(tzinfo=LONDON)
    assert state.open_now is is_open
    assert (state.closes_at if is_open else state.opens_next) == expected


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=9)), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")])
def test_the_servers_zone_makes_no_difference(library: Library, zone: ZoneInfo) -> None:
    now = datetime(2026, 3, 30, 8, 30, tzinfo=UTC)
    assert open_state(library.services[LINE], now.astimezone(zone)) == open_state(library.services[LINE], now)


def test_a_line_that_never_closes_is_open_at_night(library: Library) -> None:
    state = open_state(library.services["samaritans"], datetime(2026, 12, 25, 3, 0, tzinfo=UTC))
    assert state.open_now is True
    assert state.always


def test_hours_that_nobody_verified_are_not_stated(library: Library) -> None:
    assert open_state(library.services["childline"], datetime(2026, 11, 23, 12, 0, tzinfo=UTC)).open_now is None


def test_a_bank_holiday_that_nobody_knows_about_is_not_stated(library: Library) -> None:
    karma_nirvana = library.services["karma-nirvana"]
    assert open_state(karma_nirvana, datetime(2026, 12, 25, 12, 0, tzinfo=UTC)).open_now is None
    assert open_state(karma_nirvana, datetime(2026, 12, 23, 12, 0, tzinfo=UTC)).open_now is True


def test_a_moment_without_a_zone_is_refused(library: Library) -> None:
    with pytest.raises(ValueError, match="time zone"):
        open_state(library.services[LINE], datetime(2026, 11, 23, 12, 0))


def test_bank_holidays_are_those_of_england() -> None:
    assert is_bank_holiday(datetime(2026, 12, 28).date())
    assert not is_bank_holiday(datetime(2026, 11, 30).date())  # St Andrew's Day is Scotland's
    assert not is_bank_holiday(datetime(2026, 7, 13).date())  # Northern Ireland's


@pytest.mark.parametrize(
    ("moment", "then"),
    [
        ("2026-05-01 18:00", None),  # Friday: whether it opens on the bank holiday is not known
        ("2026-05-03 20:00", None),
        ("2026-05-04 08:00", None),
        ("2026-05-04 20:00", "2026-05-05 09:00"),  # that evening the holiday is over
        ("2026-05-05 20:00", "2026-05-06 09:00"),
    ],
)
def test_before_a_bank_holiday_of_unknown_hours_nothing_is_promised(library: Library, moment: str, then: str | None) -> None:
    service = library.services["karma-nirvana"]
    assert service.hours
    assert service.hours[0].bank_holidays == "unknown"
    state = open_state(service, datetime.fromisoformat(moment).replace(tzinfo=LONDON))
    assert state.opens_next == (datetime.fromisoformat(then).replace(tzinfo=LONDON) if then else None)
