"""Redis or PostgreSQL goes, is full, and comes back, while people talk."""

from __future__ import annotations

import time

import httpx
import redis

from bench.faults import runs, stores
from bench.faults.house import House
from bench.traffic import DANGERS, WITHOUT_MEMORY


def test_a_stopped_redis_loses_no_conversation_that_it_had_confirmed(house: House) -> None:
    verdict = runs.redis_stopped(house, runs.TEST)
    assert not verdict.harmed
    assert verdict.seen[WITHOUT_MEMORY] > 0, "the fault was not felt"


def test_a_full_redis_loses_no_conversation_that_it_had_confirmed(house: House) -> None:
    assert not runs.redis_full(house, runs.TEST).harmed


def test_every_danger_is_helped_while_redis_is_down_and_in_the_chat_that_was_started_then(house: House) -> None:
    with httpx.Client(base_url=house.guide.url, timeout=30) as http:

        def say(text: str, token: str) -> httpx.Response:
            headers = {"authorization": f"Bearer {token}"}
            return http.post("/api/conversations/messages", json={"text": text}, headers=headers)

        with stores.redis_stopped(house):
            token = http.post("/api/conversations").json()["token"]
            for danger in DANGERS:
                assert say(danger, token).json()["messages"][0]["kind"] == "safety"
        answer = say(DANGERS[0], token)
        assert answer.status_code == 200
        assert answer.json()["messages"][0]["kind"] == "safety"


def test_a_chat_that_was_started_while_redis_was_full_or_gone_is_answered_and_remembered_from_then_on(house: House) -> None:
    with httpx.Client(base_url=house.guide.url, timeout=30) as http:
        for fault in (stores.redis_full, stores.redis_stopped):
            with fault(house):
                bearer = {"authorization": f"Bearer {http.post('/api/conversations').json()['token']}"}
                said = http.post("/api/conversations/messages", json={"text": "what is a core group"}, headers=bearer)
                assert said.json()["topics"] == ["core_group"]
                assert said.json()["messages"][-1]["kind"] == "trouble", "it says that it cannot remember"
            for text in ("what is a core group", "why"):
                answer = http.post("/api/conversations/messages", json={"text": text}, headers=bearer)
                assert answer.json()["topics"] == ["core_group"]


def test_a_full_redis_evicts_nobody(house: House) -> None:
    with httpx.Client(base_url=house.guide.url, timeout=30) as http:
        bearer = {"authorization": f"Bearer {http.post('/api/conversations').json()['token']}"}
        assert http.post("/api/conversations/messages", json={"text": "what is a core group"}, headers=bearer).status_code == 200
        with stores.redis_full(house):
            time.sleep(0.5)
            assert redis.Redis.from_url(house.redis.url).dbsize() > 0
        answer = http.post("/api/conversations/messages", json={"text": "why"}, headers=bearer).json()
        assert answer["topics"] == ["core_group"]


def test_a_stopped_postgresql_is_not_noticed_in_the_chat_and_loses_no_count(house: House) -> None:
    verdict = runs.postgres_stopped(house, runs.TEST)
    assert not verdict.harmed
    assert runs.wait_until_counted(house.database, verdict.messages) >= verdict.messages
