"""What the tests share: the content, one real engine over the trained model, and a client of the real application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from bot.engine import Engine
from bot.memory import MemoryVault
from content.library import Library, default_library

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "handrail.tar.gz"


# What takes long, or starts much: `make testall` runs it too.
_LONG = (
    "bot/test_lighter.py", "browser/test_accessible.py", "browser/test_desk.py", "browser/test_desk_triage.py",
    "browser/test_embedding.py", "browser/test_next_person.py", "browser/test_rasa_webchat.py", "browser/test_sharing.py",
    "channels", "deploy", "faults",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop running, in which no asynchronous test can start one."""
    items.sort(key=lambda item: item.path.is_relative_to(ROOT / "tests" / "browser"))
    for item in items:
        if any(item.path.is_relative_to(ROOT / "tests" / name) for name in _LONG):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def library() -> Library:
    return default_library()


@pytest.fixture(scope="session")
def engine(library: Library) -> Iterator[Engine]:
    assert MODEL.exists(), "train first: make train"
    engine = Engine.load(MODEL, library, MemoryVault(1800))
    yield engine
    engine.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(messages_a_minute=100_000, starts_a_minute=100_000, rest_channel=True, socket_channel=True)


@pytest.fixture
async def client(engine: Engine, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(settings, engine=engine), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test") as client:
        yield client


@pytest.fixture
async def token(client: httpx.AsyncClient) -> str:
    started = await client.post("/api/conversations")
    token: str = started.json()["token"]
    return token
