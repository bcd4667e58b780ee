"""The page of speed says what was measured, and whether each target was reached."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bench import messages
from bench.bank import questions
from bench.measured import row
from bench.peers import NAMES
from bench.performance_page import page, targets
from bench.sizing import size

FASTER = {"handrail": 1.0, "stock": 4.0, "default": 10.0}


def _row(milliseconds: float, **more: Any) -> dict[str, Any]:
    done = {"failed": 0, "unanswered": 0, "turns_a_second": 500 / milliseconds, "client_milliseconds": 0.3, "late_p99": 1.0}
    return {**row([milliseconds * part for part in (0.8, 0.9, 1.0, 1.1, 1.2)]), **done, **more}


def _measured(turn: float = 8.0) -> dict[str, Any]:
    """Made-up figures in which everything is good unless a turn takes more than one and a half times its floor."""
    each = {key: _row(turn * slower, processor_milliseconds=turn * slower) for key, slower in FASTER.items()}
    main: dict[str, Any] = {
        "day": "2026-01-01",
        "counts": {"rounds": 1, "one_client": 5, "open_seconds": 1, "starts": 1, "long": 1, "long_turns": 200},
        "machine": {"processor": "made up", "cores": "2", "memory": "8 GB"},
        "starts": {key: {"ready": [5.0], "first_answer": [6.0]} for key in NAMES},
        "one": {**each, "route": _row(1.0), "encoder": _row(6.0)},
        "eight": each,
        "open": {key: {share: {**one, "rate": 10.0 * float(share)} for share in ("0.25", "0.5")} for key, one in each.items()},
        "long": {key: {"block": 10, "medians": [10.0, 10.5], "ratio": 1.05} for key in NAMES},
        "busy": {name: {"health": _row(2.0), "urgent": _row(20.0)} for name in ("nobody", "mixed", "longest")},
        "memory": {key: {"megabytes": 500.0 * slower, "processes": 1} for key, slower in FASTER.items()},
        "workers": {},
    }
    return {"main": main, "sizing": size(main, conversations=15_000)}


def test_a_page_of_good_figures_says_reached_and_names_what_was_not_measured(tmp_path: Path) -> None:
    kept = _measured()
    verdicts = [target.verdict for target in targets(kept)]
    assert verdicts.count("reached") == len(verdicts) - 1
    assert verdicts.count("not measured") == 1
    text = page(kept, tmp_path)
    assert all(name in text for name in NAMES.values())
    assert "BENCH=--growth" in text


def test_a_slow_turn_is_called_not_reached() -> None:
    floor, *_ = targets(_measured(turn=12.0))
    assert floor.verdict == "**not reached**"


def test_every_picture_that_the_page_shows_is_drawn(tmp_path: Path) -> None:
    pictures = re.findall(r"\(pictures/([^)]+)\)", page(_measured(), tmp_path))
    assert pictures
    assert {path.name for path in tmp_path.iterdir()} == set(pictures)


def test_messages_come_from_the_bank_and_are_the_same_each_time() -> None:
    bank = {question.text for question in questions()}
    assert messages.mixed() == messages.mixed()
    assert len(set(messages.mixed())) == 40
    assert set(messages.mixed()) | set(messages.asked()) | set(messages.urgent()) <= bank
    assert all(3000 < len(text) <= 4000 for text in messages.longest())
