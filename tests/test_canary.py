"""Unique words are said through every channel and every failure, and then looked for wherever something could be kept."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.canary import SENTENCES, encodings, hits, new_word, search
from bench.services import ROOT, Collector, RedisServer, Server
from tests.accounts import new_account
from tests.channels.talking import over

WORDS = [new_word() for _ in range(4)]
CHANNELS = dict.fromkeys(("HANDRAIL_REST_CHANNEL", "HANDRAIL_SOCKET_CHANNEL", "HANDRAIL_SOCKET_PERSISTENCE"), "true")
_SEARCHED_TOO = ("models", ".rasa", "docs", "content", "data")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


def test_the_search_finds_a_word_in_every_form(tmp_path: Path) -> None:
    import gzip

    for name, form in encodings(WORDS[0]).items():
        assert hits(b"before " + form + b" after", WORDS), name
    packed = tmp_path / "old.log.gz"
    packed.write_bytes(gzip.compress(f"a line with {WORDS[0].capitalize()} in it".encode()))
    assert len(search([tmp_path], WORDS)) == 1
    assert not hits(b"nothing of the kind", WORDS)
    for shift in range(3):
        import base64

        assert hits(base64.b64encode(b"y" * shift + f" {WORDS[0]} z".encode()), WORDS)


def _over_socket(server: Server) -> None:
    """Words as messages, as session ids and as things that are no message, by polling and by WebSocket."""

    async def talk() -> None:
        for transport in ("polling", "websocket"):
            async with over(server.url, transport) as talker:
                for word in WORDS:
                    await talker.begin(f"session-{word}")
                    for sentence in SENTENCES:
                        await talker.say(sentence.format(word=word))
                    await talker.say({word: word})
                    await talker.emit(word, {word: word})
                    await talker.line.send(f'42["user_uttered",{{"{word}')
                    await talker.say(f"/restart {word}")

    asyncio.run(talk())


def _talk(server: Server) -> None:
    """Every channel, and every way in which a request can be wrong."""
    with httpx.Client(base_url=server.url, timeout=60) as http:
        token = http.post("/api/conversations").json()["token"]
        bearer = {"authorization": f"Bearer {token}"}
        for word in WORDS:
            for sentence in SENTENCES:
                text = sentence.format(word=word)
                http.post("/api/conversations/messages", json={"text": text}, headers=bearer)
                http.post("/webhooks/rest/webhook", json={"sender": word, "message": text})
                page = http.post("/", data={"text": text})
                found = re.search(r'name="token" value="([^"]+)"', page.text)
                http.post("/", data={"text": f"why {word}", "token": found.group(1) if found else ""})
        word = WORDS[0]
        http.post("/api/conversations/messages", json={"text": word}, headers={"authorization": f"Bearer {word}"})
        http.post("/api/conversations/messages", json={"text": word, word: word}, headers=bearer)
        http.post("/api/conversations/messages", content=f'{{"text": "{word}'.encode(), headers=bearer)
        http.post("/api/conversations/messages", content=word.encode("utf-16"), headers=bearer)
        http.post("/api/conversations/messages", json={"text": word * 2000}, headers=bearer)
        http.post("/api/conversations/messages", content=f'{{"text": "\\ud800 {word}"}}'.encode(), headers=bearer)
        http.post("/webhooks/rest/webhook", json={"sender": [word], "message": {word: word}})
        http.get(f"/{word}", params={"q": word}, headers={"referer": f"http://x/{word}", "user-agent": word, "cookie": f"a={word}"})
        http.request("PATCH", f"/api/{word}")
        http.post("/check", data={"statement": word})
        http.post("/leave", data={"token": word})
        http.get("/leave", params={"chat": word})
        http.delete("/api/conversations", headers=bearer)
        _over_socket(server)
        _share(http)
        _at_the_desk(http, server)
        (server.folder / "metrics.txt").write_text(http.get("/metrics").text)


def _share(http: httpx.Client) -> None:
    """What is shared goes through the de-identifier, which knows no such word; with danger or without agreement nothing is kept."""
    for word in WORDS:
        for agreed in (False, True):
            body = {"text": f"can my friend {word} come with me to the meeting", "agreed": agreed, "outcome": "clarify"}
            assert http.post("/api/share", json=body).status_code in (200, 201)
            http.post("/share", data={**body, "agreed": "yes" if agreed else ""})
        http.post("/api/share", json={"text": f"he hit me again {word}", "agreed": True, "outcome": "clarify"})


def _at_the_desk(http: httpx.Client, server: Server) -> None:
    """What an adviser types of a caller, and every field that could repeat it."""
    account = new_account(server, "admin")
    signed = http.post("/staff/sign-in", data=account.form)
    assert signed.status_code == 303
    # Over plain HTTP this client would hold the cookie back.
    cookie = {"cookie": signed.headers["set-cookie"].split(";")[0]}
    page = http.get("/staff", headers=cookie)
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    for word in WORDS:
        form = {"csrf": found[1], "text": f"my husband {word} hits me", "code": word, "day": word}
        for part in ("", "1", "words"):
            assert http.post("/staff/look", data=form, headers={**cookie, "x-fragment": part}).status_code == 200
        http.post("/staff/call", data={"csrf": found[1], "topic": word, "outcome": word}, headers=cookie)
        http.post("/staff/people", data={"csrf": found[1], "name": word, "action": word}, headers=cookie)
        http.get(f"/staff/topic/{word}", headers=cookie)
        http.post("/staff/sign-in", data={"name": word, "password": word, "code": word})


def _nothing_was_kept(server: Server, began: float, *more: Path) -> None:
    changed = [
        path
        for name in _SEARCHED_TOO
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.stat().st_mtime >= began and path.stat().st_size < 400_000_000
    ]
    assert search([server.folder, *more, *changed], WORDS) == []
    notes = server.notes.read_text(encoding="utf-8").splitlines()
    written = {line.removeprefix("write ") for line in notes if line.startswith("write ")}
    elsewhere = [path for path in written if not path.startswith((str(server.folder), "/dev/", str(ROOT)))]
    assert search([Path(path) for path in elsewhere if Path(path).exists()], WORDS) == []
    called = [line for line in notes if line.startswith(("socket.connect", "socket.getaddrinfo", "socket.sendto"))]
    assert [line for line in called if "127.0.0.1" not in line and "localhost" not in line] == []


def test_nothing_of_a_conversation_is_found_in_any_file_log_or_metric(tmp_path: Path) -> None:
    began = time.time()
    server = Server(tmp_path, **CHANNELS)
    try:
        server.wait_until("/health/ready")
        _talk(server)
    finally:
        server.kill(signal.SIGTERM)
    _nothing_was_kept(server, began)


@pytest.mark.parametrize("fault", ["", "action"])
def test_nothing_of_a_conversation_is_found_in_a_trace_or_in_a_log_for_machines(tmp_path: Path, fault: str) -> None:
    began = time.time()
    collector = Collector(tmp_path)
    server = Server(tmp_path, HANDRAIL_TRACES=collector.url, HANDRAIL_LOG_FORMAT="json", BREAK=fault, **CHANNELS)
    try:
        server.wait_until("/health/ready")
        _talk(server)
    finally:
        server.kill(signal.SIGTERM)
    assert len(collector.wait_for("turn", least=50)) >= 50
    collector.stop()
    lines = (tmp_path / "output.txt").read_text(encoding="utf-8").splitlines()
    assert {"start", "ready", "desk_open", "stop"} <= {json.loads(line)["event"] for line in lines}
    _nothing_was_kept(server, began)


def test_nothing_readable_is_found_in_redis_and_after_deletion_nothing_at_all(tmp_path: Path, redis: RedisServer) -> None:
    import redis as client

    began = time.time()
    server = Server(tmp_path, HANDRAIL_REDIS=redis.url, **CHANNELS)
    try:
        server.wait_until("/health/ready")
        with httpx.Client(base_url=server.url, timeout=60) as http:
            started = http.post("/api/conversations").json()
            bearer = {"authorization": f"Bearer {started['token']}"}
            said = http.post("/api/conversations/messages", json={"text": f"what is a core group {WORDS[0]}"}, headers=bearer)
            assert said.json()["topics"] == ["core_group"]
            line = client.Redis.from_url(redis.url)
            limits = line.keys("handrail:limit:*")
            assert all(0 < line.pttl(name) <= 60_000 for name in limits), "hashes under the day's key, for a minute"
            [kept] = set(line.keys("*")) - set(limits)
            assert 0 < line.pttl(kept) <= 30 * 60_000
            deleted = http.delete("/api/conversations", headers=bearer).json()
            assert deleted["statement"]["held_in"] == ["Redis, encrypted"]
            assert set(line.keys("*")) <= set(line.keys("handrail:limit:*"))
        _talk(server)
        line.save()
    finally:
        server.kill(signal.SIGTERM)
    _nothing_was_kept(server, began, redis.folder)


@pytest.mark.parametrize("fault", ["action", "late"])
def test_a_fault_in_mid_turn_leaves_no_word_behind_and_still_helps(tmp_path: Path, fault: str) -> None:
    began = time.time()
    server = Server(tmp_path, BREAK=fault, HANDRAIL_REPLY_TIMEOUT="1")
    try:
        server.wait_until("/health/ready")
        with httpx.Client(base_url=server.url, timeout=60) as http:
            token = http.post("/api/conversations").json()["token"]
            bearer = {"authorization": f"Bearer {token}"}
            said = {"text": f"what is a core group {WORDS[1]}"}
            reply = http.post("/api/conversations/messages", json=said, headers=bearer).json()
            assert reply["outcome"] == ("error_engine" if fault == "action" else "error_timeout")
            assert "0808 801 0366" in reply["messages"][-1]["text"]
            assert WORDS[1] not in json.dumps(reply)
    finally:
        server.kill(signal.SIGTERM)
    _nothing_was_kept(server, began)


def test_a_worker_that_is_killed_in_mid_turn_leaves_no_word_behind(tmp_path: Path) -> None:
    began = time.time()
    server = Server(tmp_path, BREAK="late")
    try:
        server.wait_until("/health/ready")
        token = httpx.post(f"{server.url}/api/conversations", timeout=30).json()["token"]

        def ask() -> None:
            said = {"text": f"what is a core group {WORDS[2]}"}
            headers = {"authorization": f"Bearer {token}"}
            with pytest.raises(httpx.HTTPError):
                httpx.post(f"{server.url}/api/conversations/messages", json=said, headers=headers, timeout=30)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(1.0)
        server.kill(signal.SIGSEGV)
        asking.join(timeout=30)
    finally:
        server.kill()
    assert not [path for path in (*ROOT.glob("core*"), *tmp_path.glob("core*")) if path.is_file()]
    _nothing_was_kept(server, began)


def test_the_process_leaves_no_core_and_lets_no_neighbour_read_its_memory(tmp_path: Path) -> None:
    server = Server(tmp_path, HANDRAIL_MODEL="/nowhere/model.tar.gz")
    try:
        server.wait_until("/health/live")
        limits = Path(f"/proc/{server.process.pid}/limits").read_text()
        assert re.search(r"Max core file size\s+0\s+0", limits)
        if os.geteuid() != 0:
            with pytest.raises(PermissionError):
                Path(f"/proc/{server.process.pid}/environ").read_bytes()
    finally:
        server.kill()
