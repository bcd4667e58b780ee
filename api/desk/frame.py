"""The frame of the desk's pages: navigation by what a person may do, a way out, no word of it kept by the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.desk.door import Signed
from api.layout import template
from api.state import State
from content.library import HERE
from content.loading import read_yaml

_FRAME: Mapping[str, Any] = read_yaml(HERE / "desk" / "frame.yml")


def desk_page(
    request: Request, state: State, staff: Signed | None, name: str, /, *, here: str = "", status: int = 200, **values: Any
) -> HTMLResponse:
    """The page of `templates/desk/NAME`; `here` is its address, marked in the navigation."""
    pages = [page for page in _FRAME["pages"] if staff and staff.may(page["permission"])]
    shown = template(f"desk/{name}").render(
        frame=_FRAME, pages=pages, staff=staff, csrf=staff.csrf if staff else "", here=here or request.url.path,
        notices=_notices(state), **values,
    )  # fmt: skip
    return HTMLResponse(shown, status_code=status)


def _notices(state: State) -> list[str]:
    """What everybody at the desk should know: the chat is off, there is no model."""
    switches = state.library.switches
    found = []
    if switches.chat_off is not None:
        found.append(_FRAME["chat_is_off"])
    if state.engine is None:
        found.append(_FRAME["no_engine"])
    return found
