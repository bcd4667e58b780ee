"""Rasa's REST channel when too much comes at once: nothing is lost in silence, and danger is never sent away."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from bot.engine import Engine, Limits
from bot.memory import Key, seal
from tests.channels.talking import Polling, Talker

HOOK = "/webhooks/rest/webhook"
DANGER, CALM = "he is hitting me right now", "what is a core group"


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    settings = Settings(messages_a_minute=10**6, starts_a_minute=10**6, rest_channel=True, socket_channel=True)
    return create_app(settings, engine=engine)


@pytest.fixture
def http(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test", timeout=60)


async def _counted(http: httpx.AsyncClient, line: str) -> float:
    lines = (await http.get("/metrics")).text.splitlines()
    return sum(float(one.rpartition(" ")[2]) for one in lines if one.startswith("handrail_") and line in one)


async def _say(http: httpx.AsyncClient, text: str, sender: str) -> httpx.Response:
    return await http.post(HOOK, json={"sender": sender, "message": text})


async def test_one_too_many_is_told_to_come_again_and_counted_as_turned_away(
    http: httpx.AsyncClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_limits", Limits(most_waiting=0))
    answer = await _say(http, CALM, "a")
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:handrail:problem:crowded"
    assert int(answer.headers["retry-after"]) > 0
    assert await _counted(http, 'shed_total{reason="queue"}') == 1
    assert await _counted(http, 'turns_total{channel="rest",outcome="error_') == 0
    danger = await _say(http, DANGER, "b")
    assert danger.status_code == 200
    assert "999" in danger.json()[0]["text"]


async def test_messages_at_once_of_one_sender_are_all_answered(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(_say(http, CALM, "hasty") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    topics = [{topic for message in answer.json() for topic in message.get("custom", {}).get("topics", ())} for answer in answers]
    assert topics == [{"core_group"}] * 5


async def test_a_sender_whose_message_before_takes_too_long_is_told_so_on_both_channels(
    http: httpx.AsyncClient, app: FastAPI, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doors.PATIENCE", 0.1)
    _hold(engine, "held")
    answer = await _say(http, CALM, "held")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:handrail:problem:busy"
    assert (await _say(http, DANGER, "held")).status_code == 200
    async with Talker(Polling(http)) as talker:
        await talker.say(CALM)
        [name] = app.state.socket_channel._own.values()
        _hold(engine, name)
        [told] = await talker.say(CALM)
        assert answer.json()["title"] in told["text"]
    assert await _counted(http, 'shed_total{reason="busy"}') == 2


def _hold(engine: Engine, sender: str) -> None:
    key = Key.of_sender(sender)
    engine._vault.put(key.conversation, seal(key, b"[]"))
    assert engine._vault.take(key.conversation)
