"""Other ways to find the topic of a question, on the same examples: what Handrail's understanding is measured against."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import yaml
from numpy.typing import NDArray

from bench.examples import Example, read
from bot.quiet import hush

hush()

from bot.nlu.embedding import encoder  # noqa: E402
from bot.text import Expander, visible  # noqa: E402
from content.library import Library  # noqa: E402

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "models" / "few"
FEW = 10
EPOCHS = 50
_MOST_WORDS = 12
_SEED = 20261121
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


class FromFew(Rival):
    """A Rasa pipeline trained on a few examples of each intent. `train` has to have been called once."""

    def __init__(self, name: str, model: Path) -> None:
        from rasa.core.agent import Agent

        self.name = name
        self._agent = Agent.load(str(model))

    def rank(self, text: str) -> Ranking:
        parsed = asyncio.run(self._agent.parse_message(text))
        return [(row["name"], float(row["confidence"])) for row in parsed["intent_ranking"]]


def from_few() -> list[FromFew]:
    """Rasa's default pipeline as it comes, and Handrail's components, on the same few examples."""
    return [FromFew(f"{name}, {FEW} short examples of each", FOLDER / f"few-{key}.tar.gz") for key, name in _PIPELINES.items()]


def train_on_few(key: str) -> None:
    """Trains one of them; Rasa's default pipeline takes a quarter of an hour or more on two cores."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    train_pipeline(f"few-{key}", own_pipeline() if key == "handrail" else default_pipeline(), write_few(FOLDER), FOLDER)


def write_few(folder: Path) -> Path:
    """Writes the few examples as training data."""
    data = folder / "few.yml"
    nlu = [{"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in few(read()).items()]
    data.write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True, width=10_000), encoding="utf-8")
    return data


def train_pipeline(name: str, pipeline: Sequence[dict[str, Any]], data: Path, folder: Path) -> None:
    """Trains understanding alone, with nothing kept from an earlier training; the model and its configuration go to `folder`."""
    from rasa.model_training import train_nlu

    config = folder / f"{name}.yml"
    steps = {"recipe": "default.v1", "assistant_id": name.removeprefix("few-"), "language": "en", "pipeline": list(pipeline)}
    config.write_text(yaml.safe_dump(steps, sort_keys=False), encoding="utf-8")
    with tempfile.TemporaryDirectory() as place, chdir(place):  # where Rasa keeps its cache
        train_nlu(str(config), str(data), str(folder), fixed_model_name=name)


def own_pipeline() -> list[dict[str, Any]]:
    """Handrail's components that find a topic."""
    steps = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    return [step for step in steps if not step["name"].endswith((".Doubt", ".DangerDetector"))]


def default_pipeline(epochs: int = EPOCHS) -> list[dict[str, Any]]:
    """Rasa's default pipeline with so many epochs."""
    return [*_DEFAULT, {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True}]


def few(examples: Sequence[Example], count: int = FEW) -> dict[str, list[str]]:
    """So many short examples of each intent, drawn from all its voices, the same ones each time. DIET is slow on long ones."""
    texts: dict[str, list[str]] = {}
    for example in examples:
        if len(example.text.split()) <= _MOST_WORDS:
            texts.setdefault(example.intent, []).append(example.text)
    chance = random.Random(_SEED)
    return {intent: chance.sample(rows, min(count, len(rows))) for intent, rows in sorted(texts.items())}


_PIPELINES = {"handrail": "Handrail's components", "rasa-default": f"Rasa's default pipeline (DIET, {EPOCHS} epochs)"}
_DEFAULT: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]

if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        train_on_few(wanted)
