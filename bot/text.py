"""Cleans what was typed: hidden characters out, and the two plain forms that patterns and models read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping

_APOSTROPHES = re.compile("[\u2018\u2019\u201b\u02bc\u0060\u00b4]")
_ENDS = re.compile(r"[.!?;:\n\r\u2026]+")
_NOT_WORDS = re.compile(r"[^a-z0-9&|£]+")
_SPACES = re.compile(r"[ \t]+")
_OPENING_SLASHES = re.compile(r"^[/\s]+")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_KEPT = {"\n", "\t", "\u200d"}


def visible(text: str) -> str:
    """`text` in one Unicode form, without control, format, private and surrogate characters (new lines stay)."""
    if text.isascii() and text.replace("\n", "").isprintable():
        # Most messages: nothing of what follows would change them.
        return _APOSTROPHES.sub("'", text).strip()
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "ignore").decode("utf-8").replace("\r\n", "\n"))
    text = "".join(sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in _HIDDEN)
    return _APOSTROPHES.sub("'", text).strip()


def plain(text: str) -> str:
    """`text` as `visible` leaves it, without the slashes that it begins with: to Rasa they would name an intent."""
    return _OPENING_SLASHES.sub("", visible(text))


def pattern_form(text: str) -> str:
    """What the patterns of safety.yml and voices.yml read: small letters, no apostrophes, sentences parted by " | "."""
    text = _ENDS.sub(" | ", visible(text).lower().replace("'", ""))
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return _SPACES.sub(" ", _NOT_WORDS.sub(" ", text)).strip(" |")


class Expander:
    """Writes the field's short forms out in full (SW, CPP, u, dnt), so that the encoder meets words it knows.

    One that is written in capitals in glossary.yml is one only in capitals: OH is a partner, oh is not.
    """

    def __init__(self, abbreviations: Mapping[str, str]) -> None:
        self._full = dict(abbreviations)
        capital = {short for short in self._full if short.isupper()}
        self._any_case = _whole_words(self._full.keys() - capital, re.IGNORECASE)
        self._capital = _whole_words(capital)

    def expand(self, text: str) -> str:
        """`text` with every short form replaced; everything else as it was."""
        if not text.isupper():
            text = self._capital.sub(lambda match: self._full[match.group()], text)
        return self._any_case.sub(lambda match: self._full[match.group().lower()], text)


def _whole_words(words: Collection[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    names = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(r"(?<![\w.'])(?:" + "|".join(names) + r")(?![\w'])" if names else r"(?!)", flags)
