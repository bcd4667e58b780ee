"""The audit log: who changed what and why. Each row carries the hash of the one before, so that a change shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from desk.store import Store
from desk.tables import audit

_FIRST = "0" * 64
_LOCK = 7418529631


@dataclass(frozen=True)
class Entry:
    """One row; `at` in seconds since 1970."""

    number: int
    at: int
    person: str
    action: str
    about: str
    reason: str
    before: str
    hash: str

    @property
    def expected(self) -> str:
        """The hash that the row must carry."""
        held = [self.number, self.at, self.person, self.action, self.about, self.reason, self.before]
        return hashlib.sha256(json.dumps(held, ensure_ascii=True).encode()).hexdigest()


class Audit:
    """Rows are added in the transaction of what they speak of, so that neither is there without the other."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, connection: Connection, person: str, action: str, about: str, reason: str = "") -> None:
        """Adds a row. `about` and `reason` must hold nothing that a caller or a parent wrote."""
        if not self._store.is_sqlite:
            # One writer at a time, or two rows would follow the same one.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        last = connection.execute(select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)).first()
        number, before = (last.number + 1, last.hash) if last else (1, _FIRST)
        entry = Entry(number, self._store.now(), person, action, about, reason, before, "")
        row = {**entry.__dict__, "hash": entry.expected}
        connection.execute(audit.insert(), row)

    def rows(self, limit: int = 50, before: int | None = None) -> Sequence[Entry]:
        """The newest rows, or those before that number. Raises StoreDown."""
        chosen = select(audit).order_by(audit.c.number.desc()).limit(limit)
        if before is not None:
            chosen = chosen.where(audit.c.number < before)
        with self._store.read() as connection:
            return [Entry(**row) for row in connection.execute(chosen).mappings()]

    def last(self) -> tuple[int, str]:
        """Number and hash of the newest row: who keeps them elsewhere can tell later that none was cut off."""
        with self._store.read() as connection:
            row = connection.execute(select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)).first()
        return (row.number, row.hash) if row else (0, _FIRST)

    def verify(self, kept: tuple[int, str] | None = None) -> list[str]:
        """One sentence for each place where the chain is broken; `kept` is what `last` gave at an earlier time."""
        faults = []
        before, number = _FIRST, 0
        with self._store.read() as connection:
            count = connection.execute(select(func.count()).select_from(audit)).scalar_one()
            for row in connection.execute(select(audit).order_by(audit.c.number)).mappings():
                entry = Entry(**row)
                number += 1
                if entry.number != number:
                    faults.append(f"row {number} is missing")
                    number = entry.number
                if entry.before != before:
                    faults.append(f"row {entry.number} does not follow the row before it")
                if entry.hash != entry.expected:
                    faults.append(f"row {entry.number} was changed")
                if kept and entry.number == kept[0] and entry.hash != kept[1]:
                    faults.append(f"row {entry.number} is not the one that was kept")
                before = entry.hash
        if kept and kept[0] > number:
            faults.append(f"rows after {number} of {max(kept[0], count)} were cut off")
        return faults
