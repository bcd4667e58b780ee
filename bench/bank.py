"""The question bank of tests/questions: messages as people type them, each with the topics that answer it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "tests" / "questions"
EXPECTATIONS = ("answer", "urgent", "chitchat", "offtopic", "unknown")


@dataclass(frozen=True)
class Question:
    """`topics` are those of which any is right; `every` are those that all have to be answered; `first` fits best."""

    id: str
    voice: str
    text: str
    expect: str
    topics: frozenset[str]
    every: frozenset[str]
    kind: str | None
    first: str | None


def questions(folder: Path = FOLDER) -> list[Question]:
    """Every question of every voice."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append(
                Question(
                    id=row["id"],
                    voice=row["voice"],
                    text=row["text"],
                    expect=row["expect"],
                    topics=frozenset(row.get("topics") or ()) | frozenset(row.get("all") or ()),
                    every=frozenset(row.get("all") or ()),
                    kind=row.get("kind"),
                    first=next(iter(row.get("topics") or row.get("all") or ()), None),
                )
            )
    return found
