"""The floor of a turn: what the sentence encoder's forward passes take, apart from everything that is built around them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bot.nlu.embedding import encoder
from bot.questions import parts
from bot.text import Expander, visible
from content.library import default_library


class Floor:
    """The encoder, ready to be timed."""

    def __init__(self) -> None:
        self._expander = Expander(default_library().abbreviations)
        self._encoder = encoder()

    def milliseconds(self, texts: Sequence[str]) -> tuple[list[float], list[float]]:
        """For each text the time of one pass over all of it, and of all passes that a turn needs: the text and its parts."""
        whole, every = [], []
        for text in texts:
            clean = self._expander.expand(visible(text))
            found = parts(clean)
            once = self._timed([clean])
            whole.append(once)
            every.append(once + (self._timed(found) if len(found) > 1 else 0.0))
        return whole, every

    def _timed(self, texts: Sequence[str]) -> float:
        start = time.perf_counter()
        for text in texts:
            self._encoder.encode(text)
        return 1000 * (time.perf_counter() - start)
