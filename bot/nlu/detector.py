"""The learned detector of danger as a step of the pipeline, beside the rules of safety.yml; either is enough."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.alarm import Alarm, AlarmOptions
from bot.nlu.encoder import STRETCH_ROWS
from bot.nlu.reader import STRETCHES
from bot.nlu.topics import example_text, example_vector, example_voice, message_vectors

ALARM = "alarm_probability"
STRETCH_ALARMS = "stretch_alarms"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DangerDetector(IntentClassifier, GraphComponent):
    """Leaves the probability of danger on the message; what follows from it is decided later."""

    def __init__(self, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._alarm: Optional[Alarm] = None

    @classmethod
    def required_components(cls) -> List[Type]:
        """A featurizer has to stand before it."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """See bot.nlu.alarm.AlarmOptions."""
        return dict(vars(AlarmOptions()))

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "DangerDetector":
        """Called by Rasa before training."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the detector, where there are examples of danger and of calm."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        options = self._options()
        in_danger = np.array([example.get(INTENT).startswith(options.danger_prefix) for example in examples])
        if in_danger.any() and not in_danger.all():
            vectors = np.array([example_vector(example) for example in examples])
            voices = [example_voice(example, number) for number, example in enumerate(examples)]
            self._alarm = Alarm.fit([example_text(example) for example in examples], vectors, in_danger, voices, options)
        with self._storage.write_to(self._resource) as folder:
            if self._alarm is not None:
                _save(self._alarm, Path(folder))
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Reads each message of a conversation."""
        for message in messages:
            if self._alarm is not None:
                vectors = message_vectors(message)[:1]
                message.set(ALARM, float(self._alarm.probabilities([example_text(message)], vectors)[0]))
                if stretches := message.get(STRETCHES):
                    message.set(STRETCH_ALARMS, self._alarm.probabilities(stretches, message.get(STRETCH_ROWS)).tolist())
        return messages

    def _options(self) -> AlarmOptions:
        return AlarmOptions(**{key: self._config[key] for key in self.get_default_config()})

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "DangerDetector":
        """Called by Rasa when a trained model is loaded."""
        detector = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            detector._alarm = _load(Path(folder), detector._options())
        return detector


def _save(alarm: Alarm, folder: Path) -> None:
    np.savez_compressed(
        folder / "alarm.npz", weights=alarm.weights, bias=np.array(alarm.bias), words=alarm.rarity[0], characters=alarm.rarity[1]
    )


def _load(folder: Path, options: AlarmOptions) -> Optional[Alarm]:
    if not (folder / "alarm.npz").exists():
        return None
    with np.load(folder / "alarm.npz") as arrays:
        return Alarm(arrays["weights"], float(arrays["bias"]), [arrays["words"], arrays["characters"]], options)
