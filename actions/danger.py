"""A message that shows danger and asks nothing else: the safety words come first, and then an open door."""

from __future__ import annotations

from typing import Any

from actions.outcome import MessageKind, Outcome
from actions.turn import Turn, TurnAction


class AnswerDanger(TurnAction):
    """The frame has spoken of the danger already; this leaves the way back to ordinary questions open."""

    def name(self) -> str:
        return "action_danger"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        chat = turn.library.chat["danger"]
        said = chat.voices.get(turn.voice, chat.text)
        turn.say(MessageKind.HANDOVER, said, Outcome(chat.outcome), extra_labels=turn.label_to_go_back())
        return turn.remembered(topic=None)
