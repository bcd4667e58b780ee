"""The frame that every page of ours shares: neutral title, exit first, the same navigation, no cookie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from api.blocks import blocks
from api.state import State
from content.library import HERE
from content.loading import read_yaml

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["blocks"] = blocks
_FRAME: Mapping[str, Any] = read_yaml(HERE / "frame.yml")


def rendered(
    state: State, name: str, *, here: str, status: int = 200, token: str = "", chat: str = "", **values: Any
) -> HTMLResponse:
    """The page. `here` is its address, marked in the navigation; `token` and `chat` let its exit end a conversation."""
    frame = {**_FRAME, "exit_address": state.settings.exit_address}
    page = _TEMPLATES.get_template(name)
    return HTMLResponse(
        page.render(frame=frame, here=here, token=token, chat=chat, switches=state.library.switches, **values), status_code=status
    )


def template(name: str) -> Template:
    """A template by its name under api/templates."""
    return _TEMPLATES.get_template(name)
