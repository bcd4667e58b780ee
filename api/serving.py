"""How uvicorn is run, alone or as one of several workers."""

from __future__ import annotations

from typing import Any

from api.patience import patient
from api.settings import Settings


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
