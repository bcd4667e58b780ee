"""What a request carried, for whoever has to refuse it: the fields of its form or of its JSON, as far as they can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

FORM = "application/x-www-form-urlencoded"
# What a message is called by the chat, and by Rasa's REST channel.
_TEXTS = ("text", "message")


async def sent(request: Request) -> Mapping[str, str]:
    """The fields that hold text; none where nothing can be made of the body."""
    beginning = getattr(request.state, "beginning", None)
    if beginning is not None:
        return dict(parse_qsl(beginning.decode("latin-1"), keep_blank_values=True, errors="ignore"))
    try:
        if request.headers.get("content-type", "").startswith((FORM, "multipart/form-data")):
            fields: object = dict(await request.form())
        else:
            fields = json.loads(await request.body())
    # A stream that was read to no end cannot be read again.
    except (ValueError, RecursionError, RuntimeError, HTTPException, ClientDisconnect):
        return {}
    return {name: value for name, value in fields.items() if isinstance(value, str)} if isinstance(fields, dict) else {}


def text_of(fields: Mapping[str, str]) -> str:
    """The message among the fields."""
    return next((fields[name] for name in _TEXTS if fields.get(name)), "")


def keep_beginning(scope: Scope, body: bytes) -> None:
    """Keeps, as long as the request lasts, what there was of a form that is too large: its first field is the chat's token."""
    Request(scope).state.beginning = body
