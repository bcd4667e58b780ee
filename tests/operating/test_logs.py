"""Log lines: fixed events with fixed fields, and never a word of what went through the process."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import httpx
import pytest

from api.app import create_app
from api.logs import AsJson, AsText
from api.settings import Settings
from bench.services import ROOT
from bot.engine import Engine
from bot.events import Event, Sparing, fields_of, kind_of, place_of, plain, tell

WORD = "zanzibar-lighthouse"


def _written(record: logging.LogRecord) -> list[str]:
    return [AsText().format(record), AsJson().format(record)]


@pytest.mark.parametrize("event", list(Event))
def test_every_event_has_its_fields_and_no_others(event: Event, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "handrail")
    tell(event, more=WORD, **dict.fromkeys(fields_of(event), "plain"))
    record = caplog.records[-1]
    row = json.loads(AsJson().format(record))
    assert set(row) == {"time", "level", "event", "pid", *fields_of(event)}
    assert row["event"] == event.value
    assert WORD not in " ".join(_written(record))


@pytest.mark.parametrize("value", ["he hit me", "two\nlines", "", "x" * 81, '"}', "é"])
def test_a_value_that_is_no_plain_word_is_not_written(value: str, caplog: pytest.LogCaptureFixture) -> None:
    tell(Event.MODEL_FAILED, error=value, place="bot.engine:1")
    assert json.loads(AsJson().format(caplog.records[-1]))["error"] == "?"


def test_an_error_is_told_by_its_type_and_its_place_in_our_code() -> None:
    with pytest.raises(TypeError) as raised:
        plain(WORD.encode())  # type: ignore[arg-type]
    assert kind_of(raised.value) == "TypeError"
    assert place_of(raised.value.__traceback__).startswith("bot.events:")
    assert kind_of(OSError(98, WORD)) == "OSError:EADDRINUSE"


@pytest.mark.parametrize("message", [f"about {WORD}", ValueError(WORD)])
def test_what_a_library_logs_comes_without_its_words(message: object) -> None:
    try:
        raise RuntimeError(WORD)
    except RuntimeError:
        trouble = sys.exc_info()
    for with_error in (None, trouble):
        record = logging.LogRecord("some.library", logging.ERROR, __file__, 7, message, (), with_error)
        for line in _written(record):
            assert WORD not in line
            assert "\n" not in line
        assert json.loads(AsJson().format(record))["event"] == "other"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_thread_or_a_process_that_crashes_says_where_and_not_with_what(form: str) -> None:
    program = (
        "import threading\nfrom api.logs import write_logs\n"
        f"write_logs({form!r})\n"
        f"def fail():\n    raise ValueError({WORD!r})\n"
        "one = threading.Thread(target=fail)\none.start()\none.join()\nfail()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert WORD not in done.stdout + done.stderr
    assert done.stderr.count("ValueError") == 2
    if form == "json":
        assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["crashed", "crashed"]


def test_what_happens_a_thousand_times_is_told_once_in_a_while_with_how_often(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    sparing = Sparing(Event.SHED, between=10, clock=lambda: now[0])
    for _ in range(1000):
        sparing.tell(reason="queue")
    now[0] = 11
    sparing.tell(reason="queue")
    assert [record.fields["times"] for record in caplog.records] == [1, 1001]  # type: ignore[attr-defined]


async def test_a_request_that_breaks_is_told_of_without_what_was_in_it(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings(), engine=engine)

    @app.get("/breaks")
    async def breaks(q: str) -> None:
        raise ValueError(q)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        assert (await client.get("/breaks", params={"q": WORD})).status_code == 500
    told = [record for record in caplog.records if getattr(record, "event", "") == "request_failed"]
    assert len(told) == 1
    assert WORD not in " ".join(line for record in caplog.records for line in _written(record))
