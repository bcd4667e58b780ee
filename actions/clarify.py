"""Doubt: asks once which topic is meant, and then says honestly that it does not know."""

from __future__ import annotations

from typing import Any

from actions.outcome import Outcome
from actions.turn import Turn, TurnAction
from actions.wording import ADVICE_LINE, CHILD_LINE

_CHOICES = 3
_OFFERED_WHEN_UNSURE = ("talk_to_someone", "what_is_a_conference", "legal_advice")


class AskWhichTopic(TurnAction):
    """Up to three topics to choose from, and "none of these"."""

    def name(self) -> str:
        return "action_clarify"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        ranking = (row["name"] for row in turn.message.get("intent_ranking", []))
        offer = list(turn.reading.topics) or [name for name in ranking if name in turn.library.topics]
        none = turn.library.say("clarify_none")
        turn.say("clarify", turn.library.say("clarify"), Outcome.CLARIFY, offer=offer[:_CHOICES], extra_labels=[none])
        return turn.remembered(clarifying=True)


class SayUnsure(TurnAction):
    """Honest doubt, with a person to turn to."""

    def name(self) -> str:
        return "action_unsure"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        child = turn.voice == "child"
        text = turn.library.say("unsure_child" if child else "unsure")
        someone = turn.wording.someone([CHILD_LINE if child else ADVICE_LINE])
        turn.say("handover", f"{text}\n\n{someone}", Outcome.UNANSWERED_UNSURE, offer=_OFFERED_WHEN_UNSURE)
        return turn.remembered()
