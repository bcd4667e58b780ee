"""Every metric, declared here with every value that a label may have: so no word, id or address can ever be one."""

from __future__ import annotations

import itertools
import math
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from api.board import Board
from bot.reply import Outcome

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CHANNELS = ("api", "widget", "page", "rest", "socket")
SHED_REASONS = ("busy", "queue")
LIMITS = ("messages", "starts", "sign_ins")
STORES = ("redis", "desk")
_OTHER = "other"
_YES_NO = ("yes", "no")
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, math.inf)
_TURN_SECONDS = "handrail_turn_seconds"
_TRAINED = "handrail_model_trained_timestamp_seconds"
_STARTED = "handrail_started_timestamp_seconds"

Merge = Callable[[list[float]], float]


@dataclass(frozen=True)
class _Family:
    """A metric: its labels with all their values, and for a gauge how the workers' numbers become one."""

    name: str
    means: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gauge: Merge | None = None

    def series(self) -> Iterator[tuple[str, ...]]:
        """Every combination of the labels' values."""
        return itertools.product(*self.labels.values())


def _families(topics: Iterable[str]) -> tuple[_Family, ...]:
    topic = (*topics, _OTHER)
    outcome = (*(outcome.value for outcome in Outcome), _OTHER)
    return (
        _Family(
            "handrail_turns", "Turns by outcome, urgency and channel.",
            {"outcome": outcome, "urgent": ("true", "false"), "channel": (*CHANNELS, _OTHER)},
        ),
        _Family("handrail_topics", "Topics answered.", {"topic": topic}),
        _Family("handrail_helpful", "Answers by whether they helped.", {"topic": topic, "helpful": _YES_NO}),
        _Family("handrail_conversations", "Conversations by event.", {"event": ("started", "deleted", _OTHER)}),
        _Family("handrail_shed", "Messages turned away because of load.", {"reason": (*SHED_REASONS, _OTHER)}),
        _Family("handrail_refused", "Requests refused by a limit of one address.", {"limit": (*LIMITS, _OTHER)}),
        _Family("handrail_workers_ended", "Workers that ended, for whatever reason."),
        _Family("handrail_turns_in_flight", "Turns that are being answered.", gauge=sum),
        _Family("handrail_workers_ready", "Workers that have loaded the model.", gauge=sum),
        _Family("handrail_store_up", "Whether a store can be used by every worker.", {"store": STORES}, gauge=min),
        _Family("handrail_conversations_kept", "Conversations held in memory; absent with Redis.", gauge=sum),
        _Family("handrail_start_seconds", "Seconds from the start to ready, of the slowest worker.", gauge=max),
        _Family("handrail_memory_bytes", "Memory that the workers hold, shared parts counted once.", gauge=sum),
    )  # fmt: skip


class Metrics:
    """Counts of one app, in memory that its forked workers share.

    With several workers it is made before the fork. Then the parent calls `new_worker` before each fork and `worker_ended`
    after each end, and the child calls `become_worker`. One process needs none of the three.
    """

    def __init__(self, topics: Iterable[str] = ()) -> None:
        self._families = _families(topics)
        self._columns: dict[tuple[str, ...], int] = {}
        gauges: list[int] = []
        for family in self._families:
            for values in family.series():
                if family.gauge:
                    gauges.append(len(self._columns))
                self._columns[family.name, *values] = len(self._columns)
        self._buckets = len(self._columns)
        self._sum = self._buckets + len(_SECONDS)
        self._board = Board(self._sum + 1, gauges)
        self._in_flight = self._columns["handrail_turns_in_flight",]
        self._begin()
        self._started = time.time()
        self._running: dict[str, str] = {}
        self._trained: float | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Exposed(self._collect))

    def turn(self, outcome: str, urgent: bool, topics: Iterable[str], seconds: float, channel: str) -> None:
        """Counts one turn that took so many seconds."""
        self._count("handrail_turns", outcome, "true" if urgent else "false", channel)
        self._board.add(self._buckets + bisect_left(_SECONDS, seconds))
        self._board.add(self._sum, seconds)
        for topic in topics:
            self._count("handrail_topics", topic)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """A turn is being answered for as long as the block lasts."""
        self._board.add(self._in_flight)
        try:
            yield
        finally:
            self._board.add(self._in_flight, -1)

    def conversation(self, event: str) -> None:
        """Counts a conversation that was `started` or `deleted`."""
        self._count("handrail_conversations", event)

    def helpful(self, topic: str, *, helpful: bool) -> None:
        """Counts an answer that somebody found helpful or not."""
        self._count("handrail_helpful", topic, "yes" if helpful else "no")

    def shed(self, reason: str) -> None:
        """Counts a message that was turned away: `busy`, or `queue` where too many waited."""
        self._count("handrail_shed", reason)

    def refused(self, limit: str) -> None:
        """Counts a request that one of LIMITS refused."""
        self._count("handrail_refused", limit)

    def store(self, name: str, *, up: bool) -> None:
        """Says whether one of STORES can be used."""
        self._gauge("handrail_store_up", float(up), name)

    def kept(self, conversations: int) -> None:
        """Says how many conversations this process holds in its memory."""
        self._gauge("handrail_conversations_kept", conversations)

    def memory(self, held: float) -> None:
        """Says how many bytes this process holds."""
        self._gauge("handrail_memory_bytes", held)

    def ready(self, seconds: float) -> None:
        """This worker can answer, so many seconds after its start."""
        self._gauge("handrail_workers_ready", 1)
        self._gauge("handrail_start_seconds", seconds)

    def running(self, *, version: str, content: str, model: str = "none", trained: float | None = None) -> None:
        """Says what runs: the program, fingerprints of content and model, and when the model was trained."""
        self._running = {"version": version, "content": content, "model": model}
        self._trained = trained

    def new_worker(self) -> int:
        """Called before a fork: a place for the worker, which it is to be given as it becomes one."""
        return self._board.reserve()

    def become_worker(self, place: int) -> None:
        """Called in a forked worker, before it serves."""
        self._board.enter(place)
        self._begin()

    def worker_ended(self, place: int) -> None:
        """Called where workers are forked, once one has ended: its counts stay, its turns and memory do not."""
        self._board.release(place)
        self._count("handrail_workers_ended")

    def exposition(self) -> bytes:
        """The text that Prometheus reads, over all workers."""
        return generate_latest(self._registry)

    def _begin(self) -> None:
        self._board.set(self._in_flight, 0)
        self._gauge("handrail_workers_ready", 0)

    def _count(self, family: str, *values: str) -> None:
        column = self._columns.get((family, *values))
        if column is None:
            # A value that was not declared is a fault in the program, which no turn may suffer from and no label repeat.
            known = next(one for one in self._families if one.name == family).labels.values()
            column = self._columns[
                (family, *(value if value in every else _OTHER for value, every in zip(values, known, strict=True)))
            ]
        self._board.add(column)

    def _gauge(self, family: str, value: float, *values: str) -> None:
        self._board.set(self._columns[family, *values], value)

    def _collect(self) -> Iterator[Metric]:
        for family in self._families:
            yield self._gauges(family) if family.gauge else self._counter(family)
        yield self._histogram()
        yield GaugeMetricFamily("handrail_workers", "Workers that live.", value=self._board.workers())
        yield GaugeMetricFamily(_STARTED, "When this server was started, in seconds since 1970.", value=self._started)
        if self._trained is not None:
            yield GaugeMetricFamily(_TRAINED, "When the model was trained, in seconds since 1970.", value=self._trained)
        if self._running:
            yield InfoMetricFamily("handrail_build", "What runs: the program, its content and its model.", value=self._running)

    def _counter(self, family: _Family) -> Metric:
        found = CounterMetricFamily(family.name, family.means, labels=list(family.labels))
        for values in family.series():
            total = self._board.total(self._columns[family.name, *values])
            # Those that are declared begin at zero: what appears with its first count is no increase to Prometheus.
            if total or _OTHER not in values:
                found.add_metric(values, total)
        return found

    def _gauges(self, family: _Family) -> Metric:
        found = GaugeMetricFamily(family.name, family.means, labels=list(family.labels))
        for values in family.series():
            numbers = self._board.each(self._columns[family.name, *values])
            if numbers and family.gauge:
                found.add_metric(values, family.gauge(numbers))
        return found

    def _histogram(self) -> Metric:
        found = HistogramMetricFamily(_TURN_SECONDS, "Seconds that a turn took.")
        counts = itertools.accumulate(self._board.total(self._buckets + place) for place in range(len(_SECONDS)))
        buckets = [("+Inf" if bound == math.inf else str(bound), count) for bound, count in zip(_SECONDS, counts, strict=True)]
        found.add_metric([], buckets, self._board.total(self._sum))
        return found


class _Exposed(Collector):
    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        return self._collect()
