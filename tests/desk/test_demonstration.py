"""Made-up counts: as many as asked for, the same each time, and never mixed with real ones by accident."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from content.library import Library
from desk import demonstration, tables
from desk.counts import Counts
from desk.figures import Figures
from desk.store import Store


def _rows(store: Store) -> list[tuple[object, ...]]:
    with store.begin() as connection:
        return sorted(tuple(row) for row in connection.execute(select(tables.counts)))


def _year(counts: Counts) -> Figures:
    today = counts.today()
    return counts.figures(today - timedelta(days=demonstration.DAYS), today)


def test_it_counts_as_many_turns_as_asked_for_over_a_year_with_an_evening_peak(store: Store, library: Library) -> None:
    counts = Counts(store, library)
    demonstration.fill(counts, library, 3000, seed=1)
    year = _year(counts)
    assert counts.counted() == year.turns == 3000
    assert len([monday for monday, turns in year.weeks.items() if turns]) >= 52
    assert max(year.series["hour"], key=lambda hour: year.count("hour", hour)) in ("20", "21", "22")
    assert year.count("weekday", "mon") > year.count("weekday", "sat") > 0
    assert set(year.series["channel"]) == {"widget", "page", "rest", "api", "desk"}
    assert all(rate.share for rate in year.rates.values())


def test_the_same_seed_gives_the_same_counts_and_another_seed_others(tmp_path: Path, library: Library) -> None:
    found = []
    for place, seed in enumerate((7, 7, 8)):
        store = Store(f"sqlite:///{tmp_path / str(place)}.db", lambda: 1_795_000_000.0)
        store.migrate()
        demonstration.fill(Counts(store, library), library, 200, seed=seed)
        found.append(_rows(store))
        store.close()
    assert found[0] == found[1] != found[2]


def test_a_database_that_has_counts_is_left_alone_unless_told_otherwise(
    database: str, store: Store, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--turns", "50", "--database", database]
    assert [demonstration.main(arguments), demonstration.main(arguments)] == [0, 1]
    assert Counts(store, library).counted() == 50
    assert "--add" in capsys.readouterr().err
    assert demonstration.main([*arguments, "--add"]) == 0
    assert Counts(store, library).counted() == 100


def test_a_database_that_cannot_be_reached_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demonstration.main(["--database", f"sqlite:///{tmp_path}"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
