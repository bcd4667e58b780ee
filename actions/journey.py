"""Takes a person step by step: asks one thing at a time, keeps only yes or no, and ends in words of their own situation."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.calendar import deadlines
from actions.clock import DAY, EVENT, clock_said
from actions.dates import Day
from actions.outcome import MessageKind, Outcome
from actions.turn import Turn, TurnAction
from actions.wording import day_words, days_words, line_for
from content.asked import default_asked
from content.journeys import Journey, Step

STAGE, CARD_STAGE = "stage", "card_stage"
_ASKING = re.compile(rf"\?|^(?:{default_asked().begins})\b")
_ANSWERS = {"affirm": "yes", "deny": "no", "not_sure": "unsure", "skip": "skipped"}


class AskStep(TurnAction):
    """Asks for one slot of a form; Rasa calls it by the slot's name."""

    slot: str

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        journeys = turn.library.journeys
        journey = journeys.journeys[(turn.loop or "").removesuffix("_form") or self._home(turn)]
        before = turn.slot("journey")
        if before == journey.id:
            # Rasa asks again by itself when something else was answered in between.
            again = turn.slot("asked") == self.slot
            turn.ask(journey, self.slot, journeys.words["back"].format(name=journey.name) if again else "")
            return turn.remembered(asked=self.slot, misses=turn.misses if again and turn.misses else None)
        put_aside = journeys.words["paused"].format(name=journeys.journeys[before].name) if before else ""
        turn.ask(journey, self.slot, f"{put_aside}\n\n{journey.start}".strip())
        return turn.remembered(journey=journey.id, paused=before or turn.slot("paused"), asked=self.slot)

    def _home(self, turn: Turn) -> str:
        return turn.library.journeys.step(self.slot)[0].id


class ReadStep(TurnAction):
    """Reads the answer to the step that was asked. Rasa calls it before a form goes on; it never speaks."""

    journey: str

    def speaks_of_danger(self) -> bool:
        return False

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        if turn.starts_again:
            return []
        asked = turn.slot("requested_slot")
        if self.journey == EndClock.journey:
            return _clock_learnt(turn, asked)
        journey = turn.library.journeys.journeys[self.journey]
        steps = [step for step in journey.steps if step.slot == asked or asked is None]
        found = {step.slot: self._read(turn, step, started=asked is None) for step in steps}
        learnt = [SlotSet(slot, value) for slot, value in found.items() if value and turn.slot(slot) != value]
        return learnt or _named_again(turn, asked, self.journey)

    def _read(self, turn: Turn, step: Step, *, started: bool) -> str | None:
        if step.slot in (STAGE, CARD_STAGE):
            return turn.stage or (None if started else self._told(turn, step) or self._skipped(turn, step))
        return None if started else _ANSWERS.get(turn.intent) or self._told(turn, step)

    @staticmethod
    def _told(turn: Turn, step: Step) -> str | None:
        """The answer that stands in what was told instead of a yes or a no; a question is no answer."""
        return None if _ASKING.search(turn.text.lower()) else step.named(turn.text)

    @staticmethod
    def _skipped(turn: Turn, step: Step) -> str | None:
        # Without a stage the whole road is shown, which begins with the enquiry; a card then holds none.
        return {STAGE: "enquiry", CARD_STAGE: "skipped"}[step.slot] if turn.intent in ("not_sure", "skip") else None


def _named_again(turn: Turn, asked: str | None, journey: str) -> list[dict[str, Any]]:
    """Without an event Rasa would look for a rule that starts the journey that is under way, in vain and over again."""
    return [SlotSet("asked", asked)] if asked and turn.intent == f"journey_{journey}" else []


def _clock_learnt(turn: Turn, asked: str | None) -> list[dict[str, Any]]:
    """The event and the day that were said, whichever was asked for."""
    said = clock_said(turn, asked)
    learnt = {EVENT: said.event or turn.slot(EVENT), DAY: said.day.on.isoformat() if said.day else turn.slot(DAY)}
    if said.of_another:
        learnt[DAY] = None
    if asked is None and EndClock.journey not in (turn.slot("journey"), turn.slot("paused")):
        # What was counted or begun before is another matter.
        learnt = {EVENT: said.event, DAY: said.day.on.isoformat() if said.day else None}
    events = [SlotSet(slot, value) for slot, value in learnt.items() if value != turn.slot(slot)]
    return events or _named_again(turn, asked, EndClock.journey)


def day_said(turn: Turn) -> Day | None:
    """The day that the message names, of the event that it names or that was named before."""
    return clock_said(turn, DAY).day


class EndJourney(TurnAction):
    """Puts the answers together. The common frame of all ends."""

    journey: str

    def name(self) -> str:
        return f"action_end_{self.journey}"

    def hears_scraps(self) -> bool:
        return False

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        journey = turn.library.journeys.journeys[self.journey]
        text, topics = self.put_together(turn, journey)
        left_out = len(turn.online(topics)) < len(topics)
        someone = turn.wording.someone(journey.services or (line_for(turn.voice),))
        opening = "" if turn.slot("journey") == journey.id or turn.intent == "give_date" else journey.start
        named = turn.online(dict.fromkeys([*topics, *journey.topics]))
        shown = [turn.library.topics[topic] for topic in named]
        turn.say(
            MessageKind.JOURNEY,
            "\n\n".join(part for part in (opening, text, turn.library.say("checking_part") if left_out else "", someone) if part),
            Outcome.ANSWERED_PARTLY if left_out else Outcome.ANSWERED,
            topics=shown,
            offer=named[:2],
            extra_labels=[*self.more_labels(turn), *turn.label_to_go_back()],
            in_short=True,
        )
        return turn.remembered(
            topic=journey.topics[0], danger=next(iter(turn.reading.dangers), None), journey=None, asked=None, **self.forgotten()
        )

    @abstractmethod
    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        """The text of the end, and the topics that it rests on, also those that are offline: their lines are left out."""

    def more_labels(self, turn: Turn) -> list[str]:  # noqa: ARG002
        """Buttons beside the topics."""
        return []

    def forgotten(self) -> dict[str, Any]:
        """Slots to set as the journey ends."""
        return {}


class EndPrepare(EndJourney):
    """A checklist in the person's own situation."""

    journey = "prepare"

    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        given = [(step, step.gives.get(turn.slot(step.slot) or "")) for step in journey.steps]
        lines = [line for step, line in given if line and turn.online([step.topic or ""])]
        topics = [step.topic for step, line in given if line and step.topic]
        return f"{journey.end}\n{bullets([*lines, *journey.always])}", topics


class EndDisagree(EndJourney):
    """The road that fits the stage; where court was named, legal advice comes first."""

    journey = "disagree"

    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        road = journey.roads[turn.slot(STAGE) or "before"]
        court = next(step for step in journey.steps if step.slot == "disagree_court")
        first = court.gives.get(turn.slot(court.slot) or "")
        of_court = [court.topic] if first and court.topic else []
        said = [first] if first and turn.online(of_court) == of_court else []
        # No line of a road says which of its topics it rests on.
        lines = [*said, *(road.lines if len(turn.online(road.topics)) == len(road.topics) else ())]
        return f"{journey.end}\n{bullets(lines)}" if lines else "", [*of_court, *road.topics]

    def more_labels(self, turn: Turn) -> list[str]:
        # A child is led to Childline, not to the advice line.
        return [] if turn.voice == "child" else [turn.library.journeys.journeys["card"].offer]


class EndNext(EndJourney):
    """What lies ahead from the stage where the person stands."""

    journey = "next"

    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        road = turn.library.journeys.road
        place = next((place for place, part in enumerate(road) if part.id == turn.slot(STAGE)), 0)
        ahead = road[place:]
        note = journey.words["end_note"]
        lines = [part.text for part in ahead if turn.online([part.source])]
        return f"{journey.end}\n{bullets(lines)}\n\n{note}", [part.source for part in ahead]


class EndSafe(EndJourney):
    """What to know about the device, the room and this service."""

    journey = "safe"

    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        lines = [line for step in journey.steps if (line := step.gives.get(turn.slot(step.slot) or ""))]
        return f"{journey.end}\n{bullets([*lines, *journey.always])}", []

    def forgotten(self) -> dict[str, Any]:
        # Whether it is safe has to be asked anew each time.
        return {"safe_device": None, "safe_near": None}


class EndClock(EndJourney):
    """The time limits that follow from the day, late and today marked."""

    journey = "clock"

    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        event, day = turn.slot(EVENT) or "conference", date.fromisoformat(turn.slot(DAY) or turn.today.isoformat())
        words = journey.words
        lines, topics = [], []
        for deadline in deadlines(event, day):
            line = words["deadlines"][deadline.step].format(day=day_words(deadline.on))
            notes = [words["standing"][deadline.standing(turn.today)], days_words(words["stepped_over"], deadline.stepped_over)]
            topics.append(words["deadline_topics"][deadline.step])
            if turn.online(topics[-1:]):
                lines.append(" ".join(part for part in (line, *notes) if part))
        note = turn.wording.area_note(turn.library.topics[words["area_topic"]], turn.area)
        heading = journey.end.format(day=words["counted_from"][event].format(day=day_words(day)))
        counted = f"{heading}\n{bullets(lines)}" if lines else ""
        return "\n\n".join(part for part in (counted, words["limits"].strip(), note) if part), topics

    def more_labels(self, turn: Turn) -> list[str]:
        day = day_said(turn)
        return [day_words(day.other)] if day and day.other else []

    def count(self, turn: Turn, day: date) -> list[dict[str, Any]]:
        """Another day, for the event that is named with it or that was named before."""
        event = clock_said(turn, DAY).event or turn.slot(EVENT)
        return self.respond(turn.knowing(**{DAY: day.isoformat(), EVENT: event}))

    def forgotten(self) -> dict[str, Any]:
        # The event stays, so that another day said right after is counted too.
        return {DAY: None}


class StopJourney(TurnAction):
    """Leaves the journey under way; its answers stay for later."""

    def name(self) -> str:
        return "action_stop_journey"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        words = turn.library.journeys.words
        under_way = turn.loop is not None
        offer = turn.library.chat["what_can_you_do"].topics
        labels = turn.label_to_go_back() if under_way else []
        turn.say(
            MessageKind.SMALLTALK,
            words["left" if under_way else "nothing_to_leave"],
            Outcome.ANSWERED_SMALLTALK,
            offer=offer,
            extra_labels=labels,
        )
        return [ActiveLoop(None), SlotSet("requested_slot", None), *turn.remembered()]


class ResumeJourney(TurnAction):
    """Goes on where the last journey was left."""

    def name(self) -> str:
        return "action_resume_journey"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        journey = turn.slot("journey") or turn.slot("paused")
        if journey:
            paused = {"paused": None} if journey == turn.slot("paused") else {}
            return [*turn.remembered(journey=journey, **paused), FollowupAction(f"{journey}_form")]
        journeys = turn.library.journeys
        labels = [journeys.journeys[name].offer for name in _TO_BEGIN_WITH] if turn.voice != "child" else []
        turn.say(MessageKind.CLARIFY, journeys.words["nothing_to_resume"], Outcome.CLARIFY, extra_labels=labels)
        return turn.remembered()


_TO_BEGIN_WITH = ("prepare", "disagree", "next", "clock")

# rasa_sdk makes its actions without arguments, so each step and each form has a class of its own.
SLOTS = (
    *("prepare_report", "prepare_agree", "prepare_strengths", "prepare_supporter", "prepare_needs", "prepare_apart"),
    *("prepare_childcare", "prepare_chair", "prepare_child", "disagree_court", "clock_event", "clock_day"),
    *("safe_device", "safe_near", STAGE, CARD_STAGE, "card_interpreter", "card_easy_read", "card_apart", "card_ring"),
)
JOURNEYS = ("prepare", "disagree", "next", "clock", "safe", "card")


def _named(base: Any, name: str, **attributes: str) -> Any:
    return type(f"{base.__name__}_{name}", (base,), {"name": lambda _: name, "__doc__": base.__doc__, **attributes})


STEPS: tuple[Callable[..., TurnAction], ...] = (
    *(_named(AskStep, f"action_ask_{slot}", slot=slot) for slot in SLOTS),
    *(_named(ReadStep, f"validate_{journey}_form", journey=journey) for journey in JOURNEYS),
    *(EndPrepare, EndDisagree, EndNext, EndClock, EndSafe, StopJourney, ResumeJourney),
)


def bullets(lines: Iterable[str]) -> str:
    """The lines as a list."""
    return "\n".join(f"- {line}" for line in lines)
