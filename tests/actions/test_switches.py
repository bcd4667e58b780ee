"""A topic that staff have taken offline is not answered anywhere in the chat, and a person is named instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions
from actions.wording import Wording
from content.library import Library
from content.switches import Switched, Switches

NOW = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
ADVICE, CHILDLINE = "0808 801 0366", "0800 1111"
TOPIC, OTHER = "report_wrong", "core_group"


def _with(library: Library, *offline: str) -> Library:
    return replace(library, switched=Switched(Switches(offline=frozenset(offline))))


def _run(
    library: Library,
    action: str,
    *,
    intent: str,
    slots: Mapping[str, Any] | None = None,
    now: datetime = NOW,
    **reading: Any,
) -> list[dict[str, Any]]:
    """What the action says to one message."""
    message = {"intent": {"name": intent}, "text": "", "reading": reading}
    tracker = Tracker("a", dict(slots or {}), message, [], False, None, {}, None)
    dispatcher = CollectingDispatcher()
    run = next(one for one in actions.build(library, lambda: now) if one.name() == action)
    run.run(dispatcher, tracker, {})
    return dispatcher.messages


def _outcomes(said: list[dict[str, Any]]) -> list[str]:
    return [message["custom"]["outcome"] for message in said]


@pytest.mark.parametrize(("voice", "number"), [("plain", ADVICE), ("survivor", ADVICE), ("child", CHILDLINE)])
def test_an_offline_topic_gives_neither_its_answer_nor_its_short_form_but_a_person(
    library: Library, voice: str, number: str
) -> None:
    switched = _with(library, TOPIC)
    topic = switched.topics[TOPIC]
    for text in (Wording(switched, NOW).answer(topic, voice), Wording(switched, NOW).short(topic, voice)):
        assert library.say("checking") in text
        assert number in text
        assert topic.short not in text
        assert topic.voices["plain"] not in text


def test_other_topics_are_answered_as_before(library: Library) -> None:
    topic = library.topics[OTHER]
    assert Wording(_with(library, TOPIC), NOW).answer(topic, "plain") == Wording(library, NOW).answer(topic, "plain")


def test_back_online_it_is_answered_at_once(library: Library) -> None:
    switched = _with(library, TOPIC)
    wording = Wording(switched, NOW)
    switched.switched.become(Switches())
    assert switched.topics[TOPIC].short in wording.answer(switched.topics[TOPIC], "plain")


def test_asked_for_it_hands_over_without_facts_or_sources(library: Library) -> None:
    [said] = _run(_with(library, TOPIC), "action_answer", intent=TOPIC, topics=(TOPIC,))
    assert said["custom"]["outcome"] == "handed_over"
    assert said["custom"]["kind"] == "handover"
    assert said["custom"]["topics"] == [TOPIC]
    assert said["custom"]["facts"] == said["custom"]["sources"] == []


def test_beside_another_question_only_that_one_is_answered(library: Library) -> None:
    said = _run(_with(library, TOPIC), "action_answer", intent=TOPIC, topics=(TOPIC, OTHER))
    assert _outcomes(said) == ["answered_partly", "answered_partly"]
    assert library.topics[TOPIC].short not in said[0]["text"]
    assert library.topics[OTHER].short in said[1]["text"]
    assert said[1]["custom"]["facts"] == list(library.topics[OTHER].covers)


def test_mentioned_as_nearby_it_is_not_answered_in_short_nor_offered(library: Library) -> None:
    said = _run(_with(library, TOPIC), "action_answer", intent=OTHER, topics=(OTHER,), nearby=TOPIC)
    assert library.topics[TOPIC].short not in said[-1]["text"]
    assert said[-1]["custom"]["sources"] == []
    assert library.topics[TOPIC].question not in [button["title"] for message in said for button in message["buttons"]]


@pytest.mark.parametrize(
    "intent",
    [
        "ask_why",
        "ask_who",
        "ask_when",
        "tell_me_more",
        "ask_what_now",
        "ask_shorter",
        "ask_simpler",
        "say_again",
        "ask_word",
        "ask_if_i_refuse",
    ],
)
def test_no_follow_up_leads_around_the_switch(library: Library, intent: str) -> None:
    topic = library.topics[TOPIC]
    [said] = _run(_with(library, TOPIC), "action_follow_up", intent=intent, slots={"topic": TOPIC})
    assert said["custom"]["outcome"] == "handed_over"
    assert said["custom"]["facts"] == said["custom"]["sources"] == []
    assert not [text for text in (topic.short, *topic.now, *topic.follow.values()) if text in said["text"]]


def test_a_refusal_rests_on_the_complaints_topic_too(library: Library) -> None:
    [said] = _run(_with(library, "complain"), "action_follow_up", intent="ask_if_refused", slots={"topic": TOPIC})
    assert said["custom"]["outcome"] == "handed_over"


def test_what_a_no_would_mean_rests_on_the_topic_whose_words_are_said(library: Library) -> None:
    topic = next(topic for topic in library.topics.values() if topic.theme == "plan" and "refuse" not in topic.follow)
    [said] = _run(library, "action_follow_up", intent="ask_if_i_refuse", slots={"topic": topic.id})
    assert said["custom"]["topics"] == [topic.id, "not_following_plan"]
    [said] = _run(_with(library, "not_following_plan"), "action_follow_up", intent="ask_if_i_refuse", slots={"topic": topic.id})
    assert said["custom"]["outcome"] == "handed_over"


def test_what_comes_next_is_not_said_when_its_source_is_offline(library: Library) -> None:
    road = library.journeys.road
    here, onward = next((a, b) for a, b in pairwise(road) if b.source not in a.topics)
    topic = next(iter(sorted(here.topics)))
    [said] = _run(_with(library, onward.source), "action_follow_up", intent="ask_after", slots={"topic": topic})
    assert said["custom"]["outcome"] == "handed_over"
    assert onward.text not in said["text"]


def test_a_topic_with_words_on_what_comes_next_does_not_rest_on_the_road(library: Library) -> None:
    topic = library.topics["worried_about_a_child"]
    [said] = _run(library, "action_follow_up", intent="ask_after", slots={"topic": topic.id})
    assert topic.follow["after"] in said["text"]
    assert said["custom"]["topics"] == [topic.id]


@pytest.mark.parametrize("intent", ["ask_why", "tell_me_more", "ask_what_now", "ask_simpler", "ask_shorter"])
def test_past_its_review_date_a_follow_up_gives_the_short_form_alone(library: Library, intent: str) -> None:
    topic = library.topics[TOPIC]
    late = datetime.combine(topic.review_by + timedelta(days=1), datetime.min.time(), UTC)
    [said] = _run(library, "action_follow_up", intent=intent, slots={"topic": TOPIC}, now=late)
    assert topic.short in said["text"]
    assert library.say("expired") in said["text"]
    assert not [text for text in (*topic.now, *topic.follow.values()) if text in said["text"]]


def test_a_deadline_is_left_out_when_its_topic_is_offline(library: Library) -> None:
    words = library.journeys.journeys["clock"].words
    slots = {"clock_event": "conference", "clock_day": "2026-11-23"}
    whole = _run(library, "action_end_clock", intent="inform", slots=slots)
    offline = words["deadline_topics"]["core_group"]
    [said] = _run(_with(library, offline), "action_end_clock", intent="inform", slots=slots)
    assert whole[0]["custom"]["outcome"] == "answered"
    assert said["custom"]["outcome"] == "answered_partly"
    assert offline not in said["custom"]["topics"]
    start = words["deadlines"]["core_group"].split("{day}")[0]
    assert start in whole[0]["text"]
    assert start not in said["text"]


def test_a_list_to_get_ready_leaves_out_the_line_of_an_offline_topic(library: Library) -> None:
    step = next(one for one in library.journeys.journeys["prepare"].steps if one.topic == TOPIC)
    slots = {one.slot: "yes" for one in library.journeys.journeys["prepare"].steps}
    [said] = _run(_with(library, TOPIC), "action_end_prepare", intent="affirm", slots=slots)
    assert step.gives["yes"] in _run(library, "action_end_prepare", intent="affirm", slots=slots)[0]["text"]
    assert step.gives["yes"] not in said["text"]
    assert said["custom"]["outcome"] == "answered_partly"


def test_a_road_of_disagreement_that_rests_on_an_offline_topic_is_not_shown(library: Library) -> None:
    road = library.journeys.journeys["disagree"].roads["before"]
    [said] = _run(_with(library, road.topics[0]), "action_end_disagree", intent="deny", slots={"stage": "before"})
    assert not [line for line in road.lines if line in said["text"]]
    assert ADVICE in said["text"]


def test_who_may_mean_an_offline_topic_can_still_say_so(library: Library) -> None:
    [said] = _run(_with(library, TOPIC), "action_clarify", intent="nlu_fallback", topics=(TOPIC, OTHER))
    assert library.topics[TOPIC].question in [button["title"] for button in said["buttons"]]
