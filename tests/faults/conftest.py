"""One house for most faults, since a model takes its time to load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.faults.house import House


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"), HANDRAIL_SLOWEST_CLIENT="3")
    try:
        house.guide.wait_until()
        yield house
    finally:
        house.close()
