"""The desk's people for an admin: roles, who is shut out. Accounts with a password are made on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.desk.door import DeskOf, Signed, may
from api.desk.frame import desk_page
from api.state import State, StateOf
from content.library import HERE
from content.loading import read_yaml
from desk.desk import Desk
from desk.people import LastAdmin, NoSuchPerson
from desk.permissions import Role

router = APIRouter(prefix="/staff/people", include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "people.yml")
Admin = Annotated[Signed, Depends(may("people"))]


@router.get("")
def everybody(request: Request, state: StateOf, desk: DeskOf, staff: Admin) -> HTMLResponse:
    """Everybody with role and way of signing in."""
    return _page(request, state, desk, staff)


@router.post("")
def change(
    request: Request,
    state: StateOf,
    desk: DeskOf,
    staff: Admin,
    name: Annotated[str, Form()] = "",
    action: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
) -> Response:
    """Another role, shut out, or let in again. Nobody changes themselves, so that an admin always remains."""
    if name == staff.person.name:
        return _page(request, state, desk, staff, problem=_WORDS["not_yourself"], status=409)
    try:
        if action == "role" and role in [one.value for one in Role]:
            desk.people.change_role(name, Role(role), staff.person.name)
        elif action == "shut_out":
            desk.people.shut_out(name, staff.person.name)
        elif action == "let_in":
            desk.people.let_in(name, staff.person.name)
        else:
            return _page(request, state, desk, staff, problem=_WORDS["unknown"], status=422)
    except NoSuchPerson:
        return _page(request, state, desk, staff, problem=_WORDS["nobody"], status=404)
    except LastAdmin:
        return _page(request, state, desk, staff, problem=_WORDS["last_admin"], status=409)
    return RedirectResponse("/staff/people", status_code=303)


def _page(request: Request, state: State, desk: Desk, staff: Signed, *, problem: str = "", status: int = 200) -> HTMLResponse:
    return desk_page(
        request, state, staff, "people.html.j2", here="/staff/people", status=status, words=_WORDS, problem=problem,
        accounts=desk.people.accounts(), roles=[role.value for role in Role],
    )  # fmt: skip
