"""The audit log: only added to, and every tampering shows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from desk.__main__ import main
from desk.audit import Audit
from desk.store import Store


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite, because that file is what these tests tamper with; the triggers of both are tested with the store."""
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def audit(store: Store) -> Audit:
    audit = Audit(store)
    for number in range(5):
        with store.begin() as connection:
            audit.add(connection, "Ann", "notice_set", f"notice {number}", "a reason")
    return audit


def _behind_its_back(tmp_path: Path, *statements: str) -> None:
    """As somebody with the file and without scruples would."""
    with sqlite3.connect(tmp_path / "desk.db") as database:
        for trigger in ("audit_no_update", "audit_no_delete"):
            database.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            database.execute(statement)


def test_a_log_that_nobody_touched_is_whole(audit: Audit) -> None:
    assert audit.verify() == []
    assert [entry.number for entry in audit.rows()] == [5, 4, 3, 2, 1]
    assert [entry.number for entry in audit.rows(limit=2, before=4)] == [3, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET reason = 'another' WHERE number = 3",
        "UPDATE audit SET person = 'Bea' WHERE number = 5",
        "UPDATE audit SET at = at + 1 WHERE number = 1",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit WHERE number = 1",
        "UPDATE audit SET number = number + 10 WHERE number = 5",
    ],
)
def test_a_changed_or_missing_row_shows(audit: Audit, tmp_path: Path, statement: str) -> None:
    _behind_its_back(tmp_path, statement)
    assert audit.verify()


def test_rows_cut_off_the_end_show_against_what_was_kept_elsewhere(audit: Audit, tmp_path: Path) -> None:
    kept = audit.last()
    assert audit.verify(kept) == []
    _behind_its_back(tmp_path, "DELETE FROM audit WHERE number > 3")
    assert audit.verify() == []
    assert audit.verify(kept)


def test_the_command_tells_a_whole_log_from_a_broken_one(
    audit: Audit, tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--database", database, "audit"]) == 0
    kept = capsys.readouterr().out.split()[-1]
    _behind_its_back(tmp_path, "DELETE FROM audit WHERE number = 5")
    assert main(["--database", database, "audit"]) == 0
    assert main(["--database", database, "audit", "--kept", kept]) == 1


def test_two_at_once_never_follow_the_same_row(store: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor

    audit = Audit(store)

    def add(number: int) -> None:
        with store.begin() as connection:
            audit.add(connection, f"person {number}", "notice_set", "notice", "")

    with ThreadPoolExecutor(8) as several:
        list(several.map(add, range(40)))
    assert audit.verify() == []
    assert audit.last()[0] == 40


@pytest.mark.parametrize("kept", ["abc", "12", "12:", ":abc", "x:abc"])
def test_what_was_kept_has_to_look_like_what_was_printed(kept: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["--database", f"sqlite:///{tmp_path}/desk.db", "audit", "--kept", kept])
    assert "a number, a colon" in capsys.readouterr().err
