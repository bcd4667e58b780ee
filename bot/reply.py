"""What the engine gives back for a message: one outcome, the messages in order, and whether there was danger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actions.outcome import MessageKind, Outcome

__all__ = ["Button", "Message", "MessageKind", "Outcome", "Reply", "reply_of", "rest_reply", "rest_words"]


@dataclass(frozen=True)
class Button:
    """`send`, posted as text, does what `label` says."""

    label: str
    send: str


@dataclass(frozen=True)
class Message:
    """One message of a turn, in plain text."""

    kind: MessageKind
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


def rest_words(messages: Iterable[Message], sender: str) -> list[dict[str, Any]]:
    """Messages as Rasa's REST channel gives them."""
    return [{"text": message.text, "recipient_id": sender} for message in messages]


def rest_reply(reply: Reply, sender: str) -> list[dict[str, Any]]:
    """The same with what programs read beside the words of an answer: what came of the turn."""
    carried = {"outcome": reply.outcome.value, "urgent": reply.urgent, "topics": list(reply.topics)}
    said = zip(rest_words(reply.messages, sender), reply.messages, strict=True)
    return [{**words, "custom": {"kind": message.kind.value, **carried}} for words, message in said]


class NothingSaid(Exception):
    """A turn came to its end without a word: what it left of the conversation is not to be trusted."""


def reply_of(raw: Sequence[Mapping[str, Any]]) -> Reply | None:
    """One reply out of what the actions said; None where they said nothing, which is how Rasa shows that one broke."""
    said = [(message, message["custom"]) for message in raw if message.get("custom")]
    main = [custom for _, custom in said if custom["kind"] != MessageKind.SAFETY]
    if not main:
        return None
    return Reply(
        outcome=Outcome(main[0]["outcome"]),
        urgent=any(custom["urgent"] for _, custom in said),
        topics=tuple(topic for custom in main for topic in custom["topics"]),
        messages=tuple(_message(message, custom) for message, custom in said),
    )


def _message(message: Mapping[str, Any], custom: Mapping[str, Any]) -> Message:
    return Message(
        kind=MessageKind(custom["kind"]),
        text=message["text"],
        facts=tuple(custom["facts"]),
        sources=tuple(custom["sources"]),
        buttons=tuple(Button(button["title"], button["payload"]) for button in message.get("buttons") or ()),
    )
