"""Days and moments as pages write them, by the clock in London."""

from __future__ import annotations

from datetime import date, datetime

from content.hours import LONDON


def date_words(day: date) -> str:
    """3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def moment_words(at: int) -> str:
    """3 March 2026, 14:05, as the clock on the wall had it; `at` in seconds since 1970."""
    local = datetime.fromtimestamp(at, LONDON)
    return f"{date_words(local)}, {local:%H:%M}"
