"""Who may do what at the desk: one table, read by the pages and by the test that walks through all of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person does at the advice line."""

    ADVISER = "adviser"
    EDITOR = "editor"
    MANAGER = "manager"
    ADMIN = "admin"


_ALL = frozenset(Role)

MAY: Mapping[str, frozenset[Role]] = {
    "triage": _ALL,
    "log_call": _ALL,
    "assign": _ALL,
    "content": _ALL,
    "approve": frozenset({Role.EDITOR, Role.ADMIN}),
    "propose": frozenset({Role.EDITOR, Role.ADMIN}),
    "counts": frozenset({Role.MANAGER, Role.ADMIN}),
    "switch": frozenset({Role.MANAGER, Role.ADMIN}),
    "audit": frozenset({Role.MANAGER, Role.ADMIN}),
    "people": frozenset({Role.ADMIN}),
}
