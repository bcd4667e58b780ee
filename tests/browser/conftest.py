"""What the browser tests share: Handrail as it is run, websites that embed it, a neutral page to leave to, Chromium."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.services import Server

# Chromium's own background traffic is off, so that every request seen is the page's.
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync")


@dataclass
class Website:
    """Somebody else's website on an address of its own. `pages` are path to (HTML, headers)."""

    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    url: str = ""

    def put(self, path: str, html: str, **headers: str) -> str:
        """Serves the page with those headers (`content_security_policy="..."`), and gives its address."""
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})
        return self.url + path


def _serve(site: Website) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            html, headers = site.pages.get(self.path, ("", {}))
            body = html.encode()
            self.send_response(200 if self.path in site.pages else 404)
            for name, value in {"content-type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def website() -> Iterator[Website]:
    """A website that embeds the chat, on another origin than Handrail."""
    site = Website()
    server = _serve(site)
    yield site
    server.shutdown()


@pytest.fixture(scope="session")
def neutral() -> Iterator[str]:
    """The address that Exit this page leads to in these tests."""
    site = Website()
    server = _serve(site)
    yield site.put("/weather", "<!doctype html><title>Weather</title><h1>Weather</h1>")
    server.shutdown()


@pytest.fixture(scope="session")
def handrail(website: Website, neutral: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real server, which the website may call."""
    server = Server(
        tmp_path_factory.mktemp("handrail"),
        HANDRAIL_ALLOWED_ORIGINS=json.dumps([website.url]),
        HANDRAIL_EXIT_ADDRESS=neutral,
        HANDRAIL_MESSAGES_A_MINUTE="100000",
        HANDRAIL_STARTS_A_MINUTE="100000",
        HANDRAIL_SIGN_INS_A_MINUTE="100000",
    )
    server.wait_until("/health/ready")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: make services"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of a person who was never here before, on a small phone."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which any error of a script fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


@pytest.fixture
def embedded(website: Website, handrail: Server, request: pytest.FixtureRequest) -> str:
    """The address of a page of the website with the chat in its corner; it is different for every test."""
    path = "/" + request.node.name.replace("[", "-").replace("]", "")
    return website.put(path, host_page(handrail.url))


def host_page(server: str, attributes: str = "", *, head: str = "", body: str = "") -> str:
    """A page of a website with the chat on it."""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A charity</title>
<meta name="viewport" content="width=device-width, initial-scale=1">{head}
<script src="{server}/widget.js" async></script></head><body><main><h1>A charity</h1>{body}
<handrail-chat {attributes}><p>Call <a href="tel:08088010366">0808 801 0366</a></p></handrail-chat></main></body></html>"""
