"""Learns one thing alone: does a message show danger. It sees words in their order, and near-twins count for more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from murmurhash import mrmr
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from bot.nlu.grams import Splitter, letter_runs, word_runs
from bot.nlu.vocabulary import LetterPlaces
from bot.text import pattern_form

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

Array = NDArray[Any]

_SEED = 20261122
_RUN_OF_LETTERS = r"[a-z0-9&|]+"
# In the order in which their weights stand.
_LETTERS = (3, 5)
_SPLITS = {"words": word_runs(_RUN_OF_LETTERS, 1, 3), "characters": letter_runs(*_LETTERS)}


@dataclass(frozen=True)
class AlarmOptions:
    """How the detector is fitted; the values stand in config.yml."""

    strictness: float = 30.0
    spelling_weight: float = 0.7
    twin_weight: float = 3.0
    twins: str = "pairs_"
    danger_prefix: str = "danger_"
    bits: int = 18


class Alarm:
    """The probability of danger in texts whose sentence vectors are at hand.

    A message that holds both a question and a danger is lost between the topics, and not here. Single words do not tell
    "he hit me six years ago" from "six minutes ago", so runs of up to three words are seen, hashed, beside the vectors.
    """

    def __init__(self, weights: Array, bias: float, rarity: Sequence[Array], options: AlarmOptions) -> None:
        self.weights = weights
        self.bias = bias
        self.rarity = list(rarity)
        self.options = options

    @classmethod
    def fit(cls, texts: Sequence[str], vectors: Array, in_danger: Array, voices: Sequence[str], options: AlarmOptions) -> Alarm:
        """Fits it; examples of a voice whose name begins with `options.twins` weigh `options.twin_weight`."""
        from sklearn.linear_model import LogisticRegression

        forms = [pattern_form(text) for text in texts]
        counts = [_hasher(split, options.bits).transform(forms) for split in _SPLITS.values()]
        blank = cls(np.zeros(0), 0.0, [_rarity(count) for count in counts], options)
        weight = np.where([voice.startswith(options.twins) for voice in voices], options.twin_weight, 1.0)
        linear = LogisticRegression(C=options.strictness, solver="liblinear", max_iter=300, random_state=_SEED)
        linear.fit(blank._rows(counts, vectors), in_danger, sample_weight=weight)
        return cls(linear.coef_[0].astype(np.float32), float(linear.intercept_[0]), blank.rarity, options)

    def probabilities(self, texts: Sequence[str], vectors: Array) -> Array:
        """One for each text."""
        scores = np.array([self._score(pattern_form(text), vector) for text, vector in zip(texts, vectors, strict=True)])
        shares: Array = 1 / (1 + np.exp(-scores))
        return shares

    def _score(self, form: str, vector: Array) -> float:
        """One row of `_rows` times the weights; for a single text the sparse matrices cost many times the sum itself."""
        begin, bits = len(vector), self.options.bits
        score = float(vector @ self.weights[:begin]) + self.bias
        found = (_word_places(form, bits), _letter_places(bits)(form))
        for at, rarity, scale in zip(found, self.rarity, (1.0, self.options.spelling_weight), strict=True):
            counts = Counter(at)
            if counts:
                places = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
                times = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
                weighed = (1 + np.log(times)) * rarity[places]
                score += scale * float(weighed @ self.weights[begin + places]) / max(float(np.linalg.norm(weighed)), 1e-9)
            begin += 2**bits
        return score

    def _rows(self, counts: Sequence[csr_matrix], vectors: Array) -> csr_matrix:
        scales = (1.0, self.options.spelling_weight)
        weighed = [_weighed(count, rarity) * scale for count, rarity, scale in zip(counts, self.rarity, scales, strict=True)]
        return hstack([csr_matrix(vectors), *weighed]).tocsr()


def _hasher(split: Splitter, bits: int) -> HashingVectorizer:
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(analyzer=split, n_features=2**bits, alternate_sign=False, norm=None)


def _word_places(form: str, bits: int) -> list[int]:
    return [_place(run, bits) for run in _SPLITS["words"](form)]


@lru_cache
def _letter_places(bits: int) -> LetterPlaces:
    return LetterPlaces(*_LETTERS, partial(_place, bits=bits))


def _place(run: str, bits: int) -> int:
    """Where scikit-learn's hasher counts it."""
    return int(abs(mrmr.hash(run, 0)) % 2**bits)


def _rarity(counts: csr_matrix) -> Array:
    rows = counts.shape[0]
    found = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity: Array = (np.log((1 + rows) / (1 + found)) + 1).astype(np.float32)
    return rarity


def _weighed(counts: csr_matrix, rarity: Array) -> csr_matrix:
    """Counts grow slowly, rare runs weigh more, and every row has length one."""
    weighed = counts.astype(np.float32)
    weighed.data = (1 + np.log(weighed.data)) * rarity[weighed.indices]
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    weighed.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(weighed.indptr))
    return weighed
