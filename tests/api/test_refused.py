"""What the plain page still holds when a message is refused: the conversation, the words, and the way to delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from api.app import create_app
from api.limits import RateLimit
from api.settings import Settings
from bot.memory import new_token
from tests.api.markup import Markup

LONGEST = 200
DANGER = "he is hitting me right now"
MESSAGES = "/api/conversations/messages"
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


def _says_safety(page: Markup) -> bool:
    return any("safety" in str(row.get("class")) for row in page.all("article")) and "999" in page.html


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


@pytest.mark.parametrize("announced", [True, False])
async def test_a_form_that_is_too_large_comes_back_with_its_chat_and_its_first_words(announced: bool) -> None:
    token = new_token()
    body = urlencode({"token": token, "text": f"{DANGER} " + "a" * 100_000}).encode()

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 10_000):
            yield body[at : at + 10_000]

    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with _client() as client:
        response = await client.post("/", content=body if announced else parts(), headers=headers)
    page = _page(response)
    assert response.status_code == 413
    assert _forms(page) == {"/leave": token, "/": token, "/delete": token}
    assert page.areas["text"].startswith(f"{DANGER} aaa")
    assert len(page.areas["text"]) > 40_000
    assert _says_safety(page)


@pytest.mark.parametrize("field", ["outcome", "agreed"])
async def test_a_form_with_a_field_that_cannot_be_comes_back_with_its_chat_and_its_words(field: str) -> None:
    token = new_token()
    async with _client() as client:
        response = await client.post("/share", data={"text": TYPED, "token": token, field: "nonsense"})
    page = _page(response)
    assert response.status_code == 422
    assert _forms(page) == {"/leave": token, "/": token, "/delete": token}
    assert page.areas["text"].splitlines() == TYPED.splitlines()
    assert "JSON" not in response.text


async def test_a_form_that_cannot_be_read_gets_a_page_that_names_999() -> None:
    async with _client() as client:
        response = await client.post("/", content=b"--x", headers={"content-type": "multipart/form-data; boundary=y"})
    assert 400 <= response.status_code < 500
    assert _page(response).areas["text"] == ""
    assert "999" in response.text


@pytest.mark.parametrize("text", [f"{DANGER} " + "word " * LONGEST, "word " * LONGEST + DANGER])
async def test_a_message_that_is_too_long_and_shows_danger_gets_the_words_for_it(text: str) -> None:
    bearer = {"authorization": f"Bearer {new_token()}"}
    async with _client(longest_message=LONGEST) as client:
        page = await client.post("/", data={"text": text, "token": new_token()})
        said = await client.post(MESSAGES, json={"text": text}, headers=bearer)
        calm = await client.post(MESSAGES, json={"text": "word " * LONGEST}, headers=bearer)
    assert (page.status_code, said.status_code, calm.status_code) == (422, 422, 422)
    assert _says_safety(_page(page))
    problem = said.json()
    assert problem["type"] == calm.json()["type"] == "urn:handrail:problem:long-message"
    assert problem["urgent"] is True
    assert {message["kind"] for message in problem["messages"]} == {"safety"}
    assert problem["detail"].startswith(problem["messages"][0]["text"])
    assert problem["detail"].endswith(calm.json()["detail"])
    assert "urgent" not in calm.json()
    assert DANGER not in said.text


@pytest.mark.parametrize("at", ["page", "chat", "rest"])
async def test_danger_is_answered_after_too_many_messages_and_what_shows_none_is_not(at: str) -> None:
    async def say(client: httpx.AsyncClient, text: str) -> httpx.Response:
        if at == "page":
            return await client.post("/", data={"text": text, "token": new_token()})
        if at == "rest":
            return await client.post("/webhooks/rest/webhook", json={"sender": "me", "message": text})
        return await client.post(MESSAGES, json={"text": text}, headers={"authorization": f"Bearer {new_token()}"})

    async with _client(messages_a_minute=1, rest_channel=True) as client:
        codes = [(await say(client, text)).status_code for text in (TYPED, TYPED, DANGER, TYPED)]
        answer = await say(client, DANGER)
    assert codes == [200, 429, 200, 429]
    assert "999" in answer.text


async def test_danger_begins_a_chat_after_too_many_new_ones() -> None:
    async with _client(starts_a_minute=1) as client:
        codes = [(await client.post("/", data={"text": text})).status_code for text in (TYPED, TYPED, DANGER)]
    assert codes == [200, 429, 200]


async def test_what_is_let_through_for_danger_has_a_limit_of_its_own() -> None:
    app = create_app(Settings(messages_a_minute=1))
    app.state.handrail.looks = RateLimit(2)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
        bearer = {"authorization": f"Bearer {new_token()}"}
        answers = [await client.post(MESSAGES, json={"text": DANGER}, headers=bearer) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "999" in answers[-1].json()["detail"]


async def test_where_even_the_page_fails_the_problem_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings())
    monkeypatch.setattr(app.state.handrail, "library", None)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test", headers={"accept": "text/html"}) as client:
        response = await client.get("/lines")
    assert response.status_code == 500
    assert response.json()["type"] == "urn:handrail:problem:server-error"
