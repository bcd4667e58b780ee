"""Signing in to the desk in a browser, as somebody with a role."""

from __future__ import annotations

import itertools

import pyotp
from playwright.sync_api import Page

from desk.audit import Audit
from desk.key import desk_key
from desk.people import People
from desk.permissions import Role
from desk.store import Store
from tests.services import Server

PASSWORD = "seven green ladders"
_numbers = itertools.count(1)


def signed_in(page: Page, handrail: Server, role: str) -> str:
    """Makes a new account of that role, signs in with it by the form, and gives its name."""
    handrail.wait_for_desk()
    name = f"{role} {next(_numbers)}"
    store = Store(handrail.database)
    secret = People(store, Audit(store), desk_key(None, handrail.database)).add(name, Role(role), PASSWORD, "test")
    store.close()
    page.goto(f"{handrail.url}/staff/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{handrail.url}/staff")
    return name
