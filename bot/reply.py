"""What the engine gives back for a message: one outcome, the messages in order, and whether there was danger."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions.outcome import Outcome

__all__ = ["Button", "Message", "Outcome", "Reply"]


@dataclass(frozen=True)
class Button:
    """`send`, posted as text, does what `label` says."""

    label: str
    send: str


@dataclass(frozen=True)
class Message:
    """`kind` is answer, clarify, smalltalk, handover, safety, trouble or notice."""

    kind: str
    text: str
    facts: tuple[str, ...] = ()
    sources: tuple[dict[str, str | None], ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Reply:
    """One turn's answer."""

    outcome: Outcome
    urgent: bool
    topics: tuple[str, ...]
    messages: tuple[Message, ...] = field(default_factory=tuple)
