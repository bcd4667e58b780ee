"""What people ask, for a manager: charts of the published counts by date range, and the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from api.days import date_words
from api.desk import charts
from api.desk.door import DeskOf, Signed, may
from api.desk.frame import desk_page
from api.state import StateOf
from content.library import HERE, Library
from content.loading import read_yaml
from desk.counts import WEEKDAYS
from desk.figures import Figures

router = APIRouter(prefix="/staff", include_in_schema=False)

WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "counts.yml")
_USUAL_DAYS = 28
_MOST_DAYS = 3 * 366
_MOST_BARS = 20
_LONGEST = 40
# Before any count; the days before the first there are cannot be reckoned with.
_FIRST_DAY = date(2000, 1, 1)

Manager = Annotated[Signed, Depends(may("counts"))]
From = Annotated[str, Query(alias="from")]
To = Annotated[str, Query(alias="to")]


class WrongDates(Exception):
    """The two days give no range. `kind` is an id among the problems of content/desk/counts.yml."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@router.get("/counts")
def counts(request: Request, state: StateOf, desk: DeskOf, staff: Manager, first: From = "", last: To = "") -> HTMLResponse:
    """The charts, or what is wrong with the dates beside what was typed."""
    today = desk.counts.today()
    shown: dict[str, Any] = {"typed": {"from": first[:_LONGEST], "to": last[:_LONGEST]}, "problem": "", "figures": None}
    status = 200
    try:
        begin, end = asked_range(first, last, today)
    except WrongDates as wrong:
        shown["problem"], status = WORDS["problems"][wrong.kind], 422
    else:
        figures = desk.counts.figures(begin, end)
        shown["typed"] = {"from": begin.isoformat(), "to": end.isoformat()}
        shown |= {"figures": figures, "range": _range_words(begin, end), "charts": drawn(figures, state.library)}
    return desk_page(
        request, state, staff, "counts.html.j2", here="/staff/counts", status=status, words=WORDS, presets=_presets(today), **shown
    )


@router.get("/counts.csv")
def as_csv(desk: DeskOf, staff: Manager, first: From = "", last: To = "") -> Response:
    """One row for each figure."""
    try:
        figures = desk.counts.figures(*asked_range(first, last, desk.counts.today()))
    except WrongDates as wrong:
        return _wrong(wrong)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("from", "to", "series", "value", "count"))
    rows.writerows((figures.first, figures.last, *row) for row in figures.rows())
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=_to_keep(figures, "csv"))


@router.get("/counts.json")
def as_json(desk: DeskOf, staff: Manager, first: From = "", last: To = "") -> Response:
    """All figures."""
    try:
        figures = desk.counts.figures(*asked_range(first, last, desk.counts.today()))
    except WrongDates as wrong:
        return _wrong(wrong)
    return JSONResponse(figures.as_json(), headers=_to_keep(figures, "json"))


def asked_range(first: str, last: str, today: date) -> tuple[date, date]:
    """The days that were typed; without them the last four weeks. Raises WrongDates."""
    end = _day(last) if last.strip() else today
    begin = _day(first) if first.strip() else min(end, today) - timedelta(days=_USUAL_DAYS - 1)
    if begin > end:
        raise WrongDates("wrong_way")
    if begin > today:
        raise WrongDates("to_come")
    end = min(end, today)
    if (end - begin).days > _MOST_DAYS:
        raise WrongDates("too_long")
    return begin, end


def drawn(figures: Figures, library: Library) -> list[charts.Chart]:
    """Every chart in the order of the page."""
    topics = {topic.id: topic.question for topic in library.topics.values()}
    hours = [(f"{hour:02}:00", figures.count("hour", f"{hour:02}")) for hour in range(24)]
    weekdays = [(WORDS["weekdays"][day], figures.count("weekday", day)) for day in WEEKDAYS]
    mondays = list(figures.weeks)
    weeks = [(date_words(monday), figures.weeks[monday]) for monday in mondays]
    return [
        charts.bars("topic", _words("topic"), _sorted(figures, "topic", topics), _MOST_BARS),
        charts.bars("outcome", _words("outcome"), _sorted(figures, "outcome", WORDS["outcomes"])),
        charts.columns("week", _words("week"), weeks, _month_tick(mondays)),
        charts.columns("hour", _words("hour"), hours, lambda place: f"{place:02}" if place % 4 == 0 else ""),
        charts.columns("weekday", _words("weekday"), weekdays, lambda place: weekdays[place][0][:3]),
        charts.bars("channel", _words("channel"), _sorted(figures, "channel", WORDS["channels"])),
        charts.bars("call_topic", _words("call_topic"), _sorted(figures, "call_topic", topics), _MOST_BARS),
    ]


def _sorted(figures: Figures, dimension: str, labels: Mapping[str, str]) -> list[charts.Count]:
    """The most first; a value that has no label any more stands as itself."""
    values = figures.series.get(dimension, {})
    return [(labels.get(value, value), count) for value, count in sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))]


def _words(chart: str) -> charts.Words:
    row = WORDS["charts"][chart]
    return charts.Words(row["title"], row["row"], row["note"].format(most=_MOST_BARS), WORDS["describe"], WORDS["nothing"])


def _month_tick(mondays: list[date]) -> Any:
    """The month below its first week, and not so many of them that they would touch."""
    begins = [place for place, day in enumerate(mondays) if place == 0 or mondays[place - 1].month != day.month]
    if len(begins) > 1 and begins[1] < 3:
        begins = begins[1:]
    shown = set(begins[:: -(-len(begins) // 6)]) if begins else set()
    return lambda place: f"{mondays[place]:%b}" if place in shown else ""


def _day(typed: str) -> date:
    typed = typed.strip()[:_LONGEST]
    for read in (date.fromisoformat, lambda text: datetime.strptime(text, "%d/%m/%Y").date()):
        try:
            day = read(typed)
        except ValueError:
            continue
        if day >= _FIRST_DAY:
            return day
    raise WrongDates("not_a_date")


def _presets(today: date) -> list[dict[str, str]]:
    return [
        {"label": row["label"], "from": (today - timedelta(days=row["days"] - 1)).isoformat(), "to": today.isoformat()}
        for row in WORDS["presets"]
    ]


def _range_words(first: date, last: date) -> str:
    text: str = WORDS["range"].format(first=date_words(first), last=date_words(last))
    return text


def _to_keep(figures: Figures, kind: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="handrail-counts-{figures.first}-{figures.last}.{kind}"'}


def _wrong(wrong: WrongDates) -> JSONResponse:
    words = {
        "type": f"urn:handrail:problem:{wrong.kind.replace('_', '-')}", "title": WORDS["problem_heading"], "status": 422,
        "detail": WORDS["problems"][wrong.kind],
    }  # fmt: skip
    return JSONResponse(words, status_code=422, media_type="application/problem+json")
