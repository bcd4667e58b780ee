"""During a rollout two models answer the same conversations: what one of them does not know never stops the other."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from bot.engine import Engine
from bot.memory import Key, seal, unseal
from bot.reply import Outcome

NOW = time.time()
UNKNOWN: dict[str, list[dict[str, Any]]] = {
    "slot": [{"event": "slot", "name": "slot_of_another_version", "value": "yes", "timestamp": NOW}],
    "value of a slot": [{"event": "slot", "name": "voice", "value": "voice_of_another_version", "timestamp": NOW}],
    "intent": [
        {
            "event": "user",
            "text": "words",
            "parse_data": {
                "intent": {"name": "topic_of_another_version", "confidence": 0.97},
                "entities": [],
                "text": "words",
                "intent_ranking": [{"name": "topic_of_another_version", "confidence": 0.97}],
            },
            "timestamp": NOW,
        },
        {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0, "timestamp": NOW},
    ],
    "entity": [
        {
            "event": "user",
            "text": "words",
            "parse_data": {
                "intent": {"name": "core_group", "confidence": 0.97},
                "entities": [{"entity": "entity_of_another_version", "value": "words", "start": 0, "end": 5}],
                "text": "words",
            },
            "timestamp": NOW,
        },
        {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0, "timestamp": NOW},
    ],
    "action": [
        {"event": "action", "name": "action_of_another_version", "policy": "policy_of_another_version", "confidence": 1.0},
        {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0, "timestamp": NOW},
    ],
    "form": [
        {"event": "action", "name": "form_of_another_version", "policy": "RulePolicy", "confidence": 1.0, "timestamp": NOW},
        {"event": "active_loop", "name": "form_of_another_version", "timestamp": NOW},
        {"event": "slot", "name": "requested_slot", "value": "slot_of_another_version", "timestamp": NOW},
        {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0, "timestamp": NOW},
    ],
    "event": [{"event": "event_of_another_version", "timestamp": NOW}],
    "field of an event": [{"event": "slot", "name": "voice", "value": "plain", "timestamp": NOW, "field_of_another_version": 1}],
}


def _opened(engine: Engine, token: str) -> list[dict[str, Any]]:
    key = Key.of(token)
    events: list[dict[str, Any]] = json.loads(unseal(key, engine._vault.get(key.conversation) or b"") or b"")
    return events


def _written_by_another_version(engine: Engine, token: str, events: list[dict[str, Any]]) -> None:
    key = Key.of(token)
    engine._vault.put(key.conversation, seal(key, json.dumps([*_opened(engine, token), *events]).encode()))


@pytest.mark.parametrize("kind", UNKNOWN)
async def test_what_another_version_wrote_never_stops_a_conversation(engine: Engine, kind: str) -> None:
    token = engine.start()
    await engine.reply(token, "what is a core group")
    _written_by_another_version(engine, token, UNKNOWN[kind])
    for text, topics in (("who will be there at the conference", ("who_attends",)), ("what is a core group", ("core_group",))):
        reply = await engine.reply(token, text)
        assert reply.outcome is Outcome.ANSWERED
        assert reply.topics == topics
    engine.forget(token)


async def test_danger_is_seen_first_in_a_conversation_of_another_version(engine: Engine) -> None:
    token = engine.start()
    _written_by_another_version(engine, token, [event for events in UNKNOWN.values() for event in events])
    reply = await engine.reply(token, "he is hitting me right now")
    assert reply.urgent
    assert reply.messages[0].kind == "safety"
    engine.forget(token)


async def test_a_seal_holds_events_and_slots_and_nothing_of_the_model(engine: Engine) -> None:
    token = engine.start()
    await engine.reply(token, "what is a core group")
    assert {event["event"] for event in _opened(engine, token)} <= {
        "action", "session_started", "slot", "user", "bot", "active_loop", "user_featurization",
    }  # fmt: skip
    engine.forget(token)
