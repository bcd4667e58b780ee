"""The intent classifier: reads each message and its parts with the calibrated linear model."""

import json
from heapq import nlargest
from operator import itemgetter
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, METADATA, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.embedding import WrongFile, fingerprint
from bot.nlu.encoder import STRETCH_ROWS, rows_of
from bot.nlu.model import Options, TopicModel
from bot.nlu.narrow import Narrow
from bot.nlu.neighbours import Neighbours
from bot.nlu.ngrams import Ngrams
from bot.nlu.reader import BEGUN, CLEAN, PARTS, STRETCHES

INTENT_RANKING = "intent_ranking"
WHOLE = "whole_probabilities"
PART_PROBABILITIES = "part_probabilities"
STRETCH_PROBABILITIES = "stretch_probabilities"
_RANKING_LENGTH = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(IntentClassifier, GraphComponent):
    """Trains in minutes, answers in about a millisecond, keeps its numbers in plain arrays without pickles."""

    # How the numbers are kept. It stands here because Rasa trains anew what has other source than when it was trained.
    FORM = 2

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model: Optional[TopicModel] = None

    @classmethod
    def required_components(cls) -> List[Type]:
        """A featurizer has to stand before it."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Packages that `rasa train` checks for."""
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """See bot.nlu.model.Options."""
        return dict(vars(Options()))

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "TopicClassifier":
        """Called by Rasa before training."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the model on every example that has an intent."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        options = Options(**{key: self._config[key] for key in self.get_default_config()})
        self._model = TopicModel.fit(
            [example_text(example) for example in examples],
            np.array([example_vector(example) for example in examples]),
            [example.get(INTENT) for example in examples],
            [example_voice(example, number) for number, example in enumerate(examples)],
            options,
        )
        self._persist()
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent and ranking, and leaves every probability for the components after it."""
        for message in messages:
            if self._model is not None:
                self._classify(self._model, message)
        return messages

    @staticmethod
    def _classify(model: TopicModel, message: Message) -> None:
        texts = [example_text(message), *(message.get(PARTS) or [])]
        # Before the vectors, whose pass still goes on meanwhile.
        wording = model.wording(texts)
        rows = model.probabilities(message_vectors(message), wording)
        if stretches := message.get(STRETCHES):
            found = model.probabilities(message.get(STRETCH_ROWS), model.wording(stretches))
            message.set(STRETCH_PROBABILITIES, [dict(zip(model.labels, row.tolist())) for row in found])
        whole = dict(zip(model.labels, rows[0].tolist()))
        message.set(WHOLE, whole)
        message.set(PART_PROBABILITIES, [dict(zip(model.labels, row.tolist())) for row in rows[1:]])
        ranking = nlargest(_RANKING_LENGTH, whole.items(), key=itemgetter(1))
        rows_out = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: share} for name, share in ranking]
        message.set(INTENT, rows_out[0], add_to_output=True)
        message.set(INTENT_RANKING, rows_out, add_to_output=True)

    def _persist(self) -> None:
        assert self._model is not None
        with self._storage.write_to(self._resource) as folder:
            _save(self._model, Path(folder))

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TopicClassifier":
        """Called by Rasa when a trained model is loaded."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classifier._model = _load(Path(folder))
        return classifier


def example_text(message: Message) -> str:
    """The message as the reader cleaned it."""
    text: str = message.get(CLEAN) or message.get(TEXT) or ""
    return text


def example_vector(message: Message) -> np.ndarray:
    """What the encoder made of it."""
    _, sentence = message.get_dense_features(TEXT)
    assert sentence is not None
    vector: np.ndarray = sentence.features[0]
    return vector


def message_vectors(message: Message) -> np.ndarray:
    """The same of a message and of its parts, one a line."""
    return rows_of(message) if message.get(BEGUN) is not None else np.array([example_vector(message)])


def example_voice(example: Message, number: int) -> str:
    """Who wrote the example; without a name, one of seven by its number."""
    metadata = (example.get(METADATA) or {}).get("intent") or {}
    return str(metadata.get("voice") or number % 7)


def _save(model: TopicModel, folder: Path) -> None:
    arrays = {"weights": model.weights, "bias": model.bias, **_parts("examples", model.neighbours.rows)}
    for ngrams in model.ngrams:
        arrays |= {f"{ngrams.kind}_idf": ngrams.idf, **_parts(f"{ngrams.kind}_projection", ngrams.projection)}
    np.savez(folder / "model.npz", **arrays)
    rest = {
        "form": TopicClassifier.FORM,
        "encoder": fingerprint(),
        "labels": model.labels,
        "starts": model.neighbours.starts,
        "shares": model.shares,
        "options": vars(model.options),
        "vocabularies": {ngrams.kind: ngrams.vocabulary for ngrams in model.ngrams},
    }
    (folder / "model.json").write_text(json.dumps(rest), encoding="utf-8")


def _load(folder: Path) -> TopicModel:
    rest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if (rest.get("form"), rest["encoder"]) != (TopicClassifier.FORM, fingerprint()):
        raise WrongFile(
            "The model was trained by another version of Handrail or with another fitting of the encoder: run `make train`."
        )
    options = Options(**rest["options"])
    with np.load(folder / "model.npz") as arrays:
        ngrams = [
            Ngrams(kind, vocabulary, arrays[f"{kind}_idf"], _narrow(f"{kind}_projection", arrays))
            for kind, vocabulary in rest["vocabularies"].items()
        ]
        neighbours = Neighbours(_narrow("examples", arrays), rest["starts"], options.sharpness)
        shares = (rest["shares"][0], rest["shares"][1])
        return TopicModel(rest["labels"], arrays["weights"], arrays["bias"], neighbours, shares, ngrams, options)


def _parts(name: str, narrow: Narrow) -> dict[str, np.ndarray]:
    return {name: narrow.rows, f"{name}_scales": narrow.scales}


def _narrow(name: str, arrays: Mapping[str, np.ndarray]) -> Narrow:
    return Narrow(arrays[name], arrays[f"{name}_scales"])
