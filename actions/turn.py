"""The common frame of every action: reads what is known, speaks of danger first, keeps what the next turn needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.outcome import MessageKind, Outcome
from actions.reading import FALLBACK, Reading
from actions.wording import Wording, labels
from content.asked import default_asked
from content.hours import LONDON
from content.journeys import Journey
from content.library import Library, default_library
from content.model import Topic

Clock = Callable[[], datetime]
_DANGERS_SPOKEN_TO = 2
_COVERED = 3
# What is asked of Handrail itself is answered, also just after words for danger.
_OF_WHAT_WENT_BEFORE = ("ask_", "tell_me_more", "say_again", "affirm", "deny", "not_sure", FALLBACK)
# After danger beside which a question was answered, these are about that answer.
_OF_AN_ANSWER = ("ask_", "tell_me_more", "say_again")
_LEFT = (ActiveLoop(None), SlotSet("requested_slot", None))
_OF_HANDRAIL = ("journey_", "who_", "start_again", "thank", "goodbye", "may_be_abuser", "stop_journey", "resume_journey")


def utc_now() -> datetime:
    """The moment now, with its zone."""
    return datetime.now(UTC)


class Turn:
    """What one run of an action knows, and its only way to speak."""

    def __init__(self, library: Library, now: datetime, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.library = library
        self.wording = Wording(library, now)
        self.today = now.astimezone(LONDON).date()
        self.message = tracker.latest_message
        self.intent: str = self.message.get("intent", {}).get("name") or ""
        self.reading = Reading.of(self.message)
        self.text: str = self.message.get("text") or ""
        self.loop: str | None = (tracker.active_loop or {}).get("name")
        self._slots = tracker.slots
        self._learnt: dict[str, str | None] = {}
        self._spoken_to = _spoken_to(tracker)
        self.voice = self._voice()
        self.area: str | None = self.reading.area or self._slots.get("area")
        self.stage: str | None = self.reading.stage or self._slots.get("stage")
        self._dispatcher = dispatcher

    @property
    def topic(self) -> Topic | None:
        """The topic that was spoken of last."""
        return self.library.topics.get(self._slots.get("topic") or "")

    def slot(self, name: str) -> str | None:
        """What is kept under that name."""
        value: str | None = self._learnt.get(name, self._slots.get(name))
        return value

    @property
    def came_home(self) -> bool:
        """Whether somebody who was taken to live outside England says now that they do not."""
        before = self.library.areas.get(self._slots.get("area") or "")
        said = self.library.areas.get(self.reading.area or "")
        return bool(before and before.outside and said and not said.outside)

    def welcome_home(self) -> list[dict[str, Any]]:
        """Takes the correction, and offers what was spoken of before it or where to begin."""
        last = self.topic
        offer = [last.id] if last and last.theme != "area" else self.library.chat["what_can_you_do"].topics
        self.say(MessageKind.SMALLTALK, self.library.say("area_england"), Outcome.ANSWERED_SMALLTALK, offer=offer)
        return self.remembered()

    @property
    def likeliest(self) -> str | None:
        """The label that fits best of all, also where none fits well enough to be acted on."""
        ranking: list[dict[str, Any]] = self.message.get("intent_ranking") or [{}]
        return ranking[0].get("name")

    @property
    def misses(self) -> int:
        """How many messages in a row were not understood."""
        return int(self._slots.get("misses") or 0)

    @property
    def starts_again(self) -> bool:
        """Whether the person asks to begin anew, as if nothing had been said."""
        return self.intent == "start_again"

    def knowing(self, **slots: str | None) -> Turn:
        """A turn like this one that has learnt those slots, and keeps them."""
        knowing = copy(self)
        knowing._learnt = {**self._learnt, **slots}
        return knowing

    @property
    def danger(self) -> str | None:
        """The kind of danger that was spoken of last, until a topic is."""
        kind: str | None = self._slots.get("danger")
        return kind

    @property
    def covered(self) -> list[str]:
        """The last topics that were asked for and answered, the latest first."""
        kept: list[str] = self._slots.get("covered") or []
        return [topic for topic in kept if topic in self.library.topics]

    def covering(self, topics: Iterable[str]) -> list[str]:
        """The same with those before them."""
        return list(dict.fromkeys([*topics, *self.covered]))[:_COVERED]

    @property
    def is_first_answer(self) -> bool:
        """Whether no topic has been answered yet, so that the advice line is still to be named."""
        return self._slots.get("topic") is None

    def onward(self, topic: Topic) -> list[str]:
        """What to offer after a topic."""
        return self.offered(topic.next)

    def meant(self, topics: Iterable[str]) -> list[str]:
        """The same topics as they are for a child, and for a grown-up who asks for themselves what children ask ("can I come")."""
        of_oneself = self.voice != "child" and default_asked().of_oneself(self.text)
        found = map(self.library.topics.__getitem__, self._written_for(topics))
        return list(dict.fromkeys(topic.for_grown_up or topic.id if of_oneself else topic.id for topic in found))

    def _written_for(self, topics: Iterable[str]) -> list[str]:
        found = [(topic, self.library.topics[topic].for_child) for topic in topics]
        return list(dict.fromkeys(instead if instead and not self.fits(topic) else topic for topic, instead in found))

    def offered(self, topics: Iterable[str]) -> list[str]:
        """Those of the topics that may be shown as buttons: not the ones offline; to a child what is written for children."""
        return [topic for topic in self.online(self._written_for(topics)) if self.fits(topic)]

    def fits(self, topic: str) -> bool:
        """Whether the topic may be shown to who asks; what is not written for children is for grown-ups alone."""
        return self.voice != "child" or "child" in self.library.topics[topic].voices

    def may_mean(self, topic: str) -> bool:
        """Whether who asks may have meant that topic where another is likelier, or none.

        What is for children first only a child means, and who lives with abuse is not asked about their own behaviour.
        """
        audience = self.library.topics[topic].audience
        if self.voice == "child":
            return self.fits(topic)
        return audience[0] != "child" and (self.voice != "survivor" or "survivor" in audience)

    def online(self, topics: Iterable[str]) -> list[str]:
        """Those topics without the ones that staff have taken offline."""
        return [topic for topic in topics if not self.library.is_offline(topic)]

    def _voice(self) -> str:
        known: str | None = self._slots.get("voice")
        heard = self.reading.voice
        if known == "child":
            # A child tells of violence in the words of a survivor, and of a nan who might come in those of a parent.
            return heard if heard and self.reading.grown_up else known
        if known in (None, "plain") or heard == "child":
            return heard or known or "plain"
        return known

    def say(
        self,
        kind: MessageKind,
        text: str,
        outcome: Outcome,
        *,
        topics: Sequence[Topic] = (),
        offer: Iterable[str] = (),
        extra_labels: Iterable[str] = (),
        in_short: bool = False,
    ) -> None:
        """Sends one message; one `in_short` claims no facts.

        `offer` are topics shown as buttons; what a button sends is the words on it.
        """
        shown = [*labels(self.library, self.offered(offer)), *extra_labels]
        given = [topic for topic in topics if not self.library.is_offline(topic.id)]
        sources = {source: None for topic in given for source in (*topic.sources, *self._sources_of_note(topic, text))}
        self._dispatcher.utter_message(
            text=text,
            buttons=[{"title": label, "payload": label} for label in shown],
            json_message={
                "kind": kind.value,
                "outcome": outcome.value,
                "urgent": bool(self.reading.dangers),
                "topics": [topic.id for topic in topics],
                "facts": [] if in_short else list(dict.fromkeys(fact for topic in given for fact in topic.covers)),
                "sources": [self.library.sources[source].public() for source in sources],
            },
        )

    def _sources_of_note(self, topic: Topic, text: str) -> Sequence[str]:
        """What the note of the person's council rests on, where `text` holds it."""
        note = self.wording.area_note(topic, self.area)
        return self.library.areas[self.area].sources if self.area and note and note in text else ()

    def ask(self, journey: Journey, slot: str, opening: str = "") -> None:
        """Asks for one step of a journey, with a button for each answer."""
        journeys = self.library.journeys
        place = next(number for number, step in enumerate(journey.steps, 1) if step.slot == slot)
        step = journey.steps[place - 1]
        number = journeys.words["step"].format(number=place, count=len(journey.steps)) if len(journey.steps) > 1 else ""
        choices = list(journeys.stages.values()) if slot == "stage" else list(step.choices.values())
        if slot == "card_stage":
            choices = [*choices, journeys.buttons["unsure"]]
        plain = [journeys.buttons[answer] for answer in ("yes", "no", "unsure", "skipped")]
        wanted = [] if slot == "clock_day" else choices or plain
        text = "\n\n".join(part for part in (opening, f"{number} {step.ask}".strip()) if part)
        self.say(MessageKind.JOURNEY, text, Outcome.ANSWERED, extra_labels=[*wanted, journeys.buttons["stop"]])

    def guided(self, topic: Topic) -> list[str]:
        """The button to the journey that begins where that topic ends, unless one is under way. None was written for a child."""
        if self.loop or self.voice == "child":
            return []
        return [journey.offer for journey in self.library.journeys.journeys.values() if topic.id in journey.topics]

    def label_to_go_back(self) -> list[str]:
        """The button to a journey that was left or put aside."""
        journeys = self.library.journeys
        waiting = self._slots.get("paused") or (self._slots.get("journey") if self.loop else None)
        return [journeys.words["offer_back"].format(name=journeys.journeys[waiting].name)] if waiting else []

    def speak_of_danger(self) -> None:
        """The words for the dangers found, worst first, before anything else is said; fewer and others about the same again.

        An action that follows another in the same turn says nothing of what that one has spoken of.
        """
        if self._spoken_to:
            return
        kinds = self.reading.dangers[:_DANGERS_SPOKEN_TO]
        texts = (danger_text(self.library, self.wording, kind, self.voice, again=kind == self.danger) for kind in kinds)
        for text in dict.fromkeys(texts):
            self.say(MessageKind.SAFETY, text, Outcome.HANDED_OVER)

    def stay_with_danger(self) -> list[dict[str, Any]] | None:
        """Goes on speaking of the danger of the message before, where this one is only a scrap; None where it is not."""
        after, kind = self.library.after_danger, self.danger
        if not kind or self.loop or self.reading.dangers:
            return None
        if after.is_over(self.text, kind):
            offer = self.library.chat["what_can_you_do"].topics if self.voice != "child" else ()
            self.say(MessageKind.HANDOVER, after.closing, Outcome.HANDED_OVER, offer=offer)
            return self.remembered(danger=None)
        if self.topic and self.intent.startswith(_OF_AN_ANSWER):
            return None
        refers_back = self.topic is None and self.intent.startswith(_OF_WHAT_WENT_BEFORE)
        if self.intent.startswith(_OF_HANDRAIL) or self._is_label() or not after.goes_on(self.text, refers_back=refers_back):
            return None
        self.reading = replace(self.reading, dangers=(kind,))
        self.speak_of_danger()
        open_door = self.library.chat["danger"]
        self.say(MessageKind.HANDOVER, open_door.voices.get(self.voice, open_door.text), Outcome.HANDED_OVER)
        return self.remembered()

    def _is_label(self) -> bool:
        return any(topic.question == self.text for topic in self.library.topics.values())

    def remembered(self, **slots: Any) -> list[dict[str, Any]]:
        """The slots to keep: those given, and what was learnt about the person in this message."""
        kept = {
            "clarifying": False,
            "misses": None,
            "voice": self.voice,
            "area": self.area,
            "stage": self.stage,
            **self._learnt,
            **slots,
        }
        if self.reading.dangers:
            kept.setdefault("danger", self.reading.dangers[0])
        return [SlotSet(name, value) for name, value in kept.items() if self._slots.get(name) != value]

    def forgotten(self) -> list[dict[str, Any]]:
        """Every slot as in a new conversation, but for danger that is spoken of in this very message."""
        # AllSlotsReset would not outlast the turns that the sealed memory keeps: past them it carries on single slots.
        fresh = {**dict.fromkeys(self._slots), "clarifying": False, "danger": next(iter(self.reading.dangers), None)}
        return [SlotSet(name, value) for name, value in fresh.items() if self._slots.get(name) != value]


def _spoken_to(tracker: Tracker) -> bool:
    """Whether an action has spoken of danger since the person wrote."""
    for event in reversed(tracker.events or []):
        if event["event"] == "user":
            return False
        if event["event"] == "bot" and ((event.get("data") or {}).get("custom") or {}).get("kind") == MessageKind.SAFETY:
            return True
    return False


def danger_text(library: Library, wording: Wording, kind: str, voice: str, *, again: bool = False) -> str:
    """What is said first for one kind of danger, or `again`. Written once here, so that it is the same with the engine dead."""
    danger = library.danger(kind)
    still = library.after_danger.still(kind, voice) if again else None
    if still and voice == "child" and kind in library.after_danger.child_stills:
        return still
    if voice == "child" and danger.child_text:
        return danger.child_text
    lines = "\n".join(f"- {wording.service(library.services[service])}" for service in danger.services)
    return f"{still or danger.text}\n{lines}".strip()


class TurnAction(Action, ABC):
    """An action of Handrail. rasa_sdk's own server makes it without arguments; the engine gives it its library."""

    def __init__(self, library: Library | None = None, clock: Clock = utc_now) -> None:
        self._library = library or default_library()
        self._clock = clock

    @abstractmethod
    def name(self) -> str:
        """The name in domain.yml."""

    @abstractmethod
    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        """Speaks through `turn` and gives the events to keep."""

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """Called by rasa_sdk."""
        turn = Turn(self._library, self._clock(), dispatcher, tracker)
        if self.hears_scraps():
            stayed = turn.stay_with_danger()
            if stayed is not None:
                return stayed
        if not self.speaks_of_danger():
            return self.respond(turn)
        turn.speak_of_danger()
        events = self.respond(turn)
        # Nobody in danger is asked for the next step. The journey waits, and a button leads back to it.
        return [*events, *_LEFT] if turn.reading.dangers and turn.loop else events

    def speaks_of_danger(self) -> bool:
        """Whether it puts the words for danger first. One that never speaks leaves that to the next."""
        return True

    def hears_scraps(self) -> bool:
        """Whether a scrap after words for danger may be about that danger. Where a journey asked for it, it is an answer."""
        return self.speaks_of_danger()
