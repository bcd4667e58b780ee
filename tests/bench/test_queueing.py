"""The simulation finds what the theory of queues knows."""

from __future__ import annotations

import random

import pytest

from bench.queueing import People, Workers, arrivals, simulate
from bench.sizing import HOLD, RAMP, SPIKE, programme, size

ONCE = People(turns=lambda chance: 1, think=lambda chance: 0.0, retry=0.0)
RATE, SERVICE, MESSAGES = 0.8, 1.0, 40_000


def _poisson(seconds: float) -> list[float]:
    return arrivals(lambda moment: RATE, RATE, seconds, random.Random(1))


def test_a_worker_with_even_turns_waits_as_theory_says() -> None:
    outcome = simulate(_poisson(MESSAGES / RATE), ONCE, Workers(1, lambda chance: SERVICE), random.Random(2))
    load = RATE * SERVICE
    assert outcome.waited / outcome.messages == pytest.approx(load * SERVICE / (2 * (1 - load)), rel=0.1)


def test_a_worker_with_exponential_turns_waits_as_theory_says() -> None:
    workers = Workers(1, lambda chance: chance.expovariate(1 / SERVICE))
    outcome = simulate(_poisson(MESSAGES / RATE), ONCE, workers, random.Random(3))
    load = RATE * SERVICE
    assert outcome.waited / outcome.messages == pytest.approx(load * SERVICE / (1 - load), rel=0.15)
    assert outcome.busy / (MESSAGES / RATE) == pytest.approx(load, rel=0.02)


def test_a_full_worker_turns_away_as_theory_says() -> None:
    most, load = 4, RATE * SERVICE
    workers = Workers(1, lambda chance: chance.expovariate(1 / SERVICE), most)
    outcome = simulate(_poisson(40_000), ONCE, workers, random.Random(4))
    assert outcome.shed_share == pytest.approx((1 - load) * load**most / (1 - load ** (most + 1)), rel=0.1)
    assert outcome.gave_up == sum(outcome.shed.values())


def test_who_is_turned_away_comes_again_and_every_message_ends_somewhere() -> None:
    persistent = People(turns=lambda chance: 2, think=lambda chance: 1.0, retry=1.0, retry_after=2.0, tries=3)
    starts = _poisson(2_000)
    outcome = simulate(starts, persistent, Workers(1, lambda chance: SERVICE, 2), random.Random(5))
    assert len(outcome.all_took()) + sum(outcome.shed.values()) == outcome.messages
    assert 0 < outcome.gave_up < sum(outcome.shed.values())


def test_the_programme_climbs_to_its_height_and_falls_again() -> None:
    assert (programme(-1), programme(RAMP), programme(RAMP + HOLD)) == (1.0, SPIKE, SPIKE)
    assert 1 < programme(RAMP + HOLD + 3600) < SPIKE / 10


def test_more_workers_turn_fewer_away() -> None:
    measured = {
        "one": {"handrail": {"spread": [100.0, 200.0]}, "route": {"mean": 1.0}},
        "eight": {"handrail": {"turns_a_second": 10.0}},
    }
    found = size(measured, conversations=60_000)
    shed = [row["shed"] for row in found["programme"]]
    assert shed == sorted(shed, reverse=True)
    assert shed[0] > 0.3
    assert shed[-1] < 0.01
    assert found["plain"]["shed"] == 0
