"""The sheets: what a browser gets without a script, what it may not do, and dates that agree with the conference clock."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from actions import calendar
from api.app import create_app
from api.settings import Settings
from api.sheets import weekday_holidays
from api.static_files import _HERE as STATIC
from content.library import HERE, Library
from content.loading import read_yaml
from tests.api.markup import Markup

PAGES = ["/sheets", "/sheets/ready", "/sheets/disagree", "/sheets/timeline"]
TYPED = ["/sheets/ready", "/sheets/disagree", "/sheets/timeline"]
WORDS: dict[str, Any] = read_yaml(HERE / "sheets.yml")
FIELDS = {"input", "textarea", "select"}
HARNESS = """
import { readFileSync } from "node:fs";
const { holidays, asked } = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(([start, day]) => deadlines(start, day, holidays))));
"""
NUMBERS = {3: "three", 6: "six", 10: "10", 15: "15"}


@pytest.fixture
async def web() -> Any:
    transport = httpx.ASGITransport(app=create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test") as client:
        yield client


async def _markup(web: httpx.AsyncClient, path: str) -> Markup:
    response = await web.get(path)
    assert response.status_code == 200
    return Markup(response.text)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if key != "ledger":
                yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)


def _topics(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_topics, node))
    if not isinstance(node, dict):
        return set()
    named = {*node.get("topics", []), *node.get("warn_topics", [])} | {node[key] for key in ("topic", "court_topic") if key in node}
    return named.union(*map(_topics, node.values()))


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_is_well_formed_with_one_heading_and_no_id_twice(web: httpx.AsyncClient, path: str) -> None:
    page = await _markup(web, path)
    assert page.faults == []
    assert len(list(page.all("h1"))) == 1
    assert len(page.ids()) == len(set(page.ids()))


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_has_no_inline_code_no_cookie_and_no_unfilled_word(web: httpx.AsyncClient, path: str) -> None:
    response = await web.get(path)
    assert "set-cookie" not in response.headers
    assert response.headers["cache-control"] == "no-store"
    assert "<title>Help page</title>" in response.text
    assert re.findall(r"<script[^>]*>", response.text) == re.findall(r'<script src="/\w+\.js"[^>]*>(?=</script>)', response.text)
    assert "<style" not in response.text
    assert " style=" not in response.text
    assert not re.search(r"\son\w+=", response.text)
    assert "built-in method" not in response.text


@pytest.mark.parametrize("path", PAGES)
async def test_only_the_exit_is_a_form_so_that_nothing_typed_can_be_submitted(web: httpx.AsyncClient, path: str) -> None:
    page = await _markup(web, path)
    assert [row.get("action") for row in page.all("form")] == ["/leave"]
    outside = [row for tag, row, inside in page.found if tag in ("button", "input") and "form" not in inside]
    assert not [row for row in outside if row.get("type", "submit") in ("submit", "image", "hidden")]
    assert not [row for row in page.all(*FIELDS) if row.get("type") == "text" and row.get("name")]


@pytest.mark.parametrize("path", TYPED)
async def test_fields_exist_for_a_script_only_and_browsers_are_told_not_to_remember(web: httpx.AsyncClient, path: str) -> None:
    page = await _markup(web, path)
    fields = [(tag, row, inside) for tag, row, inside in page.found if tag in FIELDS and "form" not in inside]
    assert fields
    for tag, row, inside in fields:
        assert "template" in inside
        assert row.get("autocomplete") == "off"
        if tag == "textarea" or row.get("type") == "text":
            assert row.get("spellcheck") == "false"


@pytest.mark.parametrize("path", TYPED)
async def test_every_field_with_an_id_has_a_label(web: httpx.AsyncClient, path: str) -> None:
    page = await _markup(web, path)
    labelled = {row.get("for") for row in page.all("label")}
    named = {row.get("data-for") for row in page.all("label")}
    for row in page.all(*FIELDS):
        if row.get("type") != "hidden":
            assert row.get("id") in labelled if row.get("id") else row.get("data-field") in named


@pytest.mark.parametrize("path", ["/sheets/ready", "/sheets/disagree"])
async def test_without_a_script_there_is_an_empty_sheet_to_print(web: httpx.AsyncClient, path: str) -> None:
    page = await _markup(web, path)
    blank = [inside for _, row, inside in page.found if row.get("id") == "sheet-blank"]
    assert blank
    assert "template" not in blank[0]
    lines = [row for _, row, inside in page.found if row.get("class") == "line" and "template" not in inside]
    assert len(lines) > 20


@pytest.mark.parametrize("path", PAGES)
async def test_every_described_or_labelled_element_points_at_one_that_exists(web: httpx.AsyncClient, path: str) -> None:
    page = await _markup(web, path)
    ids = set(page.ids())
    for _, row, _ in page.found:
        for name in ("aria-labelledby", "aria-describedby"):
            assert set((row.get(name) or "").split()) <= ids
    assert {str(row["for"]) for row in page.all("label") if row.get("for")} <= ids


async def test_links_to_topics_lead_to_topics_and_cards_to_sheets(web: httpx.AsyncClient, library: Library) -> None:
    for path in PAGES:
        links = [str(row.get("href")) for row in (await _markup(web, path)).all("a")]
        assert {link.removeprefix("/topics/") for link in links if link.startswith("/topics/")} <= set(library.topics)
        assert {link for link in links if link.startswith("/sheets")} <= set(PAGES)
    assert _topics(WORDS) <= set(library.topics)


def test_the_ready_sheet_holds_every_step_of_the_journey_in_the_chat(library: Library) -> None:
    steps = {step.topic for step in library.journeys.journeys["prepare"].steps}
    assert steps <= _topics(WORDS["ready"])


def test_every_step_of_the_timeline_rests_on_rows_of_the_ledger() -> None:
    facts = {row["id"] for row in read_yaml(HERE / "ledger" / "facts.yml")}
    law = {f"law:{row['id']}" for row in read_yaml(HERE / "ledger" / "law.yml")}
    for step in WORDS["timeline"]["steps"]:
        assert step["ledger"]
        assert set(step["ledger"]) <= facts | law


def test_every_time_limit_stands_in_the_ledger_and_is_the_one_of_the_clock() -> None:
    law = {f"law:{row['id']}": " ".join(row["facts"]) for row in read_yaml(HERE / "ledger" / "law.yml")}
    limits = {step["id"]: step for step in WORDS["timeline"]["steps"] if "count" in step}
    assert {name: step["count"] for name, step in limits.items()} == {
        "conference": calendar.CONFERENCE_WITHIN,
        "core_group": calendar.CORE_GROUP_WITHIN,
        "review": calendar.FIRST_REVIEW_MONTHS,
        "next_review": calendar.NEXT_REVIEW_MONTHS,
    }
    for step in limits.values():
        assert str(step["count"]) in step["limit"]
        assert any(str(step["count"]) in line for line in step["span"])
        assert any(NUMBERS[step["count"]] in law.get(row, "") for row in step["ledger"])


def test_steps_whose_topic_says_that_areas_differ_say_so(library: Library) -> None:
    for step in WORDS["timeline"]["steps"]:
        if "count" not in step and library.topics[step["topic"]].differs:
            assert step.get("differs")


async def test_the_timeline_is_a_named_picture_and_the_same_list(web: httpx.AsyncClient) -> None:
    page = await _markup(web, "/sheets/timeline")
    pictures = list(page.all("svg"))
    assert {row["role"] for row in pictures} == {"img"}
    assert {row["id"] for row in pictures} == {"picture-wide", "picture-tall"}
    assert [f"step-{step['id']}" for step in WORDS["timeline"]["steps"]] == [i for i in page.ids() if i.startswith("step-")]


def test_words_keep_to_the_rules_for_answers() -> None:
    for text in _texts(WORDS):
        for rule in read_yaml(HERE / "forbidden.yml"):
            assert not re.search(rule["pattern"], text, re.IGNORECASE), (text, rule["why"])


def test_the_scripts_store_nothing_send_nothing_and_hold_no_words_for_readers() -> None:
    for name in ("sheets.js", "working_days.js"):
        script = (STATIC / name).read_text(encoding="utf-8")
        for banned in (
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "cookie",
            "fetch(",
            "XMLHttpRequest",
            "sendBeacon",
            "WebSocket",
            "caches",
            "history.",
            "innerHTML =",
        ):
            assert banned not in script


@pytest.mark.parametrize("path", ["/sheets.js", "/sheets.css", "/working_days.js"])
async def test_what_the_sheets_load_is_served_and_holds_nothing_personal(web: httpx.AsyncClient, path: str) -> None:
    response = await web.get(path)
    assert response.status_code == 200
    assert response.text


async def test_the_script_counts_the_same_days_as_the_clock(web: httpx.AsyncClient) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here to run the script with")
    page = await _markup(web, "/sheets/timeline")
    (sheet,) = (row for row in page.all("div") if row.get("data-holidays"))
    (box,) = (row for row in page.all("input") if row.get("type") == "date")
    first, last = date.fromisoformat(str(box["min"])), date.fromisoformat(str(box["max"]))
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    asked = [(start, day.isoformat()) for start in calendar.STARTS for day in days]
    assert len(asked) >= 30
    source = (STATIC / "working_days.js").read_text(encoding="utf-8") + HARNESS
    given = json.dumps({"holidays": str(sheet["data-holidays"]).split(), "asked": asked})
    ran = subprocess.run(
        [node, "--input-type=module", "-e", source], input=given, capture_output=True, text=True, check=True, timeout=60
    )
    expected = [
        [
            {"step": row.step, "on": row.on.isoformat(), "steppedOver": [day.isoformat() for day in row.stepped_over]}
            for row in calendar.deadlines(start, date.fromisoformat(day))
        ]
        for start, day in asked
    ]
    assert json.loads(ran.stdout) == expected


def test_the_page_carries_every_bank_holiday_that_changes_a_count() -> None:
    assert date(2026, 12, 28) in weekday_holidays([2026])
    assert not [day for day in weekday_holidays([2026, 2027]) if calendar.is_working_day(day)]
