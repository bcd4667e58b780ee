"""Rasa's REST channel, for clients made for Rasa; a setting switches it off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from actions.outcome import Outcome
from api.state import State, StateOf, within_messages
from api.turns import checked_text
from bot.engine import rest_trouble, rest_words

router = APIRouter()


class RestMessage(BaseModel):
    """What a client of Rasa's REST channel sends."""

    model_config = ConfigDict(strict=True)

    sender: str = Field("default", max_length=256)
    message: str | None = None


@router.post("/webhooks/rest/webhook", response_model=None, dependencies=[Depends(within_messages)])
async def rest_webhook(state: StateOf, body: RestMessage, stream: bool = False) -> JSONResponse | StreamingResponse:
    """Rasa's REST channel, for clients made for Rasa; with `stream=true` one JSON object a line."""
    text = checked_text(state, body.message or "")
    if state.net.is_closed:
        messages = rest_words(state.net.closed(text).messages, body.sender)
    elif state.engine:
        messages = await state.engine.rest(body.sender, text)
    else:
        messages = rest_trouble(state.net, body.sender, text)
    if state.desk:
        state.desk.counts.turn(*_came_of_it(state, text, messages), "rest")

    async def lines() -> AsyncIterator[str]:
        for message in messages:
            yield json.dumps(message) + "\n"

    return StreamingResponse(lines(), media_type="text/event-stream") if stream else JSONResponse(messages)


def _came_of_it(state: State, text: str, messages: Sequence[Mapping[str, Any]]) -> tuple[str, bool, list[str]]:
    """Outcome, urgency and topics, which an answer carries for programs; the words of the safety net carry nothing."""
    carried: list[Mapping[str, Any]] = [message["custom"] for message in messages if message.get("custom")]
    main = [custom for custom in carried if custom["kind"] != "safety"]
    without = Outcome.HANDED_OVER if state.net.is_closed else Outcome.ERROR_ENGINE
    outcome = main[0]["outcome"] if main else without.value
    urgent = any(custom["urgent"] for custom in carried) or bool(state.net.dangers(text))
    return outcome, urgent, [topic for custom in main for topic in custom["topics"]]


@router.get("/webhooks/rest/")
async def rest_health() -> dict[str, str]:
    """Rasa's own answer at this address."""
    return {"status": "ok"}
