"""What is said of a statement that is brought back: ours, changed, or under a key of which nobody can tell."""

from __future__ import annotations

import json

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from api.statements import Signer


def _changed(statement: dict[str, object]) -> dict[str, object]:
    return {**statement, "statement": {**statement["statement"], "held_bytes": 0}}  # type: ignore[dict-item]


def test_a_statement_of_this_key_is_true_and_a_changed_one_is_not() -> None:
    signer = Signer()
    statement = signer.deletion(7)
    assert signer.verdict(json.dumps(statement)) == "true"
    assert signer.verdict(json.dumps(_changed(statement))) == "false"


def test_a_whole_statement_under_another_key_is_neither_true_nor_false() -> None:
    earlier, signer = Signer(), Signer()
    statement = earlier.deletion(7)
    assert signer.verdict(json.dumps(statement)) == "earlier"
    for wrong in (
        _changed(statement),
        {**statement, "public_key": signer.public_key},
        {**statement, "public_key": "x"},
        {**statement, "public_key": None},
        {name: part for name, part in statement.items() if name != "public_key"},
    ):
        assert signer.verdict(json.dumps(wrong)) == "false"


@pytest.mark.parametrize("pasted", ["", "[]", "{}", "null", "7", '{"statement": 1, "signature": 2, "public_key": 3}', "[" * 5000])
def test_what_is_no_statement_is_false(pasted: str) -> None:
    assert Signer().verdict(pasted) == "false"


async def test_after_a_restart_without_a_key_the_page_does_not_say_no_to_a_statement_from_before() -> None:
    statement = json.dumps(Signer().deletion(7))
    transport = httpx.ASGITransport(app=create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test") as client:
        page = await client.post("/check", data={"statement": statement})
    assert page.status_code == 200
    assert "No." not in page.text
    assert "Yes." not in page.text
