"""A setting that cannot be used stops the start with a sentence that names it, and shows no value."""

from __future__ import annotations

import base64

import pytest

from api.__main__ import main
from api.settings import Settings

NO_KEY = "bm90IGEga2V5"
WRONG = [
    ("TRUSTED_PROXIES", "10.0.0.1"),
    ("TRUSTED_PROXIES", '["10.0.0.1/8"]'),
    ("TRUSTED_PROXIES", '["*"]'),
    ("TRUSTED_PROXIES", '["proxy"]'),
    ("ALLOWED_ORIGINS", "https://charity.example"),
    ("ALLOWED_ORIGINS", '["https://charity.example/"]'),
    ("ALLOWED_ORIGINS", '["charity.example"]'),
    ("ALLOWED_ORIGINS", '["https://Charity.example"]'),
    ("ALLOWED_ORIGINS", '["https://charity.example:443"]'),
    ("ALLOWED_ORIGINS", '["https://charity.example/help"]'),
    ("ALLOWED_ORIGINS", '["*"]'),
    ("EXIT_ADDRESS", "bbc.co.uk/weather"),
    ("EXIT_ADDRESS", "/weather"),
    ("EXIT_ADDRESS", "//bbc.co.uk"),
    ("EXIT_ADDRESS", "https:///weather"),
    ("EXIT_ADDRESS", "https://["),
    ("EXIT_ADDRESS", "https://bbc.co.uk; script-src *"),
    ("EXIT_ADDRESS", "javascript:alert(1)"),
    ("EXIT_ADDRESS", ""),
    ("IDLE_MINUTES", "inf"),
    ("SENDER_IDLE_MINUTES", "nan"),
    ("REPLY_TIMEOUT", "inf"),
    ("SIGNING_KEY", "no base64"),
    ("SIGNING_KEY", NO_KEY),
    ("LIMITS_KEY", "abc"),
    ("LIMITS_KEY", NO_KEY),
    ("REDIS", "http://redis"),
    ("WORKERS", "2"),
]


@pytest.mark.parametrize("port", ["abc", "", "0", "65536", "-1", "80.5"])
def test_a_wrong_port_stops_the_start_with_a_sentence(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", port)
    assert main() == 2
    assert capsys.readouterr().err.splitlines()[1].startswith("PORT: ")


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_stops_the_start_with_a_sentence_that_names_the_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"HANDRAIL_{name}", value)
    assert main() == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[1].startswith(f"HANDRAIL_{name}")
    assert said[1].endswith(".")
    assert name not in ("SIGNING_KEY", "LIMITS_KEY") or value not in said[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trusted_proxies", ("10.0.0.1", "10.0.0.0/8", "2001:db8::/32", "::1")),
        ("allowed_origins", ("https://charity.example", "http://127.0.0.1:8001", "http://localhost:3000")),
        ("exit_address", "https://www.bbc.co.uk/weather"),
        ("exit_address", "http://127.0.0.1:8002/neutral?a=b,c;d"),
        ("signing_key", base64.b64encode(b"k" * 32).decode()),
        ("limits_key", ""),
        ("redis", ""),
    ],
)
def test_a_right_value_is_taken(name: str, value: object) -> None:
    assert getattr(Settings.model_validate({name: value}), name) == value


def test_no_secret_is_shown_with_the_settings() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    shown = repr(Settings(signing_key=key, limits_key=key, metrics_token=key, desk_key=key, openid_secret=key))
    assert key not in shown
