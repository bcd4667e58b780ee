"""What is said to the messages that follow words for danger: after_danger.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from content.asked import default_asked
from content.loading import read_yaml


@dataclass(frozen=True)
class AfterDanger:
    """`stills` and `child_stills` are said instead of a kind's first words when it is spoken of again."""

    most_words: int
    asks: re.Pattern[str]
    question: re.Pattern[str]
    over: re.Pattern[str]
    past: re.Pattern[str]
    past_not_for: frozenset[str]
    safe_but: re.Pattern[str]
    closing: str
    stills: Mapping[str, str]
    child_stills: Mapping[str, str]

    def is_over(self, text: str, kind: str) -> bool:
        """Whether `text` says that a danger of that kind is past, or was never meant."""
        form = _form(text)
        return bool(self.over.search(form) or (kind not in self.past_not_for and self.past.search(form)))

    def goes_on(self, text: str, *, refers_back: bool) -> bool:
        """Whether `text` is too short, and about too little, to be a question of its own, or only makes sense after another."""
        form = _form(text)
        if len(form.split()) > self.most_words:
            return False
        if self.safe_but.search(form):
            return True
        if self.asks.search(form):
            return False
        return refers_back or not self.question.search(form)

    def still(self, kind: str, voice: str) -> str | None:
        """What is said about that kind when it was spoken of in the message before; None where there is nothing."""
        child = self.child_stills.get(kind) if voice == "child" else None
        return child or self.stills.get(kind)


def read_after_danger(path: Path) -> AfterDanger:
    """Reads the file; raises KeyError or TypeError where something is missing."""
    raw = read_yaml(path)
    return AfterDanger(
        most_words=int(raw["most_words"]),
        asks=re.compile(raw["asks"]),
        question=re.compile(raw["question"].format(begins=default_asked().begins)),
        over=re.compile(raw["over"]),
        past=re.compile(raw["past"]),
        past_not_for=frozenset(raw["past_not_for"]),
        safe_but=re.compile(raw["safe_but"]),
        closing=raw["closing"].strip(),
        stills={kind: row["text"].strip() for kind, row in raw["still"].items()},
        child_stills={kind: row["child"].strip() for kind, row in raw["still"].items() if row["child"]},
    )


def _form(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", re.sub("['’]", "", text.lower())).split())
