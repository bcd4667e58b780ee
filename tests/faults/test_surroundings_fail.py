"""The disk is full, the clock jumps, the model file is spoilt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.faults import runs
from bench.traffic import DANGERS


@pytest.fixture(scope="module")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[runs.Frail]:
    with runs.frail(tmp_path_factory.mktemp("frail")) as frail:
        yield frail


def test_a_full_disk_is_not_noticed_in_the_chat_and_loses_no_count(frail: runs.Frail) -> None:
    if frail.disk is None:
        pytest.skip("mounting a small disk is not allowed here")
    verdict = runs.disk_full(frail, runs.TEST)
    assert not verdict.harmed
    assert runs.wait_until_counted(frail.house.database, verdict.messages) >= verdict.messages


def test_a_clock_that_jumps_ends_no_conversation(frail: runs.Frail) -> None:
    if frail.clock is None:
        pytest.skip("libfaketime is not installed: make services")
    assert not runs.clock_jumps(frail, runs.TEST).harmed


@pytest.mark.parametrize("kind", ["truncated", "version"])
def test_a_spoilt_model_leaves_danger_words_and_the_advice_line(tmp_path: Path, kind: str) -> None:
    guide, url = runs.spoilt_model(tmp_path, kind)
    try:
        with httpx.Client(base_url=url, timeout=30) as http:
            bearer = {"authorization": f"Bearer {http.post('/api/conversations').json()['token']}"}
            for text in DANGERS:
                said = http.post("/api/conversations/messages", json={"text": text}, headers=bearer).json()
                assert said["urgent"]
                assert said["messages"][0]["kind"] == "safety"
            assert http.get("/health/ready").status_code == 503
    finally:
        guide.close()
