"""Last step of understanding: turns probabilities and danger signs into one decision, or into doubt."""

from typing import Any, Dict, FrozenSet, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message

from actions.reading import KEY, Reading
from bot.judgement import Judge, Judgement, Part, Thresholds
from bot.nlu.detector import ALARM, STRETCH_ALARMS
from bot.nlu.reader import AREA, ASKED, DANGERS, HEARD, KNOWN, STAGE
from bot.nlu.topics import INTENT_RANKING, PART_PROBABILITIES, STRETCH_PROBABILITIES, WHOLE
from bot.screen import Heard
from content.library import Library, default_library


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Doubt(GraphComponent, IntentClassifier):
    """Its thresholds stand in config.yml. What it decides travels to the actions as a Reading."""

    def __init__(self, config: Dict[Text, Any], library: Library) -> None:
        self._thresholds = thresholds = Thresholds(**{key: config[key] for key in self.get_default_config()})
        harms = {topic.id: topic.harm for topic in library.topics.values()}
        self._of_areas = frozenset(topic.id for topic in library.topics.values() if topic.theme == "area")
        self._judge = Judge(harms, thresholds, [danger.id for danger in library.dangers], _close(library))

    @classmethod
    def required_components(cls) -> List[Type]:
        """A classifier has to stand before it."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """See bot.judgement.Thresholds."""
        return dict(vars(Thresholds()))

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "Doubt":
        """Called by Rasa."""
        return cls(config, default_library())

    def process(self, messages: List[Message]) -> List[Message]:
        """Replaces intent and ranking by the decision."""
        for message in messages:
            if message.get(WHOLE):
                self._decide(message)
        return messages

    def _decide(self, message: Message) -> None:
        judgement = self._judgement(message)
        sure = self._thresholds.confidence
        ranking = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: sure(share)} for name, share in judgement.ranking]
        chosen = {INTENT_NAME_KEY: judgement.intent, PREDICTED_CONFIDENCE_KEY: sure(judgement.confidence)}
        message.set(INTENT, chosen, add_to_output=True)
        message.set(INTENT_RANKING, ranking, add_to_output=True)
        heard: Heard = message.get(HEARD)
        dangers = heard.of(judgement.dangers)
        reading = Reading(
            dangers,
            "child" if "child_tells" in dangers else heard.voice,
            message.get(AREA),
            judgement.topics,
            judgement.unsure_of_part,
            judgement.nearby,
            message.get(STAGE),
            heard.grown_up,
        )
        message.set(KEY, reading.as_dict(), add_to_output=True)

    def _judgement(self, message: Message) -> Judgement:
        known, dangers = message.get(KNOWN), tuple(message.get(DANGERS) or ())
        if known:
            topics = (known,) if known in self._judge.topics else ()
            return Judgement(known, 1.0, ((known, 1.0),), topics, dangers)
        parts = [
            Part(probabilities, asked)
            for probabilities, asked in zip(message.get(PART_PROBABILITIES) or [], message.get(ASKED) or [])
        ]
        aside = self._of_areas if message.get(AREA) else ()
        shares = message.get(STRETCH_PROBABILITIES) or []
        stretches = list(zip(shares, message.get(STRETCH_ALARMS) or [None] * len(shares)))
        return self._judge.judge(message.get(WHOLE), parts, dangers, aside, message.get(ALARM), stretches)


def _close(library: Library) -> Dict[Text, FrozenSet[Text]]:
    """For each topic those that it leads to, and that lead to it."""
    pairs = {(topic.id, other) for topic in library.topics.values() for other in topic.next}
    pairs |= {(other, topic) for topic, other in pairs}
    return {topic: frozenset(other for one, other in pairs if one == topic) for topic in library.topics}
