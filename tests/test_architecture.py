"""The shape of the house, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "content": set(),
    "actions": {"content"},
    "bot": {"content", "actions"},
    "desk": {"content", "actions", "bot"},
    "api": {"content", "actions", "bot", "desk"},
}
ONLY_IN = {
    "rasa": {"bot"},
    "fastapi": {"api"},
    "starlette": {"api"},
    "rasa_sdk": {"actions", "bot"},
    "spacy": {"bot"},
    "sqlalchemy": {"desk"},
    "alembic": {"desk"},
}
MODULES = [path for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = _imports(path) & set(ALLOWED)
    assert ours <= ALLOWED[package] | {package}
    for library, packages in ONLY_IN.items():
        assert library not in _imports(path) or package in packages


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_opens_with_its_reason_to_exist_and_stays_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not source.strip():
        return
    assert ast.get_docstring(ast.parse(source))
    assert len(source.splitlines()) <= 350


def test_the_measurements_do_not_rest_on_the_tests() -> None:
    for path in (ROOT / "bench").rglob("*.py"):
        assert "tests" not in _imports(path), path


def test_no_module_is_called_after_nothing() -> None:
    names = {path.stem for path in MODULES}
    assert not names & {"utils", "util", "helpers", "helper", "manager", "common", "misc", "core"}


@pytest.mark.parametrize("name", ["bot", "actions", "content", "api", "tests", "data/nlu.yml", "data/stories.yml", "domain.yml"])
def test_the_entries_that_people_expect_exist(name: str) -> None:
    assert (ROOT / name).exists()
