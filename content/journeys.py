"""The journeys of journeys.yml: what is asked step by step, what each answer gives, and the road that lies ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from content.loading import fill, read_yaml

ANSWERS = ("yes", "no", "unsure", "skipped")


@dataclass(frozen=True)
class Step:
    """One question. `gives` has a line for each answer that leads to one; `choices` are other answers than yes and no.

    `signs` are words that name a choice or an answer; the first that has one in the text is meant. Those of the clock's event
    are patterns, which actions/events.py reads.
    """

    slot: str
    ask: str
    topic: str | None
    gives: Mapping[str, str]
    choices: Mapping[str, str]
    signs: Mapping[str, tuple[str, ...]]

    def named(self, text: str) -> str | None:
        """The choice that a sign in the text names."""
        said = text.lower()
        return next((name for name, signs in self.signs.items() if any(sign in said for sign in signs)), None)


@dataclass(frozen=True)
class Road:
    """What to do in one stage."""

    topics: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Journey:
    """`offer` is the words on the button that starts it; `name` completes "back to"."""

    id: str
    name: str
    offer: str
    start: str
    end: str
    topics: tuple[str, ...]
    steps: tuple[Step, ...]
    always: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    roads: Mapping[str, Road] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Milestone:
    """One part of the road from the first worry to the end, and the topics that belong to it."""

    id: str
    text: str
    source: str
    topics: frozenset[str]


@dataclass(frozen=True)
class Journeys:
    """Everything that journeys.yml says."""

    journeys: Mapping[str, Journey]
    buttons: Mapping[str, str]
    words: Mapping[str, str]
    ask_stage: str
    stages: Mapping[str, str]
    stage_signs: Mapping[str, tuple[str, ...]]
    road: tuple[Milestone, ...]

    def step(self, slot: str) -> tuple[Journey, int]:
        """The journey that asks for `slot` and the place of the step; raises KeyError where none does."""
        for journey in self.journeys.values():
            for place, step in enumerate(journey.steps):
                if step.slot == slot:
                    return journey, place
        raise KeyError(slot)

    def named_topics(self) -> set[str]:
        """Every topic that is named anywhere."""
        named = {topic for milestone in self.road for topic in (*milestone.topics, milestone.source)}
        for journey in self.journeys.values():
            named |= {*journey.topics, *(step.topic for step in journey.steps if step.topic)}
            named |= {topic for road in journey.roads.values() for topic in road.topics}
        return named


def read_journeys(path: Path) -> Journeys:
    """Reads the file; raises KeyError or TypeError where something is missing."""
    raw = read_yaml(path)
    stages = raw["stages"]
    return Journeys(
        journeys={name: _journey(name, row, stages) for name, row in raw["journeys"].items()},
        buttons=raw["buttons"],
        words=raw["words"],
        ask_stage=stages["ask"],
        stages=stages["choices"],
        stage_signs={stage: tuple(fill(sign, stages["words"]) for sign in signs) for stage, signs in stages["signs"].items()},
        road=tuple(Milestone(row["id"], row["text"], row["source"], frozenset(row["topics"])) for row in stages["road"]),
    )


def _journey(name: str, row: Mapping[str, Any], stages: Mapping[str, Any]) -> Journey:
    roads = {stage: Road(tuple(road["topics"]), tuple(road["lines"])) for stage, road in row.get("roads", {}).items()}
    known = {"name", "offer", "start", "end", "topics", "steps", "always", "services", "roads"}
    return Journey(
        id=name,
        name=row["name"],
        offer=row["offer"],
        start=row["start"].strip(),
        end=row["end"],
        topics=tuple(row["topics"]),
        steps=tuple(_step(step, stages) for step in row["steps"]),
        always=tuple(row.get("always", ())),
        services=tuple(row.get("services", ())),
        roads=roads,
        words={key: value for key, value in row.items() if key not in known},
    )


def _step(row: Mapping[str, Any], stages: Mapping[str, Any]) -> Step:
    choices = row.get("choices", {})
    asks_stage = choices == "stages" or "ask" not in row
    signs = stages["signs_when_asked"] if asks_stage else row.get("signs", {})
    return Step(
        slot=row["slot"],
        ask=row.get("ask", stages["ask"]),
        topic=row.get("topic"),
        gives={answer: row[answer] for answer in ANSWERS if answer in row},
        choices=stages["choices"] if choices == "stages" else choices,
        signs={choice: tuple(signs) for choice, signs in signs.items()},
    )
