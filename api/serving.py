"""How uvicorn is run, alone or as one of several workers."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from api.patience import patient
from api.settings import Settings

# What glibc calls it, and bytes.
_MMAP_THRESHOLD = -3
_LARGE_BLOCK = 256 * 1024


def ways(settings: Settings) -> dict[str, Any]:
    """Its settings: no line for each request, no name of the server, an end to every wait for a client, and nobody believed about
    who is asking but proxies that were named."""
    return {
        "log_config": None,
        "access_log": False,
        "http": patient(settings.slowest_client),
        "ws": "wsproto" if settings.socket_channel else "none",
        "ws_max_size": settings.largest_body,
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": ",".join(settings.trusted_proxies),
    }


def give_back_large_blocks() -> None:
    """What is read while the model loads goes back to the system when it is done with, where the system's memory is glibc's.

    glibc would raise the bound by itself, and keep blocks of many megabytes for later ones that never come.
    """
    if sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallopt"):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE_BLOCK)
