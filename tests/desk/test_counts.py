"""What is counted, what is published of it, and that neither loses nor shows too much."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from content.hours import LONDON
from content.library import Library
from desk import tables
from desk.counts import Counts
from desk.desk import Desk
from desk.figures import Figures, published
from desk.store import Store
from tests.desk.conftest import StaffClient, csrf_of

ROOT = Path(__file__).parent.parent.parent
FIRST = date(2026, 3, 2)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SERIES = st.lists(st.integers(0, 12), min_size=1, max_size=40)
DAYS = st.integers(0, 45)


@pytest.fixture
def counts(store: Store, library: Library) -> Counts:
    return Counts(store, library)


def _cells(store: Store) -> dict[tuple[date, str, str], int]:
    with store.begin() as connection:
        rows = connection.execute(select(tables.counts)).mappings()
        return {(row["day"], row["dimension"], row["value"]): row["n"] for row in rows}


def _figures(by_day: list[int], first: int, last: int) -> Figures:
    """Figures of one topic whose turns are all the turns there are, by place of the first and the last day."""
    turns = [(FIRST + timedelta(days=place), n) for place, n in enumerate(by_day) if place <= last]
    before, until = sum(by_day[:first]), sum(by_day[: last + 1])
    running = [("turns", "all", before, until), ("topic", "interpreter", before, until)]
    return Figures.of(FIRST + timedelta(days=first), FIRST + timedelta(days=last), running, turns)


@given(SERIES, st.lists(st.tuples(DAYS, DAYS), min_size=2, max_size=6))
def test_no_figure_and_no_difference_or_sum_of_figures_is_one_to_four(by_day: list[int], ranges: list[tuple[int, int]]) -> None:
    seen: set[int] = set()
    for pair in ranges:
        figures = _figures(by_day, min(pair), max(pair))
        seen |= {figures.turns, figures.count("topic", "interpreter"), *figures.weeks.values()}
    assert not {abs(a + sign * b) for a in seen for b in seen for sign in (-1, 1)} & {1, 2, 3, 4}


@given(SERIES, DAYS, DAYS, DAYS)
def test_figures_add_up_over_ranges_and_weeks_and_are_off_by_four_at_most(by_day: list[int], a: int, b: int, c: int) -> None:
    first, cut, last = sorted((a, b, c))
    whole = _figures(by_day, first, last)
    parts = [_figures(by_day, first, cut)] + ([_figures(by_day, cut + 1, last)] if cut < last else [])
    assert sum(part.turns for part in parts) == whole.turns == sum(whole.weeks.values())
    assert abs(whole.turns - sum(by_day[first : last + 1])) <= 4


def test_what_is_not_yet_five_shows_in_the_range_in_which_the_fifth_came() -> None:
    assert [published(0, 4), published(4, 5), published(0, 5), published(5, 9), published(9, 10)] == [0, 5, 5, 0, 5]


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), DAYS, st.integers(1, 9)), max_size=30), DAYS, DAYS)
def test_a_value_that_shows_as_nothing_is_not_named_either(rows: list[tuple[str, int, int]], a: int, b: int) -> None:
    first, last = sorted((a, b))
    totals = {value: [(day, n) for one, day, n in rows if one == value] for value in "ab"}
    running = [
        ("topic", value, sum(n for day, n in days if day < first), sum(n for day, n in days if day <= last))
        for value, days in totals.items()
        if days
    ]
    figures = Figures.of(FIRST + timedelta(days=first), FIRST + timedelta(days=last), running, [])
    assert all(count >= 5 for count in figures.series.get("topic", {}).values())


def test_of_two_values_that_make_up_a_whole_only_one_is_published() -> None:
    running = [(dimension, value, 0, 50) for dimension, values in _PAIRS.items() for value in values]
    assert set(Figures.of(FIRST, FIRST, running, []).rows()) >= {("urgent", "yes", 50), ("hours", "closed", 50)}
    assert not {(d, v) for d, v, _ in Figures.of(FIRST, FIRST, running, []).rows()} & {("urgent", "no"), ("hours", "open")}


_PAIRS: Mapping[str, tuple[str, str]] = {"urgent": ("yes", "no"), "hours": ("open", "closed")}


def test_the_three_rates_leave_calls_out_and_say_nothing_for_few_turns() -> None:
    values = {
        ("turns", "all"): 1100, ("channel", "desk"): 100, ("helpful", "yes"): 200, ("helpful", "no"): 50,
        ("outcome", "answered"): 700, ("outcome", "answered_partly"): 110, ("call_outcome", "answered"): 60,
        ("hours", "closed"): 640,
    }  # fmt: skip
    figures = Figures.of(FIRST, FIRST, [(*names, 0, n) for names, n in values.items()], [])
    assert {name: rate.share for name, rate in figures.rates.items()} == {
        "self_served": 0.2, "likely_helped": 0.5, "out_of_hours": 0.64,
    }  # fmt: skip
    few = Figures.of(FIRST, FIRST, [("turns", "all", 0, 95), ("helpful", "yes", 0, 50)], [])
    assert {rate.share for rate in few.rates.values()} == {None}


def test_a_turn_leaves_one_count_in_each_dimension_and_one_for_each_topic(counts: Counts, store: Store) -> None:
    counts.turn("answered", True, ["interpreter", "legal_aid", "interpreter"], "widget", NOON)
    counts.flush()
    assert {(dimension, value): n for (day, dimension, value), n in _cells(store).items() if day == NOON.date()} == {
        ("turns", "all"): 1, ("outcome", "answered"): 1, ("channel", "widget"): 1, ("urgent", "yes"): 1, ("hour", "12"): 1,
        ("weekday", "wed"): 1, ("hours", "open"): 1, ("topic", "interpreter"): 1, ("topic", "legal_aid"): 1,
    }  # fmt: skip


def test_a_call_counts_as_a_turn_of_the_desk_and_as_a_call(counts: Counts, store: Store) -> None:
    counts.call("interpreter", "handed_over", NOON)
    counts.flush()
    assert {(dimension, value) for _, dimension, value in _cells(store)} == {
        ("turns", "all"), ("outcome", "handed_over"), ("channel", "desk"), ("hour", "12"), ("weekday", "wed"),
        ("topic", "interpreter"), ("call_topic", "interpreter"), ("call_outcome", "handed_over"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("at", "day", "hour", "hours"),
    [
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), date(2026, 7, 2), "00", "closed"),
        (datetime(2026, 1, 7, 9, 29, 59, tzinfo=UTC), date(2026, 1, 7), "09", "closed"),
        (datetime(2026, 1, 7, 9, 30, tzinfo=UTC), date(2026, 1, 7), "09", "open"),
        (datetime(2026, 5, 25, 11, tzinfo=LONDON), date(2026, 5, 25), "11", "closed"),  # a bank holiday
    ],
)
def test_days_hours_and_the_advice_line_go_by_the_clock_in_london(
    counts: Counts, store: Store, at: datetime, day: date, hour: str, hours: str
) -> None:
    counts.turn("answered", False, [], "page", at)
    counts.flush()
    assert {(day, "hour", hour), (day, "hours", hours)} <= set(_cells(store))


def test_figures_of_the_store_are_those_of_its_days(counts: Counts, store: Store) -> None:
    for place in range(30):
        for _ in range(7):
            counts.turn("answered", False, ["interpreter"], "page", NOON + timedelta(days=place))
    counts.flush()
    day = NOON.date()
    whole, later = counts.figures(day, day + timedelta(days=29)), counts.figures(day + timedelta(days=1), day + timedelta(days=29))
    assert whole.turns == whole.count("topic", "interpreter") == sum(whole.weeks.values()) == 210
    assert whole.turns - later.turns == counts.figures(day, day).turns == 5
    assert counts.figures(day - timedelta(days=9), day - timedelta(days=1)).series == {}
    assert next(iter(whole.weeks)) == date(2026, 3, 2)


def test_nothing_is_lost_while_the_store_is_down(tmp_path: Path, library: Library) -> None:
    path, aside = tmp_path / "down.db", tmp_path / "aside.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    counts = Counts(store, library)
    counts.turn("answered", False, [], "page", NOON)
    assert counts.flush()
    store.close()
    path.rename(aside)
    path.mkdir()
    for _ in range(3):
        counts.turn("answered", False, ["interpreter"], "page", NOON)
        assert not counts.flush()
    path.rmdir()
    aside.rename(path)
    counts.turn("answered", False, [], "page", NOON)
    assert counts.flush()
    assert counts.waiting == 0
    assert _cells(store)[NOON.date(), "turns", "all"] == 5
    assert _cells(store)[NOON.date(), "topic", "interpreter"] == 3
    store.close()


def test_beyond_the_bound_only_cells_that_are_new_are_let_go(counts: Counts, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    counts.turn("answered", False, [], "page", NOON)
    monkeypatch.setattr("desk.counts._MOST_CELLS", counts.waiting)
    counts.turn("answered", False, ["interpreter"], "page", NOON)
    counts.flush()
    assert _cells(store)[NOON.date(), "turns", "all"] == 2
    assert (NOON.date(), "topic", "interpreter") not in _cells(store)


def test_it_writes_by_itself_and_a_last_time_when_it_is_stopped(store: Store, library: Library) -> None:
    counts = Counts(store, library, seconds_between=0.01)
    counts.start()
    counts.turn("answered", False, [], "page", NOON)
    until = time.monotonic() + 20
    while not _cells(store) and time.monotonic() < until:
        time.sleep(0.01)
    written = _cells(store)
    counts.stop()
    counts.turn("answered", False, [], "page", NOON)
    counts.stop()
    assert (written[NOON.date(), "turns", "all"], _cells(store)[NOON.date(), "turns", "all"]) == (1, 2)


def test_threads_that_count_while_others_write_lose_nothing(store: Store, library: Library) -> None:
    both = [Counts(store, library, seconds_between=0.005) for _ in range(2)]

    def count(counts: Counts) -> None:
        for place in range(400):
            counts.turn("answered", False, ["interpreter"], "page", NOON + timedelta(days=place % 3))

    for counts in both:
        counts.start()
    threads = [threading.Thread(target=count, args=(counts,)) for counts in both * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for counts in both:
        counts.stop()
    assert both[0].counted() == 2400


def test_two_processes_that_count_at_once_lose_nothing(database: str, counts: Counts) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "desk.demonstration", "--turns", "300", "--add", "--database", database]
    started = [subprocess.Popen([*command, "--seed", seed], cwd=ROOT, stdout=subprocess.DEVNULL) for seed in ("1", "2")]
    assert [process.wait(timeout=120) for process in started] == [0, 0]
    assert counts.counted() == 600


async def test_the_page_draws_what_may_show_and_hides_four(desk: Desk, staff_client: StaffClient) -> None:
    for topic, turns in (("interpreter", 23), ("merlin_report", 4)):
        for _ in range(turns):
            desk.counts.turn("answered", False, [topic], "widget")
    desk.counts.flush()
    manager = await staff_client("manager")
    page = await manager.get("/staff/counts")
    assert page.status_code == 200
    assert page.text.count("<svg role") >= 4
    assert desk.counts.figures(date.min, date.max - timedelta(days=9)).count("topic", "interpreter") == 20
    assert "Can I have an interpreter?" in page.text
    assert "Merlin" not in page.text


async def test_csv_and_json_say_the_same_as_the_figures(desk: Desk, staff_client: StaffClient) -> None:
    for _ in range(12):
        desk.counts.turn("answered", True, ["interpreter"], "page")
    desk.counts.flush()
    manager, today = await staff_client("manager"), desk.counts.today()
    dates = {"from": str(today - timedelta(days=7)), "to": str(today)}
    found = (await manager.get("/staff/counts.json", params=dates)).json()
    table = (await manager.get("/staff/counts.csv", params=dates)).text.splitlines()
    assert found == desk.counts.figures(today - timedelta(days=7), today).as_json()
    assert found["series"]["topic"] == {"interpreter": 10}
    assert f"{dates['from']},{dates['to']},topic,interpreter,10" in table
    assert table[0] == "from,to,series,value,count"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("31.2.2026", "2026-03-01"),
        ("2026-03-02", "2026-03-01"),
        ("0001-01-01", ""),
        ("9999-12-30", "9999-12-31"),
        ("<b>", "x" * 999),
    ],
)
async def test_wrong_dates_are_named_and_what_was_typed_stays(staff_client: StaffClient, first: str, last: str) -> None:
    manager = await staff_client("manager")
    page = await manager.get("/staff/counts", params={"from": first, "to": last})
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert f'value="{first.replace("<", "&lt;").replace(">", "&gt;")}"' in page.text
    for kind in ("csv", "json"):
        refused = await manager.get(f"/staff/counts.{kind}", params={"from": first, "to": last})
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


async def test_days_may_be_typed_the_british_way(staff_client: StaffClient) -> None:
    manager = await staff_client("manager")
    found = (await manager.get("/staff/counts.json", params={"from": "01/02/2026", "to": "2026-02-09"})).json()
    assert (found["from"], found["to"]) == ("2026-02-01", "2026-02-09")


async def test_the_adviser_logs_calls_and_they_count(desk: Desk, staff_client: StaffClient) -> None:
    adviser = await staff_client("adviser")
    csrf = await csrf_of(adviser, "/staff/call")
    for call in ({"topic": "interpreter"}, {"topic": "other", "other_topic": "merlin_report"}):
        response = await adviser.post("/staff/call", data={"csrf": csrf, "outcome": "answered", **call})
        assert response.status_code == 303
    desk.counts.flush()
    today = desk.counts.today()
    found = {(dimension, value): n for (day, dimension, value), n in _cells(desk.store).items() if day == today}
    assert found["call_topic", "interpreter"] == found["topic", "merlin_report"] == 1
    assert found["channel", "desk"] == found["turns", "all"] == found["call_outcome", "answered"] == 2


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"topic": "interpreter"},
        {"outcome": "answered"},
        {"topic": "other", "outcome": "answered"},
        {"topic": "x", "outcome": "y"},
    ],
)
async def test_a_call_with_something_missing_is_not_counted_and_keeps_what_was_chosen(
    desk: Desk, staff_client: StaffClient, form: dict[str, str]
) -> None:
    adviser = await staff_client("adviser")
    page = await adviser.post("/staff/call", data={"csrf": await csrf_of(adviser, "/staff/call"), **form})
    assert page.status_code == 422
    assert page.text.count(" checked>") == sum(value in page.text for value in form.values() if value not in "xy")
    assert desk.counts.waiting == 0


async def test_every_topic_can_be_logged_and_every_key_is_there_once(library: Library, staff_client: StaffClient) -> None:
    page = (await (await staff_client("adviser")).get("/staff/call")).text
    assert [topic for topic in library.topics if page.count(f'value="{topic}"') != 1] == []
    keys = [part.split('"')[0] for part in page.split('data-key="')[1:]]
    assert len(keys) == len(set(keys)) == 31
    assert all(len(key) == 1 for key in keys)


async def test_a_turn_of_the_chat_and_a_mark_are_counted(desk: Desk, anybody: httpx.AsyncClient) -> None:
    started = await anybody.post("/api/conversations", json={})
    headers = {"authorization": f"Bearer {started.json()['token']}"}
    said = await anybody.post("/api/conversations/messages", json={"text": "hello", "channel": "widget"}, headers=headers)
    await anybody.post("/api/helpful", json={"topic": "interpreter", "helpful": False})
    rest = await anybody.post("/webhooks/rest/webhook", json={"sender": "somebody", "message": "hello"})
    assert (said.status_code, rest.status_code) == (200, 200)
    desk.counts.flush()
    found = {(dimension, value): n for (_, dimension, value), n in _cells(desk.store).items()}
    assert found["channel", "widget"] == found["channel", "rest"] == found["helpful", "no"] == 1
    assert found["outcome", "error_engine"] == found["turns", "all"] == 2
    assert found["not_helpful_topic", "interpreter"] == 1
