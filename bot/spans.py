"""Where a turn spends its time, for whoever asked for traces: a span costs nothing while nobody did."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

Attribute = str | int | float | bool | tuple[str, ...]

# The only names and attributes that ever leave the process.
NAMES = frozenset({"turn", "screen", "vault get", "understand", "decide and act", "seal"})
ATTRIBUTES = frozenset({"channel", "outcome", "urgent", "topics"})


class Span(Protocol):
    """A stretch of time under a name."""

    def set(self, **attributes: Attribute) -> None:
        """Adds what is known by now; see ATTRIBUTES."""


class _Untraced:
    __slots__ = ()

    def __enter__(self) -> _Untraced:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def set(self, **attributes: Attribute) -> None:
        """Nobody asked."""


Opener = Callable[[str], AbstractContextManager[Span]]
_UNTRACED = _Untraced()
_opener: Opener | None = None


def span(name: str) -> AbstractContextManager[Span]:
    """A span from here to the end of the block, inside of the one that is open. `name` is one of NAMES."""
    return _UNTRACED if _opener is None else _opener(name)


def trace_with(opener: Opener | None) -> None:
    """From now on spans are opened by `opener`; None ends that."""
    global _opener
    _opener = opener
