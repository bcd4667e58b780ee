"""Answers what is not a question about child protection: greetings, who are you, who sees this, off the subject."""

from __future__ import annotations

from typing import Any

from actions.outcome import Outcome
from actions.turn import Turn, TurnAction


class AnswerChat(TurnAction):
    """One piece of small talk from messages.yml, chosen by the intent."""

    def name(self) -> str:
        return "action_chat"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        chat = turn.library.chat[turn.intent]
        text = chat.voices.get(turn.voice, chat.text)
        someone = turn.wording.someone(chat.services)
        turn.say("smalltalk", f"{text}\n\n{someone}".strip(), Outcome(chat.outcome), offer=chat.topics)
        if turn.intent == "start_again":
            return turn.remembered(topic=None, voice=None, area=None)
        return turn.remembered()
