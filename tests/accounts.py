"""Accounts of the desk of a running server, made as the command line makes them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pyotp

from bench.services import Server
from desk.audit import Audit
from desk.key import desk_key
from desk.people import People
from desk.permissions import Role
from desk.store import Store

PASSWORD = "seven green ladders"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    name: str
    codes: pyotp.TOTP

    @property
    def form(self) -> dict[str, str]:
        """What the sign-in form takes just now; the code opens once."""
        return {"name": self.name, "password": PASSWORD, "code": self.codes.now()}


def new_account(server: Server, role: str) -> Account:
    """Somebody new with that role, as soon as the server's desk is open."""
    server.wait_for_desk()
    name = f"{role} {next(_numbers)}"
    store = Store(server.database)
    secret = People(store, Audit(store), desk_key(None, server.database)).add(name, Role(role), PASSWORD, "test")
    store.close()
    return Account(name, pyotp.TOTP(secret))
