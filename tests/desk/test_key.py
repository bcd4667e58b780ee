"""The desk's key: made once, readable by its owner alone, never weak."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from desk.key import KeyRefused, desk_key


def test_the_key_beside_an_sqlite_database_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/var/desk.db"
    key = desk_key(None, database)
    assert len(key) == 32
    assert desk_key(None, database) == key
    assert (tmp_path / "var" / "desk.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/desk.db"
    desk_key(None, database)
    (tmp_path / "desk.key").chmod(0o644)
    with pytest.raises(KeyRefused):
        desk_key(None, database)


@pytest.mark.parametrize("given", ["changeme", "", base64.b64encode(b"a" * 32).decode(), base64.b64encode(b"short").decode()])
def test_a_weak_key_is_refused(given: str) -> None:
    with pytest.raises(KeyRefused):
        desk_key(given, "postgresql://db/handrail")


def test_beyond_one_machine_the_key_must_be_given() -> None:
    with pytest.raises(KeyRefused):
        desk_key(None, "postgresql://db/handrail")
