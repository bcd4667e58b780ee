"""The examples themselves as evidence: how near a message stands to those of each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.embedding import unit
from bot.nlu.narrow import Narrow

Array = NDArray[Any]


class Neighbours:
    """Example rows of unit length in the order of their labels; `starts[i]` is where label i begins, the last entry the end."""

    def __init__(self, rows: Narrow, starts: Sequence[int], sharpness: float) -> None:
        self.rows = rows
        self.starts = [int(start) for start in starts]
        self.sharpness = sharpness

    @classmethod
    def fit(cls, rows: Array, places: Array, sharpness: float) -> Neighbours:
        """`places` gives the label of each row as a number from 0 without gaps."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(places))])
        return cls(Narrow.of(unit(rows)[np.argsort(places, kind="stable")]), starts.tolist(), sharpness)

    def evidence(self, rows: Array, candidates: Array) -> Array:
        """The logarithm of each candidate label's density at each row; any other label gets the least of the row's.

        `candidates` holds label numbers, one line for each row. Only they are compared, so that a turn costs the same
        however many labels there are.
        """
        found = np.empty((len(rows), len(self.starts) - 1), dtype=np.float32)
        # A message and its parts have most candidates in common, so each label's examples are read once for all of them.
        scaled = self.rows.scaled(unit(rows)).T
        densities = {label: self._densities(label, scaled) for label in np.unique(candidates).tolist()}
        for line, chosen in enumerate(candidates.tolist()):
            of_line = [densities[label][line] for label in chosen]
            found[line] = min(of_line)
            found[line, chosen] = of_line
        return found

    def _densities(self, label: int, scaled: Array) -> Array:
        near = self.sharpness * self.rows.times(self.starts[label], self.starts[label + 1], scaled)
        tops = near.max(axis=0)
        densities: Array = tops + np.log(np.exp(near - tops).mean(axis=0))
        return densities
