"""Tells what a question asks for, by its words alone: asked.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from content.loading import read_yaml

_FILE = Path(__file__).parent / "asked.yml"


@dataclass(frozen=True)
class Asked:
    """`begins` are the words that begin a question, as an alternation for patterns of others."""

    begins: str
    kinds: Mapping[str, re.Pattern[str]]
    own: Mapping[str, tuple[str, ...]]

    def first(self, text: str, question: str) -> str | None:
        """Which of `kinds` is what `text` asks for first; None where the topic's own `question` asks for just that."""
        form = text.lower()
        places = {kind: found.start() for kind, pattern in self.kinds.items() if (found := pattern.search(form))}
        if not places:
            return None
        kind = min(places, key=places.__getitem__)
        asked_before = re.search(rf"(?:^|[.?!,] |\band |\bbut |\bso )(?:{self.begins})\b", form[: places[kind]])
        return None if asked_before or question.lower().startswith(self.own[kind]) else kind


@lru_cache(maxsize=1)
def default_asked(path: Path = _FILE) -> Asked:
    """That of the project's own content; raises KeyError where something is missing."""
    raw = read_yaml(path)
    return Asked(
        begins="|".join(map(re.escape, raw["begins"])),
        kinds={kind: re.compile(pattern) for kind, pattern in raw["for"].items()},
        own={kind: tuple(raw["own"][kind]) for kind in raw["for"]},
    )
