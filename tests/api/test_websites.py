"""The page for people who run a website: the code that they copy holds what they chose and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from api.websites import filled, frame_address, unusable
from content.library import HERE
from content.loading import read_yaml
from tests.api.markup import Markup

WORDS: Mapping[str, Any] = read_yaml(HERE / "websites.yml")
FIELDS = [field["id"] for field in WORDS["fields"]]
SERVER = "https://guide.example"


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application without a model."""
    app = create_app(Settings(messages_a_minute=100_000))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SERVER) as client:
        yield client


async def _chosen(web: httpx.AsyncClient, status: int = 200, **fields: str) -> Markup:
    response = await web.post("/websites", data=fields)
    assert response.status_code == status
    return Markup(response.text)


def _code(page: Markup, block: str = "element") -> str:
    return page.areas[f"code-{block}"].strip()


async def test_the_page_gives_code_at_once_and_names_its_own_address(web: httpx.AsyncClient) -> None:
    response = await web.get("/websites")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    page = Markup(response.text)
    assert page.named("server")["value"] == SERVER
    code = Markup(_code(page))
    assert code.one("script") == {"src": f"{SERVER}/widget.js", "async": None}
    assert code.one("handrail-chat") == {"server": SERVER}


async def test_every_field_has_a_label_and_a_hint(web: httpx.AsyncClient) -> None:
    page = Markup((await web.get("/websites")).text)
    labelled = {row["for"] for tag, row in page.tags if tag == "label"}
    assert labelled == {"server", *FIELDS}
    for name in labelled:
        described = str(page.named(str(name))["aria-describedby"]).split()
        assert described[0] == f"{name}-hint"
        assert all(page.named(one) for one in described)


async def test_the_code_holds_what_was_chosen(web: httpx.AsyncClient) -> None:
    given = {
        "heading": "Ask us", "launch": "Chat", "accent": "#7a1f5c", "position": "inline", "labels": "pl", "exit": "https://weather.example/uk",
    }  # fmt: skip
    page = await _chosen(web, **given)
    assert Markup(_code(page)).one("handrail-chat") == {"server": SERVER, **given}
    assert page.named("accent")["value"] == "#7a1f5c"
    selected = [row["value"] for tag, row in page.tags if tag == "option" and "selected" in row]
    assert selected == ["inline", "pl"]


async def test_without_scripts_visitors_get_a_number_and_a_link(web: httpx.AsyncClient) -> None:
    for block in ("element", "frame"):
        code = Markup(_code(await _chosen(web), block))
        links = [row["href"] for tag, row in code.tags if tag == "a"]
        assert "tel:08088010366" in links
        assert "tel:999" in links
    assert Markup(_code(await _chosen(web))).tags[2][0] == "p"


async def test_the_frame_and_the_link_and_the_policies_name_this_guide(web: httpx.AsyncClient) -> None:
    page = await _chosen(web, heading="Ask & go", accent="#7a1f5c", launch="Chat", exit="https://weather.example")
    frame = Markup(_code(page, "frame")).one("iframe")
    assert frame["src"] == f"{SERVER}/embed?heading=Ask+%26+go&accent=%237a1f5c"
    assert frame["title"] == "Ask & go"
    assert (await web.get(str(frame["src"]))).status_code == 200
    assert Markup(_code(page, "link")).one("a")["href"] == f"{SERVER}/"
    assert _code(page, "policy").splitlines() == [f"script-src {SERVER}", f"connect-src {SERVER}"]
    assert _code(page, "frame-policy") == f"frame-src {SERVER}"


async def test_what_was_typed_stays_a_value_in_the_page_and_in_the_code(web: httpx.AsyncClient) -> None:
    hostile = "\"'><script>alert(1)</script></textarea><b> {server} &amp; é"
    page = await _chosen(web, heading=hostile, launch=hostile)
    assert not [row for tag, row in page.tags if tag == "b"]
    code = Markup(_code(page))
    assert code.one("handrail-chat") == {"server": SERVER, "heading": hostile, "launch": hostile}
    assert [tag for tag, _ in code.tags].count("script") == 1


@pytest.mark.parametrize("colour", ["#abc", "#A1B2C3", "teal", "rgb(1, 2, 3)", "oklch(0.5 0.1 200 / 50%)", "hsl(120deg 50% 40%)"])
def test_colours_are_taken(colour: str) -> None:
    assert unusable({"accent": colour}) == []


@pytest.mark.parametrize("colour", ["#abcd1", "#ggg", "red;", "url(x)", "rgb(1", "expression(1)", "var(--x)", "a b", '"', "a" * 33])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    assert unusable({"accent": colour}) == ["accent"]


@pytest.mark.parametrize("address", ["https://www.bbc.co.uk/weather", "http://a.example:8080/x?y=z#w", "HTTPS://A.example"])
def test_addresses_of_websites_are_taken(address: str) -> None:
    assert unusable({"exit": address}) == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "ftp://a.example", "//a.example", "www.bbc.co.uk", "https://", "https:///x",
        "https://a b",
        "https://user:pass@a.example", "https://a.example\\@b", "https://" + "a" * 300,
    ],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    assert unusable({"exit": address}) == ["exit"]


async def test_what_cannot_be_used_is_named_kept_in_its_field_and_left_out(web: httpx.AsyncClient) -> None:
    page = await _chosen(web, 422, heading="Ask us", accent="red;", exit="javascript:alert(1)", position="top", labels="xx")
    assert Markup(_code(page)).one("handrail-chat") == {"server": SERVER, "heading": "Ask us"}
    for name, typed in (("accent", "red;"), ("exit", "javascript:alert(1)")):
        assert page.named(name)["value"] == typed
        assert page.named(name)["aria-invalid"] == "true"
        assert "hidden" not in page.named(f"{name}-wrong")
    named = [row["href"] for tag, row in page.tags if tag == "a" and str(row.get("href")).startswith("#")]
    assert {"#accent", "#exit", "#position", "#labels"} <= set(named)


async def test_a_heading_of_only_spaces_is_empty(web: httpx.AsyncClient) -> None:
    assert Markup(_code(await _chosen(web, heading=" \n\t "))).one("handrail-chat") == {"server": SERVER}


async def test_the_page_runs_only_scripts_of_ours_and_asks_nothing_of_others(web: httpx.AsyncClient) -> None:
    response = await web.get("/websites")
    page = Markup(response.text)
    fetched = [row.get("src") or row.get("href") for tag, row in page.tags if tag in ("script", "link", "img", "iframe")]
    assert fetched == ["/style.css", "/exit.js", "/websites.css", "/widget.js", "/websites.js"]
    for path in fetched:
        assert (await web.get(str(path))).status_code == 200
    assert not re.search(r"\bfetch\(|XMLHttpRequest|sendBeacon", (await web.get("/websites.js")).text)


def test_a_line_without_its_value_is_left_out_and_values_are_not_filled_twice() -> None:
    assert filled('<a\n  b="{b}"\n  c="{c}"\n>', {"b": "", "c": "{b}<"}) == '<a\n  c="{b}&lt;"\n>'


def test_the_address_of_a_frame_is_written_as_browsers_write_it() -> None:
    assert frame_address(SERVER, {}) == f"{SERVER}/embed"
    assert frame_address(SERVER, {"heading": "a b*~é+", "exit": "x"}) == f"{SERVER}/embed?heading=a+b*%7E%C3%A9%2B"
