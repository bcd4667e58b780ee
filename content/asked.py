"""Tells what a question asks for, by its words alone: asked.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from content.loading import read_yaml

_FILE = Path(__file__).parent / "asked.yml"
# Words. Whoever writes more says by it who they are, or asks for more than one thing.
_ONE_LINE = 9


@dataclass(frozen=True)
class Asked:
    """`begins` are the words that begin a question, as an alternation for patterns of others."""

    begins: str
    kinds: Mapping[str, re.Pattern[str]]
    own: Mapping[str, tuple[str, ...]]
    oneself: re.Pattern[str]
    another: re.Pattern[str]
    refused: Mapping[str, str]
    names: Mapping[str, re.Pattern[str]]

    def of_what_was_said(self, kind: str, text: str) -> bool:
        """Whether a line that asks for `kind` ("refuse", "after") names nothing itself: it is about what was spoken of."""
        form = text.lower()
        return len(form.split()) <= _ONE_LINE and not self.names[kind].search(form)

    def of_oneself(self, text: str) -> bool:
        """Whether whoever writes asks for themselves, names nobody else, and says nothing more."""
        form = text.lower()
        return len(form.split()) <= _ONE_LINE and bool(self.oneself.search(form)) and not self.another.search(form)

    def first(self, text: str, question: str) -> str | None:
        """Which of `kinds` is all that `text` asks for; None where the topic's own `question` asks for just that."""
        form = text.lower()
        found = {kind: match for kind, pattern in self.kinds.items() if (match := pattern.search(form))}
        if not found:
            return None
        kind = min(found, key=lambda kind: found[kind].start())
        before, after = form[: found[kind].start()], form[found[kind].end() :]
        also = rf"(?:{{begin}}[.?!,] |\band |\bbut |\bso )(?:{self.begins})\b"
        also_asked = re.search(also.format(begin="^|"), before) or re.search(also.format(begin=""), after)
        return None if also_asked or question.lower().startswith(self.own[kind]) else kind


@lru_cache(maxsize=1)
def default_asked(path: Path = _FILE) -> Asked:
    """That of the project's own content; raises KeyError where something is missing."""
    raw = read_yaml(path)
    return Asked(
        begins="|".join(map(re.escape, raw["begins"])),
        kinds={kind: re.compile(pattern) for kind, pattern in raw["for"].items()},
        own={kind: tuple(raw["own"][kind]) for kind in raw["for"]},
        oneself=re.compile(raw["of_oneself"]),
        another=re.compile(raw["of_another"]),
        refused=dict(raw["refused"]),
        names={kind: re.compile(pattern) for kind, pattern in raw["names"].items()},
    )
