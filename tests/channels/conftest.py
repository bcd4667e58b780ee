"""What the channel tests share: real servers with Rasa's channels switched on, and other people's packages from npm."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.services import Server

WEBSITE = "https://charity.example"


@pytest.fixture(scope="session")
def channels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Gives the server with those settings; one that was asked for before is given again."""
    running: dict[str, Server] = {}

    def server(**settings: str) -> Server:
        name = json.dumps(settings, sort_keys=True)
        if name not in running:
            running[name] = Server(
                tmp_path_factory.mktemp("channels"),
                **{
                    "HANDRAIL_REST_CHANNEL": "true", "HANDRAIL_SOCKET_CHANNEL": "true",
                    "HANDRAIL_ALLOWED_ORIGINS": json.dumps([WEBSITE]),
                    "HANDRAIL_MESSAGES_A_MINUTE": "100000", "HANDRAIL_STARTS_A_MINUTE": "100000", **settings,
                },
            )  # fmt: skip
            running[name].wait_until("/health/live" if "HANDRAIL_MODEL" in settings else "/health/ready")
        return running[name]

    yield server
    for one in running.values():
        one.kill()


@pytest.fixture(scope="session")
def plain(channels: Callable[..., Server]) -> Server:
    """Both channels, and no chat that outlives its connection."""
    return channels()


@pytest.fixture(scope="session")
def persistent(channels: Callable[..., Server]) -> Server:
    """Both channels, and chats under the session id that the client names."""
    return channels(HANDRAIL_SOCKET_PERSISTENCE="true")


@pytest.fixture(scope="session")
def packages() -> Path:
    """Where the packages of other people are installed."""
    found = Path(__file__).parent / "node_modules"
    assert (found / "rasa-webchat").exists(), "other people's clients are missing: make tests/channels/node_modules/.installed"
    return found
