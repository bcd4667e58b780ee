"""The desk's people: local accounts with password and code, and those whom the organisation's own provider vouches for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from desk import passwords
from desk.audit import Audit
from desk.permissions import Role
from desk.store import Store
from desk.tables import people, sessions

FAILURES = 5
LONGEST_NAME = 80
LOCKED_SECONDS = 15 * 60
_NOBODY = -1
_LOCK = 7418529633


class NameTaken(ValueError):
    """There is a person of that name already."""


class NameRefused(ValueError):
    """The name is empty or too long."""


class NoSuchPerson(ValueError):
    """There is nobody of that name."""


class LastAdmin(ValueError):
    """Without this person nobody could change accounts at the desk any more."""


@dataclass(frozen=True)
class Person:
    """Somebody who works at the desk."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True)
class Account:
    """A person as an admin sees them; `way` is how they sign in: "password" or "openid"."""

    person: Person
    way: str
    active: bool
    locked: bool


class People:
    """`key` seals the secrets of one-time codes."""

    def __init__(self, store: Store, audit: Audit, key: bytes) -> None:
        self._store = store
        self._audit = audit
        self._key = key

    def add(self, name: str, role: Role, password: str, by: str) -> str:
        """A new local account; gives the secret for its one-time codes.

        Raises NameRefused, PasswordRefused, NameTaken, StoreDown.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise NameRefused(f"the name needs one to {LONGEST_NAME} characters")
        stored, secret = passwords.hashed(password, name), passwords.new_totp()
        with self._store.begin() as connection:
            self._alone(connection)
            if self._row(connection, name):
                raise NameTaken(f"there is already somebody called {name}")
            connection.execute(
                people.insert(),
                {"name": name, "role": role.value, "password": stored, "totp": passwords.sealed(secret, self._key, name)},
            )
            self._audit.add(connection, by, "person_added", f"{name}: {role.value}")
        return secret

    def sign_in(self, name: str, password: str, code: str) -> Person | None:
        """The person, where name, password and code are right. What was wrong is not told, nor by the time it takes."""
        with self._store.read() as connection:
            row = self._row(connection, name)
        local = row if row and row["password"] and row["active"] else None
        right = passwords.fits(local["password"] if local else None, password)
        now = self._store.now()
        if local is None or now < local["locked_until"] <= now + LOCKED_SECONDS:
            self._as_long()
            return None
        secret = passwords.opened(local["totp"] or "", self._key, local["name"])
        step = passwords.code_step(secret, code.replace(" ", ""), now, local["last_code"]) if secret else None
        return self._settle(local, step if right else None, now)

    def _settle(self, row: Any, step: int | None, now: int) -> Person | None:
        with self._store.begin() as connection:
            if step is None:
                self._count_failure(connection, row, now)
                return None
            # Two sign-ins with one code at the same moment: the second changes no row.
            fresh = people.c.last_code.is_(None) | (people.c.last_code < step) | (people.c.last_code > step + passwords.STEPS_AHEAD)
            changed = connection.execute(
                people.update().where((people.c.id == row["id"]) & fresh).values(last_code=step, failures=0, locked_until=0)
            )
            if not changed.rowcount:
                return None
            self._audit.add(connection, row["name"], "signed_in", row["name"])
        return _person(row)

    def _as_long(self) -> None:
        """Asks of the store what a wrong password of a known name asks, so that the time does not tell which names there are."""
        nobody = people.c.id == _NOBODY
        with self._store.begin() as connection:
            connection.execute(people.update().where(nobody).values(failures=people.c.failures + 1))
            connection.execute(select(people.c.failures).where(nobody)).first()

    def _count_failure(self, connection: Connection, row: Any, now: int) -> None:
        connection.execute(people.update().where(people.c.id == row["id"]).values(failures=people.c.failures + 1))
        failures = connection.execute(select(people.c.failures).where(people.c.id == row["id"])).scalar_one()
        if failures >= FAILURES:
            connection.execute(
                people.update().where(people.c.id == row["id"]).values(failures=0, locked_until=now + LOCKED_SECONDS)
            )
            self._audit.add(connection, row["name"], "locked", row["name"])

    def by_subject(self, issuer: str, subject: str, name: str, role: Role) -> Person | None:
        """Whoever the provider vouches for, with the role that it gives today; None where an admin has shut them out."""
        known = f"{issuer} {subject}"
        with self._store.begin() as connection:
            row = self._known(connection, known)
            if row is None:
                free = self._free(connection, name)
                connection.execute(people.insert(), {"name": free, "role": role.value, "subject": known})
                self._audit.add(connection, free, "person_added", f"{free}: {role.value}, openid")
                row = self._known(connection, known)
            elif row["role"] != role.value:
                connection.execute(people.update().where(people.c.id == row["id"]).values(role=role.value))
                self._audit.add(connection, row["name"], "role_changed", f"{row['name']}: {role.value}, openid")
            if row["active"]:
                self._audit.add(connection, row["name"], "signed_in", row["name"])
        return Person(row["id"], row["name"], role) if row["active"] else None

    def _known(self, connection: Connection, subject: str) -> Any:
        of_subject = select(people).where(people.c.subject == subject)
        row = connection.execute(of_subject).mappings().first()
        if row is None:
            self._alone(connection)
            row = connection.execute(of_subject).mappings().first()
        return row

    def _alone(self, connection: Connection) -> None:
        """One newcomer at a time, or two could each find that a name is free."""
        if not self._store.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    def _free(self, connection: Connection, name: str) -> str:
        """That name, or with a number behind it the first that nobody has."""
        numbered = (f"{name[: LONGEST_NAME - len(end)]}{end}" for end in (f" ({number})" for number in itertools.count(2)))
        return next(free for free in itertools.chain([name], numbered) if not self._row(connection, free))

    def change_role(self, name: str, role: Role, by: str) -> None:
        """Gives another role; open sessions have it from their next page. Raises NoSuchPerson, LastAdmin, StoreDown."""
        self._change(name, by, "role_changed", f"{name}: {role.value}", role=role.value)

    def shut_out(self, name: str, by: str) -> None:
        """Ends every session and lets nobody sign in by that name. Raises NoSuchPerson, LastAdmin, StoreDown."""
        self._change(name, by, "shut_out", name, active=False)

    def let_in(self, name: str, by: str) -> None:
        """Lifts `shut_out`, and a lock. Raises NoSuchPerson, StoreDown."""
        self._change(name, by, "let_in", name, active=True, failures=0, locked_until=0)

    def set_password(self, name: str, password: str, by: str) -> str:
        """A new password and new codes; open sessions end. Gives the secret. Raises PasswordRefused, NoSuchPerson, StoreDown."""
        secret = passwords.new_totp()
        self._change(
            name, by, "password_set", name, password=passwords.hashed(password, name), last_code=None,
            totp=passwords.sealed(secret, self._key, name),
        )  # fmt: skip
        return secret

    def _change(self, name: str, by: str, action: str, about: str, **values: Any) -> None:
        with self._store.begin() as connection:
            row = self._row(connection, name)
            if row is None:
                raise NoSuchPerson(f"there is nobody called {name}")
            if values.get("role", Role.ADMIN.value) != Role.ADMIN.value or values.get("active") is False:
                self._leaves_an_admin(connection, row)
            connection.execute(people.update().where(people.c.id == row["id"]).values(**values))
            if action in ("shut_out", "password_set"):
                connection.execute(sessions.delete().where(sessions.c.person == row["id"]))
            self._audit.add(connection, by, action, about)

    @staticmethod
    def _leaves_an_admin(connection: Connection, row: Any) -> None:
        # Locked until the end, or two admins who take the role from each other at once would both see that one stays.
        admins = select(people.c.id).where(people.c.role == Role.ADMIN.value, people.c.active).order_by(people.c.id)
        if connection.execute(admins.with_for_update()).scalars().all() == [row["id"]]:
            raise LastAdmin(f"{row['name']} is the last admin")

    def accounts(self) -> Sequence[Account]:
        """Everybody, by name."""
        now = self._store.now()
        with self._store.read() as connection:
            rows = connection.execute(select(people).order_by(people.c.name)).mappings().all()
        return [
            Account(
                _person(row),
                "password" if row["password"] else "openid",
                row["active"],
                now < row["locked_until"] <= now + LOCKED_SECONDS,
            )
            for row in rows
        ]

    def with_default_password(self) -> list[str]:
        """The names of those whose password is one that everybody would try first."""
        with self._store.read() as connection:
            rows = connection.execute(select(people).where(people.c.password.isnot(None))).mappings().all()
        return [row["name"] for row in rows if passwords.default_password(row["password"], row["name"])]

    @staticmethod
    def _row(connection: Connection, name: str) -> Any:
        return connection.execute(select(people).where(people.c.name == name)).mappings().first()


def _person(row: Any) -> Person:
    return Person(row["id"], row["name"], Role(row["role"]))
