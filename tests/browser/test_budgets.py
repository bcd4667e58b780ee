"""What the pages and the chat cost a cheap phone on a slow line: bytes, requests, jumps of the layout, the wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from bench.services import Server
from tests.browser.conftest import Website, host_page
from tests.browser.talking import ask

TAKE = "can the conference take my child?"
BYTES, REQUESTS, SHIFT, WAIT = 60_000, 6, 0.1, 10.0
_SLOW_LINE = {"offline": False, "latency": 400, "downloadThroughput": 400_000 // 8, "uploadThroughput": 400_000 // 8}
# What the page for websites tells them to add where the chat stands in their text.
_ROOM = "<style>handrail-chat { display: block; min-height: min(44rem, max(26rem, 100dvh - 6rem)) }</style>"
_SHIFTS = """() => new Promise((done) => {
  let moved = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) moved += one.value; })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(moved), 300);
})"""


class Traffic:
    """What went over the network, by Chromium's own count."""

    def __init__(self) -> None:
        self.bytes = 0
        self.addresses: list[str] = []

    def sent(self, address: str) -> None:
        """Counts a request, but for the icon that browsers ask for by themselves: its answer is empty."""
        if not address.endswith("/favicon.ico"):
            self.addresses.append(address)


@contextmanager
def _cheap_phone(chromium: Browser) -> Iterator[tuple[Page, Traffic]]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    line = context.new_cdp_session(page)
    traffic = Traffic()
    line.on("Network.requestWillBeSent", lambda event: traffic.sent(event["request"]["url"]))
    line.on("Network.loadingFinished", lambda event: setattr(traffic, "bytes", traffic.bytes + int(event["encodedDataLength"])))
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", _SLOW_LINE)
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    yield page, traffic
    context.close()


def test_the_first_answer_on_a_slow_phone_is_small_and_soon(chromium: Browser, handrail: Server) -> None:
    with _cheap_phone(chromium) as (page, traffic):
        began = time.monotonic()
        page.goto(handrail.url)
        ask(page, TAKE)
        waited = time.monotonic() - began
        page.wait_for_load_state("networkidle")
        assert len(traffic.addresses) <= REQUESTS, traffic.addresses
        assert 0 < traffic.bytes < BYTES
        assert all(address.startswith(handrail.url) for address in traffic.addresses)
        assert waited < WAIT


@pytest.mark.parametrize("address", ["/", "/topics", "/topics/core_group", "/lines", "/sheets/ready", "/sheets/timeline"])
def test_a_page_does_not_jump_while_it_loads(chromium: Browser, handrail: Server, address: str) -> None:
    with _cheap_phone(chromium) as (page, _traffic):
        page.goto(handrail.url + address)
        if address == "/":
            page.locator("handrail-chat #box").wait_for()
        assert page.evaluate(_SHIFTS) < SHIFT


@pytest.mark.parametrize("attributes", ["", 'position="inline"'], ids=["corner", "inline"])
def test_a_website_does_not_jump_when_the_chat_arrives(
    chromium: Browser, handrail: Server, website: Website, attributes: str
) -> None:
    text = "<p>" + "Words of the website. " * 12 + "</p>"
    html = host_page(handrail.url, attributes, head=_ROOM if attributes else "", body=text).replace("</main>", f"{text * 3}</main>")
    address = website.put(f"/jump-{len(attributes)}", html)
    with _cheap_phone(chromium) as (page, _traffic):
        page.goto(address)
        page.locator("handrail-chat #box").wait_for(state="attached")
        assert page.evaluate(_SHIFTS) < SHIFT
