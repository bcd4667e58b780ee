"""A message that shows danger and asks nothing else: the safety words come first, and then an open door."""

from __future__ import annotations

from typing import Any

from actions.outcome import Outcome
from actions.turn import Turn, TurnAction


class AnswerDanger(TurnAction):
    """The frame has spoken of the danger already; this leaves the way back to ordinary questions open."""

    def name(self) -> str:
        return "action_danger"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        chat = turn.library.chat["danger"]
        turn.say("handover", chat.voices.get(turn.voice, chat.text), Outcome(chat.outcome))
        return turn.remembered(topic=None)
