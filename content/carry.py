"""The carry card: a short code that stands for choices alone, so that a parent need not tell an adviser all of it again.

Nothing is looked up: the code is the card. Two check letters over the field of 23 elements, one for the sum and one for the
sum weighted by place, make any two codes differ in three letters or more, so one or two wrong letters always show.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from content.library import HERE, Library
from content.loading import read_yaml

ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ"
NEEDS = ("interpreter", "easy_read", "apart")
RING = ("unsure", "yes", "no")
MOST_TOPICS = 3

_BASE = len(ALPHABET)
_VERSION = 1
_PAYLOAD, _LENGTH, _GROUP = 9, 12, 4
# How many numbers each kind may take in this version, with one for none.
ROOM = {"stages": 10, "areas": 220, "topics": 320}
_ROOM_FOR_CARDS = ROOM["stages"] * ROOM["areas"] * len(RING) * 2 ** len(NEEDS) * ROOM["topics"] ** MOST_TOPICS
# Spreads the numbers, so that a card with little on it is no row of the same letter, which nobody can count on the phone.
_SPACE = _BASE**_PAYLOAD
_STRIDE, _SHIFT = 1_113_173_564_279, 402_653_189_713
_LONGEST_READ = 400


class CardError(ValueError):
    """No card: `mistyped` where letters are wrong, missing or too many; `unknown` where they are right and stand for nothing."""

    def __init__(self, kind: Literal["mistyped", "unknown"]) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass(frozen=True)
class Card:
    """Choices alone. `topics` are at most three, the latest first; `needs` are of NEEDS; `ring` (of RING): safe to ring back.

    `apart` means apart from somebody at the meeting, or not sure of that yet. A need that is absent was not named.
    """

    stage: str | None = None
    topics: tuple[str, ...] = ()
    area: str | None = None
    needs: frozenset[str] = frozenset()
    ring: str = "unsure"


@dataclass(frozen=True)
class _Numbers:
    """carry.yml. `words` are letters said by name."""

    of: Mapping[str, Mapping[str, int]]
    ids: Mapping[str, Mapping[int, str]]
    retired: frozenset[str]
    names: Mapping[str, str]
    words: Mapping[str, str]
    between: frozenset[str]


def encode(card: Card) -> str:
    """The code, in groups of four; raises CardError (`unknown`) for a choice without a number or more than three topics."""
    known = set(card.topics)
    if len(card.topics) > MOST_TOPICS or len(known) < len(card.topics) or card.ring not in RING or card.needs - set(NEEDS):
        raise CardError("unknown")
    topics = [_number("topics", topic) for topic in card.topics]
    fields = [
        (_number("stages", card.stage), ROOM["stages"]),
        (_number("areas", card.area), ROOM["areas"]),
        (RING.index(card.ring), len(RING)),
        (sum(2**place for place, need in enumerate(NEEDS) if need in card.needs), 2 ** len(NEEDS)),
        *((number, ROOM["topics"]) for number in [*topics, 0, 0, 0][:MOST_TOPICS]),
    ]
    number = 0
    for value, room in fields:
        number = number * room + value
    spread = (number * _STRIDE + _SHIFT) % _SPACE
    digits = [_VERSION, *(spread // _BASE**place % _BASE for place in reversed(range(_PAYLOAD)))]
    return _grouped("".join(ALPHABET[digit] for digit in [*digits, *_check(digits)]))


def decode(code: str) -> Card:
    """The card of a code as it was typed or said: any case and spacing, letters or their names. Raises CardError."""
    digits = [ALPHABET.index(letter) for letter in _letters(code)]
    if _check(digits[:-2]) != digits[-2:]:
        raise CardError("mistyped")
    card = _card(digits)
    # Of all numbers only those that encode gives are codes.
    if encode(card) != _grouped("".join(ALPHABET[digit] for digit in digits)):
        raise CardError("unknown")
    retired = _numbers().retired
    return replace(
        card,
        stage=None if card.stage in retired else card.stage,
        area=None if card.area in retired else card.area,
        topics=tuple(topic for topic in card.topics if topic not in retired),
    )


def spelled(code: str) -> str:
    """The names of the code's letters, to be read out, a comma after each group. Raises CardError (`mistyped`)."""
    names = [_numbers().names[letter] for letter in _letters(code)]
    return ", ".join(" ".join(names[at : at + _GROUP]) for at in range(0, _LENGTH, _GROUP))


def faults(library: Library, raw: Mapping[str, Any] | None = None) -> list[str]:
    """One sentence for each id without its own lasting number. `raw` is carry.yml unless given."""
    raw = raw if raw is not None else read_yaml(HERE / "carry.yml")
    found: list[str] = []
    exist = {"stages": set(library.journeys.stages), "areas": set(library.areas), "topics": set(library.topics)}
    for kind, ids in exist.items():
        numbers: Mapping[str, int] = raw[kind]
        place = f"carry.yml: {kind}"
        found += [f"{place}: '{i}' has no number; add it at the end with {len(numbers) + 1}" for i in sorted(ids - set(numbers))]
        gone = sorted(set(numbers) - ids - set(raw["retired"]))
        found += [f"{place}: '{i}' no longer exists; leave its number and name it under `retired`" for i in gone]
        if sorted(numbers.values()) != list(range(1, len(numbers) + 1)):
            found.append(f"{place}: the numbers must run from 1 to {len(numbers)}, each once; a number is never used again")
        if len(numbers) >= ROOM[kind]:
            found.append(f"{place}: there is room for {ROOM[kind] - 1} numbers in this version of the code")
    again = sorted(set(raw["retired"]) & set().union(*exist.values()))
    found += [f"carry.yml: retired: '{i}' exists" for i in again]
    return found


def _number(kind: str, name: str | None) -> int:
    if name is None:
        return 0
    number = _numbers().of[kind].get(name)
    if number is None:
        raise CardError("unknown")
    return number


def _name(kind: str, number: int) -> str | None:
    if number == 0:
        return None
    if number not in _numbers().ids[kind]:
        raise CardError("unknown")
    return _numbers().ids[kind][number]


def _card(digits: Sequence[int]) -> Card:
    if digits[0] != _VERSION:
        raise CardError("unknown")
    spread = 0
    for digit in digits[1 : 1 + _PAYLOAD]:
        spread = spread * _BASE + digit
    number = (spread - _SHIFT) * pow(_STRIDE, -1, _SPACE) % _SPACE
    if number >= _ROOM_FOR_CARDS:
        raise CardError("unknown")
    topics = []
    for _ in range(MOST_TOPICS):
        number, topic = divmod(number, ROOM["topics"])
        topics.append(_name("topics", topic))
    number, needs = divmod(number, 2 ** len(NEEDS))
    number, ring = divmod(number, len(RING))
    stage, area = divmod(number, ROOM["areas"])
    return Card(
        stage=_name("stages", stage),
        topics=tuple(topic for topic in reversed(topics) if topic),
        area=_name("areas", area),
        needs=frozenset(need for place, need in enumerate(NEEDS) if needs >> place & 1),
        ring=RING[ring],
    )


def _check(digits: Sequence[int]) -> list[int]:
    """The two digits after `digits` that bring both sums to nought; the weight of each place is its number, from 1."""
    plain = sum(digits)
    weighted = sum(place * digit for place, digit in enumerate(digits, 1))
    last = ((len(digits) + 1) * plain - weighted) % _BASE
    return [(-plain - last) % _BASE, last]


def _letters(code: str) -> str:
    """The twelve letters that are meant. Letters come before names: ZULU may be a group of a code."""
    if len(code) > _LONGEST_READ:
        raise CardError("mistyped")
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", code).upper())
    readings = ("".join(words), *_by_name(words))
    letters = next((reading for reading in readings if len(reading) == _LENGTH), "")
    if not letters or set(letters) - set(ALPHABET):
        raise CardError("mistyped")
    return letters


def _by_name(words: Sequence[str]) -> tuple[str, str]:
    """The letters where the usual names stand among them; and where each of any words stands for its first letter."""
    said = re.sub(r"\bX RAY\b", "XRAY", " ".join(words))
    said = re.sub(r"\b([A-Z]) (?:FOR|AS IN) [A-Z]+", r"\1", said)
    meant = [word for word in said.split() if word not in _numbers().between]
    return "".join(_numbers().words.get(word, word) for word in meant), "".join(word[0] for word in meant)


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


@lru_cache(maxsize=1)
def _numbers() -> _Numbers:
    raw = read_yaml(HERE / "carry.yml")
    words = {re.sub(r"\W", "", name).upper(): letter for letter, name in raw["letters"].items()}
    return _Numbers(
        of={kind: raw[kind] for kind in ROOM},
        ids={kind: {number: name for name, number in raw[kind].items()} for kind in ROOM},
        retired=frozenset(raw["retired"]),
        names=raw["letters"],
        words=words | {name.upper(): letter for name, letter in raw["also"].items()},
        between=frozenset(word.upper() for word in raw["between"]),
    )
