"""How many workers a national launch needs: a day, an evening and a television programme, simulated from measured turns."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.queueing import Outcome, People, Workers, arrivals, simulate
from desk.demonstration import HOURS

CONVERSATIONS = 1_000_000
TURNS, LONGEST = 5, 40
THINK, THINK_SPREAD = 25.0, 0.8
MOST_WAITING = 64
RETRY, RETRY_AFTER, TRIES = 0.5, 10.0, 3
SPIKE, RAMP, HOLD, HALF = 50, 300.0, 300.0, 600.0
WELL = 0.01
QUICK_ENOUGH = 1.0
_EVENING = 1800.0
_SPIKE_SECONDS, _BEFORE = 3600.0, 300.0
# Workers share no queue, so one in so many, with its part of the people, stands for all.
_STANDS_FOR = 12
_SEED = 20261122


def size(measured: Mapping[str, Any], conversations: int = CONVERSATIONS) -> dict[str, Any]:
    """Workers for the evening peak of a plain day, and what the programme does to those and to more.

    `measured` is a main run, `conversations` are those of a day.
    """
    one, eight = measured["one"], measured["eight"]["handrail"]
    mean = 1 / eight["turns_a_second"]
    service, shed_cost = drawn(one["handrail"]["spread"], mean), one["route"]["mean"] / 1000
    peak = conversations * max(HOURS) / sum(HOURS) / 3600
    least = math.ceil(peak * TURNS * mean)
    plain = None
    for count in range(least, 20 * least + 20):
        _say(f"evening peak with {count} workers")
        plain = _row(_evening(count, peak, service, shed_cost), count)
        if plain["p99"] <= QUICK_ENOUGH and not plain["shed"]:
            break
    assert plain is not None
    rows, series = [], {}
    for count in _worker_counts(plain["workers"], math.ceil(SPIKE * peak * TURNS * mean)):
        _say(f"programme with {count} workers")
        outcome = _programme(count, peak, service, shed_cost)
        rows.append(_row(outcome, count))
        series[str(count)] = _series(outcome, count)
    return {
        "mean_milliseconds": 1000 * mean,
        "shed_milliseconds": 1000 * shed_cost,
        "peak": peak,
        "plain": plain,
        "programme": rows,
        "series": series,
    }


def drawn(spread: list[float], mean: float) -> Callable[[random.Random], float]:
    """Draws service times as spread as the measured latencies of one client, with the mean that a busy worker shows."""
    scale = mean / float(np.mean(spread))
    return lambda chance: chance.choice(spread) * scale


def programme(moment: float) -> float:
    """How many times the evening's rate of new conversations it is, so many seconds after people see the address."""
    if moment < 0:
        return 1.0
    if moment < RAMP:
        return 1.0 + (SPIKE - 1.0) * moment / RAMP
    if moment < RAMP + HOLD:
        return float(SPIKE)
    return 1.0 + (SPIKE - 1.0) * math.pow(0.5, (moment - RAMP - HOLD) / HALF)


def people() -> People:
    """The visitors of the table of assumptions."""
    return People(
        turns=lambda chance: min(1 + int(math.log(1 - chance.random()) / math.log(1 - 1 / TURNS)), LONGEST),
        think=lambda chance: chance.lognormvariate(math.log(THINK), THINK_SPREAD),
        retry=RETRY,
        retry_after=RETRY_AFTER,
        tries=TRIES,
    )


def _evening(count: int, peak: float, service: Callable[[random.Random], float], shed_cost: float) -> Outcome:
    chance = random.Random(_SEED)
    starts = arrivals(lambda _: peak, peak, _EVENING, chance)
    return simulate(starts, people(), Workers(count, service, MOST_WAITING, shed_cost), chance)


def _programme(count: int, peak: float, service: Callable[[random.Random], float], shed_cost: float) -> Outcome:
    chance, stand = random.Random(_SEED), _standing(count)
    part = peak * stand / count
    starts = arrivals(lambda moment: part * programme(moment - _BEFORE), part * SPIKE, _SPIKE_SECONDS, chance)
    return simulate(starts, people(), Workers(stand, service, MOST_WAITING, shed_cost), chance)


def _standing(count: int) -> int:
    return max(count // _STANDS_FOR, 1)


def _worker_counts(plain: int, all_of_it: int) -> list[int]:
    """From the plain day's workers to a few more than would be busy all the time at the height."""
    parts = (0.1, 0.25, 0.5, 0.75, 1.0, 1.15)
    return sorted({plain, *(max(plain, math.ceil(part * all_of_it)) for part in parts)})


def _row(outcome: Outcome, count: int) -> dict[str, Any]:
    median, p95, p99 = (float(value) for value in np.percentile(outcome.all_took(), (50, 95, 99)))
    worst = max((outcome.shed.get(place, 0) / came for place, came in outcome.came.items() if came >= 50), default=0.0)
    return {
        "workers": count,
        "median": median,
        "p95": p95,
        "p99": p99,
        "shed": outcome.shed_share,
        "worst_minute": worst,
        "gave_up": outcome.gave_up / max(outcome.messages, 1),
    }


def _series(outcome: Outcome, count: int) -> dict[str, list[float]]:
    """For each minute from the programme's start: messages a second that came, that were turned away, and the 95th percentile."""
    scale = count / _standing(count) / outcome.slice
    minutes = [place for place in sorted(outcome.came) if place * outcome.slice < _SPIKE_SECONDS]
    return {
        "minute": [place - _BEFORE / outcome.slice for place in minutes],
        "came": [outcome.came[place] * scale for place in minutes],
        "shed": [outcome.shed.get(place, 0) * scale for place in minutes],
        "p95": [float(np.percentile(outcome.took.get(place, [0.0]), 95)) for place in minutes],
    }


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
