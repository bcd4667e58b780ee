"""One turn for every channel: checks the text, asks the engine, counts what came of it."""

from __future__ import annotations

from typing import Any

from api.observed import Observed, shed
from api.problems import Problem
from api.state import State
from bot.engine import Busy, Crowded, NoSuchConversation
from bot.memory import VaultDown, new_token
from bot.reply import Message, Outcome, Reply
from bot.text import plain
from content.library import Library

_MOST_WORDS = 6


async def started(state: State) -> str:
    """A new conversation's token, also where nothing can be kept just now; it is kept from the first message that can be."""
    state.metrics.conversation("started")
    if state.engine is None:
        return new_token(kept=False)
    try:
        return await state.engine.aside(state.engine.start)
    except VaultDown:
        return new_token(kept=False)


async def take_turn(state: State, token: str, text: str, channel: str, once: str | None = None) -> Reply:
    """The reply; raises Problem for text that cannot be taken, for a conversation that is not there, and when too many wait.

    The same message with the same mark `once` is answered with the same reply and not taken twice.
    """
    checked = checked_text(state, text)
    with Observed(state.metrics, channel) as turn:
        if state.net.is_closed:
            reply = state.net.closed(checked)
        elif state.engine is None:
            reply = state.net.trouble(checked, Outcome.ERROR_ENGINE)
        else:
            try:
                reply = await state.engine.reply(token, checked, once)
            except NoSuchConversation:
                raise gone(state) from None
            except (Busy, Crowded) as error:
                raise turned_away(state, error) from None
        turn.ended(reply.outcome, reply.urgent, reply.topics)
    if state.desk:
        state.desk.counts.turn(reply.outcome.value, reply.urgent, reply.topics, channel)
    return reply


def turned_away(state: State, why: Busy | Crowded) -> Problem:
    """The problem of a message that is not taken just now; it is counted."""
    busy = isinstance(why, Busy)
    shed(state.metrics, "busy" if busy else "queue")
    return Problem("busy", retry_after=1) if busy else Problem("crowded", retry_after=5)


def checked_text(state: State, text: str) -> str:
    """The text without hidden characters; raises Problem where nothing or too much is left."""
    # A form sends a line break as two characters; the box that it was typed in counted one.
    text = text.replace("\r\n", "\n")
    if len(text) > state.settings.longest_message:
        raise Problem("long_message", most=state.settings.longest_message)
    shown = plain(text)
    if not shown:
        raise Problem("empty_message")
    return shown


def gone(state: State) -> Problem:
    """The problem of a conversation that is not there (any more)."""
    return Problem("no_such_conversation", minutes=f"{state.settings.idle_minutes:g}")


def message_json(message: Message, library: Library) -> dict[str, Any]:
    """A message as the contract has it, with the hard words that stand in it."""
    return {
        "kind": message.kind,
        "text": message.text,
        "facts": list(message.facts),
        "sources": list(message.sources),
        "buttons": [{"label": button.label, "send": button.send} for button in message.buttons],
        "words": [{"word": word, "means": means} for word, means in library.hard_words_in(message.text)[:_MOST_WORDS]],
    }


def reply_json(reply: Reply, library: Library) -> dict[str, Any]:
    """A turn as the contract has it."""
    outcome: Outcome = reply.outcome
    return {
        "outcome": outcome.value,
        "urgent": reply.urgent,
        "topics": list(reply.topics),
        "messages": [message_json(message, library) for message in reply.messages],
    }
