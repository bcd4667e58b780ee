"""Tells which other language a message is in, and what is said to it in that language: languages.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from content.loading import read_yaml

_FILE = Path(__file__).parent / "languages.yml"
_WORD = re.compile(r"[^\W\d_]+")
_LEAST_WORDS = 2


@dataclass(frozen=True)
class Language:
    """Known by `words`, or by the letters of its `script`, of which `marked` tell it from others of that script."""

    says: str
    words: frozenset[str] = frozenset()
    script: re.Pattern[str] | None = None
    marked: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Languages:
    """The languages that are known besides English."""

    known: Mapping[str, Language]
    english: frozenset[str]

    def of(self, text: str) -> str | None:
        """The language that `text` is plainly in; None for English and for all that is not plain."""
        letters = sum(map(str.isalpha, text))
        written = {name: len(one.script.findall(text)) for name, one in self.known.items() if one.script}
        fitting = [name for name, count in written.items() if 2 * count > letters > 1]
        marked = [name for name in fitting if (mark := self.known[name].marked) and mark.search(text)]
        if fitting:
            return next(iter([*marked, *fitting]))
        words = _WORD.findall(text.lower())
        counts = {name: sum(word in one.words for word in words) for name, one in self.known.items() if one.words}
        name = max(counts, key=counts.__getitem__)
        least = max(_LEAST_WORDS, 1 + sum(word in self.english for word in words))
        return name if counts[name] >= least else None


@lru_cache(maxsize=1)
def default_languages(path: Path = _FILE) -> Languages:
    """Those of the project's own content; raises KeyError where something is missing."""
    raw = read_yaml(path)
    known = {
        name: Language(
            says=row["says"].strip(),
            words=frozenset(row.get("words", ())),
            script=re.compile(row["script"]) if "script" in row else None,
            marked=re.compile(row["marked"]) if "marked" in row else None,
        )
        for name, row in raw["languages"].items()
    }
    return Languages(known, frozenset(raw["english"]))
