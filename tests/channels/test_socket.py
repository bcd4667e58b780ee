"""Rasa's socket.io channel: who is answered what, who may call, and what is left once somebody has gone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import websockets
from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from bench.services import ROOT, Server
from bot.engine import Engine, Limits
from bot.memory import Key
from content.library import Library
from content.switches import Switched, Switches
from desk.desk import Desk
from tests.channels.conftest import WEBSITE
from tests.channels.talking import PATH, Polling, Talker, over
from tests.desk.conftest import KEY
from tests.desk.test_counts import _cells as counted

DANGER, CALM, FOLLOW_UP = "he is hitting me right now", "what is a core group", "why"
HANDSHAKE = {"EIO": "4", "transport": "polling"}
MANY = {"messages_a_minute": 100_000, "starts_a_minute": 100_000}


def _open(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test", timeout=60)


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    return create_app(Settings(socket_channel=True, allowed_origins=(WEBSITE,), **MANY), engine=engine)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with _open(app) as http:
        yield http


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("kept", [False, True])
async def test_a_question_and_its_follow_up_are_answered(
    channels: Callable[..., Server], library: Library, transport: str, kept: bool
) -> None:
    server = channels(**({"HANDRAIL_SOCKET_PERSISTENCE": "true"} if kept else {}))
    async with over(server.url, transport) as talker:
        await talker.begin()
        [answer] = await talker.say(CALM)
        assert answer["text"].startswith(library.topics["core_group"].short.strip())
        assert set(answer) == {"text", "quick_replies"}
        assert {frozenset(reply) for reply in answer["quick_replies"]} == {frozenset({"content_type", "title", "payload"})}
        assert library.topics["core_group"].sources
        assert library.messages["sources"] in answer["text"]
        [why] = await talker.say(FOLLOW_UP)
        assert library.topics["core_group"].follow["why"].strip() in why["text"]


@pytest.mark.parametrize("kept", [False, True])
async def test_a_chat_outlives_its_connection_only_where_that_is_asked_for(
    channels: Callable[..., Server], library: Library, kept: bool
) -> None:
    server = channels(**({"HANDRAIL_SOCKET_PERSISTENCE": "true"} if kept else {}))
    async with over(server.url, "polling") as talker:
        session = await talker.begin()
        await talker.say(CALM)
    async with over(server.url, "polling") as talker:
        assert await talker.begin(session) == session
        [why] = await talker.say(FOLLOW_UP)
    assert (library.topics["core_group"].follow["why"].strip() in why["text"]) is kept


async def test_who_names_the_same_session_overhears_nothing(persistent: Server) -> None:
    async with over(persistent.url, "websocket") as one, over(persistent.url, "websocket") as other:
        assert await other.begin("guessed") == await one.begin("guessed")
        await one.say(CALM)
        await other.emit("session_request", {"session_id": "guessed"})
        await other.next("session_confirm")
        assert other._came == []


async def test_danger_is_spoken_to_first(http: httpx.AsyncClient, engine: Engine) -> None:
    async with Talker(Polling(http)) as talker:
        first, *_ = await talker.say(DANGER, answers=2)
    assert first["text"] == engine.net.words(DANGER, engine.net.dangers(DANGER))[0].text


async def test_a_button_sends_what_it_stands_for(http: httpx.AsyncClient, library: Library) -> None:
    async with Talker(Polling(http)) as talker:
        [answer] = await talker.say(CALM)
        payload = answer["quick_replies"][0]["payload"]
        [next_answer] = await talker.say(payload)
    topic = next(topic for topic in library.topics.values() if topic.question == payload)
    assert next_answer["text"].startswith(topic.short.strip())


async def test_a_restart_forgets_and_greets(http: httpx.AsyncClient, library: Library, engine: Engine) -> None:
    async with Talker(Polling(http)) as talker:
        await talker.say(CALM)
        [greeting] = await talker.say("/restart")
        [why] = await talker.say(FOLLOW_UP)
        [opening] = await talker.say("/get_started")
    assert greeting == opening
    assert greeting["text"] == engine.net.greeting().text
    assert library.topics["core_group"].follow["why"].strip() not in why["text"]


async def test_a_connection_that_ends_leaves_nothing_in_memory(app: FastAPI, http: httpx.AsyncClient, engine: Engine) -> None:
    before = set(engine._vault.names())
    for _ in range(3):
        async with Talker(Polling(http)) as talker:
            await talker.say(CALM)
            assert app.state.socket_channel.held > 0
            assert len(set(engine._vault.names()) - before) == 1
    assert app.state.socket_channel.held == 0
    assert set(engine._vault.names()) == before


async def test_a_chat_with_persistence_has_the_senders_idle_time(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_limits", Limits(sender_idle=60.0))
    app = create_app(Settings(socket_channel=True, socket_persistence=True, **MANY), engine=engine)
    async with _open(app) as http, Talker(Polling(http)) as talker:
        session = await talker.begin()
        await talker.say(CALM)
    until, _ = engine._vault._kept[Key.of_sender(session).conversation]
    assert 0 < until - time.monotonic() <= 60
    assert engine.forget_sender(session) > 0


async def test_while_the_chat_is_off_it_says_so_here_too(engine: Engine, library: Library) -> None:
    switched = replace(library, switched=Switched())
    switched.switched.become(Switches(chat_off="We are back on Monday."))
    app = create_app(Settings(socket_channel=True, **MANY), library=switched)
    async with _open(app) as http, Talker(Polling(http)) as talker:
        first, closed = await talker.say(DANGER, answers=2)
        [greeting] = await talker.say("/get_started")
    assert first["text"] == engine.net.words(DANGER, engine.net.dangers(DANGER))[0].text
    assert "We are back on Monday." in closed["text"]
    assert "We are back on Monday." in greeting["text"]


async def test_too_much_is_told_and_danger_words_are_in_it(engine: Engine) -> None:
    settings = Settings(socket_channel=True, messages_a_minute=2, starts_a_minute=2)
    async with _open(create_app(settings, engine=engine)) as http:
        async with Talker(Polling(http)) as talker:
            said = [(await talker.say("hello"))[0]["text"] for _ in range(4)]
        assert all("999" in text and "Wait" in text for text in said[2:])
        assert (await http.get(PATH, params=HANDSHAKE)).status_code == 200
        refused = await http.get(PATH, params=HANDSHAKE)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize("message", ["", None, 5, {"text": CALM}, [CALM], "x" * 4001])
async def test_what_is_no_message_is_told_so_and_the_chat_goes_on(
    http: httpx.AsyncClient, message: object, library: Library
) -> None:
    async with Talker(Polling(http)) as talker:
        [told] = await talker.say(message)
        [answer] = await talker.say(CALM)
    assert set(told) == {"text"}
    assert library.topics["core_group"].short.strip() not in told["text"]
    assert answer["text"].startswith(library.topics["core_group"].short.strip())


@pytest.mark.parametrize(
    "packet",
    [
        "42", "42[]", "42[5]", '42["user_uttered"]', '42["user_uttered",5]', '42["connect","x"]', '42["disconnect"]', "42{",
        '451-["user_uttered",{"_placeholder":true,"num":0}]', "4599999-[]", "42" + "[" * 9000, "4", "9", "40/other,",
    ],
)  # fmt: skip
async def test_a_strange_packet_ends_in_no_server_error_and_reaches_nobody_else(
    http: httpx.AsyncClient, packet: str, library: Library
) -> None:
    async with Talker(Polling(http)) as other:
        strange = Polling(http)
        await strange.read()
        await strange.send("40")
        assert (await strange.post(packet)).status_code < 500
        assert (await strange.post("x" * (Settings().largest_body + 1))).status_code == 413
        [answer] = await other.say(CALM)
    assert answer["text"].startswith(library.topics["core_group"].short.strip())


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 200), (WEBSITE, 200), ("http://handrail.test", 200), ("https://elsewhere.example", 403), ("null", 403)],
)
async def test_only_websites_that_are_named_may_call(http: httpx.AsyncClient, origin: str | None, status: int) -> None:
    answer = await http.get(PATH, params=HANDSHAKE, headers={"origin": origin} if origin else {})
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == (origin if origin == WEBSITE else None)
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_a_website_that_is_not_named_opens_no_websocket(plain: Server) -> None:
    url = plain.url.replace("http", "ws", 1) + PATH + "?EIO=4&transport=websocket"
    with pytest.raises(websockets.exceptions.InvalidStatusCode):
        await websockets.connect(url, origin="https://elsewhere.example")
    await (await websockets.connect(url, origin=WEBSITE)).close()


async def test_without_polling_there_is_the_websocket_alone(channels: Callable[..., Server]) -> None:
    server = channels(HANDRAIL_SOCKET_POLLING="false", HANDRAIL_MODEL="/nowhere/model.tar.gz")
    assert httpx.get(server.url + PATH, params=HANDSHAKE).status_code == 400
    async with over(server.url, "websocket") as talker:
        assert "0808 801 0366" in (await talker.say(CALM))[0]["text"]


async def test_its_turns_are_counted_without_words(engine: Engine, library: Library, tmp_path: Path) -> None:
    desk = Desk.open(f"sqlite:///{tmp_path / 'desk.db'}", KEY, library)
    app = create_app(Settings(socket_channel=True, **MANY), engine=engine, desk=desk)
    async with _open(app) as http, Talker(Polling(http)) as talker:
        await talker.say(CALM)
        metrics = (await http.get("/metrics")).text
    desk.counts.flush()
    found = {(dimension, value): n for (_, dimension, value), n in counted(desk.store).items()}
    desk.close()
    assert found["channel", "socket"] == found["topic", "core_group"] == found["turns", "all"] == 1
    assert 'handrail_turns_total{channel="socket",outcome="answered",urgent="false"} 1.0' in metrics
    assert 'handrail_topics_total{topic="core_group"} 1.0' in metrics


def test_nothing_of_it_is_loaded_unless_it_is_on() -> None:
    look = (
        "import sys; from api.app import create_app; from api.settings import Settings; create_app(Settings());"
        "print('api.socket_channel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"
