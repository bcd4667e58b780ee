"""The desk opens beside the first requests: parents get the switches at once, staff once the passwords were looked at."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.desk.opening import Opening
from api.settings import Settings
from api.state import State
from content.library import Library
from desk.desk import Desk
from desk.people import People
from tests.desk.conftest import KEY, SITE


def _until(there: Callable[[], object]) -> None:
    for _ in range(200):
        if there():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come")


def _events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.event for record in caplog.records if hasattr(record, "event")]


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}"


async def test_switches_hold_while_passwords_are_looked_at(address: str, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Desk.open(address, KEY, library)
    before.switchboard.set_chat_off("Back at nine.", "Ann", "the answers are wrong")
    before.close()
    slow = threading.Event()
    monkeypatch.setattr(People, "with_default_password", lambda _: slow.wait(20) and [])
    app = create_app(Settings(database=address, desk_key=KEY))
    state: State = app.state.handrail
    opening = Opening(state)
    opening.start()
    try:
        _until(lambda: state.desk)
        assert library.switches.chat_off == "Back at nine."
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SITE) as client:
            form = {"name": "Ann", "password": "x", "code": "1"}
            assert (await client.post("/staff/sign-in", data=form)).status_code == 503
            slow.set()
            _until(lambda: state.desk and state.desk.is_open)
            assert (await client.post("/staff/sign-in", data=form)).status_code == 403
    finally:
        slow.set()
        opening.stop()
        library.switched.become(type(library.switches)())


def test_a_default_password_shuts_the_desk_to_staff_alone(
    address: str, library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(People, "with_default_password", lambda _: ["boss"])
    state: State = create_app(Settings(database=address, desk_key=KEY), library=library).state.handrail
    opening = Opening(state)
    with caplog.at_level(logging.INFO, "handrail"):
        opening.start()
        _until(lambda: "desk_shut" in _events(caplog))
    assert state.desk is not None
    assert not state.desk.is_open
    opening.stop()


def test_an_address_that_is_none_is_told(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    state: State = create_app(Settings(database="no address at all", desk_key=KEY), library=library).state.handrail
    opening = Opening(state)
    with caplog.at_level(logging.INFO, "handrail"):
        opening.start()
        _until(lambda: "desk_shut" in _events(caplog))
    opening.stop()
    assert state.desk is None


def test_a_disk_that_refuses_is_tried_again(
    address: str, library: Library, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = iter([OSError(28, "No space left"), None])
    real = Desk.shut

    def refusing(*given: object) -> Desk:
        if error := next(tries):
            raise error
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Desk, "shut", refusing)
    monkeypatch.setattr("api.desk.opening._AGAIN_SECONDS", 0.01)
    state: State = create_app(Settings(database=address, desk_key=KEY), library=library).state.handrail
    opening = Opening(state)
    with caplog.at_level(logging.INFO, "handrail"):
        opening.start()
        _until(lambda: "desk_open" in _events(caplog))
    opening.stop()
    assert _events(caplog) == ["store_down", "desk_open"]
