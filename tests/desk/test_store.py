"""The desk's store, over SQLite and over a real PostgreSQL server: its shape, its transactions, its failures."""

from __future__ import annotations

import datetime
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError

from bench.services import ROOT, PostgresServer
from bot.events import kind_of, place_of
from desk.audit import Audit
from desk.questions import Questions
from desk.store import Store, StoreDown
from desk.tables import audit, counts, metadata, people, questions, sessions, switches

DAY = datetime.date(2026, 3, 4)
A_FEW_SECONDS = 10  # the store waits for three


def _rows(store: Store, table: Any) -> list[dict[str, Any]]:
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def _alembic(store: Store, verb: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "desk" / "migrations"))
    with store.begin() as connection:
        config.attributes["connection"] = connection
        verb(config, revision)


def _switch(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "text": text, "by": "Ann", "at": 1}


def test_an_older_handrail_works_on_a_store_that_a_newer_one_has_changed(store: Store) -> None:
    with store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE switches ADD COLUMN from_the_future VARCHAR(10)")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.migrate()
    with store.begin() as connection:
        store.put(connection, switches, [_switch("chat", "back at nine")])
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"
    assert [row["text"] for row in _rows(store, switches)] == ["back at nine"]


@pytest.mark.parametrize("already_there", [False, True])
def test_only_its_owner_can_read_the_file(tmp_path: Path, already_there: bool) -> None:
    file = tmp_path / "var" / "desk.db"
    if already_there:
        file.parent.mkdir()
        sqlite3.connect(file).execute("CREATE TABLE older (n)").connection.close()
        file.chmod(0o644)
    before = os.umask(0o022)
    try:
        store = Store(f"sqlite:///{file}")
        store.migrate()
        with store.begin() as connection:
            store.put(connection, switches, [_switch("chat", "back at nine")])
            assert len(list(file.parent.iterdir())) == 3
            assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
    finally:
        os.umask(before)
    store.close()


def test_migrating_twice_changes_nothing_and_keeps_what_is_there(store: Store) -> None:
    with store.begin() as connection:
        store.put(connection, switches, [_switch("chat", "back at nine")])
    store.migrate()
    assert [row["text"] for row in _rows(store, switches)] == ["back at nine"]


def test_workers_that_migrate_at_the_same_moment_all_succeed(database: str) -> None:
    wait_then_migrate = (
        "import sys; from desk.store import Store; print(flush=True); sys.stdin.read(1); Store(sys.argv[1]).migrate()"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", wait_then_migrate, database], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("x")
        worker.stdin.flush()
    ends = [(worker.communicate(timeout=60)[1], worker.returncode) for worker in workers]
    assert [code for _, code in ends] == [0, 0, 0], ends
    assert _rows(Store(database), audit) == []


def test_the_tables_and_the_migrations_agree(store: Store) -> None:
    with store.begin() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    assert differences == []


def test_the_database_can_go_back_to_empty_and_forward_again(store: Store) -> None:
    _alembic(store, command.downgrade, "base")
    with store.begin() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    store.migrate()
    with store.begin() as connection:
        assert set(metadata.tables) < set(inspect(connection).get_table_names())
        Audit(store).add(connection, "Ann", "switched", "chat")
    assert len(_rows(store, audit)) == 1


def test_every_step_of_the_migrations_can_be_taken_back_alone(store: Store) -> None:
    steps = list(ScriptDirectory(str(ROOT / "desk" / "migrations")).walk_revisions())
    for _ in steps:
        _alembic(store, command.downgrade, "-1")
    for _ in steps:
        _alembic(store, command.upgrade, "+1")
    assert _rows(store, switches) == []


def test_put_replaces_a_row_of_the_same_key_and_leaves_the_others(store: Store) -> None:
    with store.begin() as connection:
        store.put(connection, switches, [_switch("chat", "one"), _switch("notice", "two")])
        store.put(connection, switches, [_switch("chat", "three")])
        store.put(connection, switches, [])
    assert {row["name"]: row["text"] for row in _rows(store, switches)} == {"chat": "three", "notice": "two"}


def test_put_adds_up_where_it_is_told_to_also_within_one_call(store: Store) -> None:
    def counted(value: str, n: int) -> dict[str, Any]:
        return {"day": DAY, "dimension": "topic", "value": value, "n": n}

    with store.begin() as connection:
        store.put(connection, counts, [counted("why", 2), counted("who", 1), counted("why", 3)], adding="n")
    with store.begin() as connection:
        store.put(connection, counts, [counted("why", 10)], adding="n")
    assert {row["value"]: row["n"] for row in _rows(store, counts)} == {"why": 15, "who": 1}


def test_workers_that_add_at_the_same_time_lose_nothing(store: Store, database: str) -> None:
    add = (
        "import sys, datetime; from desk.store import Store; from desk.tables import counts; store = Store(sys.argv[1])\n"
        "for _ in range(40):\n"
        "    with store.begin() as connection:\n"
        "        row = {'day': datetime.date(2026, 3, 4), 'dimension': 'topic', 'value': 'why', 'n': 1}\n"
        "        store.put(connection, counts, [row], adding='n')\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", add, database], cwd=ROOT) for _ in range(2)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    assert [row["n"] for row in _rows(store, counts)] == [80]


def test_a_transaction_that_raises_leaves_nothing_behind(store: Store) -> None:
    def half_way() -> None:
        with store.begin() as connection:
            store.put(connection, switches, [_switch("chat", "off")])
            Audit(store).add(connection, "Ann", "switched", "chat")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    assert _rows(store, switches) == _rows(store, audit) == []


def test_who_reads_is_not_kept_waiting_by_who_writes_and_sees_no_half_done_work(store: Store) -> None:
    with store.begin() as connection:
        store.put(connection, switches, [_switch("chat", "off")])
        with store.read() as other:
            assert other.execute(select(func.count()).select_from(switches)).scalar_one() == 0
    assert len(_rows(store, switches)) == 1


def test_a_refused_statement_says_nothing_of_the_words_in_it(store: Store) -> None:
    secret = "my sister in Peckham"
    with pytest.raises(IntegrityError) as refused, store.begin() as connection:
        connection.execute(questions.insert(), {"text": secret, "outcome": None, "day": DAY, "state": "waiting"})
    assert secret not in f"{refused.value!r} {refused.value} {vars(refused.value)}"
    assert refused.value.__suppress_context__
    assert _rows(store, questions) == []


def test_what_the_database_refuses_is_told_by_kind_and_place_and_is_no_store_that_is_down(store: Store) -> None:
    secret = "my sister in Peckham"
    with pytest.raises(DBAPIError) as refused:
        Questions(store, Audit(store)).share(secret, None)  # type: ignore[arg-type]
    assert kind_of(refused.value) == "IntegrityError"
    assert place_of(refused.tb).startswith("desk.questions:")
    assert secret not in str(refused.value)


def test_a_file_that_is_no_database_is_a_store_that_is_down(tmp_path: Path) -> None:
    spoilt = tmp_path / "desk.db"
    spoilt.write_bytes(b"not a database at all" * 200)
    with pytest.raises(StoreDown):
        Store(f"sqlite:///{spoilt}").migrate()


def test_the_sessions_of_a_person_go_with_the_person(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(people.insert(), {"id": 1, "name": "Ann", "role": "adviser"})
        connection.execute(sessions.insert(), {"id": "a", "person": 1, "csrf": "b", "begun": 1, "seen": 1})
        connection.execute(people.delete())
    assert _rows(store, sessions) == []


CHANGES = {
    "update": "UPDATE audit SET reason = 'another'",
    "update one": "UPDATE audit SET number = 7 WHERE number = 1",
    "delete": "DELETE FROM audit",
    "delete one": "DELETE FROM audit WHERE number = 2",
    "write over": {
        "sqlite": "INSERT OR REPLACE INTO audit SELECT number, at, 'Eve', action, about, reason, before, hash FROM audit",
        "postgresql": "INSERT INTO audit SELECT * FROM audit ON CONFLICT (number) DO UPDATE SET person = 'Eve'",
    },
    "empty": {"sqlite": "DELETE FROM audit", "postgresql": "TRUNCATE audit"},
    "empty with what hangs on it": {"sqlite": "DELETE FROM audit", "postgresql": "TRUNCATE audit CASCADE"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_audit_log_refuses_to_be_changed(store: Store, change: str) -> None:
    with store.begin() as connection:
        for about in ("chat", "notice"):
            Audit(store).add(connection, "Ann", "switched", about)
    before = _rows(store, audit)
    statement = CHANGES[change]
    if isinstance(statement, dict):
        statement = statement["sqlite" if store.is_sqlite else "postgresql"]
    with pytest.raises(DBAPIError), store.begin() as connection:
        connection.exec_driver_sql(statement)
    assert _rows(store, audit) == before
    with store.begin() as connection:
        Audit(store).add(connection, "Ann", "switched", "chat")
    assert len(_rows(store, audit)) == 3


@contextmanager
def _out_of_reach(request: pytest.FixtureRequest, url: str) -> Iterator[None]:
    """PostgreSQL is stopped; SQLite is held by somebody who does not let go."""
    if url.startswith("sqlite"):
        holder = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    server.stop()
    try:
        yield
    finally:
        server.start()


def test_a_store_out_of_reach_says_so_soon_and_works_again_by_itself(
    store: Store, database: str, request: pytest.FixtureRequest
) -> None:
    with store.begin() as connection:
        store.put(connection, switches, [_switch("chat", "kept")])
    with _out_of_reach(request, database):
        for other in (store, Store(database)):
            began = time.monotonic()
            with pytest.raises(StoreDown), other.begin() as connection:
                store.put(connection, switches, [_switch("chat", "lost")])
            assert time.monotonic() - began < A_FEW_SECONDS
    assert [row["text"] for row in _rows(store, switches)] == ["kept"]
    with store.begin() as connection:
        store.put(connection, switches, [_switch("chat", "new")])
    assert [row["text"] for row in _rows(store, switches)] == ["new"]


def test_a_store_that_was_never_migrated_is_down_and_not_a_crash(database: str) -> None:
    with pytest.raises(StoreDown):
        _rows(Store(database), switches)


def test_a_connection_that_was_cut_in_the_middle_is_down_and_the_next_works(postgres: PostgresServer) -> None:
    store = Store(postgres.new_database())
    store.migrate()

    def cut() -> None:
        with store.begin() as connection:
            store.put(connection, switches, [_switch("chat", "lost")])
            postgres.stop()
            postgres.start()
            connection.execute(select(func.count()).select_from(switches))

    with pytest.raises(StoreDown):
        cut()
    assert _rows(store, switches) == []
    store.close()
