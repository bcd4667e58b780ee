"""The one error that content raises: it lists every fault with its file, in words for authors."""

from __future__ import annotations

from collections.abc import Sequence


class ContentError(Exception):
    """Content that cannot be used. `problems` holds one sentence for each fault, with the file it stands in."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
