"""Sharing a question: shown first, kept only when agreed, and never with a name, a number or a danger in it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.turn import utc_now
from api.app import create_app
from api.settings import Settings
from api.sharing import SHAREABLE, may_share
from bot.engine import Engine
from bot.reply import Outcome, Reply
from bot.safety_net import SafetyNet
from content.library import default_library
from desk.desk import Desk
from tests.desk.conftest import SITE

BANK = Path(__file__).parent.parent / "questions"
PRIVATE = (
    "My ex Craig Hollis of 14 Larkspur Close, Leeds LS1 4AB keeps ringing me on 07700 900118 about swimming lessons, "
    "can the social worker stop the swimming lessons?"
)
IDENTIFYING = ("craig", "hollis", "larkspur", "leeds", "ls1", "4ab", "07700", "900118")
DANGER = "he is hitting me now and i want to know if my kids can still go swimming"
UNSAFE = "Craig Hollis, 14 Larkspur Close, Leeds LS1 4AB, 07700 900118"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite, whose bytes on disk these tests read."""
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
async def anybody(desk: Desk, engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at an application with a model: without one nothing is kept."""
    app = create_app(Settings(messages_a_minute=100_000), engine=engine, desk=desk)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"accept": "text/html"}) as client:
        yield client


def _share(client: httpx.AsyncClient, text: str, **more: Any) -> Any:
    return client.post("/api/share", json={"text": text, **more})


def _stored(desk: Desk) -> list[str]:
    return [question.text for question in desk.questions.waiting()]


async def test_what_would_be_kept_is_shown_and_nothing_is_kept_yet(anybody: httpx.AsyncClient, desk: Desk) -> None:
    for fields in ({}, {"agreed": False}, {"agreed": False, "outcome": "clarify"}):
        response = await _share(anybody, PRIVATE, **fields)
        assert response.status_code == 200
        assert "swimming lessons" in response.json()["kept"]
    assert _stored(desk) == []


async def test_once_agreed_it_arrives_without_names_numbers_or_places(
    anybody: httpx.AsyncClient, desk: Desk, tmp_path: Path
) -> None:
    shown = (await _share(anybody, PRIVATE)).json()["kept"]
    response = await _share(anybody, PRIVATE, agreed=True, outcome="clarify")
    assert response.status_code == 201
    assert response.json()["kept"] == shown
    (question,) = desk.questions.waiting()
    assert (question.text, question.outcome) == (shown, "clarify")
    assert not any(word in question.text.lower() for word in IDENTIFYING)
    desk.store.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir()).lower()
    assert b"swimming lessons" in held
    assert not any(word.encode() in held for word in IDENTIFYING)


@pytest.mark.parametrize("text", [DANGER, UNSAFE, "Jayden", "ok then"])
async def test_danger_and_what_cannot_be_made_safe_are_never_kept(anybody: httpx.AsyncClient, desk: Desk, text: str) -> None:
    for agreed in (False, True):
        response = await _share(anybody, text, agreed=agreed)
        assert response.status_code == 200
        assert response.json() == {"kept": None}
    assert _stored(desk) == []


def _danger_that_no_rule_sees() -> list[str]:
    rows = [json.loads(line) for path in BANK.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    net = SafetyNet(default_library(), utc_now)
    return [row["text"] for row in rows if row["expect"] == "urgent" and not net.dangers(row["text"])]


async def test_danger_that_only_the_model_sees_is_never_kept(anybody: httpx.AsyncClient, desk: Desk, engine: Engine) -> None:
    texts = [text for text in _danger_that_no_rule_sees()[:30] if (await engine.reply(engine.start(), text)).urgent]
    assert len(texts) >= 25
    for text in texts:
        response = await _share(anybody, text, agreed=True)
        assert response.json() == {"kept": None}, text
    assert _stored(desk) == []


class _Silent:
    """An engine whose judgement cannot be had."""

    async def judged(self, text: str) -> None:
        raise TimeoutError


@pytest.mark.parametrize("engine_like", [None, _Silent()])
async def test_nothing_is_kept_where_nobody_can_judge_it(desk: Desk, engine_like: Any) -> None:
    app = create_app(Settings(), engine=engine_like, desk=desk)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SITE) as client:
        for agreed in (False, True):
            response = await _share(client, PRIVATE, agreed=agreed)
            assert response.status_code == 503
            assert response.headers["retry-after"]
    assert _stored(desk) == []


@pytest.mark.parametrize(
    "body",
    [
        {"text": PRIVATE, "agreed": "yes"},
        {"text": PRIVATE, "agreed": 1},
        {"text": PRIVATE, "agreed": True, "outcome": "answered"},
        {"text": PRIVATE, "agreed": True, "name": "Ana"},
        {"text": "   ", "agreed": True},
        {"text": "can they " * 1000, "agreed": True},
        {"agreed": True},
        [PRIVATE],
    ],
)
async def test_what_is_no_proper_request_keeps_nothing(anybody: httpx.AsyncClient, desk: Desk, body: object) -> None:
    response = await anybody.post("/api/share", content=json.dumps(body), headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert _stored(desk) == []


async def test_without_a_store_nothing_can_be_shared() -> None:
    app = create_app(Settings(database=""))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SITE) as client:
        for agreed in (False, True):
            response = await _share(client, PRIVATE, agreed=agreed)
            assert response.status_code == 503
            assert response.json()["type"] == "urn:handrail:problem:not-shared"


async def test_a_store_that_fails_says_that_nothing_was_kept(anybody: httpx.AsyncClient, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "desk.db")
    other.execute("DROP TABLE questions")
    other.commit()
    other.close()
    response = await _share(anybody, PRIVATE, agreed=True)
    assert response.status_code == 503
    assert not any(word in response.text.lower() for word in ("swimming", *IDENTIFYING))


async def test_sharing_is_limited_like_messages(desk: Desk) -> None:
    app = create_app(Settings(messages_a_minute=2), desk=desk)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SITE) as client:
        statuses = [(await _share(client, "")).status_code for _ in range(4)]
    assert statuses[0] == 422
    assert statuses[-1] == 429


async def test_the_contract_names_the_call(anybody: httpx.AsyncClient) -> None:
    described = (await anybody.get("/openapi.json")).json()
    assert {"200", "201"} <= set(described["paths"]["/api/share"]["post"]["responses"])
    assert "may_share" in described["components"]["schemas"]["TurnOut"]["properties"]


def test_only_questions_without_an_answer_and_without_danger_may_be_shared(desk: Desk) -> None:
    state = create_app(Settings(database=""), desk=desk).state.handrail
    text = "can i take the dog to contact"
    for outcome in Outcome:
        assert may_share(state, Reply(outcome, False, ()), text) == (outcome in SHAREABLE)
        assert not may_share(state, Reply(outcome, True, ()), text)
    assert not may_share(state, Reply(Outcome.CLARIFY, False, ()), "the dog")
    state.desk = None
    assert not may_share(state, Reply(Outcome.CLARIFY, False, ()), text)


def _fields(page: str, agreed: str) -> dict[str, str]:
    """What the browser sends when it presses that button of the form for sharing."""
    form = re.search(r'<form class="share".*?</form>', page, re.DOTALL)
    assert form
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0]))
    if agreed:
        assert f'name="agreed" value="{agreed}"' in form[0]
    return fields | {"agreed": agreed}


async def test_the_plain_page_shows_asks_and_keeps(anybody: httpx.AsyncClient, desk: Desk) -> None:
    shown = (await anybody.post("/share", data={"text": PRIVATE, "outcome": "clarify", "token": "t" * 43})).text
    kept = re.search(r"<blockquote><p>(.*?)</p></blockquote>", shown)
    assert kept
    assert not any(word in kept[1].lower() for word in IDENTIFYING)
    assert 'name="token" value="' + "t" * 43 in shown
    assert _stored(desk) == []
    await anybody.post("/share", data=_fields(shown, "no"))
    assert _stored(desk) == []
    response = await anybody.post("/share", data=_fields(shown, "yes"))
    assert response.status_code == 200
    assert [question.outcome for question in desk.questions.waiting()] == ["clarify"]
    assert not any(word in _stored(desk)[0].lower() for word in IDENTIFYING)


async def test_the_plain_page_keeps_no_danger_and_says_who_helps(anybody: httpx.AsyncClient, desk: Desk) -> None:
    response = await anybody.post("/share", data={"text": DANGER, "agreed": "yes"})
    assert 'href="tel:999"' in response.text
    assert 'name="agreed"' not in response.text
    assert _stored(desk) == []


async def test_a_question_without_an_answer_is_offered_for_sharing_and_others_are_not(desk: Desk, engine: Engine) -> None:
    app = create_app(Settings(), engine=engine, desk=desk)
    unsure = "is there a grant for new beds when the social worker says we need more beds"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=SITE, headers={"accept": "text/html"}) as client:
        page = (await client.post("/", data={"text": unsure})).text
        fields = _fields(page, "")
        assert fields["outcome"] == "unanswered_unsure"
        assert "blockquote" in (await client.post("/share", data=fields)).text
        for text in ("who comes to the conference", DANGER, "hello"):
            assert 'class="share"' not in (await client.post("/", data={"text": text})).text
        token = (await client.post("/api/conversations")).json()["token"]
        headers = {"authorization": f"Bearer {token}"}
        for text, offered in ((unsure, True), ("who comes to the conference", False), (DANGER, False)):
            turn = (await client.post("/api/conversations/messages", json={"text": text}, headers=headers)).json()
            assert turn["may_share"] is offered
    assert _stored(desk) == []
