"""The carry card in a conversation: what was answered is in the code, and nothing of it stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import build
from actions.reading import Reading
from content.carry import NEEDS, RING, Card, decode, spelled
from content.journeys import Journey
from content.library import Library

ANSWERED = {"card_stage": "before", "card_interpreter": "no", "card_easy_read": "no", "card_apart": "no", "card_ring": "yes"}


@dataclass
class Run:
    """What an action said and left behind."""

    messages: list[dict[str, Any]]
    slots: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n\n".join(message["text"] for message in self.messages)

    @property
    def buttons(self) -> list[str]:
        return [button["title"] for message in self.messages for button in message["buttons"]]

    @property
    def code(self) -> str:
        return next(part for part in self.text.split("\n\n") if part.count("-") == 2 and len(part) == 14)


@pytest.fixture
def journey(library: Library) -> Journey:
    return library.journeys.journeys["card"]


def _run(
    library: Library, action: str, slots: dict[str, Any], *, intent: str = "affirm", loop: str | None = None, **reading: Any
) -> Run:
    message = {"text": "", "intent": {"name": intent}, "reading": Reading(**reading).as_dict()}
    tracker = Tracker("one", slots, message, [], False, None, {"name": loop} if loop else {}, None)
    said = CollectingDispatcher()
    doer = next(one for one in build(library) if one.name() == action)
    events = doer.run(said, tracker, {})
    left = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    return Run(said.messages, left)


def _end(library: Library, **slots: Any) -> Run:
    return _run(library, "action_end_card", {"journey": "card", **ANSWERED, **slots})


def test_the_code_holds_the_stage_the_topics_and_the_council_that_the_talk_knows(library: Library) -> None:
    run = _end(library, covered=["core_group", "legal_aid"], area="southwark")
    assert decode(run.code) == Card("before", ("core_group", "legal_aid"), "southwark", ring="yes")


@pytest.mark.parametrize("need", NEEDS)
def test_a_need_that_was_named_is_in_the_code_and_said_in_words(library: Library, journey: Journey, need: str) -> None:
    without, run = _end(library), _end(library, **{f"card_{need}": "yes"})
    assert decode(without.code).needs == frozenset()
    assert decode(run.code).needs == {need}
    line = next(step.gives["yes"] for step in journey.steps if step.slot == f"card_{need}")
    assert line in run.text
    assert line not in without.text


def test_who_is_not_sure_about_being_apart_is_asked_again_by_the_adviser_so_it_is_in_the_code(library: Library) -> None:
    assert decode(_end(library, card_apart="unsure").code).needs == {"apart"}
    assert decode(_end(library, card_interpreter="unsure").code).needs == frozenset()


@pytest.mark.parametrize(
    ("answer", "ring"), [("yes", "yes"), ("no", "no"), ("unsure", "unsure"), ("skipped", "unsure"), (None, "unsure")]
)
def test_ringing_back_counts_as_safe_only_where_that_was_said(
    library: Library, journey: Journey, answer: str | None, ring: str
) -> None:
    run = _end(library, card_ring=answer)
    assert decode(run.code).ring == ring
    assert journey.steps[-1].gives[ring] in run.text


def test_everything_in_the_code_is_said_in_words(library: Library) -> None:
    run = _end(library, card_stage="court", covered=["core_group", "legal_aid", "complain"], area="wales")
    shown = [library.journeys.stages["court"], library.areas["wales"].name, spelled(run.code)]
    shown += [library.topics[topic].question for topic in ("core_group", "legal_aid", "complain")]
    assert all(words in run.text for words in shown)


def test_the_advice_line_stands_beside_the_code(library: Library) -> None:
    number = library.services["family-rights-group"].number
    assert number
    assert number in _end(library).text


def test_who_skips_everything_still_gets_a_code(library: Library) -> None:
    run = _end(library, **dict.fromkeys(ANSWERED, "skipped"))
    assert decode(run.code) == Card()


def test_a_topic_that_is_no_longer_there_is_left_out(library: Library) -> None:
    run = _end(library, covered=["gone_since", "core_group"], area="gone_too", card_stage="nowhere")
    assert decode(run.code) == Card(topics=("core_group",), ring="yes")


def test_the_answers_of_the_card_are_forgotten_as_it_ends(library: Library) -> None:
    run = _end(library, stage="before", covered=["core_group"])
    assert {slot: run.slots[slot] for slot in ANSWERED} == dict.fromkeys(ANSWERED)
    assert run.slots["journey"] is None
    assert "covered" not in run.slots


def test_where_the_family_stands_is_asked_only_if_nobody_said(library: Library) -> None:
    started = {"requested_slot": None}
    assert "card_stage" not in _run(library, "validate_card_form", started, intent="journey_card").slots
    known = _run(library, "validate_card_form", {**started, "stage": "on_plan"}, intent="journey_card")
    assert known.slots == {"card_stage": "on_plan"}
    said = _run(library, "validate_card_form", {"requested_slot": "card_stage"}, stage="at")
    assert said.slots == {"card_stage": "at"}


@pytest.mark.parametrize("intent", ["not_sure", "skip"])
def test_who_does_not_know_where_they_stand_is_not_given_a_stage(library: Library, intent: str) -> None:
    read = _run(library, "validate_card_form", {"requested_slot": "card_stage"}, intent=intent)
    assert read.slots["card_stage"] not in library.journeys.stages
    assert decode(_end(library, **read.slots).code).stage is None


@pytest.mark.parametrize(("intent", "answer"), [("affirm", "yes"), ("deny", "no"), ("not_sure", "unsure"), ("skip", "skipped")])
def test_each_step_takes_yes_no_not_sure_and_skip(library: Library, journey: Journey, intent: str, answer: str) -> None:
    for step in journey.steps[1:]:
        read = _run(library, "validate_card_form", {"requested_slot": step.slot}, intent=intent)
        assert read.slots == {step.slot: answer}


def test_the_question_of_the_stage_has_a_button_for_each_and_for_not_sure(library: Library) -> None:
    asked = _run(library, "action_ask_card_stage", {}, intent="journey_card", loop="card_form")
    buttons = library.journeys.buttons
    assert asked.buttons == [*library.journeys.stages.values(), buttons["unsure"], buttons["stop"]]


def test_there_is_a_step_for_every_need_and_a_line_for_every_way_of_ringing(journey: Journey) -> None:
    steps = {step.slot: step for step in journey.steps}
    assert set(steps) == {"card_stage", *(f"card_{need}" for need in NEEDS), "card_ring"}
    assert set(RING) <= set(steps["card_ring"].gives)


def test_the_last_three_topics_that_were_answered_are_remembered_the_latest_first(library: Library) -> None:
    slots: dict[str, Any] = {}
    for topic in ("core_group", "legal_aid", "complain", "core_group", "interpreter"):
        slots |= _run(library, "action_answer", slots, intent=topic).slots
    assert slots["covered"] == ["interpreter", "core_group", "complain"]
    both = _run(library, "action_answer", slots, intent="legal_aid", topics=("legal_aid", "legal_advice"))
    assert both.slots["covered"] == ["legal_aid", "legal_advice", "interpreter"]
    assert _run(library, "action_chat", slots, intent="start_again").slots["covered"] is None


@pytest.mark.parametrize("intent", ["thank", "goodbye"])
def test_at_the_end_of_a_talk_the_card_is_offered_to_an_adult_who_asked_something(
    library: Library, journey: Journey, intent: str
) -> None:
    def offered(slots: dict[str, Any], loop: str | None = None) -> bool:
        return journey.offer in _run(library, "action_chat", slots, intent=intent, loop=loop).buttons

    asked = {"covered": ["core_group"]}
    assert offered(asked)
    assert not offered({})
    assert not offered({**asked, "voice": "child"})
    assert not offered(asked, loop="prepare_form")


def test_who_disagrees_is_offered_the_card_unless_it_is_a_child(library: Library, journey: Journey) -> None:
    slots = {"journey": "disagree", "stage": "after", "disagree_court": "no"}
    assert journey.offer in _run(library, "action_end_disagree", slots).buttons
    assert journey.offer not in _run(library, "action_end_disagree", {**slots, "voice": "child"}).buttons
