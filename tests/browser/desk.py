"""Signing in to the desk in a browser, as somebody with a role."""

from __future__ import annotations

from playwright.sync_api import Page

from bench.services import Server
from tests.accounts import new_account


def signed_in(page: Page, handrail: Server, role: str) -> str:
    """Makes a new account of that role, signs in with it by the form, and gives its name."""
    account = new_account(handrail, role)
    page.goto(f"{handrail.url}/staff/sign-in")
    for field, value in account.form.items():
        page.locator(f"#{field}").fill(value)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{handrail.url}/staff")
    return account.name
