"""One address leads to a server, to a Sentinel group's master, or to a cluster; each is a real one here."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from bench.services import RedisServer, free_port
from bot.memory import Taken, VaultDown
from bot.redis_client import WrongAddress, connect
from bot.redis_vault import RedisVault


def _run(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: make services"
    return subprocess.Popen([program, *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _until(answers: Callable[[], bool]) -> None:
    for _ in range(300):
        try:
            if answers():
                return
        except redis.RedisError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never answered")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[str]:
    server = RedisServer(tmp_path)
    yield server.url
    server.stop()


@pytest.fixture
def sentinels(tmp_path: Path) -> Iterator[str]:
    server, port = RedisServer(tmp_path), free_port()
    file = tmp_path / "sentinel.conf"
    file.write_text(f"port {port}\nsentinel monitor chats 127.0.0.1 {server.port} 1\n", encoding="ascii")
    process = _run(tmp_path, str(file), "--sentinel")
    _until(lambda: bool(redis.Redis(port=port).ping()))
    yield f"redis+sentinel://127.0.0.1:{port}/chats/0"
    process.kill()
    process.wait(timeout=10)
    server.stop()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    # A cluster's nodes speak to each other on a port of their own.
    options = {"port": port, "cluster-port": free_port(), "cluster-enabled": "yes", "dir": tmp_path}
    process = _run(tmp_path, *(str(part) for name, value in options.items() for part in (f"--{name}", value)))
    node = redis.Redis(port=port)
    _until(lambda: bool(node.ping()))
    node.execute_command("CLUSTER ADDSLOTSRANGE 0 16383")
    _until(lambda: node.execute_command("CLUSTER INFO")["cluster_state"] == "ok")
    yield f"redis+cluster://127.0.0.1:{port}"
    process.kill()
    process.wait(timeout=10)


@pytest.mark.parametrize("kind", ["alone", "sentinels", "cluster"])
def test_a_conversation_is_kept_held_put_back_and_dropped(kind: str, request: pytest.FixtureRequest) -> None:
    vault = RedisVault(connect(request.getfixturevalue(kind), patience=2.0), 60)
    assert vault.take("a") is None
    vault.put("a", b"sealed")
    vault.put("b", b"another")
    held = vault.take("a")
    assert held is not None
    assert held.sealed == b"sealed"
    with pytest.raises(Taken):
        vault.take("a")
    vault.keep_held("a", held.proof)
    assert not vault.put_back("a", "another proof", b"another's")
    assert vault.put_back("a", held.proof, b"newer")
    assert vault.get("a") == b"newer"
    assert sorted(vault.names()) == ["a", "b"]
    assert vault.drop("a") == len(b"newer")
    assert vault.get("a") is None
    assert vault.drop("a") == 0


def test_what_was_dropped_while_it_was_held_is_not_brought_back(alone: str) -> None:
    vault = RedisVault(connect(alone), 60)
    vault.put("a", b"sealed")
    held = vault.take("a")
    assert held is not None
    vault.drop("a")
    assert not vault.put_back("a", held.proof, b"newer"), "nothing of the turn is kept"
    assert vault.get("a") is None
    vault.put("a", b"sealed")
    held = vault.take("a")
    assert held is not None
    vault.drop("a")
    vault.put("a", b"new")
    assert vault.take("a") is not None
    assert not vault.put_back("a", held.proof, b"words of the one who left")
    assert vault.get("a") == b"new"


def test_a_turn_whose_worker_died_holds_the_conversation_for_seconds_only(alone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.redis_vault._HOLD", 200)
    vault = RedisVault(connect(alone), 60)
    vault.put("a", b"sealed")
    lost = vault.take("a")
    assert lost is not None
    time.sleep(0.3)
    assert vault.take("a") is not None
    assert not vault.put_back("a", lost.proof, b"too late")


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    for address in ("redis://127.0.0.1:1/0", "redis+sentinel://127.0.0.1:1/chats", "redis+cluster://127.0.0.1:1"):
        with pytest.raises(VaultDown):
            RedisVault(connect(address), 60).get("a")


@pytest.mark.parametrize("address", ["http://127.0.0.1", "redis+sentinel://:26379/x", "redis+cluster://host:many", "127.0.0.1"])
def test_an_address_that_cannot_be_understood_is_refused(address: str) -> None:
    with pytest.raises(WrongAddress) as told:
        connect(address)
    assert "host" in str(told.value) or "address" in str(told.value)
