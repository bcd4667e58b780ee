"""`python -m api`: serves Handrail on HOST and PORT (127.0.0.1:8000 unless set)."""

from __future__ import annotations

import logging
import os
import sys

import uvicorn
from pydantic import ValidationError

from api.settings import Settings
from bot.quiet import seal_process


def main() -> int:
    """Starts the server; 2 when a setting or the content cannot be used."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("handrail").setLevel(logging.INFO)
    try:
        settings = Settings()
    except ValidationError as error:
        print(f"A setting cannot be used:\n{error}", file=sys.stderr)
        return 2
    if not settings.model.exists():
        print(f"There is no trained model at {settings.model}: run `make train`.", file=sys.stderr)
        print("Until then only the words for danger and the advice line are given.", file=sys.stderr, flush=True)
    from api.app import create_app
    from content.errors import ContentError

    try:
        app = create_app(settings)
    except ContentError as error:
        print(f"The content cannot be used:\n{error}", file=sys.stderr)
        return 2
    seal_process()
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    print(f"Handrail is starting on http://{host}:{port}", flush=True)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, ws="none", server_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
