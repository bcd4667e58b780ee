"""The journeys as they are written and wired: every step has its slot, its form and its actions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from actions import build
from actions.journey import JOURNEYS, SLOTS
from bot.screen import VoiceFinder
from content.library import Library

DOMAIN: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "domain.yml").read_text(encoding="utf-8"))


def test_steps_of_the_content_and_slots_of_the_forms_are_the_same(library: Library) -> None:
    written = {f"{name}_form": [step.slot for step in journey.steps] for name, journey in library.journeys.journeys.items()}
    assert {name: form["required_slots"] for name, form in DOMAIN["forms"].items()} == written
    assert {slot for slots in written.values() for slot in slots} == set(SLOTS)
    assert set(library.journeys.journeys) == set(JOURNEYS)


def test_every_action_of_the_domain_exists_and_no_other(library: Library) -> None:
    assert {action.name() for action in build(library)} == set(DOMAIN["actions"])


def test_every_step_of_yes_and_no_gives_a_line_for_some_answer(library: Library) -> None:
    steps = [step for journey in library.journeys.journeys.values() for step in journey.steps]
    assert all(step.gives for step in steps if not step.choices and step.slot not in ("stage", "clock_day"))


def test_there_is_a_road_for_every_stage(library: Library) -> None:
    journeys = library.journeys
    assert set(journeys.journeys["disagree"].roads) == set(journeys.stages) == set(journeys.stage_signs)
    assert set(journeys.stages) <= {part.id for part in journeys.road}


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("my conference is next week", "before"),
        ("we have got a conference coming up", "before"),
        ("its the conference today", "at"),
        ("we had the conference yesterday", "after"),
        ("my kids are on a plan", "on_plan"),
        ("we're on the register since may", "on_plan"),
        ("they are doing a section 47", "enquiry"),
        ("got a letter before proceedings", "court"),
        ("icpc tmrw, report came today", "before"),
        ("report came today, conference thurs", "before"),
        ("had the report today, conference thurs", "before"),
        ("conference thurs", "before"),
        ("rcpc next wk", "before"),
        ("the conference for my two boys is on friday", "before"),
        ("the conference is this afternoon", "at"),
        ("today is the conference", "at"),
        ("my meeting is today", "at"),
        ("ICPC 3 wks ago", "after"),
        ("rcpc was 3 november", "after"),
        ("we had conference today", "after"),
        ("cpp last week", "on_plan"),
        ("strat mtg was monday", "enquiry"),
        ("core group meeting today", None),
        ("conference report came today", None),
        ("fgc next week", None),
        ("family group conference on friday", None),
        ("can the conference take my child today", None),
        ("what is a core group", None),
        ("who comes to a child protection plan meeting", None),
    ],
)
def test_where_the_family_stands_is_read_from_what_they_say(library: Library, words: str, stage: str | None) -> None:
    assert VoiceFinder(library.journeys.stage_signs, {}).find(words) == stage


def test_the_words_of_each_stage_button_name_that_stage(library: Library) -> None:
    finder = VoiceFinder(library.journeys.stage_signs, {})
    assert {stage: finder.find(label) for stage, label in library.journeys.stages.items()} == {
        stage: stage for stage in library.journeys.stages
    }
