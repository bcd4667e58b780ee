"""What the desk's tests share: a desk over a real database, a clock that can be set, clients signed in by role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pyotp
import pytest

from api.settings import Settings
from content.library import Library
from desk.permissions import Role
from desk.store import Seconds, Store
from tests.desk.databases import DATABASES, new_url
from tests.desk.databases import postgres as postgres

if TYPE_CHECKING:
    from desk.desk import Desk

PASSWORD = "seven green ladders"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SITE = "https://handrail.test"
StaffClient = Callable[..., Awaitable[httpx.AsyncClient]]


class Clock:
    """Seconds since 1970 that a test sets."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; every test runs over both kinds, unless its module says otherwise."""
    return new_url(request, tmp_path)


@pytest.fixture
def store(database: str, clock: Clock) -> Iterator[Store]:
    store = Store(database, clock)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def desk(database: str, library: Library, clock: Clock) -> Iterator[Desk]:
    from desk.desk import Desk

    desk = Desk.open(database, KEY, library, clock)
    yield desk
    desk.close()


@pytest.fixture
async def anybody(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is not signed in, at an application without a model."""
    async with _browser(desk) as client:
        yield client


@pytest.fixture
async def staff_client(desk: Desk) -> AsyncIterator[StaffClient]:
    """Gives a browser that is signed in with a role."""
    async with AsyncExitStack() as stack:

        async def signed_in(role: str, name: str = "") -> httpx.AsyncClient:
            client = await stack.enter_async_context(_browser(desk))
            name = name or f"a {role}"
            secret = desk.people.add(name, Role(role), PASSWORD, "test")
            response = await sign_in(client, name, code(secret, desk.store.clock))
            assert response.status_code == 303, response.text
            return client

        yield signed_in


def _browser(desk: Desk) -> httpx.AsyncClient:
    from api.app import create_app

    app = create_app(Settings(messages_a_minute=100_000, starts_a_minute=100_000, rest_channel=True), desk=desk)
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url=SITE, headers={"accept": "text/html", "origin": SITE})


async def sign_in(client: httpx.AsyncClient, name: str, code: str, password: str = PASSWORD) -> httpx.Response:
    return await client.post("/staff/sign-in", data={"name": name, "password": password, "code": code})


def code(secret: str, clock: Seconds, ahead: int = 0) -> str:
    """The code that the person's app shows at the desk's time."""
    return pyotp.TOTP(secret).at(int(clock()) + ahead)


async def csrf_of(client: httpx.AsyncClient, path: str = "/staff") -> str:
    """The sign that the forms of the client's session carry."""
    page = await client.get(path)
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]
