"""Time limits of child protection in England: working days, and months that end where they should.

The limits are those of the ledger: the conference within 15 working days of the strategy discussion, the first core
group within 10 working days of the conference, the first review within three months, and then at most every six.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from content.hours import is_bank_holiday

CONFERENCE_WITHIN = 15
CORE_GROUP_WITHIN = 10
FIRST_REVIEW_MONTHS = 3
NEXT_REVIEW_MONTHS = 6
STARTS = ("strategy", "conference", "review")


@dataclass(frozen=True)
class Deadline:
    """The last day for `step`. `stepped_over` are the bank holidays that were not counted on the way."""

    step: str
    on: date
    stepped_over: tuple[date, ...] = ()

    def standing(self, today: date) -> str:
        """ "late", "today" or "ahead"."""
        return "late" if self.on < today else "today" if self.on == today else "ahead"


def deadlines(start: str, on: date) -> list[Deadline]:
    """What has to follow an event on that day; `start` is one of STARTS."""
    if start == "strategy":
        return [_working("conference", on, CONFERENCE_WITHIN)]
    if start == "conference":
        return [_working("core_group", on, CORE_GROUP_WITHIN), Deadline("review", on + relativedelta(months=FIRST_REVIEW_MONTHS))]
    return [Deadline("next_review", on + relativedelta(months=NEXT_REVIEW_MONTHS))]


def is_working_day(day: date) -> bool:
    """Monday to Friday, and no bank holiday in England."""
    return day.weekday() < 5 and not is_bank_holiday(day)


def working_days_until(day: date, today: date) -> int:
    """How many working days come after `today` up to `day`, which may be one of them."""
    return sum(is_working_day(today + timedelta(ahead)) for ahead in range(1, (day - today).days + 1))


def _working(step: str, start: date, count: int) -> Deadline:
    passed = []
    days = _days_after(start)
    while count:
        day = next(days)
        if is_working_day(day):
            count -= 1
        elif day.weekday() < 5:
            passed.append(day)
    return Deadline(step, day, tuple(passed))


def _days_after(start: date) -> Iterator[date]:
    while True:
        start += timedelta(days=1)
        yield start
