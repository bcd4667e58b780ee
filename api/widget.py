"""Serves the chat element for other websites: one script with its style and labels inside, and the page for a frame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict

from api.guard import policy
from api.layout import rendered
from api.problems import Problem
from api.state import State, StateOf, within_messages
from api.static_files import compressed, static
from content.library import HERE
from content.loading import read_yaml
from content.numbers import default_numbers

router = APIRouter(include_in_schema=False)

# The files hold nothing about a person, and are made to be loaded by other websites.
_FOR_ALL = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}


class Helpful(BaseModel):
    """Whether an answer helped."""

    model_config = ConfigDict(strict=True, extra="forbid")

    topic: str
    helpful: bool


@router.get("/widget.js")
async def widget(request: Request, state: StateOf) -> Response:
    """The element, its style and its English labels."""
    return compressed(request, _script(_labels(state, "en")), "text/javascript", **_kept(state))


@router.get("/widget.css")
async def style(request: Request) -> Response:
    """The style alone, for browsers that cannot take it from the script."""
    return compressed(request, static("widget.css"), "text/css", **_FOR_ALL)


@router.get("/widget-labels/{language}.json")
async def labels(request: Request, state: StateOf, language: str) -> Response:
    """The labels in another language."""
    if language not in languages():
        raise Problem("not_found")
    return compressed(request, _labels(state, language).encode(), "application/json", **_kept(state))


@router.get("/embed")
async def embed(
    state: StateOf,
    labels: Annotated[str, Query(max_length=8)] = "en",
    heading: Annotated[str, Query(max_length=120)] = "",
    accent: Annotated[str, Query(max_length=32)] = "",
) -> HTMLResponse:
    """The chat alone, for a frame in the websites of `allowed_origins`."""
    page = rendered(
        state, "embed.html.j2", here="/embed", heading=heading, accent=accent,
        labels=labels if labels in languages() else "en",
    )  # fmt: skip
    ancestors = " ".join(("'self'", *state.settings.allowed_origins))
    page.headers["content-security-policy"] = policy(state.settings.exit_address, ancestors)
    page.headers["cross-origin-resource-policy"] = "cross-origin"
    return page


@router.post("/api/helpful", status_code=204, dependencies=[Depends(within_messages)])
async def helpful(state: StateOf, body: Helpful) -> Response:
    """Counts an answer as helpful or not; there are no words to keep."""
    if body.topic not in state.library.topics:
        raise Problem("not_found")
    state.metrics.helpful(body.topic, helpful=body.helpful)
    if state.desk:
        state.desk.counts.helpful(body.helpful, topic=body.topic)
    return Response(status_code=204)


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Mapping[str, str]]:
    """The labels by language."""
    words: Mapping[str, Mapping[str, str]] = read_yaml(HERE / "widget.yml")
    return words


def _kept(state: State) -> Mapping[str, str]:
    """How long a browser may keep what holds the greeting: not long while something is switched."""
    switched = state.net.is_closed or state.library.switches.notice
    return {**_FOR_ALL, "cache-control": "max-age=60"} if switched else _FOR_ALL


def _labels(state: State, language: str) -> str:
    notice = "\n\n".join(message.text for message in state.net.notices())
    values: dict[str, Any] = {**languages()[language], "greeting": state.net.greeting().text, "notice": notice}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4)
def _script(labels_: str) -> bytes:
    """The element as it is sent: without comments, with what it needs put in the places that are marked for it."""
    lines = (line.strip() for line in static("widget.js").decode().splitlines())
    script = "\n".join(line for line in lines if line and not line.startswith(("//", "/**", "* ", "*/")))
    style_ = "".join(line.strip() for line in static("widget.css").decode().splitlines())
    numbers = default_numbers()
    for place, value in (
        ("STYLE", style_),
        ("LABELS", labels_),
        ("NUMBER", numbers.pattern.pattern),
        ("TEXTED", " ".join(numbers.texted)),
    ):
        script = script.replace(f'"%{place}%"', json.dumps(value, ensure_ascii=False))
    return script.encode()
