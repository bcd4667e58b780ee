"""What is published of the counts: every figure a multiple of five, so that no range and no difference shows the few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from actions.outcome import Outcome

STEP = 5
# Of two values that make up a whole only one is published: the other would tell both more closely than their rounding.
_ONE_SIDE_ONLY = {"urgent": "yes", "hours": "closed"}
_ENOUGH_FOR_A_SHARE = 100
_ANSWERED = (Outcome.ANSWERED.value, Outcome.ANSWERED_PARTLY.value)

# Dimension, value, the count of all days before the range, and the count up to its end.
Running = tuple[str, str, int, int]


def published(before: int, until: int) -> int:
    """The figure for what came between two running totals: each is rounded down by itself, so figures add up over ranges."""
    return until // STEP * STEP - before // STEP * STEP


@dataclass(frozen=True)
class Rate:
    """A part of a whole, both published."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None where the whole is so small that the rounding would be the better half of the answer."""
        return None if self.whole < _ENOUGH_FOR_A_SHARE else min(max(self.part / self.whole, 0.0), 1.0)


@dataclass(frozen=True)
class Figures:
    """The published counts from one day to another, both included.

    `series` is by dimension, then value, and leaves out what is 0. `weeks` is by the Monday, with the turns of those of its
    days that lie in the range. A call that an adviser logged is a turn of the channel `desk`.
    """

    first: date
    last: date
    series: Mapping[str, Mapping[str, int]]
    weeks: Mapping[date, int]

    @classmethod
    def of(cls, first: date, last: date, running: Iterable[Running], turns: Iterable[tuple[date, int]]) -> Figures:
        """From exact running totals and the exact turns of each day up to `last`."""
        series: dict[str, dict[str, int]] = {}
        for dimension, value, before, until in running:
            figure = published(before, until)
            if figure and _ONE_SIDE_ONLY.get(dimension, value) == value:
                series.setdefault(dimension, {})[value] = figure
        return cls(first, last, series, dict(_weeks(first, last, dict(turns))))

    def count(self, dimension: str, value: str) -> int:
        """One figure, 0 where nothing is published."""
        return self.series.get(dimension, {}).get(value, 0)

    @property
    def turns(self) -> int:
        """Turns of every channel, with the calls that were logged."""
        return self.count("turns", "all")

    @property
    def chat_turns(self) -> int:
        """Turns without the calls that advisers logged."""
        return max(self.turns - self.count("channel", "desk"), 0)

    @property
    def self_served(self) -> Rate:
        """Answers that somebody marked as helpful, of all turns with the chat."""
        return Rate(self.count("helpful", "yes"), self.chat_turns)

    @property
    def likely_helped(self) -> Rate:
        """Turns with the chat that ended in an answer, whole or in part, which nobody marked; of all turns with the chat."""
        answered = sum(self.count("outcome", outcome) - self.count("call_outcome", outcome) for outcome in _ANSWERED)
        marked = self.count("helpful", "yes") + self.count("helpful", "no")
        return Rate(max(answered - marked, 0), self.chat_turns)

    @property
    def out_of_hours(self) -> Rate:
        """Turns with the chat while the advice line was closed, of all turns with the chat."""
        return Rate(self.count("hours", "closed"), self.chat_turns)

    @property
    def rates(self) -> Mapping[str, Rate]:
        """The three by name."""
        return {"self_served": self.self_served, "likely_helped": self.likely_helped, "out_of_hours": self.out_of_hours}

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Series, value and count, for a table of everything."""
        for dimension in sorted(self.series):
            for value, count in sorted(self.series[dimension].items()):
                yield dimension, value, count
        for monday, count in self.weeks.items():
            yield "week", monday.isoformat(), count
        for name, rate in self.rates.items():
            yield "rate_part", name, rate.part
        yield "rate_whole", "chat_turns", self.chat_turns

    def as_json(self) -> dict[str, Any]:
        """The same as nested values."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "rounded_to": STEP,
            "series": {dimension: dict(sorted(values.items())) for dimension, values in sorted(self.series.items())},
            "weeks": {monday.isoformat(): count for monday, count in self.weeks.items()},
            "rates": {name: {"part": rate.part, "whole": rate.whole, "share": rate.share} for name, rate in self.rates.items()},
        }


def _weeks(first: date, last: date, turns: Mapping[date, int]) -> Iterator[tuple[date, int]]:
    """Each Monday with the published turns of its days in the range."""
    running = sum(n for day, n in turns.items() if day < first)
    day = first
    while day <= last:
        monday, before = day - timedelta(days=day.weekday()), running
        while day <= min(monday + timedelta(days=6), last):
            running += turns.get(day, 0)
            day += timedelta(days=1)
        yield monday, published(before, running)
