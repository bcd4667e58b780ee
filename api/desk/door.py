"""The desk's door: who is signed in, what they may do, and that a form was sent from a page of ours."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.problems import Problem
from api.state import StateOf
from desk.desk import Desk
from desk.people import Person
from desk.permissions import MAY
from desk.sessions import Session
from desk.store import LARGEST

COOKIE = "handrail_staff"
PATH = "/staff"
# The number of a row, as it stands in an address.
Number = Annotated[int, Path(ge=1, le=LARGEST)]
# The fields of forms that hold what somebody took time over.
_LONG = ("text", "why", "reason")


@dataclass(frozen=True)
class Signed:
    """Somebody who is signed in; `csrf` is what their forms carry."""

    person: Person
    csrf: str

    def may(self, permission: str) -> bool:
        """Whether their role allows it."""
        return self.person.role in MAY[permission]


class SignInFirst(Exception):
    """A page was asked for by somebody who is not signed in."""


async def _desk(request: Request, state: StateOf) -> Desk:
    if request.method != "GET":
        await _read(request)
    if state.desk is None:
        raise Problem("desk_down", retry_after=5)
    if not state.desk.is_open:
        raise Problem("desk_shut", retry_after=5)
    return state.desk


async def _read(request: Request) -> None:
    """Keeps what was typed for a page that must refuse it, and refuses what no database takes."""
    typed = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    if any("\0" in value for value in typed.values()):
        raise Problem("staff_not_text")
    with contextlib.suppress(Problem):
        # Another website must not get its words onto our page.
        same_origin(request)
        request.state.typed = [typed[name].strip() for name in _LONG if typed.get(name, "").strip()]


DeskOf = Annotated[Desk, Depends(_desk)]


def may(permission: str) -> Callable[..., Coroutine[Any, Any, Signed]]:
    """A dependency that gives who is signed in, or refuses; a form must carry the session's own sign."""

    async def permitted(request: Request, desk: DeskOf) -> Signed:
        session = await signed_in(request, desk)
        if session is None:
            if request.method == "GET":
                raise SignInFirst
            raise Problem("staff_sign_in")
        signed = Signed(session.person, session.csrf)
        if request.method != "GET":
            await _from_our_page(request, session.csrf)
        if not signed.may(permission):
            raise Problem("staff_forbidden")
        return signed

    permitted.permission = permission  # type: ignore[attr-defined]
    return permitted


async def signed_in(request: Request, desk: Desk) -> Session | None:
    """The session of the request's cookie; None where there is none or it is over. Raises StoreDown."""
    token = request.cookies.get(COOKIE, "")
    return await run_in_threadpool(desk.sessions.get, token) if token else None


async def _from_our_page(request: Request, csrf: str) -> None:
    same_origin(request)
    form = await request.form()
    if not hmac.compare_digest(str(form.get("csrf", "")).encode(), csrf.encode()):
        raise Problem("staff_forged")


def same_origin(request: Request) -> None:
    """Raises the problem `staff_forged` where a browser says that the form stood on another website."""
    site = request.headers.get("sec-fetch-site", "none")
    # Our own pages send no referrer, for which browsers put "null" here.
    origin = request.headers.get("origin", "null")
    if site not in ("same-origin", "none") or (origin != "null" and _place(origin) != request.headers.get("host")):
        raise Problem("staff_forged")


def _place(origin: str) -> str | None:
    """The host and port of an origin; None for what is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def open_session(response: Response, desk: Desk, person: Person) -> None:
    """Signs the browser in with a new session, whatever it held before. Asks the store: call it in a thread."""
    token = desk.sessions.open(person)
    response.set_cookie(COOKIE, token, path=PATH, secure=True, httponly=True, samesite="lax")


def close_session(response: Response, desk: Desk, request: Request) -> None:
    """Signs the browser out. Asks the store: call it in a thread."""
    if token := request.cookies.get(COOKIE, ""):
        desk.sessions.end(token)
    response.delete_cookie(COOKIE, path=PATH, secure=True, httponly=True, samesite="lax")
