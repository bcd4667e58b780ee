"""Answers the topic that was asked for, and up to two more that stand in the same message."""

from __future__ import annotations

from typing import Any

from actions.outcome import Outcome
from actions.turn import Turn, TurnAction


class AnswerTopic(TurnAction):
    """The first question gets the whole answer with its steps; the others their answer without them."""

    def name(self) -> str:
        return "action_answer"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        asked = list(turn.reading.topics) or [turn.intent]
        topics = [turn.library.topics[topic] for topic in asked]
        outcome = Outcome.ANSWERED_PARTLY if turn.reading.unsure_of_part else Outcome.ANSWERED
        for place, topic in enumerate(topics):
            first, last = place == 0, topic is topics[-1]
            text = turn.wording.answer(topic, turn.voice, turn.area, steps=first, line=first and turn.is_first_answer)
            if not first:
                text = turn.library.say("also", question=topic.question) + "\n" + text
            offer = [step for step in turn.onward(topics[0]) if step not in asked] if last else []
            turn.say("answer", text, outcome, topics=[topic], offer=offer)
        return turn.remembered(topic=topics[0].id, danger=None)
