"""What other websites load: the element, its style, its labels, the page for a frame, and what it counts."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from content.library import HERE
from content.loading import read_yaml

LABELS: Mapping[str, Mapping[str, str]] = read_yaml(HERE / "widget.yml")
CHARITY = "https://charity.example"
PAGES = (
    "/",
    "/topics",
    "/sheets",
    "/lines",
    "/safe",
    "/kept",
    "/check",
    "/websites",
    "/leave",
    "/nothing",
    "/api/services",
    "/widget.js",
)


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application without a model, which one website may call."""
    app = create_app(Settings(allowed_origins=(CHARITY,)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        yield client


async def test_the_script_may_be_loaded_by_every_website(web: httpx.AsyncClient) -> None:
    response = await web.get("/widget.js")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("origin", [CHARITY, "https://unknown.example"])
async def test_what_a_website_loads_names_one_origin_at_most(web: httpx.AsyncClient, origin: str) -> None:
    for path in ("/widget.js", "/widget.css", "/widget-labels/pl.json"):
        response = await web.get(path, headers={"origin": origin})
        assert response.headers["access-control-allow-origin"] in ("*", origin)


async def test_only_the_allowed_websites_may_talk(web: httpx.AsyncClient) -> None:
    allowed = await web.post("/api/conversations", headers={"origin": CHARITY})
    assert allowed.headers["access-control-allow-origin"] == CHARITY
    assert "access-control-allow-credentials" not in allowed.headers
    refused = await web.post("/api/conversations", headers={"origin": "https://unknown.example"})
    assert "access-control-allow-origin" not in refused.headers


async def test_an_allowed_website_can_read_when_to_come_back() -> None:
    app = create_app(Settings(allowed_origins=(CHARITY,), starts_a_minute=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        for _ in range(2):
            response = await client.post("/api/conversations", headers={"origin": CHARITY})
    assert response.headers["retry-after"]
    assert response.headers["access-control-expose-headers"].lower() == "retry-after"


async def test_an_allowed_website_can_read_that_a_body_was_too_large(web: httpx.AsyncClient) -> None:
    response = await web.post("/api/conversations", content=b"a" * 100_000, headers={"origin": CHARITY})
    assert response.status_code == 413
    assert response.headers["access-control-allow-origin"] == CHARITY
    assert response.headers["content-security-policy"]


async def test_an_allowed_website_can_read_that_the_server_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(allowed_origins=(CHARITY,)))
    monkeypatch.setattr(app.state.handrail, "library", None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        response = await client.get("/api/services", headers={"origin": CHARITY})
    assert response.status_code == 500
    assert response.headers["access-control-allow-origin"] == CHARITY
    assert response.json()["type"] == "urn:handrail:problem:server-error"


async def test_it_is_gzipped_only_when_asked(web: httpx.AsyncClient) -> None:
    for path in ("/widget.js", "/widget.css", "/widget-labels/pl.json"):
        plain = await web.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        zipped = await web.get(path, headers={"accept-encoding": "gzip"})
        assert zipped.headers["content-encoding"] == "gzip"
        assert all("accept-encoding" in one.headers["vary"] for one in (plain, zipped))
        assert zipped.content == plain.content


async def test_the_script_is_small(web: httpx.AsyncClient) -> None:
    script = (await web.get("/widget.js")).content
    assert len(gzip.compress(script, 9)) < 15_000


async def test_the_script_depends_on_nothing_and_makes_no_code_from_text(web: httpx.AsyncClient) -> None:
    script = (await web.get("/widget.js")).text
    assert "%STYLE%" not in script
    assert "%LABELS%" not in script
    assert not re.search(r"\bimport\b|\brequire\(|\beval\(|new Function|document\.write", script)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTML|DOMParser", script)
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", script)
    assert not re.search(r"https?://|@import|url\(", script)


async def test_the_style_is_there_for_old_browsers(web: httpx.AsyncClient) -> None:
    response = await web.get("/widget.css")
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert ".launch" in response.text
    assert not re.search(r"@import|url\(", response.text)


async def test_each_language_has_its_labels_and_an_unknown_one_is_not_found(web: httpx.AsyncClient) -> None:
    for language in LABELS:
        response = await web.get(f"/widget-labels/{language}.json")
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.json()["launch"] == LABELS[language]["launch"]
        assert response.json()["greeting"]
    for unknown in ("xx", "EN", "..", "pl.json", "%2e%2e%2fwidget"):
        assert (await web.get(f"/widget-labels/{unknown}.json")).status_code == 404


def test_every_label_of_english_is_there_in_every_language() -> None:
    english = LABELS["en"]
    assert len({words["language"] for words in LABELS.values()}) == len(LABELS)
    for language, words in LABELS.items():
        assert set(words) == set(english), language
        assert all(isinstance(value, str) and value.strip() for value in words.values()), language
        assert words["direction"] in ("ltr", "rtl"), language


def test_every_language_keeps_the_numbers_to_call() -> None:
    for language, words in LABELS.items():
        for key, english in LABELS["en"].items():
            called = re.findall(r"999|0808 801 0366", english)
            assert re.findall(r"999|0808 801 0366", words[key]) == called, (language, key)


def test_every_language_keeps_what_is_filled_in() -> None:
    for language, words in LABELS.items():
        for key, english in LABELS["en"].items():
            assert re.findall(r"{\w+}", words[key]) == re.findall(r"{\w+}", english), (language, key)


@pytest.mark.parametrize("path", ["/", "/topics", "/check"])
async def test_no_box_cuts_what_is_pasted_without_a_word(web: httpx.AsyncClient, path: str) -> None:
    assert "maxlength" not in (await web.get(path, headers={"accept": "text/html"})).text
    assert "maxlength" not in (await web.get("/widget.js")).text


async def test_only_the_allowed_websites_may_frame_the_page_made_for_it(web: httpx.AsyncClient) -> None:
    response = await web.get("/embed", params={"labels": "ar"})
    assert response.status_code == 200
    assert f"frame-ancestors 'self' {CHARITY}" in response.headers["content-security-policy"].split("; ")
    assert "x-frame-options" not in response.headers
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "unsafe" not in response.headers["content-security-policy"]


async def test_with_no_website_allowed_only_this_guide_may_frame_it() -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(Settings())), base_url="http://handrail.test"
    ) as client:
        policy = (await client.get("/embed")).headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy.split("; ")


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_may_frame_anything_else(web: httpx.AsyncClient, path: str) -> None:
    headers = (await web.get(path, headers={"accept": "text/html"})).headers
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"].split("; ")


async def test_what_a_frame_is_given_cannot_become_markup(web: httpx.AsyncClient) -> None:
    given = {"heading": '"><script>alert(1)</script>', "accent": '"><img src=x>', "labels": "<b>"}
    response = await web.get("/embed", params=given)
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert "<img" not in response.text
    assert 'labels="en"' in response.text
    assert (await web.get("/embed", params={"heading": "x" * 121})).status_code == 422


async def test_helpful_counts_a_topic_and_refuses_all_else(web: httpx.AsyncClient) -> None:
    assert (await web.post("/api/helpful", json={"topic": "core_group", "helpful": True})).status_code == 204
    assert (await web.post("/api/helpful", json={"topic": "core_group", "helpful": False})).status_code == 204
    assert (await web.post("/api/helpful", json={"topic": "weather", "helpful": True})).status_code == 404
    for wrong in (
        {"topic": "core_group", "helpful": True, "why": "words"},
        {"topic": "core_group"},
        {"topic": "core_group", "helpful": "yes"},
        {"topic": 5, "helpful": True},
        ["core_group"],
    ):
        assert (await web.post("/api/helpful", json=wrong)).status_code == 422
    counts = (await web.get("/metrics")).text
    assert 'handrail_helpful_total{helpful="yes",topic="core_group"} 1.0' in counts
    assert 'handrail_helpful_total{helpful="no",topic="core_group"} 1.0' in counts
    assert "weather" not in counts


async def _say(client: httpx.AsyncClient, token: str, text: str, **more: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return await client.post("/api/conversations/messages", json={"text": text, **more}, headers=headers)


async def test_turns_in_the_element_are_counted_apart(client: httpx.AsyncClient, token: str) -> None:
    await _say(client, token, "hello")
    await _say(client, token, "hello", channel="widget")
    counts = (await client.get("/metrics")).text
    for channel in ("api", "widget"):
        assert re.search(rf'handrail_turns_total{{channel="{channel}",.*}} 1\.0', counts)
    assert (await _say(client, token, "hello", channel="somewhere")).status_code in (400, 422)


def _words(turn: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(row["word"], message["text"]) for message in turn["messages"] for row in message["words"]]


async def test_only_words_that_stand_in_a_message_are_explained(client: httpx.AsyncClient, token: str) -> None:
    explained = 0
    for text in (
        "can the conference take my child?",
        "what is a core group",
        "who comes to the conference",
        "hello",
        "what is section 47",
    ):
        turn = (await _say(client, token, text)).json()
        for word, said in _words(turn):
            explained += 1
            assert re.search(rf"\b{re.escape(word)}\b", said, re.IGNORECASE), (text, word)
    assert explained > 3
