"""What an adviser sees while the caller speaks: topics with their likeness, danger, urgency and the clock that runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from actions.calendar import Deadline, deadlines, working_days_until
from actions.events import EventFinder, counted
from actions.reading import FALLBACK
from actions.wording import day_words, days_words
from bot.engine import Engine
from bot.judged import Deciding, Judged
from bot.safety_net import SafetyNet
from content.hours import LONDON
from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Chat, Topic
from content.search import Search

MOST_TOPICS = 3
NOW, TODAY, USUAL = "now", "today", "usual"
# From here on a doubtful topic is named at all, and from there on its answer is opened unasked.
_WORTH_NAMING, _WORTH_SHOWING = 0.03, 0.25
# Beside these the adviser reads what the chat would say; the others are small talk.
_BESIDE = frozenset({"may_be_abuser", "in_distress"})
_CONFERENCES = frozenset({"conference", "review"})
_SOON = 2
_RULES: Mapping[str, Any] = read_yaml(HERE / "desk" / "triage.yml")


@dataclass(frozen=True)
class Fit:
    """A topic that may be meant. `confidence` is None where it was found by its words alone."""

    topic: Topic
    confidence: float | None
    asked: bool = False


@dataclass(frozen=True)
class Limit:
    """One time limit that runs, in words."""

    deadline: Deadline
    standing: str
    text: str
    topic: str
    stepped_over: str


@dataclass(frozen=True)
class Clock:
    """Counted from an event on a day. `other` is a second day that the words may mean; `said`: both were read from words;
    `soon`: a conference is today or within two working days."""

    event: str
    day: date
    limits: tuple[Limit, ...]
    other: date | None = None
    said: bool = False
    soon: bool = False


@dataclass(frozen=True)
class Finding:
    """`fits` are the topics, best first; `sure` whether the guide itself would answer the first. `by_rule` are the dangers
    that the rules saw, the others are the model's."""

    fits: tuple[Fit, ...] = ()
    sure: bool = False
    dangers: tuple[str, ...] = ()
    by_rule: frozenset[str] = frozenset()
    voice: str | None = None
    area: str | None = None
    stage: str | None = None
    beside: Chat | None = None
    clock: Clock | None = None
    with_model: bool = True

    @property
    def likeliest(self) -> Topic | None:
        """The first topic, where it is likely enough to be worth reading."""
        return next((fit.topic for fit in self.fits[:1] if self.sure or (not self.dangers and _worth(fit))), None)


class Triage:
    """Over one library. `search` gives the index over it, and may take its time. It keeps nothing of what it looks at."""

    def __init__(self, library: Library, search: Callable[[], Search]) -> None:
        self._library = library
        self._search = search

    @cached_property
    def _events(self) -> EventFinder:
        return EventFinder(self._library.journeys)

    @cached_property
    def _says_little(self) -> frozenset[str]:
        return frozenset(read_yaml(HERE / "search.yml")["skip"].split())

    async def look(self, engine: Engine | None, net: SafetyNet, text: str, now: datetime) -> Finding:
        """What `text` is about. Without an engine, or where it fails: the rules' danger, and topics by their words."""
        by_rule = frozenset(net.dangers(text))
        if engine is not None:
            try:
                return self._of(await engine.judged(text), by_rule, text, now)
            except Exception:  # noqa: S110 - the adviser still gets what the rules and the search find
                pass
        found = tuple(Fit(topic, None) for topic in await asyncio.to_thread(self._by_words, text))
        dangers = tuple(danger.id for danger in self._library.dangers if danger.id in by_rule)
        return Finding(found, False, dangers, by_rule, clock=self.said_clock(text, None, now), with_model=False)

    def _by_words(self, text: str) -> list[Topic]:
        return self._search().find(text, MOST_TOPICS)

    async def deciding(self, engine: Engine | None, text: str, finding: Finding, topic: Topic | None) -> Deciding:
        """The words that decided for the topic and for the danger; none without an engine, or where it fails."""
        if engine is None or not finding.with_model:
            return Deciding()
        danger = finding.dangers[0] if finding.dangers else None
        try:
            return await engine.deciding(text, topic.id if topic else None, danger, self._says_little)
        except Exception:
            return Deciding()

    def _of(self, judged: Judged, by_rule: frozenset[str], text: str, now: datetime) -> Finding:
        reading = judged.reading
        beside = self._library.chat.get(judged.intent) if judged.intent in _BESIDE else None
        return Finding(
            fits=tuple(self._fits(judged)), sure=bool(reading.topics) and judged.intent != FALLBACK,
            dangers=reading.dangers, by_rule=by_rule, voice=reading.voice, area=reading.area, stage=reading.stage,
            beside=beside, clock=self.said_clock(text, reading.stage, now),
        )  # fmt: skip

    def _fits(self, judged: Judged) -> Iterator[Fit]:
        """What is asked comes first, then the runners-up."""
        shares = dict(judged.ranking)
        sure = judged.intent != FALLBACK
        names = dict.fromkeys([*judged.reading.topics, *(label for label, _ in judged.ranking)])
        known = [name for name in names if name in self._library.topics]
        for place, name in enumerate(known[:MOST_TOPICS]):
            share = shares.get(name, 0.0)
            if (sure and judged.reading.topics) or share >= _WORTH_NAMING:
                yield Fit(self._library.topics[name], share, sure and place > 0 and name in judged.reading.topics)

    def urgency(self, finding: Finding, topic: Topic | None, clock: Clock | None = None) -> tuple[str, str]:
        """How urgent, and why as a key of triage.yml; the reason is empty where there is none. `clock` is that of the date box."""
        if finding.dangers:
            return NOW, "danger"
        if topic and topic.id in _RULES["urgency"]["court_topics"]:
            return TODAY, "court"
        if finding.stage == "at":
            return TODAY, "at"
        if any(one.soon for one in (clock, finding.clock) if one):
            return TODAY, "soon"
        why = _RULES["urgency"]["today_topics"].get(topic.id) if topic else None
        return (TODAY, why) if why else (USUAL, "")

    def said_clock(self, text: str, stage: str | None, now: datetime) -> Clock | None:
        """The clock of the last event whose day the text says; none of a meeting from which no limit runs."""
        today = now.astimezone(LONDON).date()
        told = counted(self._events.told(text, today, stage))
        if told is None:
            return None
        event, day = told
        soon = any(_is_soon(event, one, today) for one in (day.on, day.other) if one)
        return Clock(event, day.on, self._limits(event, day.on, today), day.other, said=True, soon=soon)

    def clock(self, event: str, day: date, now: datetime) -> Clock:
        """The clock of an event on a day that was put in; `event` is one of actions.calendar.STARTS."""
        today = now.astimezone(LONDON).date()
        return Clock(event, day, self._limits(event, day, today), soon=_is_soon(event, day, today))

    def _limits(self, event: str, day: date, today: date) -> tuple[Limit, ...]:
        words = self._library.journeys.journeys["clock"].words
        return tuple(
            Limit(
                deadline,
                deadline.standing(today),
                words["deadlines"][deadline.step].format(day=day_words(deadline.on)),
                words["deadline_topics"][deadline.step],
                days_words(words["stepped_over"], deadline.stepped_over),
            )
            for deadline in deadlines(event, day)
        )


def ask_next(topic: Topic, finding: Finding) -> list[str]:
    """Short, open questions: first whether it is safe to talk, then what is not known yet, then those of the topic."""
    rules = _RULES["ask"]
    near_abuse = topic.theme == "abuse" or finding.voice == "survivor"
    asked = [
        rules["first"] if near_abuse else "",
        *rules["topics"].get(topic.id, rules["themes"][topic.theme]),
        "" if finding.stage else rules["stage"],
        "" if finding.area else rules["nation"],
    ]
    return [question for question in dict.fromkeys(asked) if question]


def _is_soon(event: str, day: date, today: date) -> bool:
    return event in _CONFERENCES and day >= today and working_days_until(day, today) <= _SOON


def _worth(fit: Fit) -> bool:
    return fit.confidence is None or fit.confidence >= _WORTH_SHOWING
