"""Measures the de-identifier on written sentences whose identifiers were marked by hand; makes part of docs/safety.md."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.deidentify import REMOVED, Deidentifier

FOLDER = Path(__file__).parent.parent / "tests" / "shared_questions"
DIRECT = frozenset({"NAME", "PHONE", "EMAIL", "POSTCODE", "ADDRESS", "CASE", "HANDLE", "DOB"})
# Alone these tell nothing of anybody.
_EMPTY = frozenset(["road", "street", "close", "lane", "court", "house", "flat", "way", "the", "and", "of"])
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Removal:
    """How many marked identifiers of each kind there were and were removed, what survived, and how much was kept."""

    marked: Counter[str]
    removed: Counter[str]
    survived: list[str]
    sentences: int
    dropped: int
    words_kept: float

    @property
    def recall(self) -> float:
        """The share of direct identifiers that are gone."""
        return sum(self.removed[kind] for kind in DIRECT) / sum(self.marked[kind] for kind in DIRECT)


def measure(path: Path, deidentifier: Deidentifier) -> Removal:
    """Reads the sentences of `path` and what becomes of each."""
    marked: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    survived, sentences, dropped, words, kept = [], 0, 0, 0, 0
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        shared = deidentifier.share(row["text"]).text
        sentences += 1
        dropped += shared is None
        words += len(_WORD.findall(row["text"]))
        kept += len(_WORD.findall((shared or "").replace(REMOVED, " ")))
        for span, kind in row["spans"]:
            marked[kind] += 1
            gone = shared is None or not _left(span, row["text"], shared)
            removed[kind] += gone
            if not gone and kind in DIRECT:
                survived.append(f"{kind}: {span}")
    return Removal(marked, removed, survived, sentences, dropped, kept / words)


def _left(span: str, text: str, shared: str) -> list[str]:
    """The words of `span` that stand in `shared` more often than the rest of `text` accounts for."""
    rest = text.replace(span, " ")
    words = (word for word in _WORD.findall(span) if len(word) > 1 and word.lower() not in _EMPTY)
    return [word for word in words if _count(word, shared) > _count(word, rest)]


def _count(word: str, text: str) -> int:
    return len(re.findall(rf"\b{re.escape(word)}\b", text))
