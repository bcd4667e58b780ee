"""A copy of the project with ten times the topics is whole: its content has no fault."""

from __future__ import annotations

from pathlib import Path

from bench import project
from bench.growth import TIMES
from content.library import Library


def test_ten_times_the_topics_are_content_without_a_fault(tmp_path: Path) -> None:
    folder = project.copy(tmp_path / "large")
    topics, examples = project.grow(folder, TIMES, examples=1)
    assert len(Library.load(folder / "content").topics) == topics == TIMES * len(Library.load().topics)
    assert examples > topics
