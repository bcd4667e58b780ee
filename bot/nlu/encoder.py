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

from bot.nlu.embedding import encoder, fingerprint
from bot.nlu.reader import BEGUN, CLEAN, PARTS

PART_VECTORS = "part_vectors"


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
        """Adds the vectors to each message."""
        for message in messages:
            begun = message.data.pop(BEGUN, None) or self._encoder.begin(_text(message))
            vector, parts = begun.vectors(message.get(PARTS) or [])
            self._add(message, vector)
            message.set(PART_VECTORS, parts)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the vectors to each example."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        for example, vector in zip(examples, self._encoder.encode_many([_text(example) for example in examples])):
            self._add(example, vector)
        return training_data

    def _add(self, message: Message, vector: np.ndarray) -> None:
        message.add_features(Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, self._config[FEATURIZER_CLASS_ALIAS]))


def _text(message: Message) -> str:
    text: str = message.get(CLEAN) or message.get(TEXT) or ""
    return text
