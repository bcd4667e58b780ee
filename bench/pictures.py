"""`python -m bench.pictures`: takes the screenshots of README and docs from the running program, in Debian's Chromium."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyotp
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench.serving import ROOT, served
from desk import demonstration
from desk.audit import Audit
from desk.key import desk_key
from desk.people import People
from desk.permissions import Role
from desk.store import Store

PICTURES = ROOT / "docs" / "pictures"
_QUESTION = "can the conference take my child?"
_PHONE, _DESK = {"width": 360, "height": 740}, {"width": 1000, "height": 720}
_WIDE = {"width": 1280, "height": 900}
_CALL = "he came back last night and hit her. can the conference take my child"
_NAME, _PASSWORD = "Ann", "seven green ladders"
_COLOURS = 64


def main() -> int:
    """Writes every picture anew."""
    chromium = shutil.which("chromium")
    if not chromium:
        print("The pictures need chromium: make services", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = f"sqlite:///{folder}/desk.db"
        demonstration.main(["--database", database])
        codes = _somebody(database)
        with served(HANDRAIL_DATABASE=database) as server:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            _guide(browser, server.url)
            _corner(browser, server.url)
            _at_the_desk(browser, server.url, codes)
            browser.close()
    return 0


def _somebody(database: str) -> pyotp.TOTP:
    """An account that may see everything, and its codes."""
    store = Store(database)
    secret = People(store, Audit(store), desk_key(None, database)).add(_NAME, Role.ADMIN, _PASSWORD, "pictures")
    store.close()
    return pyotp.TOTP(secret)


def _at_the_desk(browser: Browser, url: str, codes: pyotp.TOTP) -> None:
    with _window(browser, _WIDE, "light") as page:
        page.goto(f"{url}/staff/sign-in")
        page.locator("#name").fill(_NAME)
        page.locator("#password").fill(_PASSWORD)
        page.locator("#code").fill(codes.now())
        page.locator("main form button").click()
        page.locator("#text").press_sequentially(_CALL)
        page.locator("#decided mark").first.wait_for()
        _take(page, "desk")
        for name, address in {"desk-counts": "/staff/counts", "desk-content": "/staff/content"}.items():
            page.goto(url + address)
            _take(page, name)


def _guide(browser: Browser, url: str) -> None:
    with _window(browser, _DESK, "light") as page:
        page.goto(url)
        _ask(page)
        page.locator("#box").blur()
        page.evaluate("scrollTo(0, 0)")
        _take(page, "guide")
    with _window(browser, _PHONE, "light") as page:
        for name, address in {"topics": "/topics", "timeline": "/sheets/timeline"}.items():
            page.goto(url + address)
            _take(page, name)


def _corner(browser: Browser, url: str) -> None:
    for name, size, scheme in (("widget-phone", _PHONE, "light"), ("widget-dark", _PHONE, "dark"), ("widget-desk", _DESK, "light")):
        with _window(browser, size, scheme) as page:
            page.goto(f"{url}/accessibility")
            page.evaluate(
                """() => { const script = document.createElement("script"); script.src = "/widget.js";
                document.body.append(script, document.createElement("handrail-chat")); }"""
            )
            page.locator(".launch").click()
            _ask(page)
            _take(page, name)


def _ask(page: Page) -> None:
    page.locator("#box").fill(_QUESTION)
    page.locator("#box").press("Enter")
    page.locator(".turn").wait_for()
    page.wait_for_timeout(500)


@contextmanager
def _window(browser: Browser, size: dict[str, int], scheme: str) -> Iterator[Page]:
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def _take(page: Page, name: str) -> None:
    """A picture with few colours, so that the repository stays small."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        page.screenshot(path=shot)
        to = PICTURES / f"{name}.png"
        with Image.open(shot) as whole:
            whole.convert("RGB").quantize(_COLOURS).save(to, optimize=True)
    print(to.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
