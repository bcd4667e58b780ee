"""Local accounts: who gets in, who is kept out, and what a stolen database does not tell."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from content.library import Library
from desk import passwords
from desk.audit import Audit
from desk.passwords import PasswordRefused
from desk.people import FAILURES, LOCKED_SECONDS, LONGEST_NAME, LastAdmin, NameRefused, NameTaken, NoSuchPerson, People
from desk.permissions import Role
from desk.sessions import Sessions
from desk.store import Store
from desk.tables import people as table
from tests.desk.conftest import KEY as DESK_KEY
from tests.desk.conftest import PASSWORD, Clock, code

if TYPE_CHECKING:
    from desk.desk import Desk

KEY = bytes(range(32))


@pytest.fixture
def people(store: Store) -> People:
    return People(store, Audit(store), KEY)


def test_name_password_and_code_together_open_the_desk(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.EDITOR, PASSWORD, "test")
    person = people.sign_in("Ann", PASSWORD, code(secret, clock))
    assert person is not None
    assert (person.name, person.role) == ("Ann", Role.EDITOR)


def test_any_one_of_them_wrong_keeps_it_shut(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    assert people.sign_in("Bea", PASSWORD, code(secret, clock)) is None
    assert people.sign_in("Ann", PASSWORD + "x", code(secret, clock)) is None
    assert people.sign_in("Ann", PASSWORD, code(secret, clock, 600)) is None
    assert people.sign_in("Ann", PASSWORD, "") is None


def test_a_code_opens_once(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))
    assert people.sign_in("Ann", PASSWORD, code(secret, clock)) is None
    clock.now += 30
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))


def test_wrong_tries_lock_the_account_for_a_while_also_for_the_right_person(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    for _ in range(FAILURES):
        people.sign_in("Ann", "wrong", "000000")
    assert people.sign_in("Ann", PASSWORD, code(secret, clock)) is None
    assert [account.locked for account in people.accounts()] == [True]
    clock.now += LOCKED_SECONDS + 1
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))


def test_a_clock_that_was_wrong_for_a_while_shuts_nobody_out(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    clock.now += 2 * 86_400
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))
    clock.now -= 2 * 86_400
    used = code(secret, clock)
    assert people.sign_in("Ann", PASSWORD, used)
    assert people.sign_in("Ann", PASSWORD, used) is None


def test_a_lock_from_a_clock_that_was_wrong_does_not_last(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    clock.now += 2 * 86_400
    for _ in range(FAILURES):
        people.sign_in("Ann", "wrong", "000000")
    clock.now -= 2 * 86_400
    assert [account.locked for account in people.accounts()] == [False]
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))


def test_a_session_ends_when_the_clock_is_set_back_from_behind_it(people: People, store: Store, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    sessions = Sessions(store)
    person = people.sign_in("Ann", PASSWORD, code(secret, clock))
    assert person
    token = sessions.open(person)
    clock.now -= 60
    assert sessions.get(token)
    clock.now -= 3600
    assert sessions.get(token) is None


def test_an_admin_lifts_a_lock(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    for _ in range(FAILURES):
        people.sign_in("Ann", "wrong", "000000")
    people.let_in("Ann", "test")
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))


def test_who_is_shut_out_stays_out_until_let_in(people: People, clock: Clock) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    people.shut_out("Ann", "test")
    assert people.sign_in("Ann", PASSWORD, code(secret, clock)) is None
    people.let_in("Ann", "test")
    assert people.sign_in("Ann", PASSWORD, code(secret, clock))


def test_a_new_password_ends_the_old_one_and_its_codes(people: People, clock: Clock) -> None:
    old = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    new = people.set_password("Ann", "eleven blue kettles", "test")
    assert people.sign_in("Ann", PASSWORD, code(old, clock)) is None
    assert people.sign_in("Ann", "eleven blue kettles", code(old, clock)) is None
    assert people.sign_in("Ann", "eleven blue kettles", code(new, clock))


def test_a_name_is_given_once_and_nobody_else_can_be_changed(people: People) -> None:
    people.add("Ann", Role.ADVISER, PASSWORD, "test")
    with pytest.raises(NameTaken):
        people.add("Ann", Role.ADMIN, PASSWORD, "test")
    with pytest.raises(NoSuchPerson):
        people.change_role("Bea", Role.ADMIN, "test")


@pytest.mark.parametrize(
    "password", ["short", "handrail1234", "Password2026!", "aaaaaaaaaaaaa", "AnnAnnAnnAnn", "", "admin12345678"]
)
def test_a_password_that_everybody_would_try_first_is_refused(people: People, password: str) -> None:
    with pytest.raises(PasswordRefused):
        people.add("Ann", Role.ADMIN, password, "test")
    assert people.accounts() == []


def test_the_desk_does_not_open_with_a_default_password(desk: Desk, database: str, clock: Clock, library: Library) -> None:
    from desk.desk import DefaultPassword, Desk

    desk.people.add("boss", Role.ADMIN, PASSWORD, "test")
    with desk.store.begin() as connection:
        connection.execute(table.update().values(password=passwords._hasher.hash("changeme")))
    with pytest.raises(DefaultPassword, match="boss"):
        Desk.open(database, DESK_KEY, library, clock)


def test_a_stolen_database_holds_neither_password_nor_secret_of_codes(people: People, store: Store) -> None:
    secret = people.add("Ann", Role.ADVISER, PASSWORD, "test")
    with store.read() as connection:
        row = connection.execute(select(table)).mappings().one()
    assert row["password"].startswith("$argon2id$")
    assert secret not in str(dict(row))
    assert passwords.opened(row["totp"], KEY, "Ann") == secret
    assert passwords.opened(row["totp"], bytes(32), "Ann") is None
    assert passwords.opened(row["totp"], KEY, "Bea") is None


def test_who_the_provider_vouches_for_gets_todays_role(people: People) -> None:
    first = people.by_subject("https://id.test", "42", "Ann", Role.ADVISER)
    again = people.by_subject("https://id.test", "42", "Ann", Role.MANAGER)
    assert first is not None
    assert again is not None
    assert (first.id, again.role) == (again.id, Role.MANAGER)


def test_a_provider_cannot_take_over_a_local_account_by_its_name(people: People, clock: Clock) -> None:
    people.add("Ann", Role.ADMIN, PASSWORD, "test")
    other = people.by_subject("https://id.test", "42", "Ann", Role.ADVISER)
    assert other is not None
    assert other.name != "Ann"
    assert people.sign_in(other.name, PASSWORD, "000000") is None


def test_people_of_one_name_are_told_apart_and_stay_who_they_are(people: People) -> None:
    long = "A" * LONGEST_NAME
    for name in ("Ann", long):
        subjects = [f"an address of thirty letters or more, and {number}" for number in range(4)]
        first = [people.by_subject("https://id.test", f"{name} {one}", name, Role.ADVISER) for one in subjects]
        again = [people.by_subject("https://id.test", f"{name} {one}", name, Role.ADVISER) for one in subjects]
        assert first == again
        names = [person.name for person in first if person]
        assert len(set(names)) == 4
        assert max(map(len, names)) <= LONGEST_NAME


def test_a_name_with_a_number_that_an_admin_gave_already_keeps_nobody_out(people: People) -> None:
    for name in ("Ann", "Ann (2)", "Ann (42)"):
        people.add(name, Role.ADVISER, PASSWORD, "test")
    other = people.by_subject("https://id.test", "42", "Ann", Role.ADVISER)
    assert other is not None
    assert other.name not in ("Ann", "Ann (2)", "Ann (42)")


def test_two_who_come_for_the_first_time_at_once_are_both_let_in(people: People) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: people.by_subject("https://id.test", str(n % 4), "Ann", Role.ADVISER), range(8)))
    assert len({person.id for person in found if person}) == 4


def test_who_is_shut_out_does_not_come_back_through_the_provider(people: People) -> None:
    person = people.by_subject("https://id.test", "42", "Ann", Role.ADVISER)
    assert person is not None
    people.shut_out(person.name, "test")
    assert people.by_subject("https://id.test", "42", "Ann", Role.ADVISER) is None


def test_codes_of_the_desk_fixture_are_those_of_its_clock(desk: Desk) -> None:
    secret = desk.people.add("Ann", Role.ADVISER, PASSWORD, "test")
    assert desk.people.sign_in("Ann", PASSWORD, code(secret, desk.store.clock, 600)) is None
    assert desk.people.sign_in("Ann", PASSWORD, code(secret, desk.store.clock))


def test_somebody_who_can_change_accounts_always_stays(people: People) -> None:
    people.add("Ann", Role.ADMIN, PASSWORD, "test")
    people.add("Bea", Role.ADMIN, PASSWORD, "test")
    people.change_role("Bea", Role.EDITOR, "Ann")
    for change in (lambda: people.change_role("Ann", Role.EDITOR, "Bea"), lambda: people.shut_out("Ann", "Bea")):
        with pytest.raises(LastAdmin):
            change()
    people.change_role("Ann", Role.ADMIN, "Bea")
    people.change_role("Bea", Role.ADMIN, "Ann")
    people.shut_out("Ann", "Bea")
    with pytest.raises(LastAdmin):
        people.change_role("Bea", Role.EDITOR, "Ann")


def test_two_admins_who_take_the_role_from_each_other_at_once_do_not_both_lose_it(people: People) -> None:
    for name in ("Ann", "Bea"):
        people.add(name, Role.ADMIN, PASSWORD, "test")
    together, refused = threading.Barrier(2), []

    def take(name: str, by: str) -> None:
        together.wait()
        try:
            people.change_role(name, Role.EDITOR, by)
        except LastAdmin:
            refused.append(name)

    threads = [threading.Thread(target=take, args=names) for names in (("Ann", "Bea"), ("Bea", "Ann"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert [account.person.role for account in people.accounts()].count(Role.ADMIN) == 1


def test_a_name_is_tidied_and_bounded_and_so_is_a_password(people: People, clock: Clock) -> None:
    secret = people.add("  Ann   Lee ", Role.ADVISER, PASSWORD, "test")
    assert people.sign_in("Ann Lee", PASSWORD, code(secret, clock)) is not None
    for name in ("", "  ", "x" * 81):
        with pytest.raises(NameRefused):
            people.add(name, Role.ADVISER, PASSWORD, "test")
    with pytest.raises(PasswordRefused):
        people.add("Bea", Role.ADVISER, "seven green ladders" * 20, "test")


def test_an_unknown_name_asks_as_much_of_the_store_as_a_known_one(people: People, store: Store) -> None:
    people.add("Ann", Role.ADVISER, PASSWORD, "test")
    asked: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *given: asked.append(given[2].split()[0]))
    found = []
    for name in ("Ann", "Nobody"):
        asked.clear()
        people.sign_in(name, "wrong wrong wrong", "123456")
        found.append([verb for verb in asked if verb in ("SELECT", "UPDATE")])
    assert found[0] == found[1]
