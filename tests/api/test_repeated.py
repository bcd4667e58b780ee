"""A message that is sent again with the same mark is answered with the same reply, and its turn is not taken twice."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bot.engine import Crowded, Engine, Limits
from bot.memory import Key

DANGER = "he is hitting me right now"


async def _say(client: httpx.AsyncClient, token: str, text: str, mark: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", **({"idempotency-key": mark} if mark else {})}
    return await client.post("/api/conversations/messages", json={"text": text}, headers=headers)


async def test_the_same_mark_gives_the_same_reply_and_the_conversation_goes_on_from_one_turn(
    client: httpx.AsyncClient, token: str, engine: Engine
) -> None:
    first = (await _say(client, token, "help me get ready for the conference", "one")).json()
    again = (await _say(client, token, "help me get ready for the conference", "one")).json()
    assert again == first
    step = (await _say(client, token, "yes", "two")).json()
    assert (await _say(client, token, "yes", "two")).json() == step
    assert step["messages"] != first["messages"]
    assert (await _say(client, token, "yes", "three")).json()["messages"] != step["messages"], "the next step, and not the same"
    sent = [event for event in _events(engine, token) if event["event"] == "user"]
    assert len(sent) == 3


async def test_other_words_under_the_same_mark_are_a_turn_of_their_own(client: httpx.AsyncClient, token: str) -> None:
    first = (await _say(client, token, "what is a core group", "one")).json()
    other = (await _say(client, token, "can i bring my mum", "one")).json()
    assert other["topics"] != first["topics"]


def _events(engine: Engine, token: str) -> list[dict[str, Any]]:
    from bot.memory import Held, OpenTurn

    key = Key.of(token)
    return OpenTurn(key, Held(engine._vault.get(key.conversation) or b"", "")).events


async def test_danger_that_is_sent_again_is_helped_again(client: httpx.AsyncClient, token: str) -> None:
    for _ in range(2):
        turn = (await _say(client, token, DANGER, "help")).json()
        assert turn["urgent"]
        assert turn["messages"][0]["kind"] == "safety"


async def test_a_mark_of_a_deleted_conversation_opens_nothing(client: httpx.AsyncClient, token: str) -> None:
    assert (await _say(client, token, "what is a plan", "one")).status_code == 200
    await client.delete("/api/conversations", headers={"authorization": f"Bearer {token}"})
    assert (await _say(client, token, "what is a plan", "one")).status_code == 404


@pytest.mark.parametrize("mark", ["", "x" * 65])
async def test_a_mark_that_is_empty_or_too_long_is_refused(client: httpx.AsyncClient, token: str, mark: str) -> None:
    headers = {"authorization": f"Bearer {token}", "idempotency-key": mark}
    assert (await client.post("/api/conversations/messages", json={"text": "hello"}, headers=headers)).status_code == 422


async def test_one_too_many_is_told_to_come_again_and_danger_is_never_sent_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_limits", Limits(most_waiting=2))
    tokens = [engine.start() for _ in range(5)]
    asked = [*("what is a core group" for _ in range(4)), DANGER]
    replies = await asyncio.gather(
        *(engine.reply(one, text) for one, text in zip(tokens, asked, strict=True)), return_exceptions=True
    )
    assert [isinstance(reply, Crowded) for reply in replies] == [False, False, True, True, False]
    assert not isinstance(replies[4], BaseException)
    assert replies[4].urgent
    assert engine.waiting == 0
    assert (await engine.reply(tokens[2], "what is a core group")).topics == ("core_group",)


async def test_a_conversation_that_is_gone_still_gets_help_in_danger(client: httpx.AsyncClient) -> None:
    turn = (await _say(client, "a-token-that-opens-nothing", DANGER)).json()
    assert turn["urgent"]
    assert turn["messages"][0]["kind"] == "safety"
    assert (await _say(client, "a-token-that-opens-nothing", "what is a plan")).status_code == 404


async def test_a_turn_that_is_cut_off_gives_its_conversation_back(engine: Engine) -> None:
    token = engine.start()
    turn = asyncio.create_task(engine.reply(token, "what is a core group"))
    await asyncio.sleep(0)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert (await engine.reply(token, "what is a core group")).topics == ("core_group",)
