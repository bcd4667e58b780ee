"""One Redis server, a Sentinel group or a cluster, by one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisClusterException
from redis.retry import Retry
from redis.sentinel import Sentinel

# What asking may raise: the library's exception for a whole cluster is none of its others.
FAULTS = (redis.RedisError, RedisClusterException)

_SENTINEL_PORT, _PORT = 26379, 6379


class WrongAddress(ValueError):
    """The address of Redis cannot be understood."""


def connect(address: str, patience: float = 0.3) -> Any:
    """A client for `address`; it connects when it is first asked, and waits `patience` seconds at most for each answer.

    redis://, rediss:// and unix:// name one server. redis+sentinel://host:port,host:port/NAME/DB asks the sentinels which
    server is NAME's master now, and redis+cluster://host:port,host:port needs one node that lives. Raises WrongAddress.
    """
    # A line that broke since it was last used is opened again once.
    again: dict[str, Any] = {"retry": Retry(NoBackoff(), 1), "retry_on_error": [redis.ConnectionError]}
    within: dict[str, Any] = {"socket_timeout": patience, "socket_connect_timeout": patience}
    parts = urlsplit(address)
    try:
        if parts.scheme in ("redis", "rediss", "unix"):
            return redis.Redis.from_url(address, **within, **again)
        if parts.username or parts.password:
            within |= {"username": unquote(parts.username or "") or None, "password": unquote(parts.password or "") or None}
        if dict(parse_qsl(parts.query)).get("ssl") in ("true", "1"):
            within["ssl"] = True
        if parts.scheme == "redis+sentinel":
            name, _, database = parts.path.strip("/").partition("/")
            sentinels = Sentinel(_hosts(parts.netloc, _SENTINEL_PORT), sentinel_kwargs=dict(within), **within)
            return sentinels.master_for(name or "mymaster", db=int(database or 0), **again)
        if parts.scheme == "redis+cluster":
            nodes = [ClusterNode(host, port) for host, port in _hosts(parts.netloc, _PORT)]
            return LateCluster(nodes, within)
    except ValueError as error:
        raise WrongAddress("the address of Redis cannot be understood") from error
    raise WrongAddress("the address of Redis begins with redis, rediss, unix, redis+sentinel or redis+cluster")


class LateCluster:
    """A cluster's client, made when it is first asked: the library's own asks the nodes as soon as it is made."""

    def __init__(self, nodes: list[ClusterNode], settings: dict[str, Any]) -> None:
        self._nodes, self._settings = nodes, settings
        self._client: Any = None

    def register_script(self, script: str) -> Any:
        """As the library's client does, without asking yet."""
        return lambda keys, arguments: self._made().eval(script, len(keys), *keys, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made(), name)

    def _made(self) -> Any:
        if self._client is None:
            self._client = RedisCluster(startup_nodes=self._nodes, **self._settings)
        return self._client


def _hosts(netloc: str, port: int) -> list[tuple[str, int]]:
    found = []
    for place in netloc.rpartition("@")[2].split(","):
        host, _, number = place.rpartition(":") if ":" in place else (place, "", str(port))
        if not host:
            raise WrongAddress("a host is missing in the address of Redis")
        found.append((host.strip("[]"), int(number)))
    return found
