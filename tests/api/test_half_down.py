"""Help comes with half the system down: no engine, no model, Redis killed and started again."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from bench.services import RedisServer, Server
from bot.engine import Engine, Limits
from bot.memory import Key, VaultDown
from bot.redis_client import connect
from bot.redis_vault import RedisVault
from content.library import Library
from tests.conftest import MODEL

DANGER = "he is hitting me right now"
LINE = "0808 801 0366"
SENDER_IDLE = 60.0


@pytest.fixture(scope="module")
async def redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def over_redis_engine(redis: RedisServer, library: Library) -> Iterator[Engine]:
    engine = Engine.load(MODEL, library, RedisVault(connect(redis.url), 1800), limits=Limits(sender_idle=SENDER_IDLE))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
async def over_redis(redis: RedisServer, over_redis_engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(messages_a_minute=100_000, starts_a_minute=100_000, redis=redis.url)
    app = create_app(settings, engine=over_redis_engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        yield client


async def _start(client: httpx.AsyncClient) -> dict[str, str]:
    return {"authorization": f"Bearer {(await client.post('/api/conversations')).json()['token']}"}


async def _say(client: httpx.AsyncClient, text: str, bearer: dict[str, str]) -> httpx.Response:
    return await client.post("/api/conversations/messages", json={"text": text}, headers=bearer)


async def test_a_conversation_in_redis_goes_on_and_a_killed_redis_loses_no_help(
    over_redis: httpx.AsyncClient, redis: RedisServer
) -> None:
    bearer = await _start(over_redis)
    assert (await _say(over_redis, "what is a core group", bearer)).json()["topics"] == ["core_group"]
    assert (await _say(over_redis, "why", bearer)).json()["topics"] == ["core_group"]
    redis.stop()
    began = time.monotonic()
    urgent = (await _say(over_redis, DANGER, bearer)).json()
    assert time.monotonic() - began < 1.0
    assert urgent["urgent"] is True
    assert urgent["messages"][0]["kind"] == "safety"
    assert "999" in urgent["messages"][0]["text"]
    calm = (await _say(over_redis, "what is a core group", bearer)).json()
    assert calm["topics"] == ["core_group"]
    assert calm["messages"][-1]["kind"] == "trouble", "it says that it cannot remember"
    new = await over_redis.post("/api/conversations")
    assert new.status_code == 201
    refused = await over_redis.delete("/api/conversations", headers=bearer)
    assert refused.status_code == 503
    assert (await over_redis.get("/leave", params={"chat": "x"})).status_code == 303
    redis.start()
    assert (await _say(over_redis, "and when?", bearer)).json()["topics"] == ["core_group"]


def test_an_engine_that_starts_before_redis_answers_works_once_it_does(library: Library, tmp_path: Path) -> None:
    late = RedisServer(tmp_path)
    late.stop()
    engine = Engine.load(MODEL, library, RedisVault(connect(late.url), 1800))
    try:
        with pytest.raises(VaultDown):
            engine.start()
        late.start()
        assert engine.holds(engine.start())
    finally:
        engine.close()
        late.stop()


async def test_a_conversation_in_redis_is_forgotten_by_itself(redis: RedisServer) -> None:
    vault = RedisVault(connect(redis.url), 1.0)
    vault.put("a", b"sealed")
    assert "a" in vault.names()
    assert vault.get("a") == b"sealed"
    time.sleep(1.2)
    assert vault.get("a") is None
    assert vault.drop("a") == 0


async def test_a_senders_conversation_in_redis_has_an_idle_time_of_its_own(
    over_redis: httpx.AsyncClient, over_redis_engine: Engine, redis: RedisServer
) -> None:
    bearer = await _start(over_redis)
    assert (await _say(over_redis, "what is a core group", bearer)).status_code == 200
    await over_redis_engine.rest("somebody", "what is a core group")
    short = Key.of_sender("somebody").conversation
    keys = connect(redis.url)
    left = {key.decode().split("{")[1].strip("}"): keys.pttl(key) for key in keys.scan_iter("handrail:conversation:*")}
    assert 0 < left.pop(short) <= SENDER_IDLE * 1000 < max(left.values())


async def test_without_an_engine_danger_and_the_advice_line_are_still_answered(library: Library) -> None:
    app = create_app(Settings(rest_channel=True), library=library)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        bearer = await _start(client)
        urgent = (await _say(client, DANGER, bearer)).json()
        assert urgent["urgent"] is True
        assert urgent["messages"][0]["kind"] == "safety"
        assert LINE in urgent["messages"][-1]["text"]
        rest = await client.post("/webhooks/rest/webhook", json={"sender": "a", "message": DANGER})
        assert "999" in rest.json()[0]["text"]
        page = await client.post("/", data={"text": DANGER})
        assert "999" in page.text


def test_a_server_without_a_model_says_so_and_still_helps(tmp_path: Path) -> None:
    server = Server(tmp_path, HANDRAIL_MODEL="/nowhere/model.tar.gz")
    try:
        server.wait_until("/health/live")
        token = httpx.post(f"{server.url}/api/conversations", timeout=30).json()["token"]
        said = {"json": {"text": DANGER}, "headers": {"authorization": f"Bearer {token}"}}
        began = time.monotonic()
        reply = httpx.post(f"{server.url}/api/conversations/messages", timeout=30, **said).json()
        assert time.monotonic() - began < 1.0
        assert reply["messages"][0]["kind"] == "safety"
        assert httpx.get(f"{server.url}/health/ready", timeout=30).status_code == 503
        assert "make train" in (tmp_path / "output.txt").read_text(encoding="utf-8")
    finally:
        server.kill()


async def test_the_plain_link_to_leave_ends_the_conversation(client: httpx.AsyncClient) -> None:
    started = (await client.post("/api/conversations")).json()
    bearer = {"authorization": f"Bearer {started['token']}"}
    assert (await _say(client, "what is a core group", bearer)).status_code == 200
    left = await client.get(started["leave"])
    assert left.status_code == 303
    assert left.headers["location"] == Settings().exit_address
    assert (await _say(client, "why", bearer)).status_code == 404


async def test_a_statement_can_be_checked_on_a_page_and_a_changed_one_is_found_out(client: httpx.AsyncClient) -> None:
    bearer = await _start(client)
    statement = (await client.delete("/api/conversations", headers=bearer)).text
    assert "Yes." in (await client.post("/check", data={"statement": statement})).text
    changed = statement.replace('"copies_elsewhere":0', '"copies_elsewhere":1')
    assert changed != statement
    for wrong in (changed, "", "{}", "[" * 5000, "<script>"):
        page = await client.post("/check", data={"statement": wrong})
        assert page.status_code == 200
        assert "No." in page.text
        assert "<script>" not in page.text
