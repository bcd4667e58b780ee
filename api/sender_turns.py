"""One turn of Rasa's channels, whose senders name themselves: checks the text, asks the engine, counts what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.outcome import Outcome
from api.forgetting import forget
from api.observed import Observed
from api.problems import Problem
from api.state import State
from api.turns import checked_text, turned_away
from bot.engine import Busy, Crowded, Engine, rest_trouble
from bot.memory import Key, VaultDown
from bot.reply import Message, MessageKind, Reply, rest_reply

# What Rasa's own clients send to begin anew, and to be greeted.
_RESTART = "/restart"
_OPENINGS = frozenset({"/session_start", "/get_started", "/greet", "/start", "\\start"})


async def take_sender_turn(state: State, sender: str, text: str, channel: str) -> list[dict[str, Any]]:
    """The messages as Rasa's REST channel gives them; raises Problem for text that cannot be taken, and when too many wait."""
    if text.strip() == _RESTART:
        await forget_sender(state, sender)
        return [_greeting(state.net.greeting(), sender)]
    if text.strip() in _OPENINGS:
        return [_greeting(message, sender) for message in (*state.net.notices(), state.net.greeting())]
    checked = checked_text(state, text)
    with Observed(state.metrics, channel) as turn:
        if state.net.is_closed:
            messages = rest_reply(state.net.closed(checked), sender)
        elif state.engine:
            messages = await _answered(state, state.engine, sender, checked)
        else:
            messages = rest_trouble(state.net, sender, checked)
        reply = _came_of_it(state, checked, messages)
        turn.ended(reply.outcome, reply.urgent, reply.topics)
    if state.desk:
        state.desk.counts.turn(reply.outcome.value, reply.urgent, reply.topics, channel)
    return messages


async def _answered(state: State, engine: Engine, sender: str, text: str) -> list[dict[str, Any]]:
    try:
        return await engine.rest(sender, text)
    except (Busy, Crowded) as error:
        raise turned_away(state, error) from None


async def forget_sender(state: State, sender: str) -> None:
    """Forgets what the sender said at once; raises Problem where that cannot be done just now."""
    try:
        await forget(state, Key.of_sender(sender).conversation)
    except VaultDown:
        minutes = f"{state.settings.sender_idle_minutes:g}"
        raise Problem("not_forgotten", retry_after=2, minutes=minutes) from None


def _greeting(message: Message, sender: str) -> dict[str, Any]:
    buttons = [{"title": button.label, "payload": button.send} for button in message.buttons]
    return {"recipient_id": sender, "text": message.text, **({"buttons": buttons} if buttons else {})}


def _came_of_it(state: State, text: str, messages: Sequence[Mapping[str, Any]]) -> Reply:
    """Outcome, urgency and topics, which each message carries for programs."""
    carried: list[Mapping[str, Any]] = [message["custom"] for message in messages if message.get("custom")]
    main = [custom for custom in carried if custom["kind"] != MessageKind.SAFETY]
    urgent = any(custom["urgent"] for custom in carried) or bool(state.net.dangers(text))
    topics = tuple(topic for custom in main for topic in custom["topics"])
    return Reply(Outcome(main[0]["outcome"]) if main else Outcome.ERROR_ENGINE, urgent, topics, ())
