"""Signing in and out with a local account: name, password and the code of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.desk.door import DeskOf, Signed, close_session, may, open_session, same_origin
from api.desk.frame import desk_page
from api.state import State, StateOf, address_of
from content.library import HERE
from content.loading import read_yaml
from desk.passwords import LONGEST

router = APIRouter(prefix="/staff", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "sign_in.yml")


@router.get("/sign-in")
async def form(request: Request, state: StateOf) -> HTMLResponse:
    """The form; the same for everybody."""
    return _page(request, state)


@router.post("/sign-in")
def sign_in(
    request: Request,
    state: StateOf,
    desk: DeskOf,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
) -> Response:
    """A new session, or the form again with one sentence that fits every reason."""
    same_origin(request)
    if state.sign_ins.wait(address_of(request)):
        state.metrics.refused("sign_ins")
        return _page(request, state, problem=_WORDS["too_many"], name=name, status=429)
    if max(len(name), len(password), len(code)) > LONGEST:
        return _page(request, state, problem=_WORDS["wrong"], status=403)
    person = desk.people.sign_in(name.strip(), password, code)
    if person is None:
        return _page(request, state, problem=_WORDS["wrong"], name=name, status=403)
    response = RedirectResponse("/staff", status_code=303)
    open_session(response, desk, person)
    return response


@router.post("/sign-out")
def sign_out(request: Request, desk: DeskOf, staff: Annotated[Signed, Depends(may("triage"))]) -> Response:
    """Ends the session on the server too, and clears what the browser holds of the desk."""
    response = RedirectResponse("/staff/sign-in", status_code=303, headers={"clear-site-data": '"cache"'})
    close_session(response, desk, request)
    return response


def _page(request: Request, state: State, *, problem: str = "", name: str = "", status: int = 200) -> HTMLResponse:
    return desk_page(
        request, state, None, "sign_in.html.j2", here="/staff/sign-in", status=status, words=_WORDS, problem=problem,
        name=name[:LONGEST], openid=bool(state.settings.openid_issuer),
    )  # fmt: skip
