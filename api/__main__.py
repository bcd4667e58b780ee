"""`python -m api`: serves Handrail on HOST and PORT (127.0.0.1:8000 unless set)."""

from __future__ import annotations

import os
import sys

import uvicorn
from pydantic import ValidationError
from pydantic_settings import SettingsError

from api.faulty import sentences
from api.logs import write_logs
from api.patience import raise_handle_limit
from api.serving import give_back_large_blocks, ways
from api.settings import Settings
from bot.events import Event, tell
from bot.quiet import seal_process

# Seconds (Python's own is 0.005). While the engine's thread is busy with a long message, the thread that hears of danger
# waits as long at every step.
_HAND_OVER = 0.0005
_LAST_PORT = 65535


def main() -> int:
    """Starts the server; 2 when a setting or the content cannot be used."""
    try:
        settings, port = Settings(), _port()
    except (ValidationError, SettingsError) as error:
        print("A setting cannot be used:", *sentences(error), sep="\n", file=sys.stderr)
        return 2
    except ValueError as error:
        print("A setting cannot be used:", error, sep="\n", file=sys.stderr)
        return 2
    write_logs(settings.log_format)
    if settings.log_format == "text" and not settings.model.exists():
        print(f"There is no trained model at {settings.model}: run `make train`.", file=sys.stderr)
        print("Until then only the words for danger and the advice line are given.", file=sys.stderr, flush=True)
    from content.errors import ContentError

    seal_process()
    give_back_large_blocks()
    raise_handle_limit()
    sys.setswitchinterval(_HAND_OVER)
    host = os.environ.get("HOST", "127.0.0.1")
    tell(Event.START, host=host, port=port)
    try:
        return _serve(settings, host, port)
    except ContentError as error:
        print(f"The content cannot be used:\n{error}", file=sys.stderr)
        return 2


def _port() -> int:
    port = os.environ.get("PORT", "8000")
    if not port.isdecimal() or not 0 < int(port) <= _LAST_PORT:
        raise ValueError(f"PORT: it has to be a number from 1 to {_LAST_PORT}.")
    return int(port)


def _serve(settings: Settings, host: str, port: int) -> int:
    if settings.workers > 1:
        from api.workers import serve

        return serve(settings, host, port)
    from api.app import create_app

    uvicorn.run(create_app(settings), host=host, port=port, **ways(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
