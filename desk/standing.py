"""How the topics stand: whether their review is due, how often they are given, how often they did not help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from content.library import Library
from content.lint import WARN_AHEAD, texts
from content.model import Topic
from desk.counts import Counts
from desk.figures import Rate

FRESH, DUE, EXPIRED = "fresh", "due", "expired"
STATES = (EXPIRED, DUE, FRESH)
_DAYS = timedelta(days=364)


@dataclass(frozen=True)
class Standing:
    """`uses` and `not_helpful` are published figures of a year."""

    topic: Topic
    state: str
    offline: bool
    uses: int
    not_helpful: Rate


def state_of(topic: Topic, today: date) -> str:
    """Whether its review is still far off, falls due soon, or is past."""
    if topic.is_expired(today):
        return EXPIRED
    return DUE if topic.review_by - today <= WARN_AHEAD else FRESH


def standings(library: Library, counts: Counts, today: date) -> list[Standing]:
    """All topics, those first that need a review. Raises StoreDown."""
    figures = counts.figures(today - _DAYS, today)
    found = []
    for topic in library.topics.values():
        no, yes = figures.count("not_helpful_topic", topic.id), figures.count("helpful_topic", topic.id)
        uses = figures.count("topic", topic.id)
        found.append(Standing(topic, state_of(topic, today), library.is_offline(topic.id), uses, Rate(no, no + yes)))
    return sorted(found, key=lambda one: (STATES.index(one.state), one.topic.question))


def chosen(rows: Iterable[Standing], state: str = "", theme: str = "", words: str = "") -> list[Standing]:
    """Those in that state and theme with those words anywhere in the topic; what is empty chooses all."""
    return [
        row
        for row in rows
        if state in ("", row.state) and theme in ("", row.topic.theme) and words.lower() in _everything(row.topic)
    ]


def _everything(topic: Topic) -> str:
    return "\n".join([topic.id, topic.question, *(text for _, text in texts(topic))]).lower()
