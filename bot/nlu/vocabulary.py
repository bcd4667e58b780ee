"""The commonest words of English, for what is worked out ahead: most of what people write, and nothing that anybody wrote."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import lru_cache
from itertools import islice

from bot.nlu.embedding import VOCABULARY
from bot.nlu.grams import letters_of

# Nine words in ten of what people ask are among them.
_MOST = 10_000


@lru_cache(maxsize=1)
def common_words() -> tuple[str, ...]:
    """In small letters, the commonest first: the whole words of the encoder's vocabulary, which stand in that order."""
    lines = VOCABULARY.read_text(encoding="utf-8").splitlines()
    return tuple(islice((line for line in lines if line.isascii() and line.isalpha()), _MOST))


class LetterPlaces:
    """Where each run of letters of a text is counted, in the order of the text; `place` says it of one run, None for nowhere.

    The runs do not leave their word, so those of common words are placed once. Those of other words are never kept.
    """

    def __init__(self, least: int, most: int, place: Callable[[str], int | None]) -> None:
        self._sizes = (least, most)
        self._place = place
        self._known = {word: self._placed(word) for word in common_words()}

    def __call__(self, text: str) -> list[int]:
        found = list[int]()
        for word in text.lower().split():
            known = self._known.get(word)
            found += self._placed(word) if known is None else known
        return found

    def _placed(self, word: str) -> array[int]:
        places = map(self._place, letters_of(f" {word} ", *self._sizes))
        return array("i", (place for place in places if place is not None))
