"""Rasa's REST channel, for clients made for Rasa; it is there only where a setting asks for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.sender_turns import take_sender_turn
from api.state import StateOf, within_messages
from bot.memory import new_token

router = APIRouter()


class RestMessage(BaseModel):
    """What a client of Rasa's REST channel sends."""

    model_config = ConfigDict(strict=True)

    sender: str | None = Field(None, max_length=256)
    message: str | None = None


@router.post("/webhooks/rest/webhook", response_model=None, dependencies=[Depends(within_messages)])
async def rest_webhook(state: StateOf, body: RestMessage, stream: bool = False) -> JSONResponse | StreamingResponse:
    """Rasa's REST channel, for clients made for Rasa; with `stream=true` one JSON object a line.

    A message without a sender begins a conversation of its own, under a name that nobody can guess: `recipient_id`.
    """
    messages = await take_sender_turn(state, body.sender or new_token(), body.message or "", "rest")

    async def lines() -> AsyncIterator[str]:
        for message in messages:
            yield json.dumps(message) + "\n"

    return StreamingResponse(lines(), media_type="text/event-stream") if stream else JSONResponse(messages)


@router.get("/webhooks/rest/")
async def rest_health() -> dict[str, str]:
    """Rasa's own answer at this address."""
    return {"status": "ok"}
