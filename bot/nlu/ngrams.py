"""Spelling and wording in a few hundred numbers: n-grams weighed by rarity, then compressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

_SEED = 20261121
_KINDS: dict[str, dict[str, Any]] = {
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 4)},
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
}


class Ngrams:
    """Learnt from the examples without their labels; `kind` is "characters" or "words"."""

    def __init__(self, kind: str, vocabulary: Sequence[str], idf: NDArray[Any], projection: NDArray[Any]) -> None:
        self.kind = kind
        self.vocabulary = list(vocabulary)
        self.idf = idf
        self.projection = np.ascontiguousarray(projection)
        self._tfidf = _tfidf(kind, vocabulary=self.vocabulary)
        self._tfidf.idf_ = idf

    @classmethod
    def fit(cls, kind: str, texts: Sequence[str], dimensions: int) -> Ngrams:
        """Learns which n-grams occur and how they go together."""
        tfidf = _tfidf(kind, min_df=2 if len(texts) > 200 else 1)
        counts = tfidf.fit_transform(texts)
        dimensions = max(1, min(dimensions, min(counts.shape) - 1))
        svd = TruncatedSVD(dimensions, n_iter=3, random_state=_SEED).fit(counts)
        names = [str(name) for name in tfidf.get_feature_names_out()]
        return cls(kind, names, np.asarray(tfidf.idf_), svd.components_.T.astype(np.float32))

    def __call__(self, texts: Sequence[str]) -> NDArray[Any]:
        """One row for each text."""
        # Both sides in 32 bits: otherwise the whole projection would be copied to 64 bits at every call.
        rows: NDArray[Any] = self._tfidf.transform(texts).astype(np.float32) @ self.projection
        return rows


def _tfidf(kind: str, **settings: Any) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **_KINDS[kind], **settings)
