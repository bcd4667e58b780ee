"""What a turn does: Rasa custom actions that take every word from the content base."""

from __future__ import annotations

from collections.abc import Callable

from rasa_sdk import Action

from actions.answer import AnswerTopic
from actions.card import EndCard
from actions.chat import AnswerChat
from actions.clarify import AskWhichTopic, SayUnsure
from actions.danger import AnswerDanger
from actions.follow_up import AnswerFollowUp
from actions.journey import STEPS
from actions.turn import Clock, utc_now
from content.library import Library

__all__ = ["build"]


def build(library: Library, clock: Clock = utc_now) -> list[Action]:
    """Every action, ready to be registered in process; `clock` gives the aware moment of the turn."""
    kinds: tuple[Callable[..., Action], ...] = (
        AnswerTopic,
        AnswerFollowUp,
        AnswerChat,
        AnswerDanger,
        AskWhichTopic,
        SayUnsure,
        *STEPS,
        EndCard,
    )
    return [kind(library, clock) for kind in kinds]
