"""Cuts a text into runs of letters and of words as scikit-learn does, which takes long to import and is needed to learn alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Splitter = Callable[[str], list[str]]


def word_runs(token: str, least: int, most: int) -> Splitter:
    """Runs of `least` to `most` words; `token` is the pattern of a word. `analyzer="word"` over there."""
    tokens = re.compile(token)

    def split(text: str) -> list[str]:
        words = tokens.findall(text.lower())
        return [" ".join(run) for size in range(least, most + 1) for run in _runs(words, size)]

    return split


def letter_runs(least: int, most: int) -> Splitter:
    """Runs of `least` to `most` letters within a word and the spaces around it. `analyzer="char_wb"` over there."""

    def split(text: str) -> list[str]:
        return [run for word in text.lower().split() for run in letters_of(f" {word} ", least, most)]

    return split


def letters_of(word: str, least: int, most: int) -> list[str]:
    """The same of one word with the spaces around it."""
    # A word that is no longer than a run counts once, however long the runs may be.
    longest = max(least, min(most, len(word)))
    return [word[start : start + size] for size in range(least, longest + 1) for start in range(max(1, len(word) - size + 1))]


def _runs(words: Sequence[str], size: int) -> list[Sequence[str]]:
    return [words[start : start + size] for start in range(len(words) - size + 1)]
