"""The desk opens beside the first requests: parents get the switches at once, staff once the passwords were looked at."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.desk.opening import Opening
from api.settings import Settings
from api.state import State
from content.library import Library
from content.switches import AS_USUAL, Switches
from desk.audit import Audit
from desk.desk import Desk
from desk.last_switches import LastSwitches
from desk.people import People
from desk.store import Store, StoreDown
from desk.switchboard import Switchboard
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


@pytest.fixture
def of_another_worker(address: str, library: Library) -> Iterator[None]:
    """Before this worker began, another one had followed the switches."""
    board = Desk.open(address, KEY, library)
    board.switchboard.set_chat_off("Back at nine.", "Ann", "the answers are wrong")
    board.switchboard.take_offline("core_group", "Ann", "the answer is wrong")
    board.close()
    opening = Opening(create_app(Settings(database=address, desk_key=KEY), library=library).state.handrail)
    opening.start()
    _until(lambda: library.switches.chat_off)
    opening.stop()
    library.switched.become(AS_USUAL)
    yield
    library.switched.become(AS_USUAL)


@pytest.mark.usefixtures("of_another_worker")
def test_a_worker_that_begins_while_the_database_is_away_begins_with_what_was_switched_last(
    address: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.desk.opening._AGAIN_SECONDS", 0.01)
    with monkeypatch.context() as away:
        away.setattr(Store, "migrate", _away)
        opening = Opening(create_app(Settings(database=address, desk_key=KEY), library=library).state.handrail)
        opening.start()
        assert library.switches == Switches("Back at nine.", frozenset({"core_group"}))
        changed = Store(address)
        Switchboard(changed, Audit(changed)).set_chat_on("Ann", "the answers are right again")
        changed.close()
    _until(lambda: library.switches == Switches(None, frozenset({"core_group"})))
    opening.stop()


def _away(_: Store) -> None:
    raise StoreDown("test")


@pytest.mark.usefixtures("of_another_worker")
@pytest.mark.parametrize("spoil", [lambda path: path.chmod(0o666), lambda path: path.write_text("{"), lambda path: path.unlink()])
def test_what_somebody_else_could_have_written_or_is_not_whole_switches_nothing(
    address: str, spoil: Callable[[Path], object]
) -> None:
    path = Path(address.removeprefix("sqlite:///") + ".switches")
    assert path.stat().st_mode & 0o077 == 0
    spoil(path)
    assert LastSwitches(address).read() is None


@pytest.mark.usefixtures("of_another_worker")
def test_the_switches_hold_also_where_the_desks_key_is_refused(
    address: str, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    Path(address.removeprefix("sqlite:///") + ".switches").unlink()
    state: State = create_app(Settings(database=address, desk_key="bm8ga2V5"), library=library).state.handrail
    opening = Opening(state)
    with caplog.at_level(logging.INFO, "handrail"):
        opening.start()
        _until(lambda: library.switches.chat_off)
        _until(lambda: "desk_shut" in _events(caplog))
    assert state.desk is None
    opening.stop()


def test_a_database_of_its_own_has_switches_of_its_own_and_its_password_changes_nothing() -> None:
    kept = Switches("Back at nine.", frozenset({"core_group"}), "a notice")
    one = LastSwitches("postgresql://me:first@127.0.0.1:1/one-of-the-tests")
    one.keep(kept)
    assert LastSwitches("postgresql://me:second@127.0.0.1:1/one-of-the-tests").read() == kept
    assert LastSwitches("postgresql://me:first@127.0.0.1:1/two-of-the-tests").read() is None
    one._path.unlink()


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
