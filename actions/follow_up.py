"""Answers why, who, when, more, what now and the like in the light of what was said before."""

from __future__ import annotations

from typing import Any

from actions.dates import read_day
from actions.journey import EndClock
from actions.outcome import Outcome
from actions.turn import Turn, TurnAction, danger_text
from actions.wording import ADVICE_LINE
from content.model import Topic

_FOLLOWED = {"ask_why": "why", "ask_who": "who", "ask_when": "when", "tell_me_more": "more"}


class AnswerFollowUp(TurnAction):
    """Where the topic has nothing checked to add, it says so and offers what lies around it."""

    def name(self) -> str:
        return "action_follow_up"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        day = read_day(turn.text, turn.today) if turn.intent == "give_date" else None
        if day and turn.slot("clock_event") and not turn.loop:
            return EndClock(self._library, self._clock).count(turn, day.on)
        topic = turn.topic
        if topic is None and turn.danger:
            turn.say("handover", danger_text(turn.library, turn.wording, turn.danger, turn.voice), Outcome.HANDED_OVER)
            return turn.remembered()
        text = _text(turn, topic) if topic else ""
        if topic is None or not text:
            offer = turn.onward(topic) if topic else turn.library.chat["what_can_you_do"].topics
            turn.say("clarify", turn.library.say("follow_nothing"), Outcome.CLARIFY, offer=offer)
            return turn.remembered()
        topics = [topic, turn.library.topics["complain"]] if turn.intent == "ask_if_refused" else [topic]
        turn.say("answer", text, Outcome.ANSWERED, topics=topics, offer=turn.onward(topic))
        return turn.remembered()


def _text(turn: Turn, topic: Topic) -> str:
    """What the follow-up asks of the topic; nothing where it asks for nothing."""
    intent, say = turn.intent, turn.library.say
    if intent == "ask_what_now":
        steps = turn.wording.steps(topic, turn.voice)
        return f"{steps}\n\n{turn.wording.someone(turn.wording.services(topic, turn.voice))}".strip()
    if intent == "ask_shorter":
        return turn.wording.short(topic, turn.voice)
    if intent == "ask_simpler":
        words = turn.wording.hard_words(topic, turn.voice)
        return "\n\n".join(
            part for part in (turn.wording.short(topic, turn.voice), words, turn.wording.steps(topic, turn.voice)) if part
        )
    if intent == "say_again":
        return turn.wording.answer(topic, turn.voice, turn.area)
    if intent == "ask_word":
        return turn.wording.hard_words(topic, turn.voice, named_in=turn.text) or say("follow_no_word")
    if intent == "ask_if_refused":
        return f"{say('follow_refused')}\n\n{turn.wording.someone([ADVICE_LINE])}"
    if intent == "ask_after":
        return _after(turn, topic)
    if key := _FOLLOWED.get(intent):
        return topic.follow.get(key) or say(f"follow_no_{key}")
    return ""


def _after(turn: Turn, topic: Topic) -> str:
    """The next part of the road after the one that the topic belongs to."""
    road = turn.library.journeys.road
    here = next((place for place, part in enumerate(road) if topic.id in part.topics), None)
    if here is None:
        here = next((place for place, part in enumerate(road) if part.id == turn.stage), None)
    if here is None or here + 1 >= len(road):
        return topic.follow.get("more") or turn.library.say("follow_no_more")
    return turn.library.say("follow_after", text=road[here + 1].text)
