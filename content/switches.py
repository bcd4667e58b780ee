"""What staff have switched just now: the chat off, a topic offline, a notice up. Every reader sees a change at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Switches:
    """`chat_off` is what is said while the chat is off; `offline` are ids of topics; `notice` stands beside everything."""

    chat_off: str | None = None
    offline: frozenset[str] = frozenset()
    notice: str | None = None


AS_USUAL = Switches()


class Switched:
    """Holds the present switches of one library. They change by one assignment, so a reader sees the old or the new whole."""

    def __init__(self, switches: Switches = AS_USUAL) -> None:
        self._now = switches

    @property
    def now(self) -> Switches:
        """What is switched at this moment."""
        return self._now

    def become(self, switches: Switches) -> None:
        """From now on these hold."""
        self._now = switches
