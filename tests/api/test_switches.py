"""What staff switch shows in every channel at once; danger is seen first also while the chat is off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from content.library import Library
from content.switches import Switched, Switches
from tests.api.markup import Markup

DANGER, CALM = "he is hitting me right now", "what is a core group"
LINE, MESSAGE, NOTICE = "0808 801 0366", "We are back on <Monday>.", "The line is shut on Friday."
TOPIC = "core_group"


@pytest.fixture
def switched(library: Library) -> Library:
    """A library of its own, so that no other test meets the switches."""
    return replace(library, switched=Switched())


@pytest.fixture
async def reader(switched: Library) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application without a model."""
    transport = httpx.ASGITransport(app=create_app(Settings(messages_a_minute=100_000, rest_channel=True), library=switched))
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test") as client:
        yield client


async def _turn(reader: httpx.AsyncClient, text: str) -> dict[str, object]:
    started = (await reader.post("/api/conversations")).json()
    headers = {"authorization": f"Bearer {started['token']}"}
    turn: dict[str, object] = (await reader.post("/api/conversations/messages", json={"text": text}, headers=headers)).json()
    return turn


async def test_off_the_greeting_and_every_turn_give_the_message_and_the_line(reader: httpx.AsyncClient, switched: Library) -> None:
    switched.switched.become(Switches(chat_off=MESSAGE))
    [greeting] = (await reader.post("/api/conversations")).json()["messages"]
    turn = await _turn(reader, CALM)
    [said] = turn["messages"]
    assert turn["outcome"] == "handed_over"
    assert turn["urgent"] is False
    for message in (greeting, said):
        assert message["kind"] == "trouble"
        assert MESSAGE in message["text"]
        assert LINE in message["text"]
        assert "999" in message["text"]


async def test_off_danger_still_comes_first_in_every_channel(reader: httpx.AsyncClient, switched: Library) -> None:
    switched.switched.become(Switches(chat_off=MESSAGE))
    turn = await _turn(reader, DANGER)
    kinds = [message["kind"] for message in turn["messages"]]
    assert turn["urgent"] is True
    assert kinds == ["safety", "trouble"]
    safety = turn["messages"][0]["text"]
    rest = (await reader.post("/webhooks/rest/webhook", json={"sender": "a", "message": DANGER})).json()
    assert rest[0]["text"] == safety
    assert MESSAGE in rest[-1]["text"]
    page = Markup((await reader.post("/", data={"text": DANGER})).text)
    assert [row["class"] for row in page.all("article")] == ["message safety", "message trouble"]


async def test_off_the_pages_to_read_stay_and_the_chat_page_says_it_without_a_kept_script(
    reader: httpx.AsyncClient, switched: Library
) -> None:
    switched.switched.become(Switches(chat_off=MESSAGE))
    page = await reader.get("/")
    assert "We are back on &lt;Monday&gt;." in page.text
    assert "/widget.js" not in page.text
    assert switched.topics[TOPIC].short in (await reader.get(f"/topics/{TOPIC}")).text


async def test_on_again_it_is_as_before(reader: httpx.AsyncClient, switched: Library) -> None:
    before = (await reader.post("/api/conversations")).json()["messages"]
    switched.switched.become(Switches(chat_off=MESSAGE))
    switched.switched.become(Switches())
    assert (await reader.post("/api/conversations")).json()["messages"] == before
    assert (await _turn(reader, CALM))["outcome"] == "error_engine"
    assert "/widget.js" in (await reader.get("/")).text


@pytest.mark.parametrize("path", ["/widget.js", "/widget-labels/en.json"])
async def test_the_chat_element_carries_message_and_notice_and_is_then_not_kept_for_long(
    reader: httpx.AsyncClient, switched: Library, path: str
) -> None:
    usual = await reader.get(path)
    for switches, words in ((Switches(chat_off=MESSAGE), MESSAGE), (Switches(notice=NOTICE), NOTICE)):
        switched.switched.become(switches)
        response = await reader.get(path)
        assert words in response.text
        assert words not in usual.text
        assert response.headers["cache-control"] == "max-age=60"
    assert usual.headers["cache-control"] == "max-age=3600"


async def test_a_notice_stands_beside_the_greeting_and_above_the_pages(reader: httpx.AsyncClient, switched: Library) -> None:
    switched.switched.become(Switches(notice=NOTICE))
    messages = (await reader.post("/api/conversations")).json()["messages"]
    assert [message["kind"] for message in messages] == ["smalltalk", "notice"]
    assert messages[1]["text"] == NOTICE
    for path in ("/", "/topics", f"/topics/{TOPIC}"):
        page = await reader.get(path)
        assert NOTICE in page.text
        assert Markup(page.text).faults == []
    label = json.loads((await reader.get("/widget-labels/en.json")).text)
    assert label["notice"] == NOTICE


async def test_an_offline_topic_is_withheld_on_its_page_in_the_search_and_as_a_next_step(
    reader: httpx.AsyncClient, switched: Library
) -> None:
    topic = switched.topics[TOPIC]
    before = next(one for one in switched.topics.values() if TOPIC in one.next)
    for offline, there in ((frozenset(), True), (frozenset({TOPIC}), False)):
        switched.switched.become(Switches(offline=offline))
        page = (await reader.get(f"/topics/{TOPIC}")).text
        found = (await reader.post("/topics", data={"text": topic.question})).text
        onward = Markup((await reader.get(f"/topics/{before.id}")).text).links()
        assert Markup(page).faults == []
        for text in (topic.short, topic.now[0], topic.follow["why"]):
            assert (text.replace("'", "&#39;") in page) is there, text
        assert (switched.sources[topic.sources[0]].title.replace("'", "&#39;") in page) is there
        assert (topic.short in found) is there
        assert f"/topics/{TOPIC}" in found
        assert (f"/topics/{TOPIC}" in onward) is there
        assert there or LINE in page


async def test_an_offline_topic_is_not_offered_with_the_greeting(reader: httpx.AsyncClient, switched: Library) -> None:
    offered = switched.chat["greet"].topics[0]
    switched.switched.become(Switches(offline=frozenset({offered})))
    [greeting] = (await reader.post("/api/conversations")).json()["messages"]
    labels = [button["label"] for button in greeting["buttons"]]
    assert labels
    assert switched.topics[offered].question not in labels
