"""The shapes that content takes once it has been read: frozen, typed, without behaviour that needs a clock or a web."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

VOICES = ("plain", "survivor", "child", "kin", "staff")
FOLLOW_UPS = ("why", "who", "when", "after", "more", "refuse")


@dataclass(frozen=True)
class Source:
    """A document that guidance rests on. `url` is None where only a copy without an address is held."""

    id: str
    title: str
    publisher: str
    url: str | None
    checked: date
    edition: str | None = None

    def public(self) -> dict[str, str | None]:
        """The four fields that a reader of an answer sees."""
        return {"title": self.title, "publisher": self.publisher, "url": self.url, "checked": self.checked.isoformat()}


@dataclass(frozen=True)
class OpeningTimes:
    """Wall-clock times in Europe/London on some weekdays (0 is Monday)."""

    days: frozenset[int]
    opens: time
    closes: time
    bank_holidays: str


@dataclass(frozen=True)
class Service:
    """Somebody to turn to. `number` is None unless it has been verified; `hours` is None where nobody knows them."""

    id: str
    name: str
    number: str | None
    tel: str | None
    cost: str | None
    for_whom: str
    nation: str
    hours: tuple[OpeningTimes, ...] | None
    always: bool
    website: str | None
    checked: date
    voices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Topic:
    """One question that a person asks, and what the sources let us answer."""

    id: str
    question: str
    theme: str
    harm: str
    covers: tuple[str, ...]
    draws_on: tuple[str, ...]
    audience: tuple[str, ...]
    short: str
    voices: Mapping[str, str]
    now: tuple[str, ...]
    now_child: tuple[str, ...]
    now_kin: tuple[str, ...]
    follow: Mapping[str, str]
    differs: str | None
    services: tuple[str, ...]
    next: tuple[str, ...]
    sources: tuple[str, ...]
    reviewed: date
    review_by: date
    reading_age_reason: str | None = None
    for_child: str | None = None
    for_grown_up: str | None = None

    def whole(self, voice: str) -> str:
        """The answer in `voice`, or the plain one where it has no such voice; the plain one begins with the short form."""
        return self.voices[voice] if voice != "plain" and voice in self.voices else f"{self.short}\n\n{self.voices['plain']}"

    def steps(self, voice: str) -> tuple[str, ...]:
        """What somebody of that voice can do now; the plain steps where the topic has no such voice."""
        if voice not in self.voices:
            return self.now
        return {"child": self.now_child, "kin": self.now_kin}.get(voice, self.now)

    def is_expired(self, today: date) -> bool:
        """Whether the review date has passed, so that only the short form may be given."""
        return today > self.review_by


@dataclass(frozen=True)
class Danger:
    """A kind of danger: the signs that show it, and what is said first. Patterns are lower-case regular expressions."""

    id: str
    signs: tuple[str, ...]
    not_signs: tuple[str, ...]
    text: str
    child_text: str | None
    services: tuple[str, ...]


@dataclass(frozen=True)
class Area:
    """What holds in one council only: notes by topic id; or, outside England, the sentence that says so with each answer."""

    id: str
    name: str
    nation: str
    names: tuple[str, ...]
    notes: Mapping[str, str]
    sources: tuple[str, ...]
    reviewed: date
    review_by: date
    outside: str | None = None

    def is_expired(self, today: date) -> bool:
        """Whether its review date has passed, so that its notes are no longer given; what is `outside` stays so."""
        return today > self.review_by


@dataclass(frozen=True)
class Chat:
    """A piece of small talk: what is said to one intent that is not a topic, with its outcome and its buttons.

    `journeys` are offered to an adult who has asked something and is on no journey now.
    """

    id: str
    text: str
    outcome: str
    services: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()
    voices: Mapping[str, str] = field(default_factory=dict)
