"""The floor of a turn: what the sentence encoder's forward pass takes, apart from everything that is built around it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bot.nlu.embedding import encoder
from bot.text import Expander, visible
from content.library import default_library


class Floor:
    """The encoder, ready to be timed."""

    def __init__(self) -> None:
        self._expander = Expander(default_library().abbreviations)
        self._encoder = encoder()

    def milliseconds(self, texts: Sequence[str]) -> list[float]:
        """For each text the time of one pass over all of it, which serves its parts too."""
        return [self._timed(self._expander.expand(visible(text))) for text in texts]

    def _timed(self, text: str) -> float:
        start = time.perf_counter()
        self._encoder.encode(text)
        return 1000 * (time.perf_counter() - start)
