"""Whether the process lives, whether it can answer, and what it counts."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.metrics import CONTENT_TYPE
from api.problems import Problem
from api.state import StateOf

router = APIRouter()


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready")
async def ready(state: StateOf) -> dict[str, str]:
    """The model is loaded; 503 until then."""
    if state.engine is None:
        raise Problem("not_ready", retry_after=2)
    return {"status": "ok"}


@router.get("/metrics")
async def metrics(state: StateOf, authorization: Annotated[str | None, Header()] = None) -> Response:
    """Counts for Prometheus; where a token is set, for whoever sends it."""
    token = state.settings.metrics_token
    if token and not hmac.compare_digest((authorization or "").encode(), f"Bearer {token}".encode()):
        raise Problem("wrong_token")
    return Response(state.metrics.exposition(), media_type=CONTENT_TYPE)
