"""Finds the numbers in an answer that can be called or texted, so that a tap on one does so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from content.library import default_library
from content.model import Service

_TEXTED = "sms:"
# A number with its area, then the short ones that services have. Written as Python and JavaScript both read it.
_PATTERN = r"(?<![\d£])(0\d{{2,4}}(?: ?\d){{5,9}}|{short})(?!\d)(?! (?:words|days|hours|weeks))"


class Numbers:
    """The numbers of those services, and every other that is written with its area."""

    def __init__(self, services: Iterable[Service]) -> None:
        dialled = [(service.number, service.tel) for service in services if service.number and service.tel]
        self.texted = tuple(sorted({tel.removeprefix(_TEXTED) for _, tel in dialled if tel.startswith(_TEXTED)}))
        # As it is written, where nothing but the number is; a sentence such as "999, then press 55" holds one.
        written = {number if number.replace(" ", "").isdigit() else tel.removeprefix(_TEXTED) for number, tel in dialled}
        short = sorted((number for number in written if not number.startswith("0")), key=lambda number: (-len(number), number))
        self.pattern = re.compile(_PATTERN.format(short="|".join(number.replace(" ", " ?") for number in short)))

    def address(self, shown: str) -> str:
        """What a link to the number that is `shown` leads to."""
        digits = shown.replace(" ", "")
        return f"{_TEXTED if digits in self.texted else 'tel:'}{digits}"


@lru_cache(maxsize=1)
def default_numbers() -> Numbers:
    """Those of the project's own content."""
    return Numbers(default_library().services.values())
