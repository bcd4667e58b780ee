"""One topic for somebody who has to say it on the phone: words to read out, the approved answer, a leaflet in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from actions.wording import ADVICE_LINE, Wording, day_words
from content.hours import LONDON
from content.library import HERE, Library
from content.lint import ledger
from content.loading import read_yaml
from content.model import Service, Source, Topic
from desk.standing import EXPIRED, FRESH, state_of

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "triage.yml")
_BOTH = ("plain", "survivor")
_LAW = "law:"


@dataclass(frozen=True)
class Basis:
    """What a row of the ledger of law is about, and whether it is an Act, guidance or local practice."""

    about: str
    basis: str


@dataclass(frozen=True)
class Brief:
    """`voices` are the whole answers by voice. Where the topic is offline only the advice line is left; where it is past
    its review date, the short form. `written` says whether somebody wrote the words for the phone as such. `law` answers
    "is that law?"."""

    topic: Topic
    voices: Mapping[str, str]
    phone: str
    written: bool
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    services: tuple[Service, ...]
    sources: tuple[Source, ...]
    law: tuple[Basis, ...]
    related: tuple[Topic, ...]
    hard_words: tuple[tuple[str, str], ...]
    leaflet: str
    expired: bool
    due: bool
    offline: bool

    @property
    def both(self) -> list[str]:
        """The voices that always stand open."""
        return [voice for voice in _BOTH if voice in self.voices]

    @property
    def others(self) -> list[str]:
        """The voices that are opened when they are needed."""
        return [voice for voice in self.voices if voice not in _BOTH]


def brief(library: Library, topic: Topic, now: datetime, voice: str | None = None, area: str | None = None) -> Brief:
    """The topic at the moment `now`; `voice` is the one that fits the caller and is what the leaflet is written in."""
    wording, today = Wording(library, now), now.astimezone(LONDON).date()
    offline, stands = library.is_offline(topic.id), state_of(topic, today)
    expired = stands == EXPIRED
    whole = not (offline or expired)
    fits = voice if voice and voice in topic.voices and voice != "staff" else "plain"
    named = wording.services(topic, fits, line=True) if whole else [ADVICE_LINE]
    services = tuple(library.services[service] for service in named)
    voices = _voices(library, topic, offline=offline, expired=expired)
    written = whole and "staff" in topic.voices
    phone = topic.voices["staff"] if written else "" if offline else _phone(topic, whole)
    notes = (topic.differs or "", wording.area_note(topic, area)) if whole else ()
    return Brief(
        topic=topic, voices=voices, phone=phone, written=written,
        steps=topic.steps(fits) if whole else (), notes=tuple(note.strip() for note in notes if note),
        services=services, sources=tuple(library.sources[source] for source in topic.sources),
        law=_law(topic.draws_on),
        related=tuple(library.topics[one] for one in topic.next if not library.is_offline(one)),
        hard_words=tuple(library.hard_words_in(" ".join(voices.values()), plurals=True)),
        leaflet="" if offline else _leaflet(
            library, topic, voices.get(fits, voices["plain"]), topic.steps(fits) if whole else (), services, now
        ),
        expired=expired, due=stands != FRESH, offline=offline,
    )  # fmt: skip


def _law(draws_on: Iterable[str]) -> tuple[Basis, ...]:
    law = ledger(HERE, "law")
    named = (row.removeprefix(_LAW) for row in draws_on if row.startswith(_LAW))
    return tuple(Basis(law[row]["topic"], law[row]["basis"]) for row in named if row in law)


def spoken(text: str) -> str:
    """Lists as sentences: what led to them ends in a full stop, and each point says its place."""
    return "\n\n".join(" ".join(_sentences(part)) for part in re.split(r"\n\s*\n", text.strip()))


def _sentences(paragraph: str) -> Iterator[str]:
    places, point = [*_WORDS["spoken"]["places"]], 0
    for line in paragraph.split("\n"):
        if not line.startswith("- "):
            yield re.sub(r":$", ".", line.strip())
            continue
        place = places[point] if point < len(places) else _WORDS["spoken"]["other"]
        point += 1
        said = line[2:].strip()
        yield f"{place}: {said}" if said.endswith((".", "?")) else f"{place}: {said}."


def _voices(library: Library, topic: Topic, *, offline: bool, expired: bool) -> dict[str, str]:
    if offline:
        return {"plain": library.say("checking")}
    if expired:
        return {"plain": f"{topic.short}\n\n{library.say('expired')}"}
    return {voice: topic.whole(voice) for voice in topic.voices if voice != "staff"}


def _phone(topic: Topic, whole: bool) -> str:
    if not whole:
        return topic.short
    steps = "\n".join([_WORDS["spoken"]["steps"], *(f"- {step}" for step in topic.now)])
    return spoken(f"{topic.short}\n\n{steps}")


def _leaflet(
    library: Library, topic: Topic, answer: str, now_can: tuple[str, ...], services: tuple[Service, ...], now: datetime
) -> str:
    """Plain text that can be sent. It says nothing of what is open just now, because it is read later."""
    words = _WORDS["leaflet"]
    wording = Wording(library, now)
    steps = [words["steps"], *(f"- {step}" for step in now_can)] if now_can else []
    lines = [words["someone"], *(f"- {wording.service(service, hours=False)}" for service in services)]
    sources = [words["sources"], *(f"- {_source(library.sources[source])}" for source in topic.sources)]
    end = words["end"].format(today=day_words(now.astimezone(LONDON).date()), reviewed=day_words(topic.reviewed))
    parts = [topic.question, answer, *("\n".join(part) for part in (steps, lines, sources)), end]
    return "\n\n".join(part.strip() for part in parts if part)


def _source(source: Source) -> str:
    return ", ".join(part for part in (source.title, source.publisher, source.edition or "", source.url or "") if part)
