"""The learned part of understanding: sentence vectors, character and word n-grams into one calibrated linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

Array = NDArray[Any]

_SEED = 20261121
_KINDS: dict[str, dict[str, Any]] = {
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 4)},
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
}


@dataclass(frozen=True)
class Options:
    """How the model is fitted; the values stand in config.yml."""

    strictness: float = 10.0
    ngram_weight: float = 1.0
    character_dimensions: int = 300
    word_dimensions: int = 300
    folds: int = 3


class Ngrams:
    """Spelling or wording in a few hundred numbers: n-grams weighed by rarity, then compressed."""

    def __init__(self, kind: str, vocabulary: Sequence[str], idf: Array, projection: Array) -> None:
        self.kind = kind
        self.vocabulary = list(vocabulary)
        self.idf = idf
        self.projection = np.ascontiguousarray(projection)
        self._tfidf = _tfidf(kind, vocabulary=self.vocabulary)
        self._tfidf.idf_ = idf

    @classmethod
    def fit(cls, kind: str, texts: Sequence[str], dimensions: int) -> Ngrams:
        """Learns which n-grams occur and how they go together. `kind` is a key of _KINDS."""
        tfidf = _tfidf(kind, min_df=2 if len(texts) > 200 else 1)
        counts = tfidf.fit_transform(texts)
        dimensions = max(1, min(dimensions, min(counts.shape) - 1))
        svd = TruncatedSVD(dimensions, random_state=_SEED).fit(counts)
        names = [str(name) for name in tfidf.get_feature_names_out()]
        return cls(kind, names, np.asarray(tfidf.idf_), svd.components_.T.astype(np.float32))

    def __call__(self, texts: Sequence[str]) -> Array:
        """One row for each text."""
        # Both sides in 32 bits: otherwise the whole projection would be copied to 64 bits at every call.
        rows: Array = self._tfidf.transform(texts).astype(np.float32) @ self.projection
        return rows


class TopicModel:
    """Probabilities of every label for texts whose sentence vectors are at hand."""

    def __init__(
        self,
        labels: Sequence[str],
        weights: Array,
        bias: Array,
        temperature: float,
        ngrams: Sequence[Ngrams],
        ngram_weight: float,
    ) -> None:
        self.labels = list(labels)
        self.weights = weights
        self.bias = bias
        self.temperature = temperature
        self.ngrams = tuple(ngrams)
        self.ngram_weight = ngram_weight

    @classmethod
    def fit(
        cls, texts: Sequence[str], vectors: Array, labels: Sequence[str], voices: Sequence[str], options: Options
    ) -> TopicModel:
        """Fits the model, and its temperature on voices that the fold did not see, so that 0.8 means right four times in five."""
        temperature = _temperature(texts, vectors, np.asarray(labels), np.asarray(voices), options)
        return cls._fit(texts, vectors, np.asarray(labels), options, temperature)

    @classmethod
    def _fit(cls, texts: Sequence[str], vectors: Array, labels: Array, options: Options, temperature: float) -> TopicModel:
        dimensions = {"characters": options.character_dimensions, "words": options.word_dimensions}
        ngrams = [Ngrams.fit(kind, texts, size) for kind, size in dimensions.items() if size]
        rows = _rows(texts, vectors, ngrams, options.ngram_weight)
        linear = LogisticRegression(C=options.strictness, max_iter=300, random_state=_SEED).fit(rows, labels)
        names = [str(name) for name in linear.classes_]
        weights, bias = linear.coef_.T.astype(np.float32), linear.intercept_.astype(np.float32)
        if len(names) == 2:
            weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
        return cls(names, weights, bias, temperature, ngrams, options.ngram_weight)

    def scores(self, texts: Sequence[str], vectors: Array) -> Array:
        """Raw scores, one row for each text, one column for each label."""
        scores: Array = _rows(texts, vectors, self.ngrams, self.ngram_weight) @ self.weights + self.bias
        return scores

    def probabilities(self, texts: Sequence[str], vectors: Array) -> Array:
        """Calibrated probabilities, one row for each text, one column for each label."""
        return softmax(self.scores(texts, vectors) / self.temperature)


def softmax(scores: Array) -> Array:
    """Row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _rows(texts: Sequence[str], vectors: Array, ngrams: Sequence[Ngrams], weight: float) -> Array:
    return np.hstack([vectors, *(weight * kind(texts) for kind in ngrams)])


def _tfidf(kind: str, **settings: Any) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **_KINDS[kind], **settings)


def _temperature(texts: Sequence[str], vectors: Array, labels: Array, voices: Array, options: Options) -> float:
    folds = min(options.folds, len(set(voices)))
    if folds < 2:
        return 1.0
    all_scores, targets = [], []
    for train, test in GroupKFold(folds).split(vectors, labels, voices):
        model = TopicModel._fit([texts[i] for i in train], vectors[train], labels[train], options, 1.0)
        place = {label: index for index, label in enumerate(model.labels)}
        known = [i for i in test if labels[i] in place]
        all_scores.append(model.scores([texts[i] for i in known], vectors[known]))
        targets.append(np.array([place[labels[i]] for i in known]))

    def loss(temperature: float) -> float:
        total = 0.0
        for scores, target in zip(all_scores, targets, strict=True):
            shares = softmax(scores / temperature)[np.arange(len(target)), target]
            total -= float(np.log(np.maximum(shares, 1e-12)).sum())
        return total

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)
