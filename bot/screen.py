"""Looks for danger in a message with plain code: no model, no store, nothing that can be down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.text import Expander, pattern_form, visible
from content.model import Danger

_SENTENCE_END = "|"
# The entry of voices.yml with the ways to say how young one is, and those whose signs no child would write.
_YOUNG = "young"
_OF_ADULTS = frozenset({"kin", "plain"})


class Screen:
    """The kinds of danger of safety.yml, compiled once. `look` is safe to call from any thread."""

    def __init__(self, dangers: Iterable[Danger], expander: Expander) -> None:
        self._expander = expander
        self._kinds = [(danger.id, _compiled(danger.signs), _compiled(danger.not_signs)) for danger in dangers]

    def look(self, text: str) -> tuple[str, ...]:
        """The kinds of danger that `text` shows, in the order of safety.yml; empty where it shows none."""
        form = pattern_form(self._expander.expand(visible(text)))
        return tuple(kind for kind, signs, not_signs in self._kinds if _shows(form, signs, not_signs))


@dataclass(frozen=True)
class Heard:
    """Who seems to write."""

    voice: str | None
    grown_up: bool

    def of(self, dangers: Iterable[str]) -> tuple[str, ...]:
        """Those dangers as they are for who writes: what a child tells of is told of a child where an adult writes.

        And a child who sees another child hurt is spoken to as one who tells, and not also as a parent who may hurt theirs.
        """
        if self.grown_up:
            return tuple(dict.fromkeys("child_hurt" if kind == "child_tells" else kind for kind in dangers))
        if self.voice != "child":
            return tuple(dangers)
        kinds = list(dict.fromkeys("child_tells" if kind == "child_hurt" else kind for kind in dangers))
        return tuple(kind for kind in kinds if kind != "may_hurt_child" or len(kinds) == 1)


class VoiceFinder:
    """Tells from the words which voice fits: a child, a relative, someone living with abuse. Nobody has to declare it."""

    def __init__(self, signs: Mapping[str, Sequence[str]], not_signs: Mapping[str, Sequence[str]]) -> None:
        self._voices = [(voice, _compiled(found), _compiled(not_signs.get(voice, ()))) for voice, found in signs.items()]

    def find(self, text: str) -> str | None:
        """The first voice that fits, or None."""
        return next(self._fitting(text), None)

    def heard(self, text: str) -> Heard:
        """The voice, and whether only an adult writes like that. A child is taken for one unless they say how young they are."""
        found = list(self._fitting(text))
        young, grown_up = _YOUNG in found, not _OF_ADULTS.isdisjoint(found)
        if young:
            return Heard("child", False)
        return Heard(next((voice for voice in found if not (grown_up and voice == "child")), None), grown_up)

    def _fitting(self, text: str) -> Iterator[str]:
        form = pattern_form(text)
        return (voice for voice, signs, not_signs in self._voices if _shows(form, signs, not_signs))


def _compiled(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns]


def _shows(form: str, signs: Sequence[re.Pattern[str]], not_signs: Sequence[re.Pattern[str]]) -> bool:
    # Each sentence is looked at once for what takes a sign back, however often the sign stands in it.
    taken_back: set[tuple[int, int]] = set()
    for sign in signs:
        for match in sign.finditer(form):
            around = _sentences_around(form, match.start(), match.end())
            if around in taken_back:
                continue
            if not any(not_sign.search(form, *around) for not_sign in not_signs):
                return True
            taken_back.add(around)
    return False


def _sentences_around(form: str, start: int, end: int) -> tuple[int, int]:
    stop = form.find(_SENTENCE_END, end)
    return form.rfind(_SENTENCE_END, 0, start) + 1, stop if stop != -1 else len(form)
