"""Every page of the desk against every role: nobody reaches what the table does not give them, and no page is without a guard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.app import create_app
from api.settings import Settings
from desk.permissions import MAY, Role
from tests.desk.conftest import StaffClient, csrf_of

# What has to be reached by somebody who is not signed in yet.
OPEN = {("GET", "/staff/sign-in"), ("POST", "/staff/sign-in"), ("GET", "/staff/openid"), ("GET", "/staff/openid/back")}


def _routes() -> list[tuple[str, str, str | None]]:
    """Method, path and permission of every page of the desk."""
    found = []
    for route in _all(create_app(Settings(database="")).routes):
        if isinstance(route, APIRoute) and route.path.startswith("/staff"):
            permissions = set(_permissions(route.dependant))
            assert len(permissions) <= 1, route.path
            found += [(method, route.path, next(iter(permissions), None)) for method in sorted(route.methods)]
    return found


def _all(routes: Iterable[Any]) -> Iterator[Any]:
    """Also those of included routers, which FastAPI keeps as one entry each."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        yield from _all(inner.routes) if inner else [route]


def _permissions(dependant: Dependant) -> Iterator[str]:
    for inner in dependant.dependencies:
        permission: Any = getattr(inner.call, "permission", None)
        if permission:
            yield permission
        yield from _permissions(inner)


ROUTES = _routes()
GUARDED = [(method, path, permission) for method, path, permission in ROUTES if permission]


def test_every_page_but_the_door_has_a_permission_of_the_table() -> None:
    assert {(method, path) for method, path, permission in ROUTES if permission is None} == OPEN
    assert {permission for _, _, permission in GUARDED} == set(MAY)


def _filled(path: str) -> str:
    """The path with something in every place; what it names need not exist, for the guard comes before it."""
    for place, value in {
        "{topic}": "removal_at_conference",
        "{name}": "removal_at_conference",
        "{number:int}": "1",
        "{number}": "1",
        "{id}": "1",
    }.items():
        path = path.replace(place, value)
    return path


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_reaches_what_the_table_gives_it_and_nothing_else(staff_client: StaffClient, role: Role) -> None:
    client = await staff_client(role.value)
    csrf = await csrf_of(client)
    for method, path, permission in GUARDED:
        if path == "/staff/sign-out":
            continue
        response = await client.request(method, _filled(path), data={"csrf": csrf} if method == "POST" else None)
        refused = response.status_code == 403
        assert refused == (role not in MAY[str(permission)]), f"{role.value} {method} {path}: {response.status_code}"


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in GUARDED if method == "POST"])
async def test_every_form_needs_the_sessions_sign(staff_client: StaffClient, method: str, path: str) -> None:
    client = await staff_client("admin")
    assert (await client.request(method, _filled(path), data={"csrf": "forged"})).status_code == 403
