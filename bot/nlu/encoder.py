"""The sentence encoder as a Rasa featurizer: one dense vector for the message, and one for each of its parts."""

from typing import Any, Dict, List, Optional, Text

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.embedding import Pass, encoder, fingerprint
from bot.nlu.reader import BEGUN, CLEAN, PARTS, STRETCHES

STRETCH_ROWS = "stretch_rows"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """The fitted all-MiniLM-L6-v2. Works with or without MessageReader before it, so that it serves any Rasa pipeline."""

    def __init__(self, config: Dict[Text, Any], name: Text) -> None:
        super().__init__(name, config)
        self._encoder = encoder()

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "SentenceEncoder":
        """Called by Rasa."""
        return cls(config, execution_context.node_name)

    @classmethod
    def fingerprint_addon(cls, config: Dict[Text, Any]) -> Optional[str]:
        """What was learnt from the vectors of another fitting is learnt anew."""
        return fingerprint()

    @staticmethod
    def required_packages() -> List[Text]:
        """Packages that `rasa train` checks for."""
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """There is nothing to set wrongly."""

    def process(self, messages: List[Message]) -> List[Message]:
        """Adds the vectors to each message. The pass may still be going on; who asks for the vectors waits for it."""
        for message in messages:
            if message.get(BEGUN) is None:
                message.set(BEGUN, self._encoder.begin(_text(message)))
            late = LateFeatures(message.get(BEGUN), message.get(PARTS) or [], self._config[FEATURIZER_CLASS_ALIAS])
            message.add_features(late)
            if stretches := message.get(STRETCHES):
                message.set(STRETCH_ROWS, np.array([self._encoder.encode(stretch) for stretch in stretches]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the vectors to each example."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        for example, vector in zip(examples, self._encoder.encode_many([_text(example) for example in examples])):
            example.add_features(_features(vector, self._config[FEATURIZER_CLASS_ALIAS]))
        return training_data


class LateFeatures(Features):
    """The features of a message whose pass may still be going on.

    They do not hold the message: it would hold itself by them, and its words would stay until Python looks for such.
    """

    def __init__(self, begun: Pass, parts: List[Text], origin: Text) -> None:
        self._begun, self._parts = begun, parts
        self.type, self.origin, self.attribute = FEATURE_TYPE_SENTENCE, origin, TEXT
        self._cached_fingerprint = None

    @property
    def features(self) -> np.ndarray:
        """One line, as of any message."""
        return self._begun.vectors(self._parts)[:1]

    def __deepcopy__(self, memo: Dict[int, Any]) -> Features:
        return _features(self.features, self.origin)


def rows_of(message: Message) -> np.ndarray:
    """The vectors of a message and of its parts, one a line, once its pass is over. Only for what a SentenceEncoder has seen."""
    rows: np.ndarray = message.get(BEGUN).vectors(message.get(PARTS) or [])
    return rows


def _features(vector: np.ndarray, origin: Text) -> Features:
    return Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, origin)


def _text(message: Message) -> str:
    text: str = message.get(CLEAN) or message.get(TEXT) or ""
    return text
