"""Says which setting cannot be used and why, in a sentence each that holds no value: some are secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_settings import SettingsError

_PREFIX = "HANDRAIL_"
_NAMED = re.compile(r'field "(\w+)"')


def sentences(error: ValidationError | SettingsError) -> Iterator[str]:
    """One for each fault."""
    if isinstance(error, SettingsError):
        named = _NAMED.search(str(error))
        yield f'{_PREFIX}{named[1].upper() if named else "?"}: it is not valid JSON. A list is written as ["one", "another"].'
        return
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        said = fault["msg"].removeprefix("Value error, ").rstrip(".")
        # A fault that lies between several settings names them itself.
        yield f"{_PREFIX}{str(fault['loc'][0]).upper()}: {said}." if fault["loc"] else f"{said}."
