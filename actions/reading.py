"""What understanding found in a message, as it travels from the NLU pipeline to the actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KEY = "reading"
FALLBACK = "nlu_fallback"
DANGER_PREFIX = "danger_"


@dataclass(frozen=True)
class Reading:
    """`dangers` are kinds of safety.yml, worst first; `topics` the questions found, in the order they were asked.

    `nearby` is the topic that the person may have meant instead of a likely one; `stage` where the family stands; `grown_up`
    says that only an adult writes like that, whatever the voice.
    """

    dangers: tuple[str, ...] = ()
    voice: str | None = None
    area: str | None = None
    topics: tuple[str, ...] = ()
    unsure_of_part: bool = False
    nearby: str | None = None
    stage: str | None = None
    grown_up: bool = False

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Reading:
        """The reading inside Rasa's parse of a message; an empty one where there is none."""
        raw = message.get(KEY) or {}
        return cls(
            dangers=tuple(raw.get("dangers", ())),
            voice=raw.get("voice"),
            area=raw.get("area"),
            topics=tuple(raw.get("topics", ())),
            unsure_of_part=bool(raw.get("unsure_of_part")),
            nearby=raw.get("nearby"),
            stage=raw.get("stage"),
            grown_up=bool(raw.get("grown_up")),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain lists and strings, as Rasa stores them."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}
