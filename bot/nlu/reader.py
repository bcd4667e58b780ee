"""First step of understanding: cleans the message, finds its parts, and looks for danger, voice and council."""

import re
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence, Text, Tuple

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.embedding import encoder
from bot.questions import looks_asked, parts, stretches
from bot.screen import Screen, VoiceFinder
from bot.text import Expander, pattern_form, visible
from content.journeys import Journeys
from content.languages import default_languages
from content.library import Library, default_library

CLEAN = "clean_text"
BEGUN = "begun_pass"
PARTS = "parts"
STRETCHES = "stretches"
ASKED = "asked"
DANGERS = "dangers"
HEARD = "heard"
AREA = "area"
_LOOKED: ContextVar[Optional[Tuple[str, Tuple[str, ...]]]] = ContextVar("looked", default=None)
STAGE = "stage"
KNOWN = "known_intent"
OTHER_LANGUAGE = "other_language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MessageReader(GraphComponent):
    """Leaves its findings on the message for the components after it; none of them leaves the pipeline.

    The encoder's pass is begun first, and goes on beside the rest of the reading.
    """

    def __init__(self, config: Dict[Text, Any], library: Library) -> None:
        self._expander = Expander(library.abbreviations)
        self._screen = Screen(library.dangers, self._expander)
        self._voices = VoiceFinder(library.voice_signs, library.voice_not_signs)
        self._areas = {
            area.id: re.compile(r"\b(?:" + "|".join(map(re.escape, area.names)) + r")\b") for area in library.areas.values()
        }
        self._stages = VoiceFinder(library.journeys.stage_signs, {})
        self._known = {pattern_form(topic.question): topic.id for topic in library.topics.values()}
        self._known[pattern_form(library.say("clarify_none"))] = "none_of_these"
        self._known |= _taps(library.journeys)

    @classmethod
    def create(
        cls, config: Dict[Text, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> "MessageReader":
        """Called by Rasa."""
        return cls(config, default_library())

    def process(self, messages: List[Message]) -> List[Message]:
        """Reads each message of a conversation."""
        for message in messages:
            self._read(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Cleans the examples in the same way; their parts are not needed."""
        for example in training_data.training_examples:
            if example.get(TEXT):
                example.set(CLEAN, self._expander.expand(visible(example.get(TEXT))))
        return training_data

    def _read(self, message: Message) -> None:
        text = visible(message.get(TEXT) or "")
        clean = self._expander.expand(text)
        message.set(CLEAN, clean)
        message.set(BEGUN, encoder().begin(clean))
        form = pattern_form(text)
        heard = self._voices.heard(text)
        message.set(HEARD, heard)
        looked = _LOOKED.get()
        message.set(DANGERS, list(looked[1] if looked and looked[0] == message.get(TEXT) else self._screen.look(text)))
        known = self._known.get(form)
        foreign = None if known or message.get(DANGERS) else default_languages().of(text)
        message.set(KNOWN, OTHER_LANGUAGE if foreign else known)
        message.set(STAGE, self._stages.find(text))
        message.set(AREA, next((area for area, names in self._areas.items() if names.search(form)), None))
        found = [] if message.get(KNOWN) else parts(text, self._expander.expand)
        message.set(PARTS, found if len(found) > 1 else [])
        # Where the rules see danger already, nothing is looked for that they may have missed.
        message.set(STRETCHES, [] if message.get(DANGERS) else stretches(text, self._expander.expand))
        message.set(ASKED, [looks_asked(part) for part in found] if len(found) > 1 else [])


def read_ahead(text: str, dangers: Sequence[str]) -> None:
    """Begins the encoder's pass over a message that is about to be read, and keeps for this turn what the rules saw in it."""
    encoder().begin_ahead(_expander().expand(visible(text)))
    _LOOKED.set((text, tuple(dangers)))


@lru_cache(maxsize=1)
def _expander() -> Expander:
    return Expander(default_library().abbreviations)


def _taps(journeys: Journeys) -> Dict[Text, Text]:
    """What the buttons of the journeys send, and the intent of each."""
    answers = {"yes": "affirm", "no": "deny", "unsure": "not_sure", "skipped": "skip", "stop": "stop_journey"}
    taps = {label: answers[name] for name, label in journeys.buttons.items()}
    taps[journeys.words["say_back"]] = "resume_journey"
    for journey in journeys.journeys.values():
        taps[journey.offer] = f"journey_{journey.id}"
        taps[journeys.words["offer_back"].format(name=journey.name)] = "resume_journey"
        taps |= {label: "affirm" for step in journey.steps for label in step.choices.values()}
    taps |= dict.fromkeys(journeys.stages.values(), "affirm")
    return {pattern_form(label): intent for label, intent in taps.items()}
