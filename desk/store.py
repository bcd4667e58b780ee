"""The desk's database: SQLite by default, PostgreSQL by address; changes to its shape are Alembic's."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

Seconds = Callable[[], float]
# Where a desk keeps everything that was told of no database.
DEFAULT_DATABASE = f"sqlite:///{Path(__file__).parent.parent / 'var' / 'handrail.db'}"
_MIGRATIONS = Path(__file__).parent / "migrations"
_PATIENCE = 3
# The largest number of a row that both databases take.
LARGEST = 2**31 - 1
_READING = "handrail_reading"
# A server that is there and answers nothing any more is given up after some seconds (milliseconds for the last).
_FROZEN = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2, "tcp_user_timeout": 8000}
# PostgreSQL's names for a table and a column that are not there (yet), and for a server that only reads.
_BEHIND = frozenset({"42P01", "42703", "25006"})


class StoreDown(Exception):
    """The database cannot be reached, is full, or has not been brought up to date."""


class Store:
    """One for each process. `clock` gives seconds since 1970."""

    def __init__(self, url: str, clock: Seconds = time.time) -> None:
        self.clock = clock
        self._engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database, which one machine alone can use."""
        return bool(self._engine.dialect.name == "sqlite")

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock())

    def migrate(self) -> None:
        """Brings the database to the newest shape; several workers may do it at once. Raises StoreDown.

        A database that a newer Handrail has changed is left as it is: changes only ever add, so that an older one works on it.
        """
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        with self.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7418529630)")
            if _is_newer(config, connection):
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def read(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that only reads, and keeps nobody waiting. Raises StoreDown."""
        return self._transaction(reading=True)

    def begin(self) -> contextlib.AbstractContextManager[Connection]:
        """A transaction that writes: kept when the block ends well, undone when it raises. Raises StoreDown.

        What the database refuses is a fault of ours and stays the error that it is, without the words in it.
        """
        return self._transaction(reading=False)

    @contextlib.contextmanager
    def _transaction(self, *, reading: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(**{_READING: reading}) as connection, connection.begin():
                yield connection
        except DBAPIError as error:
            # The statement, and the database's own words, may hold what somebody wrote, so they are not passed on.
            kind = type(error.orig).__name__
            if _is_down(error):
                raise StoreDown(kind) from None
            raise type(error)(None, None, Exception(kind)).with_traceback(error.__traceback__) from None
        except NoConnectionFree:
            raise StoreDown("no connection is free") from None

    def ping(self) -> None:
        """Asks for nothing, to learn whether there is an answer. Raises StoreDown."""
        with self.read() as connection:
            connection.exec_driver_sql("SELECT 1")

    def put(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, adding: str | None = None) -> None:
        """Writes rows by primary key: what is there is replaced, or with `adding` that column is added up."""
        if not rows:
            return
        insert: Any = (sqlite if self.is_sqlite else postgresql).insert(table)
        keys = [column.name for column in table.primary_key]
        if adding:
            changed: dict[str, Any] = {adding: table.c[adding] + insert.excluded[adding]}
        else:
            changed = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))

    def close(self) -> None:
        """Lets go of every connection."""
        self._engine.dispose()


def _is_down(error: DBAPIError) -> bool:
    """Whether it is the database that fails; else it refused what it was asked, and asking again would not help."""
    if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
        return True
    # SQLite's error for a file that is spoilt is of no kind of its own.
    return type(error) is DatabaseError or getattr(error.orig, "pgcode", None) in _BEHIND


def _is_newer(config: Config, connection: Connection) -> bool:
    """Whether the database has a shape that this program does not know."""
    known = {change.revision for change in ScriptDirectory.from_config(config).walk_revisions()}
    return not set(MigrationContext.configure(connection).get_current_heads()) <= known


def _engine(url: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database and address.database != ":memory:" and not address.database.startswith("file:"):
            _own(Path(address.database))
        engine = create_engine(address, connect_args={"timeout": _PATIENCE, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        address, pool_pre_ping=True, pool_size=4, max_overflow=4, pool_timeout=_PATIENCE,
        connect_args={"connect_timeout": _PATIENCE, "options": "-c statement_timeout=10000", **_FROZEN},
    )  # fmt: skip


def _own(path: Path) -> None:
    """Makes the file, which only its owner may read; SQLite gives those that it adds beside it the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Where this cannot be, SQLite cannot open it either and says so when it is first used.
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    for held in (path, *(path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))):
        # One that another account owns stays as it is.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if held.stat().st_mode & 0o077:
                held.chmod(0o600)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    # The driver's own handling of transactions leaves reads outside of them.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READING) else "BEGIN IMMEDIATE")
