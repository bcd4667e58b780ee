"""The desk's command line: accounts are made and mended without a page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pyotp
import pytest

from desk.__main__ import main
from desk.audit import Audit
from desk.key import desk_key
from desk.people import People
from desk.store import Store
from tests.desk.conftest import PASSWORD


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite, as on a machine where nothing else was set."""
    return f"sqlite:///{tmp_path / 'desk.db'}"


def _typed(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))


def test_somebody_who_was_added_can_sign_in_with_the_codes_that_were_shown(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _typed(monkeypatch, PASSWORD)
    assert main(["--database", database, "add", "Ann", "--role", "manager"]) == 0
    secret = re.search(r"secret:\s+(\w+)", capsys.readouterr().out)
    assert secret
    store = Store(database)
    people = People(store, Audit(store), desk_key(None, database))
    assert people.sign_in("Ann", PASSWORD, pyotp.TOTP(secret[1]).at(store.now()))
    assert main(["--database", database, "people"]) == 0
    assert "Ann" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "password"),
    [(["add", "Ann", "--role", "admin"], "changeme"), (["role", "Nobody", "admin"], ""), (["password", "Nobody"], PASSWORD)],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], password: str
) -> None:
    _typed(monkeypatch, password)
    assert main(["--database", database, *arguments]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert password not in said.err or not password


def test_migrate_makes_the_store_and_prints_no_name(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--database", database, "migrate"]) == 0
    store = Store(database)
    assert not People(store, Audit(store), desk_key(None, database)).accounts()
    assert capsys.readouterr().out.count("\n") == 1


def test_a_database_that_cannot_be_reached_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DESK_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    assert main(["--database", "postgresql://nobody:secret@127.0.0.1:1/none", "people"]) == 1
    assert "secret" not in capsys.readouterr().err
