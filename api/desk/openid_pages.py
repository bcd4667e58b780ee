"""Signing in with the organisation's own account: to its provider and back, and one plain page for whatever went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.desk.door import DeskOf, open_session
from api.desk.frame import desk_page
from api.problems import Problem
from api.state import State, StateOf, is_over
from bot.events import Event, tell
from content.library import HERE
from content.loading import read_yaml
from desk.desk import Desk
from desk.openid import AWAY_SECONDS, Arrival, OpenId, Refused
from desk.provider import ProviderDown

router = APIRouter(prefix="/staff/openid", include_in_schema=False)

COOKIE = "handrail_openid"
_PATH = "/staff/openid"
_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "openid.yml")


def _openid(state: StateOf, desk: DeskOf) -> OpenId:
    if state.openid is None:
        registration = state.settings.openid()
        if registration is None:
            raise Problem("not_found")
        state.openid = OpenId(registration, desk.key, desk.store.clock)
    return state.openid


OpenIdOf = Annotated[OpenId, Depends(_openid)]


@router.get("")
async def start(request: Request, state: StateOf, openid: OpenIdOf) -> Response:
    """To the provider, with a sealed note of it in the browser that no script and no other page can read."""
    try:
        departure = await openid.begin()
    except ProviderDown as error:
        return _down(request, state, error)
    response = RedirectResponse(departure.address, status_code=303)
    # Lax: the way back begins on the provider's page.
    response.set_cookie(COOKIE, departure.sealed, max_age=AWAY_SECONDS, path=_PATH, secure=True, httponly=True, samesite="lax")
    return response


@router.get("/back")
async def back(request: Request, state: StateOf, desk: DeskOf, openid: OpenIdOf) -> Response:
    """A new session for whom the provider vouches, or a page that tells nothing."""
    response = await _answer(request, state, desk, openid)
    response.delete_cookie(COOKIE, path=_PATH, secure=True, httponly=True, samesite="lax")
    return response


async def _answer(request: Request, state: State, desk: Desk, openid: OpenId) -> Response:
    if await is_over(state.sign_ins, request):
        state.metrics.refused("sign_ins")
        return _page(request, state, "too_many", 429)
    try:
        arrival = await openid.back(request.cookies.get(COOKIE, ""), request.query_params)
        return await run_in_threadpool(_let_in, desk, arrival)
    except Refused as error:
        tell(Event.SIGN_IN_REFUSED, hint=f"{error}.")
        return _page(request, state, "refused", 403)
    except ProviderDown as error:
        return _down(request, state, error)


def _let_in(desk: Desk, arrival: Arrival) -> Response:
    person = desk.people.by_subject(arrival.issuer, arrival.subject, arrival.name, arrival.role)
    if person is None:
        raise Refused("an admin has shut this person out")
    response = RedirectResponse("/staff", status_code=303)
    open_session(response, desk, person)
    return response


def _down(request: Request, state: State, error: Exception) -> HTMLResponse:
    tell(Event.PROVIDER_DOWN, hint=f"{error}.")
    return _page(request, state, "down", 502)


def _page(request: Request, state: State, what: str, status: int) -> HTMLResponse:
    return desk_page(request, state, None, "openid.html.j2", here=_PATH, status=status, words=_WORDS[what], again=_WORDS["again"])
