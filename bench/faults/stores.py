"""Faults of what lies under the guide: Redis stopped or full, PostgreSQL stopped, the disk full."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from bench.faults.house import House


@contextlib.contextmanager
def redis_stopped(house: House) -> Iterator[None]:
    """Redis is killed, and started again from what it had written."""
    house.redis.stop()
    try:
        yield
    finally:
        house.redis.start()


@contextlib.contextmanager
def redis_full(house: House) -> Iterator[None]:
    """Redis has reached its memory limit: it reads and refuses to write."""
    line = redis.Redis.from_url(house.redis.url)
    line.config_set("maxmemory-policy", "noeviction")
    line.config_set("maxmemory", "1")
    try:
        yield
    finally:
        line.config_set("maxmemory", "0")
        line.close()


@contextlib.contextmanager
def postgres_stopped(house: House) -> Iterator[None]:
    """The desk's PostgreSQL is ended at once, and started again."""
    house.postgres.stop()
    try:
        yield
    finally:
        house.postgres.start()


class NoMounts(Exception):
    """This machine lets nobody mount a small file system."""


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = 400) -> Iterator[Path]:
    """A disk of so many megabytes, enough to unpack the model, at `folder`; gone afterwards. Raises NoMounts where none may be."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "handrail", str(folder)]
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        raise NoMounts
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


@contextlib.contextmanager
def disk_full(disk: Path) -> Iterator[None]:
    """Not a byte more fits on `disk`."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    try:
        yield
    finally:
        os.unlink(filler)


def redis_keys(house: House) -> int:
    """How many keys Redis holds."""
    with contextlib.closing(redis.Redis.from_url(house.redis.url)) as line:
        return int(line.dbsize())


def wait_until_no_keys(house: House, patience: float) -> int:
    """Waits until Redis holds none; how many are left."""
    until = time.monotonic() + patience
    while (left := redis_keys(house)) and time.monotonic() < until:
        time.sleep(0.2)
    return left
