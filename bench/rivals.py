"""Other ways to find the topic of a question, on the same examples: what Handrail's understanding is measured against."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import yaml
from numpy.typing import NDArray

from bench.examples import Example
from bot.nlu.embedding import encoder
from bot.text import Expander, visible
from content.library import Library

ROOT = Path(__file__).parent.parent
DEFAULT_MODEL = ROOT / "models" / "rasa-default.tar.gz"
EPOCHS = 12
Ranking = list[tuple[str, float]]


class Rival(ABC):
    """`name` is what the tables call it."""

    name: str

    @abstractmethod
    def rank(self, text: str) -> Ranking:
        """The likeliest labels, best first, with how sure it is of each."""


class NearestExample(Rival):
    """The sentence encoder alone: the label of the example that is nearest."""

    name = "encoder, nearest example"

    def __init__(self, examples: Sequence[Example], library: Library) -> None:
        self._expander = Expander(library.abbreviations)
        self._intents = [example.intent for example in examples]
        self._vectors: NDArray[Any] = encoder().encode_many([self._clean(example.text) for example in examples])

    def rank(self, text: str) -> Ranking:
        near = self._vectors @ encoder().encode(self._clean(text))
        best: dict[str, float] = {}
        for place in np.argsort(-near)[:200]:
            best.setdefault(self._intents[place], float(near[place]))
        return list(best.items())[:10]

    def _clean(self, text: str) -> str:
        return self._expander.expand(visible(text))


class AnswerSearch(Rival):
    """BM25 over the topics' questions and answers, as a search box of a website would find them."""

    name = "BM25 over the answers"

    def __init__(self, library: Library) -> None:
        self._topics = list(library.topics.values())
        self._expander = Expander(library.abbreviations)
        pages = [" ".join([topic.question, topic.short, topic.voices["plain"], *topic.now]) for topic in self._topics]
        self._index = bm25s.BM25()
        self._index.index(self._tokens(pages), show_progress=False)

    def rank(self, text: str) -> Ranking:
        found, scores = self._index.retrieve(self._tokens([self._expander.expand(visible(text))]), k=10, show_progress=False)
        return [(self._topics[place].id, float(score)) for place, score in zip(found[0], scores[0], strict=True)]

    @staticmethod
    def _tokens(texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords="en", show_progress=False)


class DefaultPipeline(Rival):
    """What `rasa init` proposes: count vectors and DIET. `train` has to have been called once."""

    name = f"Rasa's default pipeline, {EPOCHS} epochs"

    def __init__(self) -> None:
        from rasa.core.agent import Agent

        self._agent = Agent.load(str(DEFAULT_MODEL))

    @staticmethod
    def train() -> None:
        """Trains it on data/nlu.yml; with these many examples a pass over them takes a minute or two on two cores."""
        from rasa.model_training import train_nlu

        config = DEFAULT_MODEL.with_name("rasa-default.yml")
        words = [{"name": "WhitespaceTokenizer"}, {"name": "RegexFeaturizer"}, {"name": "LexicalSyntacticFeaturizer"}]
        counts = [
            {"name": "CountVectorsFeaturizer"},
            {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        ]
        learnt = [{"name": "DIETClassifier", "epochs": EPOCHS, "constrain_similarities": True}]
        steps = {"recipe": "default.v1", "assistant_id": "default", "language": "en", "pipeline": [*words, *counts, *learnt]}
        config.parent.mkdir(exist_ok=True)
        config.write_text(yaml.safe_dump(steps, sort_keys=False), encoding="utf-8")
        train_nlu(str(config), str(ROOT / "data" / "nlu.yml"), str(DEFAULT_MODEL.parent), fixed_model_name="rasa-default")

    def rank(self, text: str) -> Ranking:
        import asyncio

        parsed = asyncio.run(self._agent.parse_message(text))
        return [(row["name"], float(row["confidence"])) for row in parsed["intent_ranking"]]


if __name__ == "__main__":
    DefaultPipeline.train()
