"""A turn as its operator sees it, whatever the channel: counted, timed, traced, and told of where it was slow."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType

from api.metrics import SHED_REASONS, Metrics
from bot.events import Event, Sparing, tell
from bot.reply import Outcome
from bot.spans import span

_SLOW_SECONDS = 2.0
_told = {reason: Sparing(Event.SHED) for reason in SHED_REASONS}


class Observed:
    """Used around the work of one turn; `ended` says what came of it. A turn that raises is not counted as one."""

    def __init__(self, metrics: Metrics, channel: str) -> None:
        self._metrics = metrics
        self._channel = channel
        self._under_way = metrics.under_way()
        self._span = span("turn")

    def __enter__(self) -> Observed:
        self._began = time.perf_counter()
        self._under_way.__enter__()
        self._open = self._span.__enter__()
        self._open.set(channel=self._channel)
        return self

    def ended(self, outcome: Outcome, urgent: bool, topics: Iterable[str]) -> None:
        """Counts the turn."""
        seconds, topics = time.perf_counter() - self._began, tuple(topics)
        self._metrics.turn(outcome.value, urgent, topics, seconds, self._channel)
        self._open.set(outcome=outcome.value, urgent=urgent, topics=topics)
        if seconds > _SLOW_SECONDS:
            tell(Event.SLOW_TURN, seconds=seconds, outcome=outcome.value)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._span.__exit__(kind, error, trace)
        self._under_way.__exit__(kind, error, trace)


def shed(metrics: Metrics, reason: str) -> None:
    """Counts a message that was turned away for one of SHED_REASONS, and tells of it once in a while."""
    metrics.shed(reason)
    _told[reason].tell(reason=reason)
