"""Tells whether a service is open at a moment, when it closes and when it opens next, by the clock in London."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from content.model import OpeningTimes, Service

LONDON = ZoneInfo("Europe/London")
_LOOK_AHEAD_DAYS = 14


@dataclass(frozen=True)
class OpenState:
    """`open_now` is None where it cannot be said. Moments are aware, in Europe/London."""

    open_now: bool | None
    closes_at: datetime | None = None
    opens_next: datetime | None = None
    always: bool = False


def open_state(service: Service, now: datetime) -> OpenState:
    """The state of `service` at the aware moment `now`; raises ValueError for a moment without a zone."""
    if now.tzinfo is None:
        raise ValueError("the moment needs a time zone")
    local = now.astimezone(LONDON)
    if service.always:
        return OpenState(open_now=True, always=True)
    if service.hours is None:
        return OpenState(open_now=None)
    unsure = _unsure(service.hours, local.date())
    for times in service.hours:
        if not _opens_on(times, local.date()):
            continue
        opens, closes = _span(times, local.date())
        if opens <= local < closes:
            return OpenState(open_now=True, closes_at=closes)
    return OpenState(open_now=None if unsure else False, opens_next=_opens_next(service.hours, local))


def is_bank_holiday(day: date) -> bool:
    """Whether `day` is a bank holiday in England."""
    return day in bank_holidays(day.year)


@lru_cache(maxsize=32)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England in that year."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def _opens_on(times: OpeningTimes, day: date) -> bool:
    return day.weekday() in times.days and (times.bank_holidays == "open" or not is_bank_holiday(day))


def _unsure(hours: tuple[OpeningTimes, ...], day: date) -> bool:
    return any(_may_open_on(times, day) for times in hours)


def _may_open_on(times: OpeningTimes, day: date) -> bool:
    return times.bank_holidays == "unknown" and day.weekday() in times.days and is_bank_holiday(day)


def _span(times: OpeningTimes, day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, times.opens, LONDON), datetime.combine(day, times.closes, LONDON)


def _opens_next(hours: tuple[OpeningTimes, ...], local: datetime) -> datetime | None:
    """None also where it may open earlier, on a day of which nobody knows."""
    days = [local.date() + timedelta(days=ahead) for ahead in range(_LOOK_AHEAD_DAYS)]
    known = [_span(times, day)[0] for day in days for times in hours if _opens_on(times, day)]
    soonest = min((moment for moment in known if moment > local), default=None)
    if soonest is None:
        return None
    maybe = [_span(times, day) for day in days for times in hours if _may_open_on(times, day)]
    return None if any(closes > local and opens < soonest for opens, closes in maybe) else soonest
