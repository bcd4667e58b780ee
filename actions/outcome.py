"""The one list of ways in which a turn can end; the first word of each is its family."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Used by code, metrics, console and tests alike, so that nothing needs a second list."""

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
