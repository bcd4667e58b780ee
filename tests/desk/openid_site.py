"""The desk with the organisation's accounts switched on, and a browser that reaches both it and the provider, for the tests."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import func, select

from api.app import create_app
from api.desk.door import COOKIE as SESSION
from api.settings import Settings
from desk.desk import Desk
from desk.tables import sessions
from tests.desk.conftest import SITE
from tests.desk.providers import SECRET

BACK = f"{SITE}/staff/openid/back"
ROLES = {"board": "manager", "advice": "adviser", "web": "editor", "everybody ": "admin"}


@dataclass
class Site:
    """The application in this process; its own calls to the provider go over HTTP."""

    desk: Desk
    issuer: str
    client: str = "desk-RS256"
    secret: str | None = SECRET
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = {
            "openid_issuer": self.issuer, "openid_client": self.client, "openid_secret": self.secret, "openid_back": BACK,
            "openid_roles": ROLES, "openid_scope": "openid profile groups", **self.settings,
        }  # fmt: skip
        self.app = create_app(Settings(**own), desk=self.desk)

    def browser(self) -> httpx.AsyncClient:
        """A new browser with no cookie."""
        ways = {SITE: httpx.ASGITransport(app=self.app), "http://127.0.0.1": httpx.AsyncHTTPTransport()}
        return httpx.AsyncClient(mounts=ways, base_url=SITE, headers={"accept": "text/html"})

    def sessions(self) -> int:
        """How many sessions are open at the desk."""
        with self.desk.store.read() as connection:
            count: int = connection.execute(select(func.count()).select_from(sessions)).scalar_one()
        return count


async def away(browser: httpx.AsyncClient) -> httpx.URL:
    """Where the desk sends the browser."""
    response = await browser.get("/staff/openid")
    assert response.status_code == 303, response.text
    return httpx.URL(response.headers["location"])


async def agreed(browser: httpx.AsyncClient, login: str, there: httpx.URL) -> httpx.URL:
    """Signs in and agrees at the real provider; gives the address at the desk to which it sends the browser back."""
    response = await browser.get(there)
    for _ in range(12):
        if response.is_redirect:
            onward = response.url.join(response.headers["location"])
            if str(onward).startswith(BACK):
                return onward
            response = await browser.get(onward)
            continue
        form = re.search(r'<form[^>]* action="([^"]+)"', response.text)
        assert form, response.text
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', response.text))
        if 'name="login"' in response.text:
            fields |= {"login": login, "password": "any"}
        response = await browser.post(response.url.join(html.unescape(form[1])), data=fields)
    raise AssertionError("the provider never sent the browser back")


async def is_in(browser: httpx.AsyncClient) -> bool:
    """Whether the desk shows the browser what only those who are signed in see."""
    response = await browser.get("/staff/call")
    assert response.status_code in (200, 303)
    return response.status_code == 200


def shut(site: Site, browser: httpx.AsyncClient, response: httpx.Response) -> None:
    """Asserts that nobody was let in: no session in the store, no cookie in the browser, and the sealed note is gone."""
    assert site.sessions() == 0
    assert SESSION not in browser.cookies
    assert not any(cookie.name == "handrail_openid" for cookie in browser.cookies.jar)
    assert response.headers["content-type"].startswith("text/html")


def now() -> float:
    """This moment, at which a real provider works too."""
    return time.time()
