"""A simulation of workers, people and their messages: who waits, for how long, and who is turned away."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class People:
    """How a person uses the chat. Seconds; `think` draws the pause before the next message, `turns` how many there are.

    Who is turned away comes back with the probability `retry`, after `retry_after` seconds, at most `tries` times for a message.
    """

    turns: Callable[[random.Random], int]
    think: Callable[[random.Random], float]
    retry: float = 0.5
    retry_after: float = 30.0
    tries: int = 3


@dataclass(frozen=True)
class Workers:
    """So many workers, each with a queue of its own; a conversation stays with its worker.

    `service` draws the seconds that a turn takes alone. Where `most_waiting` messages are there already, one more is turned
    away at once, which costs the worker `shed_cost` seconds.
    """

    count: int
    service: Callable[[random.Random], float]
    most_waiting: float = float("inf")
    shed_cost: float = 0.0


@dataclass
class Outcome:
    """What came of it, by slice of time: messages that came, that were turned away, and the seconds that answers took."""

    slice: float
    came: dict[int, int] = field(default_factory=dict)
    shed: dict[int, int] = field(default_factory=dict)
    took: dict[int, list[float]] = field(default_factory=dict)
    waited: float = 0.0
    busy: float = 0.0
    gave_up: int = 0

    @property
    def messages(self) -> int:
        """Every message that came, with those sent again."""
        return sum(self.came.values())

    @property
    def shed_share(self) -> float:
        """The part of the messages that was turned away."""
        return sum(self.shed.values()) / max(self.messages, 1)

    def all_took(self) -> list[float]:
        """Every answer's seconds."""
        return [seconds for row in self.took.values() for seconds in row]


def simulate(starts: Sequence[float], people: People, workers: Workers, chance: random.Random, slice_: float = 60.0) -> Outcome:
    """Lets conversations begin at `starts` (seconds) and runs until the last message is answered."""
    outcome = Outcome(slice_)
    free = [0.0] * workers.count
    ends: list[deque[float]] = [deque() for _ in range(workers.count)]
    # Time, a number that breaks ties, worker, messages left with this one, tries of this one.
    events = [(start, n, chance.randrange(workers.count), people.turns(chance), 1) for n, start in enumerate(starts)]
    heapq.heapify(events)
    number = len(events)
    while events:
        now, _, worker, left, tries = heapq.heappop(events)
        place = int(now // slice_)
        outcome.came[place] = outcome.came.get(place, 0) + 1
        there = ends[worker]
        while there and there[0] <= now:
            there.popleft()
        if len(there) >= workers.most_waiting:
            free[worker] += workers.shed_cost
            outcome.shed[place] = outcome.shed.get(place, 0) + 1
            if tries < people.tries and chance.random() < people.retry:
                number += 1
                # The next connection may lead anywhere.
                again = now + people.retry_after * (0.5 + chance.random())
                heapq.heappush(events, (again, number, chance.randrange(workers.count), left, tries + 1))
            else:
                outcome.gave_up += 1
            continue
        wait, service = max(free[worker] - now, 0.0), workers.service(chance)
        free[worker] = now + wait + service
        there.append(free[worker])
        outcome.waited += wait
        outcome.busy += service
        outcome.took.setdefault(place, []).append(wait + service)
        if left > 1:
            number += 1
            heapq.heappush(events, (free[worker] + people.think(chance), number, worker, left - 1, 1))
    return outcome


def arrivals(rate: Callable[[float], float], most: float, seconds: float, chance: random.Random) -> list[float]:
    """When conversations begin if `rate` of them a second, never above `most`, begin at each moment (a Poisson process)."""
    moment, found = 0.0, []
    while (moment := moment + chance.expovariate(most)) < seconds:
        if chance.random() * most < rate(moment):
            found.append(moment)
    return found
