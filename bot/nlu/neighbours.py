"""The examples themselves as evidence: how near a message stands to those of each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.embedding import unit

Array = NDArray[Any]


class Neighbours:
    """Example rows of unit length in the order of their labels; `starts[i]` is where label i begins, the last entry the end."""

    def __init__(self, rows: Array, starts: Sequence[int], sharpness: float) -> None:
        self.rows = np.ascontiguousarray(rows, dtype=np.float32)
        self.starts = [int(start) for start in starts]
        self.sharpness = sharpness

    @classmethod
    def fit(cls, rows: Array, places: Array, sharpness: float) -> Neighbours:
        """`places` gives the label of each row as a number from 0 without gaps."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(places))])
        return cls(unit(rows)[np.argsort(places, kind="stable")], starts.tolist(), sharpness)

    def evidence(self, rows: Array, candidates: Array) -> Array:
        """The logarithm of each candidate label's density at each row; any other label gets the least of the row's.

        `candidates` holds label numbers, one line for each row. Only they are compared, so that a turn costs the same
        however many labels there are.
        """
        found = np.empty((len(rows), len(self.starts) - 1), dtype=np.float32)
        for line, (row, chosen) in enumerate(zip(unit(rows), candidates, strict=True)):
            densities = self._densities(row, chosen.tolist())
            found[line] = densities.min()
            found[line, chosen] = densities
        return found

    def _densities(self, row: Array, labels: Sequence[int]) -> Array:
        near = [self.rows[self.starts[label] : self.starts[label + 1]] @ row for label in labels]
        sizes = np.array([len(part) for part in near])
        begins = np.cumsum(sizes) - sizes
        together = self.sharpness * np.concatenate(near)
        tops = np.maximum.reduceat(together, begins)
        densities: Array = tops + np.log(np.add.reduceat(np.exp(together - np.repeat(tops, sizes)), begins) / sizes)
        return densities
