"""Reading the content base: what is right loads, what is wrong is told in words for authors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from content.errors import ContentError
from content.library import HERE, Library
from content.loading import read_yaml


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    return folder


def _spoil(folder: Path, topic: str, old: str, new: str) -> None:
    path = folder / "topics" / f"{topic}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _problems(folder: Path) -> str:
    with pytest.raises(ContentError) as caught:
        Library.load(folder)
    return str(caught.value)


def test_the_projects_own_content_loads(library: Library) -> None:
    assert len(library.topics) >= 80


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("harm: high", "harm: huge", "'huge' is not one of: low, medium, high"),
        ("question: Can", "qestion: Can", "'qestion' was unexpected"),
        ("question: Can", "qestion: Can", "'question' is missing"),
        ("id: removal_at_conference", "id: removal", "must be the file's name"),
        ("theme: court", "theme: court\ntheme: court", "the key 'theme' stands twice"),
        ("reviewed: 2026-11-21", "reviewed: soon", "must be a date like 2026-11-21"),
        ("services: [family-rights-group", "services: [family-right-group", "there is no service 'family-right-group'"),
        ("sources: [guide_conference", "sources: [guide_conferense", "there is no source 'guide_conferense'"),
        ("next: [could_children_be_removed", "next: [could_children", "there is no topic 'could_children'"),
        ("services:", "for_child: section_20\nservices:", "for_child: there is no topic 'section_20' that is written for children"),
        ("services:", "for_grown_up: section_2\nservices:", "for_grown_up: there is no topic 'section_2'"),
        ("answer:", "answer: [", "cannot be read as YAML"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_file_and_place(copy: Path, old: str, new: str, told: str) -> None:
    _spoil(copy, "removal_at_conference", old, new)
    problems = _problems(copy)
    assert told in problems
    assert "removal_at_conference.yml" in problems


def test_every_fault_is_told_at_once(copy: Path) -> None:
    _spoil(copy, "removal_at_conference", "harm: high", "harm: huge")
    _spoil(copy, "report_wrong", "theme:", "them:")
    problems = _problems(copy)
    assert "removal_at_conference.yml" in problems
    assert "report_wrong.yml" in problems


def test_a_number_that_nobody_verified_is_never_held(library: Library) -> None:
    for service in ("respect-phoneline", "rights-of-women", "southwark-safeguarding-board"):
        assert library.services[service].number is None
        assert library.services[service].tel is None


def test_the_advice_line_is_the_one_we_know(library: Library) -> None:
    assert library.services["family-rights-group"].number == "0808 801 0366"
    assert library.services["family-rights-group"].tel == "08088010366"


def test_every_loader_reads_every_file_alike() -> None:
    for path in HERE.rglob("*.yml"):
        assert yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader) == read_yaml(path), path.name
