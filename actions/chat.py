"""Answers what is not a question about child protection: greetings, who are you, who sees this, off the subject."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActiveLoop

from actions.outcome import MessageKind, Outcome
from actions.turn import Turn, TurnAction
from actions.wording import CHILD_LINE
from content.languages import default_languages


class AnswerChat(TurnAction):
    """One piece of small talk from messages.yml, chosen by the intent."""

    def name(self) -> str:
        return "action_chat"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        chat = turn.library.chat[turn.intent]
        text = chat.voices.get(turn.voice, chat.text)
        if language := default_languages().of(turn.text) if turn.intent == "other_language" else None:
            text = f"{default_languages().known[language].says}\n\n{text}"
        of_child = turn.voice == "child"
        someone = turn.wording.someone([CHILD_LINE] if of_child and chat.services else chat.services)
        # What was asked is what a journey at the end can take along; a child is led to Childline instead.
        more = chat.journeys if turn.covered and not turn.loop and not of_child else ()
        journeys = [turn.library.journeys.journeys[journey].offer for journey in more]
        turn.say(
            MessageKind.SMALLTALK, f"{text}\n\n{someone}".strip(), Outcome(chat.outcome), offer=chat.topics, extra_labels=journeys
        )
        if turn.starts_again:
            return [ActiveLoop(None), *turn.forgotten()]
        return turn.remembered()
