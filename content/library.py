"""Holds everything that Handrail may say, read and checked once, looked up by id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from content.after_danger import AfterDanger, read_after_danger
from content.errors import ContentError
from content.journeys import Journeys, read_journeys
from content.loading import (
    fill,
    read_areas,
    read_chat,
    read_dangers,
    read_services,
    read_sources,
    read_topics,
    read_yaml,
)
from content.model import Area, Chat, Danger, Service, Source, Topic
from content.switches import Switched, Switches

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Library:
    """The content base. `load` checks that every id that one part names exists in another."""

    topics: Mapping[str, Topic]
    services: Mapping[str, Service]
    sources: Mapping[str, Source]
    dangers: tuple[Danger, ...]
    areas: Mapping[str, Area]
    chat: Mapping[str, Chat]
    messages: Mapping[str, str]
    glossary: Mapping[str, str]
    abbreviations: Mapping[str, str]
    voice_signs: Mapping[str, tuple[str, ...]]
    voice_not_signs: Mapping[str, tuple[str, ...]]
    journeys: Journeys
    after_danger: AfterDanger
    switched: Switched = field(default_factory=Switched, compare=False)

    @classmethod
    def load(cls, folder: Path = HERE) -> Library:
        """Reads the folder; raises ContentError that lists every fault at once."""
        problems: list[str] = []
        topics = read_topics(folder / "topics", HERE / "schema" / "topic.yml", problems)
        try:
            library = cls._read_rest(folder, topics)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise ContentError([*problems, f"{type(error).__name__}: {error}"]) from error
        problems += library.broken_links()
        if problems:
            raise ContentError(problems)
        return library

    @classmethod
    def _read_rest(cls, folder: Path, topics: Mapping[str, Topic]) -> Library:
        messages = read_yaml(folder / "messages.yml")
        glossary = read_yaml(folder / "glossary.yml")
        voices = read_yaml(folder / "voices.yml")
        words = read_yaml(folder / "safety.yml")["words"]
        return cls(
            topics=topics,
            services=read_services(folder / "services.yml"),
            sources=read_sources(folder / "sources.yml"),
            dangers=read_dangers(folder / "safety.yml"),
            areas=read_areas(folder / "areas"),
            chat=read_chat(messages["chat"]),
            messages={key: text.strip() for key, text in messages["messages"].items()},
            glossary=glossary["words"],
            abbreviations=glossary["abbreviations"],
            voice_signs=_filled(voices["voices"], words),
            voice_not_signs=_filled(voices["not_voices"], words),
            journeys=read_journeys(folder / "journeys.yml"),
            after_danger=read_after_danger(folder / "after_danger.yml"),
        )

    def broken_links(self) -> list[str]:
        """One sentence for each id that is named and does not exist."""
        faults: list[str] = []
        for topic in self.topics.values():
            place = f"topics/{topic.id}.yml"
            faults += [f"{place}: next: there is no topic '{i}'" for i in topic.next if i not in self.topics]
            instead = self.topics.get(topic.for_child or "")
            if topic.for_child and not (instead and "child" in instead.voices):
                faults.append(f"{place}: for_child: there is no topic '{topic.for_child}' that is written for children")
            if topic.for_grown_up and topic.for_grown_up not in self.topics:
                faults.append(f"{place}: for_grown_up: there is no topic '{topic.for_grown_up}'")
            faults += [f"{place}: services: there is no service '{i}'" for i in topic.services if i not in self.services]
            faults += [f"{place}: sources: there is no source '{i}'" for i in topic.sources if i not in self.sources]
        kinds = {danger.id for danger in self.dangers}
        after = {
            "still": {*self.after_danger.stills, *self.after_danger.child_stills},
            "past_not_for": self.after_danger.past_not_for,
        }
        for part, named in after.items():
            faults += [f"after_danger.yml: {part}: there is no danger '{kind}'" for kind in sorted(named - kinds)]
        faults += [f"after_danger.yml: still: there is nothing for '{kind}'" for kind in sorted(kinds - after["still"])]
        for area in self.areas.values():
            place = f"areas/{area.id}.yml"
            faults += [f"{place}: notes: there is no topic '{i}'" for i in area.notes if i not in self.topics]
            faults += [f"{place}: sources: there is no source '{i}'" for i in area.sources if i not in self.sources]
        for danger in self.dangers:
            faults += [f"safety.yml: {danger.id}: there is no service '{i}'" for i in danger.services if i not in self.services]
        for chat in self.chat.values():
            known = self.journeys.journeys
            faults += [f"messages.yml: {chat.id}: there is no journey '{i}'" for i in chat.journeys if i not in known]
            faults += [f"messages.yml: {chat.id}: there is no service '{i}'" for i in chat.services if i not in self.services]
            faults += [f"messages.yml: {chat.id}: there is no topic '{i}'" for i in chat.topics if i not in self.topics]
        faults += [f"journeys.yml: there is no topic '{i}'" for i in sorted(self.journeys.named_topics() - set(self.topics))]
        return faults

    @property
    def switches(self) -> Switches:
        """What staff have switched at this moment."""
        return self.switched.now

    def is_offline(self, topic: str) -> bool:
        """Whether staff have taken that topic offline for now."""
        return topic in self.switches.offline

    def danger(self, kind: str) -> Danger:
        """The kind of danger of that id; raises KeyError when there is none."""
        return next(danger for danger in self.dangers if danger.id == kind)

    def hard_words_in(self, text: str, *, plurals: bool = False) -> list[tuple[str, str]]:
        """The glossary's words that stand whole in `text`, whatever the capitals, each with what it means."""
        # Most do not even stand in it as letters.
        small = text.lower()
        likely = ((word, means) for word, means in self.glossary.items() if word.lower() in small)
        return [(word, means) for word, means in likely if _whole(word, plurals).search(text)]

    def say(self, message: str, **values: Any) -> str:
        """The message of that id from messages.yml with its {places} filled."""
        return self.messages[message].format(**values)


@lru_cache(maxsize=1)
def default_library() -> Library:
    """The project's own content, read once for the process."""
    return Library.load()


def _filled(groups: Mapping[str, list[str]], words: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {voice: tuple(fill(sign, words) for sign in signs) for voice, signs in groups.items()}


@cache
def _whole(word: str, plural: bool) -> re.Pattern[str]:
    ending = "s?" if plural else ""
    return re.compile(rf"\b{re.escape(word)}{ending}\b", re.IGNORECASE)
