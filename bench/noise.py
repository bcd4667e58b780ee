"""Spoils questions as phones, haste and second languages do, the same way each time for the same question."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Mapping

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR: dict[str, str] = {
    key: "".join(row[max(0, place - 1) : place] + row[place + 1 : place + 2]) for row in _ROWS for place, key in enumerate(row)
}
_WORD = re.compile(r"[A-Za-z']+")
_TEXT_SPEAK = {
    "you": "u", "your": "ur", "are": "r", "for": "4", "to": "2", "too": "2", "because": "cos", "with": "wiv", "what": "wot",
    "and": "n", "the": "da", "be": "b", "see": "c", "why": "y", "please": "plz", "people": "ppl", "before": "b4", "know": "no",
    "about": "bout", "though": "tho", "tomorrow": "tmrw", "should": "shud", "would": "wud", "could": "cud", "have": "av",
    "that": "dat", "they": "dey", "this": "dis", "them": "em", "something": "summat", "going": "gonna", "my": "ma",
}  # fmt: skip
_AUTOCORRECT = {
    "conference": "confidence", "core": "cure", "chair": "hair", "plan": "plane", "report": "reports", "social": "socials",
    "worker": "work", "protection": "projection", "minutes": "mins", "solicitor": "solicit", "advocate": "avocado",
    "court": "curt", "harm": "ham", "school": "skool", "their": "there", "there": "their", "were": "we're", "its": "it's",
    "our": "out", "if": "of", "on": "in", "and": "abs", "my": "me", "can": "van", "will": "wull", "the": "tge", "meeting": "meting",
    "abuse": "amuse", "neglect": "reflect", "partner": "party", "council": "counsel", "section": "selection",
}  # fmt: skip
_DROPPED = frozenset(
    ["a", "an", "the", "is", "are", "am", "was", "were", "do", "does", "did", "have", "has", "will", "be", "been", "to", "of"]
)
_WRONG_FORM = {"said": "say", "children": "childs", "told": "tell", "goes": "go", "went": "go", "wants": "want", "took": "take"}
_EMOJI = ("\U0001f62d", "\U0001f625", "\U0001f621", "\U0001f64f", "\u2764\ufe0f", "\U0001f622\U0001f622")
_FILLERS = ("um", "so", "like", "you know", "er", "basically", "right")


def _typos(text: str, chance: random.Random) -> str:
    def spoil(word: str) -> str:
        if len(word) < 4 or chance.random() > 0.3:
            return word
        place = chance.randrange(1, len(word) - 1)
        before, sign, after = word[:place], word[place], word[place + 1 :]
        near = _NEAR.get(sign.lower(), sign)
        return chance.choice(
            (before + after, before + sign + sign + after, before + chance.choice(near) + after, _swapped(word, place))
        )

    return _WORD.sub(lambda match: spoil(match.group()), text)


def _swapped(word: str, place: int) -> str:
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _no_vowels(text: str, chance: random.Random) -> str:
    def squeeze(word: str) -> str:
        return word if len(word) < 4 or chance.random() > 0.6 else word[0] + re.sub("[aeiou]", "", word[1:-1]) + word[-1]

    return _WORD.sub(lambda match: squeeze(match.group()), text)


def _replaced(table: Mapping[str, str], share: float) -> Callable[[str, random.Random], str]:
    def spoil(text: str, chance: random.Random) -> str:
        def change(match: re.Match[str]) -> str:
            word = match.group()
            return table[word.lower()] if word.lower() in table and chance.random() < share else word

        return _WORD.sub(change, text)

    return spoil


def _unpunctuated(text: str, _: random.Random) -> str:
    return " ".join(re.sub(r"[^\w\s']", " ", text).replace("'", "").lower().split())


def _capitals(text: str, _: random.Random) -> str:
    return text.upper()


def _second_language(text: str, chance: random.Random) -> str:
    words = [_WRONG_FORM.get(word.lower(), word) for word in text.split()]
    return " ".join(word for word in words if word.lower() not in _DROPPED or chance.random() < 0.3)


def _emoji(text: str, chance: random.Random) -> str:
    words = [word + (" " + chance.choice(_EMOJI) if chance.random() < 0.12 else "") for word in text.split()]
    return " ".join(words) + " " + chance.choice(_EMOJI)


def _dictated(text: str, chance: random.Random) -> str:
    words = _unpunctuated(text, chance).split()
    said = [word if chance.random() > 0.12 else f"{chance.choice(_FILLERS)} {word}" for word in words]
    repeated = [f"{word} {word}" if chance.random() < 0.06 else word for word in said]
    return "um yeah so " + " ".join(repeated)


KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "typos": _typos,
    "no vowels": _no_vowels,
    "text-speak": _replaced(_TEXT_SPEAK, 0.8),
    "autocorrect": _replaced(_AUTOCORRECT, 0.5),
    "no punctuation": _unpunctuated,
    "capitals": _capitals,
    "second language": _second_language,
    "emoji": _emoji,
    "dictated": _dictated,
}


def spoil(kind: str, text: str) -> str:
    """`text` with that kind of noise; `kind` is a key of KINDS."""
    return KINDS[kind](text, random.Random(zlib.crc32(text.encode())))
