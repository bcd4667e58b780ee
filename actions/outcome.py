"""The one list of ways in which a turn can end, and the one of what a message of it can be."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Used by code, metrics, console and tests alike, so that nothing needs a second list.

    The first word of each is its family.
    """

    ANSWERED = "answered"
    ANSWERED_PARTLY = "answered_partly"
    ANSWERED_SMALLTALK = "answered_smalltalk"
    CLARIFY = "clarify"
    HANDED_OVER = "handed_over"
    UNANSWERED_UNSURE = "unanswered_unsure"
    UNANSWERED_OUT_OF_SCOPE = "unanswered_out_of_scope"
    ERROR_ENGINE = "error_engine"
    ERROR_TIMEOUT = "error_timeout"

    @property
    def family(self) -> str:
        """The word before the first underscore."""
        return self.value.split("_")[0]


class MessageKind(StrEnum):
    """What one message of a turn is, so that clients can show it as such; words for danger are `safety`."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    SMALLTALK = "smalltalk"
    HANDOVER = "handover"
    SAFETY = "safety"
    JOURNEY = "journey"
    TROUBLE = "trouble"
    NOTICE = "notice"
