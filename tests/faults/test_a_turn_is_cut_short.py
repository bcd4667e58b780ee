"""The store fails, or is slow, in the middle of a turn: nothing is written over, nothing is kept elsewhere, danger is helped."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Iterator

import httpx
import pytest
from rasa.core.tracker_store import InMemoryTrackerStore

from api.app import create_app
from api.settings import Settings
from bot.engine import Engine
from bot.memory import Held, MemoryVault, VaultDown
from content.library import Library
from tests.conftest import MODEL

DANGER = "he is hitting me right now"


class BrittleVault(MemoryVault):
    """Reads and writes well so many times more, then does not; `slow` makes a read take so many seconds."""

    def __init__(self) -> None:
        super().__init__(1800)
        self.mend()

    def mend(self) -> None:
        """Makes it well."""
        self.reads, self.writes, self.slow = 10**9, 10**9, 0.0

    def take(self, name: str) -> Held | None:
        time.sleep(self.slow)
        self.reads -= 1
        if self.reads < 0:
            raise VaultDown("test")
        return super().take(name)

    def put_back(self, name: str, proof: str, sealed: bytes | None, *, idle: float | None = None) -> bool:
        self.writes -= 1
        if self.writes < 0:
            super().put_back(name, proof, None)
            raise VaultDown("test")
        return super().put_back(name, proof, sealed, idle=idle)


@pytest.fixture(scope="module")
def vault() -> BrittleVault:
    return BrittleVault()


@pytest.fixture(scope="module")
def brittle(vault: BrittleVault, library: Library) -> Iterator[Engine]:
    engine = Engine.load(MODEL, library, vault)
    yield engine
    engine.close()


@pytest.fixture
async def http(brittle: Engine, vault: BrittleVault) -> Iterator[httpx.AsyncClient]:
    vault.mend()
    app = create_app(Settings(messages_a_minute=100_000, starts_a_minute=100_000, database=""), engine=brittle)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        yield client
    vault.mend()


async def _start(http: httpx.AsyncClient) -> dict[str, str]:
    return {"authorization": f"Bearer {(await http.post('/api/conversations')).json()['token']}"}


async def _say(http: httpx.AsyncClient, text: str, bearer: dict[str, str]) -> httpx.Response:
    return await http.post("/api/conversations/messages", json={"text": text}, headers=bearer)


async def test_a_store_that_cannot_be_read_leaves_the_conversation_as_it_was(http: httpx.AsyncClient, vault: BrittleVault) -> None:
    bearer = await _start(http)
    assert (await _say(http, "what is a core group", bearer)).json()["topics"] == ["core_group"]
    vault.reads = 0
    await _say(http, "why", bearer)
    vault.mend()
    assert (await _say(http, "why", bearer)).json()["topics"] == ["core_group"]


async def test_a_turn_that_cannot_be_kept_is_not_kept_unsealed_elsewhere(http: httpx.AsyncClient, vault: BrittleVault) -> None:
    bearer = await _start(http)
    vault.writes = 0
    await _say(http, "what is a core group", bearer)
    vault.mend()
    assert [store for store in gc.get_objects() if type(store) is InMemoryTrackerStore and store.store] == []


async def test_a_turn_that_cannot_be_kept_does_not_pretend_to_be(http: httpx.AsyncClient, vault: BrittleVault) -> None:
    bearer = await _start(http)
    assert (await _say(http, "what is a core group", bearer)).json()["topics"] == ["core_group"]
    vault.writes = 0
    said = (await _say(http, "can i record the meeting", bearer)).json()
    vault.mend()
    assert said["outcome"].startswith("error_") or "trouble" in [message["kind"] for message in said["messages"]]
    assert (await _say(http, "why", bearer)).json()["topics"] == ["core_group"]


async def test_a_danger_in_a_conversation_that_is_gone_is_helped(http: httpx.AsyncClient) -> None:
    said = await _say(http, DANGER, {"authorization": "Bearer of-a-chat-that-was-never-kept"})
    assert said.status_code == 200
    assert said.json()["messages"][0]["kind"] == "safety"


async def test_a_danger_is_helped_while_the_message_before_is_still_being_answered(
    http: httpx.AsyncClient, vault: BrittleVault
) -> None:
    bearer = await _start(http)
    vault.slow = 1.0
    before = asyncio.create_task(_say(http, "what is a core group", bearer))
    await asyncio.sleep(1.3)
    vault.slow = 0.0
    said = await _say(http, DANGER, bearer)
    assert said.status_code == 200
    assert said.json()["messages"][0]["kind"] == "safety"
    await before


@pytest.mark.parametrize("text", [DANGER + " and again" * 1000, "I ask again. " * 400 + DANGER], ids=["first", "last"])
async def test_a_danger_in_a_message_that_is_too_long_is_told_where_help_is(http: httpx.AsyncClient, text: str) -> None:
    assert "999" in (await _say(http, text, await _start(http))).text
