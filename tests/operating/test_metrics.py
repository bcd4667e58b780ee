"""Metrics: one sum over all workers, kept when one is killed, without a file, and with no label that anybody could write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.board import Board
from api.metrics import Metrics
from api.settings import Settings
from api.watch import Watch
from bench.services import ROOT, free_port
from bot.engine import Engine
from bot.memory import MemoryVault, VaultDown
from desk.desk import Desk


def samples(exposition: str | bytes) -> dict[str, float]:
    """Each sample by its name, and by its name with its labels in order."""
    text = exposition if isinstance(exposition, str) else exposition.decode()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[str]:
    """The address of three gunicorn workers."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--config", "python:tests.operating.forking", "--workers", "3",
        "--worker-class", "uvicorn_worker.UvicornWorker", "--bind", f"127.0.0.1:{port}", "tests.operating.forking:app",
    ]  # fmt: skip
    with (tmp_path / "output.txt").open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, "TMPDIR": str(tmp_path)})
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, {"handrail_workers_ready": 3.0})
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(url: str, wanted: dict[str, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for _ in range(300):
        try:
            found = samples(httpx.get(f"{url}/metrics", timeout=5).text)
        except httpx.HTTPError:
            found = {}
        if wanted.items() <= found.items():
            return found
        time.sleep(0.1)
    raise AssertionError({name: found.get(name) for name in wanted})


def _ask(url: str, path: str, least: int) -> list[int]:
    """Asks until two workers at least have answered, and so many times at least; the process that did, each time."""
    answered: list[int] = []
    while len(answered) < least or len(set(answered)) < 2:
        assert len(answered) < 5000
        answered.append(int(httpx.get(f"{url}{path}", timeout=5).text))
    return answered


TURNS = "handrail_turns_total{channel=api,outcome=answered,urgent=true}"


def test_every_worker_gives_the_sum_and_a_killed_worker_takes_no_count_with_it(workers: str) -> None:
    answered = _ask(workers, "/turn", 60)
    asked = len(answered)
    every = [samples(httpx.get(f"{workers}/metrics", timeout=5).text) for _ in range(12)]
    assert {one[TURNS] for one in every} == {float(asked)}
    assert {one["handrail_turn_seconds_count"] for one in every} == {float(asked)}
    hanging = int(httpx.get(f"{workers}/hang", timeout=5).text)
    _wait_for(workers, {"handrail_turns_in_flight": 1.0})
    for pid in {hanging, *answered}:
        os.kill(pid, signal.SIGKILL)
    ended = float(len({hanging, *answered}))
    after = _wait_for(workers, {"handrail_workers_ended_total": ended, "handrail_workers": 3.0, "handrail_workers_ready": 3.0})
    assert after[TURNS] == asked
    assert after["handrail_turns_in_flight"] == 0
    assert httpx.get(f"{workers}/turn", timeout=5).status_code == 200
    assert samples(httpx.get(f"{workers}/metrics", timeout=5).text)[TURNS] == asked + 1


def test_counting_in_several_workers_writes_no_file(workers: str, tmp_path: Path) -> None:
    _ask(workers, "/turn", 20)
    assert [path.name for path in tmp_path.rglob("*.db")] == []


def test_rows_of_ended_workers_are_used_again_so_that_nothing_grows() -> None:
    board = Board(2, [1], rows=4)
    for _ in range(50):
        row = board.reserve()
        board.add(0)
        board.release(row)
    assert row == 1
    assert [board.reserve() for _ in range(5)] == [1, 2, 3, 3, 3]


def test_one_process_is_one_worker_and_two_applications_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.shed("queue")
    assert samples(first.exposition())["handrail_shed_total{reason=queue}"] == 1
    assert samples(second.exposition())["handrail_shed_total{reason=queue}"] == 0
    assert samples(first.exposition())["handrail_workers"] == 1


def test_a_label_that_was_not_declared_is_counted_and_not_repeated() -> None:
    metrics = Metrics(["core_group"])
    metrics.turn("answered", False, ["zanzibar"], 0.1, "lighthouse")
    metrics.shed("wombat")
    metrics.refused("walrus")
    metrics.conversation("weasel")
    text = metrics.exposition().decode()
    for word in ("zanzibar", "lighthouse", "wombat", "walrus", "weasel"):
        assert word not in text
    assert samples(text)["handrail_turns_total{channel=other,outcome=answered,urgent=false}"] == 1
    assert samples(text)["handrail_topics_total{topic=other}"] == 1


def test_the_first_count_is_an_increase_from_zero() -> None:
    found = samples(Metrics(["core_group"]).exposition())
    assert found["handrail_topics_total{topic=core_group}"] == 0
    assert found["handrail_helpful_total{helpful=no,topic=core_group}"] == 0
    assert found["handrail_helpful_total{helpful=yes,topic=core_group}"] == 0
    assert not [name for name in found if "topic=other" in name]


def test_the_start_of_a_server_stays_the_same_for_as_long_as_it_runs(workers: str) -> None:
    before = samples(httpx.get(f"{workers}/metrics", timeout=5).text)["handrail_started_timestamp_seconds"]
    assert time.time() - 60 < before < time.time()
    os.kill(_ask(workers, "/turn", 1)[0], signal.SIGKILL)
    after = _wait_for(workers, {"handrail_workers_ended_total": 1.0, "handrail_workers_ready": 3.0})
    assert after["handrail_started_timestamp_seconds"] == before


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.0051, 9.99, 10.0, 11.0])
def test_a_turn_falls_into_the_buckets_that_are_as_long_or_longer(seconds: float) -> None:
    metrics = Metrics()
    metrics.turn("answered", False, [], seconds, "api")
    found = samples(metrics.exposition())
    for bound in ("0.005", "0.5", "10.0", "+Inf"):
        assert found[f"handrail_turn_seconds_bucket{{le={bound}}}"] == (seconds <= float(bound))


def _metrics_of(client: httpx.AsyncClient) -> Metrics:
    return client._transport.app.state.handrail.metrics  # type: ignore[attr-defined, no-any-return]


async def test_a_turn_is_in_flight_until_it_ends_also_where_it_ends_badly(client: httpx.AsyncClient) -> None:
    bearer = {"authorization": "Bearer nobody"}
    assert (await client.post("/api/conversations/messages", json={"text": "hello"}, headers=bearer)).status_code == 404
    found = samples(_metrics_of(client).exposition())
    assert found["handrail_turns_in_flight"] == 0
    assert found["handrail_turn_seconds_count"] == 0


async def test_a_refused_request_is_counted_by_its_limit(engine: Engine) -> None:
    app = create_app(Settings(messages_a_minute=1, starts_a_minute=1), engine=engine)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        for _ in range(3):
            await client.post("/api/conversations")
            await client.post("/api/conversations/messages", json={"text": "hello"}, headers={"authorization": "Bearer x"})
        found = samples((await client.get("/metrics")).text)
    assert found["handrail_refused_total{limit=starts}"] == 2
    assert found["handrail_refused_total{limit=messages}"] == 2


class Away:
    """A vault that does not answer while `down`."""

    down = True

    def get(self, name: str) -> bytes | None:
        if self.down:
            raise VaultDown("ConnectionError")
        return None


def test_a_store_that_goes_and_comes_is_seen_and_told_of_once_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, engine: Engine
) -> None:
    caplog.set_level("INFO", "handrail")
    app = create_app(Settings(database=f"sqlite:///{tmp_path / 'desk.db'}"), engine=engine)
    state, away = app.state.handrail, Away()
    state.vault = away
    watch = Watch(state)
    for down in (True, True, False, False):
        away.down = down
        watch.look()
        found = samples(state.metrics.exposition())
        assert found["handrail_store_up{store=redis}"] == (not down)
        assert found["handrail_store_up{store=desk}"] == 0
    told = [record.event for record in caplog.records if hasattr(record, "event")]
    assert told == ["store_down", "store_up"]
    state.desk = Desk.open(state.settings.database, None, state.library)
    watch.look()
    assert samples(state.metrics.exposition())["handrail_store_up{store=desk}"] == 1
    state.desk.close()


def test_conversations_in_memory_are_counted_and_a_store_that_was_not_set_up_is_absent(engine: Engine) -> None:
    state = create_app(Settings(database=""), engine=engine).state.handrail
    state.vault = MemoryVault(60)
    state.vault.put("a", b"sealed")
    Watch(state).look()
    found = samples(state.metrics.exposition())
    assert found["handrail_conversations_kept"] == 1
    assert not [name for name in found if name.startswith("handrail_store_up")]
