"""`python -m desk.demonstration`: fills a database with made-up counts of the last year, to show the charts and to measure them."""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate

from actions.outcome import Outcome
from content.hours import LONDON, is_bank_holiday
from content.library import Library, default_library
from desk.counts import Counts
from desk.store import DEFAULT_DATABASE, Store, StoreDown

DAYS = 365
# Out of a thousand. People ask when the children sleep; advisers log calls while the line is open.
HOURS = (14, 8, 5, 3, 3, 5, 11, 22, 36, 46, 52, 50, 48, 46, 44, 42, 42, 44, 52, 72, 98, 108, 92, 57)
WEEKDAYS = (118, 110, 106, 104, 96, 62, 80)
OUTCOMES = {
    Outcome.ANSWERED: 622, Outcome.ANSWERED_PARTLY: 118, Outcome.ANSWERED_SMALLTALK: 62, Outcome.CLARIFY: 70,
    Outcome.HANDED_OVER: 42, Outcome.UNANSWERED_UNSURE: 58, Outcome.UNANSWERED_OUT_OF_SCOPE: 25, Outcome.ERROR_ENGINE: 1,
    Outcome.ERROR_TIMEOUT: 2,
}  # fmt: skip
CHANNELS = {"widget": 520, "page": 420, "rest": 40, "api": 20}
CALL_OUTCOMES = {Outcome.ANSWERED: 700, Outcome.ANSWERED_PARTLY: 160, Outcome.HANDED_OVER: 100, Outcome.UNANSWERED_UNSURE: 40}
_CALLS, _URGENT, _MARKED_YES, _MARKED_NO = 0.11, 0.06, 0.17, 0.05
_WITH_TOPIC = (Outcome.ANSWERED, Outcome.ANSWERED_PARTLY)
_FIRST_CALL, _CALL_MINUTES = time(9, 30), 330
_TURNS_A_FLUSH = 50_000


class AlreadyCounted(Exception):
    """The database holds counts, which may be real."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fills the database; 1 where it holds counts already or cannot be reached."""
    parser = argparse.ArgumentParser(
        prog="python -m desk.demonstration", description="Fills a database with made-up counts of a year."
    )
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--database", default=os.environ.get("HANDRAIL_DATABASE") or DEFAULT_DATABASE, help="its address")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same counts on the same day")
    parser.add_argument("--add", action="store_true", help="also where there are counts already")
    chosen = parser.parse_args(arguments)
    store = Store(chosen.database)
    try:
        store.migrate()
        fill(Counts(store, default_library()), default_library(), chosen.turns, seed=chosen.seed, add=chosen.add)
    except AlreadyCounted:
        print("There are counts in this database already. They may be real. Use --add to count on top of them.", file=sys.stderr)
        return 1
    except StoreDown as error:
        print(f"The database cannot be used: {error}", file=sys.stderr)
        return 1
    finally:
        store.close()
    print(f"{chosen.turns:,} made-up turns were counted.")
    return 0


def fill(counts: Counts, library: Library, turns: int, *, seed: int, add: bool = False) -> None:
    """Counts so many turns over the year up to yesterday. Raises AlreadyCounted, unless `add`, and StoreDown."""
    if not add and counts.counted():
        raise AlreadyCounted
    draw = random.Random(seed)
    topics, popularity = popular(library)
    days = year(counts.today())
    picked = draw.choices(days, [busy(day) * (0.6 + 0.8 * place / DAYS) for place, day in enumerate(days)], k=turns)
    for place, day in enumerate(picked, 1):
        topic = draw.choices(topics, cum_weights=popularity)[0]
        if draw.random() < _CALLS and day.weekday() < 5 and not is_bank_holiday(day):
            _call(counts, draw, day, topic)
        else:
            _turn(counts, draw, day, topic)
        if place % _TURNS_A_FLUSH == 0:
            _flushed(counts)
    _flushed(counts)


def year(today: date) -> list[date]:
    """The days up to yesterday."""
    return [today - timedelta(days=before) for before in range(DAYS, 0, -1)]


def popular(library: Library) -> tuple[list[str], list[float]]:
    """The topics, those that the chat offers first, with their weights added up: few are asked often, most seldom."""
    offered = list(library.chat["greet"].topics)
    rest = [topic for topic in library.topics if topic not in offered]
    random.Random(0).shuffle(rest)
    topics = [*offered, *rest]
    return topics, list(accumulate(1 / (place + 4) for place in range(len(topics))))


def busy(day: date) -> float:
    """How busy a day is beside others: less at weekends, and while schools, which refer many children, are shut."""
    weight = WEEKDAYS[day.weekday()] / 100
    if day.month == 8 or (day.month, day.day) >= (12, 21) or (day.month, day.day) <= (1, 3):
        weight *= 0.6
    elif (day.month == 4 and day.day <= 14) or (day.month in (2, 5, 10) and day.day >= 25):
        weight *= 0.8
    return weight * (0.7 if is_bank_holiday(day) else 1)


def _turn(counts: Counts, draw: random.Random, day: date, topic: str) -> None:
    at = datetime.combine(day, time(draw.choices(range(24), HOURS)[0], draw.randrange(60)), LONDON)
    outcome = draw.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    channel = draw.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    topics = [topic] if outcome in _WITH_TOPIC else []
    counts.turn(outcome.value, draw.random() < _URGENT, topics, channel, at)
    marked = draw.random()
    if topics and channel == "widget" and marked < _MARKED_YES + _MARKED_NO:
        counts.helpful(marked < _MARKED_YES, at, topic)


def _call(counts: Counts, draw: random.Random, day: date, topic: str) -> None:
    at = datetime.combine(day, _FIRST_CALL, LONDON) + timedelta(minutes=draw.randrange(_CALL_MINUTES))
    counts.call(topic, draw.choices(list(CALL_OUTCOMES), list(CALL_OUTCOMES.values()))[0].value, at)


def _flushed(counts: Counts) -> None:
    if not counts.flush():
        raise StoreDown("nothing could be written")


if __name__ == "__main__":
    sys.exit(main())
