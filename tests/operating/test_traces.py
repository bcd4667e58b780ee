"""Traces: a turn with where its time went, nothing of what was said, and no turn that waits for a collector."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.metrics import Metrics
from api.observed import Observed
from api.settings import Settings
from api.traces import Traces
from bench.services import ROOT, Collector, free_port
from bot.engine import Engine
from bot.memory import Key
from bot.reply import Outcome
from bot.spans import span, trace_with

WORD = "zanzibar-lighthouse"


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    collector = Collector(tmp_path)
    yield collector
    collector.stop()


@pytest.fixture
def traces(collector: Collector) -> Iterator[Traces]:
    traces = Traces(collector.url, "1")
    traces.start()
    yield traces
    trace_with(None)


def _attributes(sent: dict[str, Any]) -> dict[str, Any]:
    return {row["key"]: next(iter(row["value"].values())) for row in sent.get("attributes", [])}


async def test_a_turn_is_one_trace_with_its_outcome_and_no_word_id_or_address(
    client: httpx.AsyncClient, token: str, collector: Collector, traces: Traces
) -> None:
    headers = {"authorization": f"Bearer {token}", "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "user-agent": WORD}
    outcomes = []
    for text in (f"what is a core group {WORD}", "why"):
        response = await client.post("/api/conversations/messages", json={"text": text}, headers=headers)
        assert response.status_code == 200
        outcomes.append(response.json()["outcome"])
    await asyncio.to_thread(traces.stop, 30)
    turns = collector.wait_for("turn", least=2)
    first = _attributes(turns[0])
    assert set(first) == {"channel", "outcome", "urgent", "topics"}
    assert (first["channel"], first["outcome"], first["urgent"]) == ("api", outcomes[0], False)
    assert turns[0]["traceId"] != turns[1]["traceId"]
    received = collector.received.read_text(encoding="utf-8")
    for secret in (WORD, token, Key.of(token).conversation, "ab" * 16, "handrail.test"):
        assert secret not in received


async def test_what_happens_inside_a_turn_stands_under_it_also_on_another_thread(collector: Collector, traces: Traces) -> None:
    loop = asyncio.new_event_loop()

    async def inner() -> None:
        with span("understand"):
            pass

    threading.Thread(target=loop.run_forever, daemon=True).start()
    with Observed(Metrics(), "api") as turn:
        with span("screen"):
            pass
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(inner(), loop))
        turn.ended(Outcome.ANSWERED, False, [])
    loop.call_soon_threadsafe(loop.stop)
    await asyncio.to_thread(traces.stop, 30)
    parent = collector.wait_for("turn")[0]
    for name in ("screen", "understand"):
        assert collector.wait_for(name)[0]["parentSpanId"] == parent["spanId"]


def test_an_error_is_sent_by_its_type_and_a_strange_name_or_attribute_not_at_all(collector: Collector, traces: Traces) -> None:
    def fail() -> None:
        with span("turn") as opened:
            opened.set(channel=f"Said {WORD}", words=WORD, topics=("core_group", f"{WORD} {WORD}"))
            raise ValueError(WORD)

    with pytest.raises(ValueError, match=WORD):
        fail()
    with span(WORD):
        pass
    traces.stop(30)
    sent = collector.wait_for("turn")[0]
    assert _attributes(sent)["error.type"] == "ValueError"
    assert _attributes(sent)["channel"] == "?"
    collector.wait_for("other")
    assert WORD not in collector.received.read_text(encoding="utf-8")


@pytest.mark.parametrize("gone", ["from the start", "later"])
async def test_a_collector_that_is_gone_changes_no_reply_and_costs_bounded_memory(
    client: httpx.AsyncClient, token: str, tmp_path: Path, gone: str, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Collector(tmp_path)
    traces = Traces(collector.url if gone == "later" else f"http://127.0.0.1:{free_port()}", "1")
    traces.start()
    try:
        headers = {"authorization": f"Bearer {token}"}
        collector.stop()
        response = await client.post("/api/conversations/messages", json={"text": "what is a core group"}, headers=headers)
        assert response.json()["topics"] == ["core_group"]
        for _ in range(5000):
            with span("screen"):
                pass
        waiting = traces._provider._active_span_processor._span_processors[0]._batch_processor._queue
        assert len(waiting) <= 2048
    finally:
        await asyncio.to_thread(traces.stop, 30)
    assert [record.event for record in caplog.records if hasattr(record, "event")] == ["traces_lost"]


def test_the_web_framework_sends_nothing_of_its_own_whatever_the_environment_says(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    told = create_app(Settings(), engine=engine)._telemetry
    assert not any(told[signal] for signal in ("tracing", "metrics", "logs", "operation_spans", "auto_configure"))


def test_nothing_that_could_send_a_trace_is_loaded_until_it_is_asked_for() -> None:
    senders = ("opentelemetry.sdk", "opentelemetry.exporter")
    program = f"import sys, api.app, bot.spans\nsys.exit(any(name.startswith({senders}) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False).returncode == 0
