"""Answers why, who, when, more, what now and the like in the light of what was said before."""

from __future__ import annotations

from typing import Any

from actions.journey import EndClock, day_said
from actions.outcome import MessageKind, Outcome
from actions.turn import Turn, TurnAction
from actions.wording import line_for
from content.asked import default_asked
from content.journeys import Milestone
from content.model import Topic

_FOLLOWED = {"ask_why": "why", "ask_who": "who", "ask_when": "when", "tell_me_more": "more"}
_REFUSED = "complain"
# Asked by somebody who may not want what the topic is about.
REFUSE = "ask_if_i_refuse"
AFTER = "ask_after"
# Past the review date none of these may say more than the short form.
_OF_THE_TOPIC = frozenset({*_FOLLOWED, "ask_what_now", "ask_shorter", "ask_simpler", "say_again", REFUSE})


class AnswerFollowUp(TurnAction):
    """Where the topic has nothing checked to add, it says so and offers what lies around it."""

    def name(self) -> str:
        return "action_follow_up"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        day = day_said(turn) if turn.intent == "give_date" else None
        if day and turn.slot("clock_event") and not turn.loop:
            return EndClock(self._library, self._clock).count(turn, day.on)
        topic = turn.topic
        if topic and not _is_online(turn, topic):
            turn.say(MessageKind.HANDOVER, turn.wording.checking(turn.voice), Outcome.HANDED_OVER, topics=[topic], in_short=True)
            return turn.remembered()
        text = _text(turn, topic) if topic else ""
        if topic is None or not text:
            offer = turn.onward(topic) if topic else turn.library.chat["what_can_you_do"].topics
            turn.say(MessageKind.CLARIFY, turn.library.say("follow_nothing"), Outcome.CLARIFY, offer=offer)
            return turn.remembered()
        topics = [turn.library.topics[one] for one in _rests_on(turn, topic)]
        turn.say(MessageKind.ANSWER, text, Outcome.ANSWERED, topics=topics, offer=turn.onward(topic))
        return turn.remembered()


def _is_online(turn: Turn, topic: Topic) -> bool:
    """Whether nothing that the reply would rest on has been taken offline."""
    rests_on = [*_rests_on(turn, topic)]
    if turn.intent == AFTER and "after" not in topic.follow and (onward := _next_part(turn, topic)):
        rests_on.append(onward.source)
    return turn.online(rests_on) == rests_on


def _rests_on(turn: Turn, topic: Topic) -> list[str]:
    """The topics whose words the reply is made of."""
    if turn.intent == "ask_if_refused":
        return [topic.id, _REFUSED]
    if turn.intent == REFUSE and "refuse" not in topic.follow and (instead := _instead(turn, topic)):
        return [topic.id, instead.id]
    return [topic.id]


def _text(turn: Turn, topic: Topic) -> str:
    """What the follow-up asks of the topic; nothing where it asks for nothing."""
    intent, say = turn.intent, turn.library.say
    of_topic = intent in _OF_THE_TOPIC or (intent == AFTER and ("after" in topic.follow or _next_part(turn, topic) is None))
    if of_topic and turn.wording.is_expired(topic):
        return turn.wording.answer(topic, turn.voice)
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
        return f"{say('follow_refused')}\n\n{turn.wording.someone([line_for(turn.voice)])}"
    if intent == AFTER:
        return _after(turn, topic)
    if intent == REFUSE:
        return refusal(turn, topic)
    if key := _FOLLOWED.get(intent):
        return topic.follow.get(key) or say(f"follow_no_{key}")
    return ""


def refusal(turn: Turn, topic: Topic) -> str:
    """What follows when the person says no to what the topic is about: its own words, or those of a topic that has them."""
    if (said := topic.follow.get("refuse")) is not None:
        return said
    instead = _instead(turn, topic)
    return turn.wording.short(instead, turn.voice) if instead else turn.library.say("follow_no_refuse")


def _instead(turn: Turn, topic: Topic) -> Topic | None:
    other = default_asked().refused.get(topic.theme)
    return turn.library.topics[turn.meant([other])[0]] if other else None


def _after(turn: Turn, topic: Topic) -> str:
    """What comes after what the topic is about: its own words, or those of the next part of the road."""
    if (said := topic.follow.get("after")) is not None:
        return said
    onward = _next_part(turn, topic)
    if onward is None:
        return topic.follow.get("more") or turn.library.say("follow_no_more")
    return turn.library.say("follow_after", text=onward.text)


def _next_part(turn: Turn, topic: Topic) -> Milestone | None:
    """The part of the road after the one that the topic belongs to, or where the family stands."""
    road = turn.library.journeys.road
    here = next((place for place, part in enumerate(road) if topic.id in part.topics), None)
    if here is None:
        here = next((place for place, part in enumerate(road) if part.id == turn.stage), None)
    return None if here is None or here + 1 >= len(road) else road[here + 1]
