"""Spelling and wording in a few hundred numbers: n-grams weighed by rarity, then compressed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.grams import Splitter, letter_runs, word_runs
from bot.nlu.narrow import Narrow

_SEED = 20261121
_SPLITS: dict[str, Splitter] = {"characters": letter_runs(2, 4), "words": word_runs(r"\b\w+\b", 1, 2)}


class Ngrams:
    """Learnt from the examples without their labels; `kind` is "characters" or "words"."""

    def __init__(self, kind: str, vocabulary: Sequence[str], idf: NDArray[Any], projection: Narrow) -> None:
        self.kind = kind
        self.vocabulary = list(vocabulary)
        self.idf = idf
        self.projection = projection
        self._place = {gram: place for place, gram in enumerate(self.vocabulary)}
        self._split = _SPLITS[kind]

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
        return np.array([self._row(text) for text in texts], dtype=np.float32)

    def _row(self, text: str) -> NDArray[Any]:
        # What scikit-learn's own transform gives; for one short text its sparse matrices cost many times the sum itself.
        counts = Counter(self._place[gram] for gram in self._split(text) if gram in self._place)
        if not counts:
            return np.zeros(self.projection.shape[1], dtype=np.float32)
        places = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        weights = (1 + np.log(times)) * self.idf[places]
        return self.projection.summed(places, weights / np.linalg.norm(weights))
