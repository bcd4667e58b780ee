"""`python -m desk`: the desk's accounts and its audit log from the command line."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence

from desk.audit import Audit
from desk.key import KeyRefused, desk_key
from desk.passwords import PasswordRefused, totp_address
from desk.people import LastAdmin, NameRefused, NameTaken, NoSuchPerson, People
from desk.permissions import Role
from desk.store import DEFAULT_DATABASE, Store, StoreDown

_BY = "command line"
Verb = Callable[[argparse.Namespace, People, Audit], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what was asked; 1 with one sentence where that cannot be done."""
    chosen = _parser().parse_args(arguments)
    try:
        store = Store(chosen.database)
        store.migrate()
        audit = Audit(store)
        people = People(store, audit, desk_key(os.environ.get("HANDRAIL_DESK_KEY"), chosen.database))
        done: int = chosen.do(chosen, people, audit)
    except (KeyRefused, PasswordRefused, NameRefused, NameTaken, NoSuchPerson, LastAdmin) as error:
        print(f"Not done: {error}.", file=sys.stderr)
        return 1
    except StoreDown as error:
        print(f"The database cannot be used: {error}.", file=sys.stderr)
        return 1
    return done


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m desk", description=__doc__)
    parser.add_argument("--database", default=os.environ.get("HANDRAIL_DATABASE", DEFAULT_DATABASE), help="the desk's database")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, words: str, do: Verb, *, named: bool = True) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=words, description=words)
        added.set_defaults(do=do)
        if named:
            added.add_argument("name")
        return added

    roles = [role.value for role in Role]
    verb("add", "adds somebody who signs in with password and code", _add).add_argument("--role", choices=roles, required=True)
    verb("role", "gives somebody another role", _role).add_argument("role", choices=roles)
    verb("password", "sets a new password and new codes", _password)
    verb("shut-out", "ends somebody's sessions and lets them in no more", _shut_out)
    verb("let-in", "lets somebody in again, also after too many wrong tries", _let_in)
    verb("people", "lists everybody", _people, named=False)
    verb("migrate", "brings the database to its newest shape, before newer workers start", _migrate, named=False)
    check = verb("audit", "checks that no row of the audit log was changed, moved or cut off", _audit, named=False)
    check.add_argument(
        "--kept", type=_kept, metavar="NUMBER:HASH", help="what an earlier check printed: tells whether rows were cut off since"
    )
    return parser


def _add(chosen: argparse.Namespace, people: People, _: Audit) -> int:
    _show_codes(people.add(chosen.name, Role(chosen.role), _asked_password(), _BY), chosen.name)
    return 0


def _role(chosen: argparse.Namespace, people: People, _: Audit) -> int:
    people.change_role(chosen.name, Role(chosen.role), _BY)
    return 0


def _password(chosen: argparse.Namespace, people: People, _: Audit) -> int:
    _show_codes(people.set_password(chosen.name, _asked_password(), _BY), chosen.name)
    return 0


def _shut_out(chosen: argparse.Namespace, people: People, _: Audit) -> int:
    people.shut_out(chosen.name, _BY)
    return 0


def _let_in(chosen: argparse.Namespace, people: People, _: Audit) -> int:
    people.let_in(chosen.name, _BY)
    return 0


def _migrate(_: argparse.Namespace, __: People, ___: Audit) -> int:
    # Every verb has done it by now.
    print("The database is up to date.")
    return 0


def _people(_: argparse.Namespace, people: People, __: Audit) -> int:
    for account in people.accounts():
        state = "" if account.active else "  shut out"
        print(f"{account.person.name:30} {account.person.role.value:8} {account.way}{state}{'  locked' if account.locked else ''}")
    return 0


def _audit(chosen: argparse.Namespace, _: People, audit: Audit) -> int:
    faults = audit.verify(chosen.kept)
    for fault in faults:
        print(fault, file=sys.stderr)
    number, digest = audit.last()
    print(f"{number} rows, {len(faults)} faults. Keep this elsewhere: {number}:{digest}")
    return 1 if faults else 0


def _kept(text: str) -> tuple[int, str]:
    number, colon, digest = text.partition(":")
    if not (number.isdecimal() and colon and digest):
        raise argparse.ArgumentTypeError("it has to be a number, a colon and what an earlier check printed behind it")
    return int(number), digest


def _asked_password() -> str:
    """Typed twice at a terminal; one line of standard input otherwise."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise PasswordRefused("the two were different")
    return first


def _show_codes(secret: str, name: str) -> None:
    print("Put this into an app for one-time codes. It is shown only now.")
    print(f"  secret:  {secret}")
    print(f"  address: {totp_address(secret, name)}")


if __name__ == "__main__":
    sys.exit(main())
