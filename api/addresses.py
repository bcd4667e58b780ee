"""What a setting that is an address, an origin or a key has to look like; each says in a sentence what is wrong."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

from bot.redis_client import connect

_KEY_BYTES = 32
# What would break the header or the policy in which an address stands.
_BREAKS = re.compile(r"""[^!-~]|["<>\\]""")
_BREAKS_IN_HOST = re.compile("[;,']")
_USUAL_PORTS = {("http", 80), ("https", 443)}


def _exit_address(value: str) -> str:
    """A whole address of another website: without its scheme a browser would look for it on ours."""
    if _split(value) is None:
        raise ValueError("it has to be a whole address with http or https and a host, such as https://www.bbc.co.uk/weather")
    return value


def _origin(value: str) -> str:
    """A website as browsers name it, letter by letter: they are compared as they stand."""
    parts = _split(value)
    whole = parts is not None and value == value.lower() == f"{parts.scheme}://{parts.netloc}"
    if not whole or parts is None or parts.username is not None or (parts.scheme, parts.port) in _USUAL_PORTS:
        raise ValueError(
            "each has to be an origin such as https://www.charity.example: scheme and host in small letters, a port only where "
            "it is not the usual one, no path and no slash at the end"
        )
    return value


def _network(value: str) -> str:
    """An address or a network of proxies; one with more bits than its mask says would match nobody."""
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(
            "each has to be an address such as 10.0.0.1, or a network such as 10.0.0.0/8 whose address has no bits beyond its mask"
        ) from None
    return value


def _key(value: str) -> str:
    """So many random bytes as base64. Empty for none."""
    if not value:
        return value
    try:
        found = len(base64.b64decode(value, validate=True))
    except binascii.Error:
        found = 0
    if found != _KEY_BYTES:
        raise ValueError(f"it has to be {_KEY_BYTES} bytes as base64 (openssl rand -base64 {_KEY_BYTES})")
    return value


def _redis_address(value: str) -> str:
    """Where Redis is; nothing is asked yet. Empty for none."""
    if value:
        connect(value)
    return value


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        # Asking for a port that is none raises as well.
        whole = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and not _BREAKS_IN_HOST.search(parts.netloc)
        )
    except ValueError:
        return None
    return parts if whole and not _BREAKS.search(value) else None


ExitAddress = Annotated[str, AfterValidator(_exit_address)]
Key = Annotated[str, AfterValidator(_key)]
Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]
RedisAddress = Annotated[str, AfterValidator(_redis_address)]
