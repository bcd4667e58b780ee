"""Doubt: asks which topic is meant, then says honestly that it does not know, and then leads to a person; never in a loop."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction

from actions.outcome import MessageKind, Outcome
from actions.turn import Turn, TurnAction
from actions.wording import labels, line_for
from content.model import Topic

_ASKED_BACK_UNTIL = 3
# The label of what only makes sense after something else.
_SAYS_TOO_LITTLE = "unclear"
# Such a message is short, and has at least one of the words that ask or that stand for something said before.
_LONGEST_BACK = 10
_POINTS_BACK = re.compile(
    r"\b(?:that|this|it|its|thats|they|them|theyre|he|hes|him|she|shes|her|i|im|me|my|we|us|you|one|so|then|there|too|else"
    r"|can|cant|could|do|does|dont|did|is|isnt|are|will|wont|would|should|must|have|has|what|how|which|where|even|if|or|but|not|no|really)\b"
)
_REPAIRS = ("unsure", "themes", "person")


class AskWhichTopic(TurnAction):
    """Up to three topics to choose from, and "none of these". Where nothing comes near, it says so at once.

    On a journey the step is asked again instead, with the ways to answer it.
    """

    def name(self) -> str:
        return "action_clarify"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        if turn.loop and turn.misses == 0:
            turn.say(MessageKind.CLARIFY, turn.library.journeys.words["unread"], Outcome.CLARIFY)
            return [*turn.remembered(misses=1), FollowupAction(turn.loop)]
        meant = [topic for topic in turn.meant(turn.reading.topics) if turn.may_mean(topic)]
        if turn.loop or not meant or turn.misses >= _ASKED_BACK_UNTIL:
            return say_unsure(turn)
        none = turn.library.say("clarify_none")
        line = turn.wording.service(turn.library.services[line_for(turn.voice)])
        text = turn.library.say(MessageKind.CLARIFY, line=line)
        # Also a topic that is offline: who means it is told so, and is not left with "none of these".
        choices = [*labels(turn.library, meant), none]
        turn.say(MessageKind.CLARIFY, text, Outcome.CLARIFY, extra_labels=choices)
        return turn.remembered(clarifying=True, misses=turn.misses + 1)


class SayUnsure(TurnAction):
    """Honest doubt, with a person to turn to."""

    def name(self) -> str:
        return "action_unsure"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        return say_unsure(turn)


def _refers_back(turn: Turn) -> Topic | None:
    """The last topic, where the message by itself says too little to be about another one: "can they do that"."""
    topic = turn.topic
    said = re.sub("['’]", "", turn.text.lower())
    if len(said.split()) > _LONGEST_BACK or not _POINTS_BACK.search(said):
        return None
    if turn.misses or turn.loop or topic is None or not turn.online([topic.id]) or turn.likeliest != _SAYS_TOO_LITTLE:
        return None
    return topic


def _say_short_again(turn: Turn, topic: Topic) -> list[dict[str, Any]]:
    short = turn.wording.short(topic, turn.voice)
    again = turn.library.say("follow_unclear", question=topic.question, short=short)
    someone = turn.wording.someone([line_for(turn.voice)])
    text = f"{again.strip()}\n\n{someone}"
    turn.say(MessageKind.CLARIFY, text, Outcome.CLARIFY, topics=[topic], offer=turn.onward(topic), in_short=True)
    return turn.remembered(misses=1)


def say_unsure(turn: Turn) -> list[dict[str, Any]]:
    """Doubt with the line to call; the second time in a row the main themes; after that a person comes first.

    Where the message seems to be about the answer before it, that is said again in short, and that it is only a guess.
    """
    if turn.came_home:
        return turn.welcome_home()
    if topic := _refers_back(turn):
        return _say_short_again(turn, topic)
    repair = _REPAIRS[min(turn.misses, len(_REPAIRS) - 1)]
    chat = turn.library.chat[f"{repair}_child" if turn.voice == "child" else repair]
    someone = turn.wording.someone(chat.services)
    back = turn.label_to_go_back()
    turn.say(MessageKind.HANDOVER, f"{chat.text.strip()}\n\n{someone}", Outcome(chat.outcome), offer=chat.topics, extra_labels=back)
    return turn.remembered(misses=turn.misses + 1)
