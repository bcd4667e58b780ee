"""Starting again: nothing that was said before is known afterwards, and no journey goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import build
from actions.journey import JOURNEYS
from content.library import Library

DOMAIN: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "domain.yml").read_text(encoding="utf-8"))
NEW = {"requested_slot": None, **{name: slot.get("initial_value") for name, slot in DOMAIN["slots"].items()}}
KEPT = {name: ["core_group"] if name == "covered" else 2 if name == "misses" else "yes" for name in NEW} | {
    "clarifying": True,
    "journey": "prepare",
    "paused": "clock",
    "stage": "before",
    "voice": "survivor",
}


def _run(library: Library, action: str, text: str, **reading: Any) -> list[dict[str, Any]]:
    message = {"text": text, "intent": {"name": "start_again"}, "reading": reading}
    tracker = Tracker("one", dict(KEPT), message, [], False, None, {"name": "prepare_form"}, None)
    return next(one for one in build(library) if one.name() == action).run(CollectingDispatcher(), tracker, {})


def _after(events: list[dict[str, Any]]) -> dict[str, Any]:
    return KEPT | {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def test_every_slot_is_as_in_a_new_conversation_and_the_form_is_left(library: Library) -> None:
    events = _run(library, "action_chat", "start again")
    assert _after(events) == NEW
    assert [event["name"] for event in events if event["event"] == "active_loop"] == [None]


def test_danger_in_the_very_message_is_still_known(library: Library) -> None:
    assert _after(_run(library, "action_chat", "start again", dangers=("violence",))) == NEW | {"danger": "violence"}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_no_step_takes_it_for_an_answer(library: Library, journey: str) -> None:
    assert _run(library, f"validate_{journey}_form", "start again, the conference was on friday", stage="after") == []
