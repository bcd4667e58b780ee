"""The sheets that a parent fills in and prints: everything typed on them stays in the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.layout import rendered
from api.state import State, StateOf
from content.hours import LONDON, bank_holidays
from content.library import HERE
from content.loading import read_yaml
from content.model import Topic

router = APIRouter(include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "sheets.yml")


@router.get("/sheets")
async def sheets(state: StateOf) -> HTMLResponse:
    """The three sheets as cards."""
    return _sheet(state, "sheets.html.j2", "/sheets")


@router.get("/sheets/ready")
async def ready(state: StateOf) -> HTMLResponse:
    """Questions to fill in before the conference."""
    return _sheet(state, "sheet_ready.html.j2", "/sheets/ready")


@router.get("/sheets/disagree")
async def disagree(state: StateOf) -> HTMLResponse:
    """What the report says beside what the parent says."""
    return _sheet(state, "sheet_disagree.html.j2", "/sheets/disagree")


@router.get("/sheets/timeline")
async def timeline(state: StateOf) -> HTMLResponse:
    """The road with its time limits. It carries the bank holidays, so that no date has to leave the browser."""
    years = _years_around(datetime.now(LONDON).date())
    return _sheet(
        state, "timeline.html.j2", "/sheets/timeline", holidays=weekday_holidays(years),
        first=date(years[0], 1, 1), last=_last_day(years),
    )  # fmt: skip


def weekday_holidays(years: Iterable[int]) -> list[date]:
    """England's bank holidays that fall on a weekday, in their order; the others change no count."""
    return sorted(day for year in years for day in bank_holidays(year) if day.weekday() < 5)


def _years_around(today: date) -> list[int]:
    """Last year too: in January the day that a parent knows may lie before New Year."""
    return [today.year - 1, today.year, today.year + 1]


def _last_day(years: list[int]) -> date:
    """The last day from which every count of working days ends within the years."""
    return date(years[-1], 11, 30)


def _sheet(state: State, template: str, here: str, **values: Any) -> HTMLResponse:
    topics: Mapping[str, Topic] = state.library.topics
    return rendered(state, template, here=here, words=_WORDS, topics=topics, **values)
