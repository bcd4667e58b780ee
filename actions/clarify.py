"""Doubt: asks once which topic is meant, and then says honestly that it does not know."""

from __future__ import annotations

from typing import Any

from actions.outcome import Outcome
from actions.turn import Turn, TurnAction
from actions.wording import ADVICE_LINE, CHILD_LINE

_OFFERED_WHEN_UNSURE = ("talk_to_someone", "what_is_a_conference", "legal_advice")


class AskWhichTopic(TurnAction):
    """Up to three topics to choose from, and "none of these". Where nothing comes near, it says so at once."""

    def name(self) -> str:
        return "action_clarify"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        if not turn.reading.topics:
            return say_unsure(turn)
        none = turn.library.say("clarify_none")
        line = turn.wording.service(turn.library.services[CHILD_LINE if turn.voice == "child" else ADVICE_LINE])
        text = turn.library.say("clarify", line=line)
        turn.say("clarify", text, Outcome.CLARIFY, offer=turn.reading.topics, extra_labels=[none])
        return turn.remembered(clarifying=True)


class SayUnsure(TurnAction):
    """Honest doubt, with a person to turn to."""

    def name(self) -> str:
        return "action_unsure"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        return say_unsure(turn)


def say_unsure(turn: Turn) -> list[dict[str, Any]]:
    """The words of doubt, the line to call, and where else to look."""
    child = turn.voice == "child"
    text = turn.library.say("unsure_child" if child else "unsure")
    someone = turn.wording.someone([CHILD_LINE if child else ADVICE_LINE])
    turn.say("handover", f"{text}\n\n{someone}", Outcome.UNANSWERED_UNSURE, offer=_OFFERED_WHEN_UNSURE)
    return turn.remembered()
