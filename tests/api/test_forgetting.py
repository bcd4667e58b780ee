"""While the model is missing and Redis is there, a chat stays with its page, and every way to delete it deletes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from bench.services import RedisServer
from bot.engine import Engine
from bot.memory import Key, Vault, new_token
from bot.redis_client import connect
from bot.redis_vault import RedisVault
from content.library import Library
from tests.api.markup import Markup
from tests.conftest import MODEL

HOOK = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def vault(redis: RedisServer) -> Vault:
    """Redis as another worker, whose model is loaded, fills it."""
    return RedisVault(connect(redis.url), 600)


def _settings(url: str | None) -> Settings:
    nowhere = Path("/nowhere/model.tar.gz")
    return Settings(model=nowhere, redis=url, rest_channel=True, messages_a_minute=100_000, starts_a_minute=100_000)


def _over(settings: Settings, engine: Engine | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(settings, engine=engine))
    return httpx.AsyncClient(transport=transport, base_url="http://handrail.test", headers={"accept": "text/html"})


@pytest.fixture
async def client(redis: RedisServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a worker that has Redis and no model."""
    async with _over(_settings(redis.url)) as client:
        yield client


def _held_by(page: httpx.Response) -> str:
    """The token that the form with the question holds."""
    return str([row["value"] for row in Markup(page.text).all("input") if row.get("name") == "token"][-1])


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "accept": "application/json"}


Ending = Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]
ENDINGS: dict[str, tuple[Ending, int]] = {
    "delete": (lambda client, token: client.post("/delete", data={"token": token}), 200),
    "leave": (lambda client, token: client.post("/leave", data={"token": token}), 303),
    "leave of the script": (lambda client, token: client.post("/leave", data={"token": token, "quiet": "1"}), 204),
    "leave by link": (lambda client, token: client.get("/leave", params={"chat": Key.of(token).conversation}), 303),
    "interface": (lambda client, token: client.delete("/api/conversations", headers=_bearer(token)), 200),
}


@pytest.mark.parametrize("way", ENDINGS)
async def test_without_a_model_every_way_to_delete_takes_the_chat_out_of_redis(
    client: httpx.AsyncClient, vault: Vault, way: str
) -> None:
    token = new_token()
    vault.put(Key.of(token).conversation, b"sealed")
    end, status = ENDINGS[way]
    response = await end(client, token)
    assert response.status_code == status
    assert vault.get(Key.of(token).conversation) is None
    assert (await end(client, token)).status_code == (404 if way == "interface" else status)


async def test_without_a_model_a_sender_who_begins_anew_is_forgotten_in_redis(client: httpx.AsyncClient, vault: Vault) -> None:
    name = Key.of_sender("somebody").conversation
    vault.put(name, b"sealed")
    response = await client.post(HOOK, json={"sender": "somebody", "message": "/restart"})
    assert response.status_code == 200
    assert vault.get(name) is None


async def test_without_a_model_the_page_keeps_its_chat_and_the_button_that_deletes_it(client: httpx.AsyncClient) -> None:
    token = new_token()
    for given in (token, ""):
        page = await client.post("/", data={"text": "what is a core group", "token": given})
        assert page.status_code == 200
        assert _held_by(page)
        assert given in ("", _held_by(page))
        assert 'action="/delete"' in page.text


@pytest.fixture
def loaded(library: Library, vault: Vault) -> Iterator[Engine]:
    """The engine of another worker."""
    engine = Engine.load(MODEL, library, vault)
    yield engine
    engine.close()


async def test_a_chat_goes_on_after_a_turn_without_the_model(redis: RedisServer, loaded: Engine) -> None:
    settings = _settings(redis.url)
    async with _over(settings, loaded) as whole, _over(settings) as starting:
        page = await whole.post("/", data={"text": "what is a core group"})
        page = await starting.post("/", data={"text": "why", "token": _held_by(page)})
        page = await whole.post("/", data={"text": "why", "token": _held_by(page)})
        assert page.status_code == 200
        assert 'class="message answer"' in page.text


async def test_a_chat_that_began_without_the_model_is_kept_once_it_can_be_and_can_be_deleted(
    redis: RedisServer, loaded: Engine
) -> None:
    settings = _settings(redis.url)
    async with _over(settings, loaded) as whole, _over(settings) as starting:
        token = _held_by(await starting.post("/", data={"text": "what is a core group"}))
        assert not loaded.holds(token)
        assert _held_by(await whole.post("/", data={"text": "what is a core group", "token": token})) == token
        assert loaded.holds(token)
        await starting.post("/leave", data={"token": token})
        assert not loaded.holds(token)


async def test_where_redis_does_not_answer_either_nobody_is_told_that_the_chat_is_deleted(tmp_path: Path) -> None:
    away = RedisServer(tmp_path)
    token = new_token()
    RedisVault(connect(away.url), 600).put(Key.of(token).conversation, b"sealed")
    away.stop()
    async with _over(_settings(away.url)) as client:
        page = await client.post("/delete", data={"token": token})
        assert page.status_code == 503
        assert _held_by(page) == token
        assert (await client.delete("/api/conversations", headers=_bearer(token))).status_code == 503
        said = {"sender": "somebody", "message": "/restart"}
        assert (await client.post(HOOK, json=said)).json()["type"] == "urn:handrail:problem:not-forgotten"
        assert (await client.post("/leave", data={"token": token})).status_code == 303, "whoever leaves is never held up"


async def test_without_a_model_and_without_redis_nothing_is_held_and_none_is_promised() -> None:
    async with _over(_settings(None)) as client:
        page = await client.post("/", data={"text": "what is a core group"})
        assert _held_by(page) == ""
        assert 'action="/delete"' not in page.text
        deleted = await client.post("/delete", data={"token": new_token()})
        assert deleted.status_code == 200
        assert 'class="statement"' not in deleted.text
