"""Spelling and wording in a few hundred numbers: n-grams weighed by rarity, then compressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.grams import Splitter, letter_runs, word_runs
from bot.nlu.narrow import Narrow
from bot.nlu.vocabulary import LetterPlaces

_SEED = 20261121
# A message with its parts is less.
_AT_ONCE = 16
_SHORTEST = 1e-12
# What an n-gram counts for that stands so many times in a text.
_DAMPED = np.concatenate([[0.0], 1 + np.log(np.arange(1, 5000))])
_LETTERS = (2, 4)
_SPLITS: dict[str, Splitter] = {"characters": letter_runs(*_LETTERS), "words": word_runs(r"\b\w+\b", 1, 2)}


class Ngrams:
    """Learnt from the examples without their labels; `kind` is "characters" or "words"."""

    def __init__(self, kind: str, vocabulary: Sequence[str], idf: NDArray[Any], projection: Narrow) -> None:
        self.kind = kind
        self.vocabulary = list(vocabulary)
        self.idf = idf
        self.projection = projection
        place = {gram: place for place, gram in enumerate(self.vocabulary)}
        self._places: Callable[[str], list[int]]
        if kind == "characters":
            self._places = LetterPlaces(*_LETTERS, place.get)
        else:
            self._places = lambda text: [place[gram] for gram in _SPLITS[kind](text) if gram in place]

    @classmethod
    def fit(cls, kind: str, texts: Sequence[str], dimensions: int) -> Ngrams:
        """Learns which n-grams occur and how they go together."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        tfidf = TfidfVectorizer(analyzer=_SPLITS[kind], sublinear_tf=True, dtype=np.float32, min_df=2 if len(texts) > 200 else 1)
        counts = tfidf.fit_transform(texts)
        dimensions = max(1, min(dimensions, min(counts.shape) - 1))
        svd = TruncatedSVD(dimensions, n_iter=3, random_state=_SEED).fit(counts)
        names = [str(name) for name in tfidf.get_feature_names_out()]
        return cls(kind, names, np.asarray(tfidf.idf_), Narrow.of(svd.components_.T))

    def __call__(self, texts: Sequence[str]) -> NDArray[Any]:
        """One row for each text."""
        found = [self._rows(texts[begin : begin + _AT_ONCE]) for begin in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(found) if found else np.zeros((0, self.projection.shape[1]), dtype=np.float32)

    def _rows(self, texts: Sequence[str]) -> NDArray[Any]:
        # What scikit-learn's own transform gives; for one short text its sparse matrices cost many times the sum itself.
        # A message and its parts have most n-grams in common, so each of them is looked up once.
        found = [self._places(text) for text in texts]
        flat = np.fromiter(chain.from_iterable(found), dtype=np.int64)
        if not len(flat):
            return np.zeros((len(texts), self.projection.shape[1]), dtype=np.float32)
        places, columns = np.unique(flat, return_inverse=True)
        lines = np.repeat(np.arange(len(texts)) * len(places), [len(some) for some in found])
        times = np.bincount(lines + columns, minlength=len(texts) * len(places)).reshape(len(texts), -1)
        weights = _DAMPED[np.minimum(times, len(_DAMPED) - 1)] * self.idf[places]
        lengths = np.sqrt((weights * weights).sum(axis=1, keepdims=True))
        return self.projection.summed(places, weights / np.maximum(lengths, _SHORTEST))
