"""Several workers behind one port, as `python -m api` starts them, with a real Redis between them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.services import ROOT, RedisServer, Server
from tests.conftest import MODEL


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    redis = RedisServer(tmp_path_factory.mktemp("redis"))
    server = Server(
        tmp_path_factory.mktemp("workers"),
        HANDRAIL_REDIS=redis.url, HANDRAIL_WORKERS="2", HANDRAIL_MESSAGES_A_MINUTE="100000", HANDRAIL_LOG_FORMAT="json",
    )  # fmt: skip
    server.wait_until("/health/ready")
    _wait_until_all_work(server)
    yield server
    server.kill()
    redis.stop()


def _wait_until_all_work(server: Server) -> None:
    # The first worker answers while the second is still being forked.
    until = time.monotonic() + 60
    while "handrail_workers_ready 2.0" not in httpx.get(f"{server.url}/metrics", timeout=30).text:
        assert time.monotonic() < until
        time.sleep(0.1)


def _workers(server: Server) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in found.split()]


def _say(server: Server, token: str, text: str) -> dict[str, object]:
    # A new line for each message: whichever worker is free takes it.
    headers = {"authorization": f"Bearer {token}"}
    reply = httpx.post(f"{server.url}/api/conversations/messages", json={"text": text}, headers=headers, timeout=30)
    turn: dict[str, object] = reply.raise_for_status().json()
    return turn


def test_a_conversation_goes_on_whichever_worker_it_meets(server: Server) -> None:
    assert len(_workers(server)) == 2
    for _ in range(6):
        token = httpx.post(f"{server.url}/api/conversations", timeout=30).json()["token"]
        assert _say(server, token, "what is a core group")["topics"] == ["core_group"]
        assert _say(server, token, "why")["topics"] == ["core_group"]


def test_the_metrics_are_the_sum_of_all_workers(server: Server) -> None:
    text = httpx.get(f"{server.url}/metrics", timeout=30).text
    turns = sum(float(value) for value in re.findall(r"^handrail_turns_total\{.*\} (.*)$", text, re.MULTILINE))
    assert turns == 12
    assert "handrail_workers_ready 2.0" in text


def test_a_killed_worker_is_replaced_and_what_was_said_is_remembered(server: Server) -> None:
    token = httpx.post(f"{server.url}/api/conversations", timeout=30).json()["token"]
    assert _say(server, token, "what is a core group")["topics"] == ["core_group"]
    before = set(_workers(server))
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    for _ in range(300):
        now = set(_workers(server))
        if len(now) == 2 and not now & before:
            break
        time.sleep(0.1)
    server.wait_until("/health/ready")
    assert _say(server, token, "why")["topics"] == ["core_group"]


def test_workers_share_what_was_loaded(server: Server) -> None:
    """Each worker's own part is a small one of all that it sees."""
    for worker in _workers(server):
        rollup = Path(f"/proc/{worker}/smaps_rollup").read_text(encoding="ascii")
        sizes = {name: int(size) for name, size in re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.MULTILINE)}
        assert sizes["Pss"] < 0.7 * sizes["Rss"]


def test_workers_over_a_model_that_is_cut_off_still_help(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)
    cut_off = tmp_path / "model.tar.gz"
    cut_off.write_bytes(MODEL.read_bytes()[:1_000_000])
    server = Server(tmp_path, HANDRAIL_REDIS=redis.url, HANDRAIL_WORKERS="2", HANDRAIL_MODEL=str(cut_off))
    try:
        server.wait_until("/health/live")
        turn = _say(server, "any", "he is hitting me right now")
        assert turn["urgent"]
        assert httpx.get(f"{server.url}/health/ready", timeout=30).status_code == 503
    finally:
        server.kill()
        redis.stop()


def test_several_workers_without_a_place_to_share_conversations_are_refused() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "api"], cwd=ROOT, env={**os.environ, "HANDRAIL_WORKERS": "2", "HANDRAIL_REDIS": ""},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "HANDRAIL_REDIS" in refused.stderr
