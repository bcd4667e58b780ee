"""What the plain page still holds when a message is refused: the conversation, the words, and the way to delete."""

from __future__ import annotations

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from bot.memory import new_token
from tests.api.markup import Markup

LONGEST = 200
TYPED = "what is a core group\r\nand who is in it"


def _client(**settings: object) -> httpx.AsyncClient:
    """A client of the application without a model, which is refused as every other is."""
    app = create_app(Settings.model_validate(settings))
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://handrail.test", headers={"accept": "text/html"})


def _page(response: httpx.Response) -> Markup:
    page = Markup(response.text)
    assert page.faults == []
    return page


def _forms(page: Markup) -> dict[str | None, str | None]:
    """The token of each form that goes on with the conversation or ends it, by where the form goes."""
    actions = [row.get("action") for tag, row in page.tags if tag == "form"]
    tokens, at = {}, -1
    for tag, row in page.tags:
        at += tag == "form"
        if tag == "input" and row.get("name") == "token":
            tokens[actions[at]] = row["value"]
    return tokens


async def test_after_too_many_messages_the_page_still_holds_the_conversation_the_words_and_the_way_to_delete() -> None:
    token = new_token()
    async with _client(messages_a_minute=1) as client:
        await client.post("/", data={"text": TYPED, "token": token})
        response = await client.post("/", data={"text": TYPED, "token": token})
    page = _page(response)
    assert response.status_code == 429
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert _forms(page) == {"/leave": token, "/": token, "/delete": token}
    assert page.areas["text"].splitlines() == TYPED.splitlines()


async def test_after_too_many_messages_a_question_can_still_be_shared_or_its_chat_deleted() -> None:
    token = new_token()
    shared = {"text": "can they stop the swimming lessons", "token": token, "outcome": "clarify"}
    async with _client(messages_a_minute=1) as client:
        await client.post("/share", data=shared)
        for agreed in ("", "yes"):
            response = await client.post("/share", data={**shared, "agreed": agreed})
            page = _page(response)
            assert response.status_code == 429
            assert _forms(page) == {"/leave": token, "/share": token, "/": token, "/delete": token}
            hidden = {row["name"]: row["value"] for row in page.all("input")}
            assert shared.items() <= hidden.items()


async def test_after_too_many_new_conversations_the_words_are_still_there() -> None:
    async with _client(starts_a_minute=1) as client:
        await client.post("/", data={"text": TYPED})
        response = await client.post("/", data={"text": TYPED})
    assert response.status_code == 429
    assert _page(response).areas["text"].splitlines() == TYPED.splitlines()


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 422)])
async def test_a_line_break_of_a_form_counts_as_one_character_as_in_the_box(more: int, status: int) -> None:
    lines = "word\r\n" * (LONGEST // 5 - 1) + "words"[: 5 + more] + "s" * more
    assert len(lines.replace("\r\n", "\n")) == LONGEST + more
    async with _client(longest_message=LONGEST) as client:
        response = await client.post("/", data={"text": lines})
    assert response.status_code == status


async def test_a_message_that_is_too_long_comes_back_whole() -> None:
    typed = "word\r\n" * LONGEST + "and at the end the question"
    async with _client(longest_message=LONGEST) as client:
        response = await client.post("/", data={"text": typed, "token": new_token()})
    assert response.status_code == 422
    assert _page(response).areas["text"].splitlines() == typed.splitlines()


async def test_the_page_says_for_how_long_as_it_is_set() -> None:
    async with _client() as usual, _client(idle_minutes=7) as shorter:
        words = [Markup((await client.get("/")).text).text.split() for client in (usual, shorter)]
    assert [("30" in page, "7" in page) for page in words] == [(True, False), (False, True)]


@pytest.mark.parametrize("sign", ["\u4e00", "\N{PENSIVE FACE}"])
async def test_the_longest_message_is_taken_in_any_script(sign: str) -> None:
    longest = Settings().longest_message
    async with _client() as client:
        form = await client.post("/", data={"text": sign * longest, "token": new_token()})
        bearer = {"authorization": f"Bearer {new_token()}"}
        escaped = await client.post("/api/conversations/messages", json={"text": sign * longest}, headers=bearer)
    assert (form.status_code, escaped.status_code) == (200, 200)


async def test_a_form_that_is_too_large_gets_a_page_that_says_so() -> None:
    async with _client() as client:
        response = await client.post("/", data={"text": "a" * 100_000})
    page = _page(response)
    assert response.status_code == 413
    assert "text" in page.areas


async def test_where_even_the_page_fails_the_problem_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings())
    monkeypatch.setattr(app.state.handrail, "library", None)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test", headers={"accept": "text/html"}) as client:
        response = await client.get("/lines")
    assert response.status_code == 500
    assert response.json()["type"] == "urn:handrail:problem:server-error"
