"""Answers why, who, when, more and what now in the light of the topic before."""

from __future__ import annotations

from typing import Any

from actions.outcome import Outcome
from actions.turn import Turn, TurnAction, danger_text
from content.model import Topic

_FOLLOWED = {"ask_why": "why", "ask_who": "who", "ask_when": "when", "tell_me_more": "more"}


class AnswerFollowUp(TurnAction):
    """Where the topic has nothing checked to add, it says so and offers what lies around it."""

    def name(self) -> str:
        return "action_follow_up"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        topic = turn.topic
        if topic is None and turn.danger:
            turn.say("handover", danger_text(turn.library, turn.wording, turn.danger, turn.voice), Outcome.HANDED_OVER)
            return turn.remembered()
        if topic is None:
            offer = turn.library.chat["what_can_you_do"].topics
            turn.say("clarify", turn.library.say("follow_nothing"), Outcome.CLARIFY, offer=offer)
            return turn.remembered()
        turn.say("answer", self._text(turn, topic), Outcome.ANSWERED, topics=[topic], offer=turn.onward(topic))
        return turn.remembered()

    @staticmethod
    def _text(turn: Turn, topic: Topic) -> str:
        if turn.intent == "ask_what_now":
            steps = turn.wording.steps(topic, turn.voice)
            return f"{steps}\n\n{turn.wording.someone(turn.wording.services(topic, turn.voice))}".strip()
        key = _FOLLOWED[turn.intent]
        return topic.follow.get(key) or turn.library.say(f"follow_no_{key}")
