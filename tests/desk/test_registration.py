"""The settings of the sign-in with the organisation's accounts: whole and safe, or the server does not start."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.settings import Settings
from desk.permissions import Role

WHOLE: dict[str, Any] = {
    "openid_issuer": "https://accounts.example.org/realm",
    "openid_client": "handrail",
    "openid_secret": "marigold-secret",
    "openid_back": "https://guide.example.org/staff/openid/back",
    "openid_roles": {"advice": "adviser"},
}


def test_without_an_issuer_there_is_no_provider() -> None:
    assert Settings(**{**WHOLE, "openid_issuer": None}).openid() is None


def test_the_whole_set_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**WHOLE, "openid_roles": '{"board": "manager", "advice": "adviser"}'}.items():
        monkeypatch.setenv(f"HANDRAIL_{name.upper()}", value)
    registration = Settings().openid()
    assert registration
    assert registration.role_of(["everybody", "advice"]) is Role.ADVISER
    assert registration.role_of(["advice", "board"]) is Role.MANAGER
    assert registration.role_of("board") is Role.MANAGER
    assert [registration.role_of(held) for held in (None, [], "", "boar", {"board": 1}, 7, [["board"]])] == [None] * 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("openid_issuer", "http://accounts.example.org"),
        ("openid_issuer", "https://accounts.example.org?tenant=1"),
        ("openid_issuer", "https://user@accounts.example.org"),
        ("openid_issuer", "accounts.example.org"),
        ("openid_issuer", "https://[broken"),
        ("openid_client", ""),
        ("openid_back", ""),
        ("openid_back", "http://guide.example.org/staff/openid/back"),
        ("openid_back", "https://guide.example.org/staff"),
        ("openid_roles", {}),
        ("openid_roles", {"advice": "owner"}),
        ("openid_scope", "profile"),
    ],
)
def test_a_setting_that_is_missing_or_unsafe_is_named_and_no_secret_with_it(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**{**WHOLE, name: value})
    assert name in str(refused.value).lower()
    assert "marigold" not in str(refused.value)


def test_plain_http_is_for_this_machine_alone() -> None:
    assert Settings(**{**WHOLE, "openid_issuer": "http://127.0.0.1:9000"}).openid()
    assert Settings(**{**WHOLE, "openid_issuer": "http://localhost:9000"}).openid()


def test_the_secret_is_not_in_what_a_log_would_show() -> None:
    settings = Settings(**WHOLE)
    assert "marigold" not in f"{settings!r} {settings.openid()!r}"
