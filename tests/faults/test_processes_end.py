"""Workers are killed and servers replaced, while people talk."""

from __future__ import annotations

import pytest

from bench.faults import runs
from bench.faults.house import House


def test_a_killed_worker_loses_no_conversation_and_gives_no_answer_twice(house: House) -> None:
    verdict = runs.worker_killed(house, runs.TEST)
    assert not verdict.harmed
    assert verdict.seen["line broken"] > 0, "the fault was not felt"
    house.guide.wait_until()


def test_a_killed_master_leaves_nobody_behind_and_its_next_start_takes_over(house: House) -> None:
    if house.guide.workers == 1:
        pytest.skip("there is one process only")
    assert not runs.master_killed(house, runs.TEST).harmed


def test_a_new_server_takes_over_under_load_and_the_old_one_ends_by_itself(house: House) -> None:
    old = house.guide
    verdict = runs.deploy(house, runs.TEST)
    assert not verdict.harmed
    assert house.guide is not old
    assert old.process.returncode in (0, -15)
