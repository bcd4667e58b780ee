"""Each fault with people talking: before, while it lasts, and after it was lifted; at the size of a test or of a long run."""

from __future__ import annotations

import contextlib
import resource
import signal
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.faults import clients, clock, model, stores
from bench.faults.house import Guide, House
from bench.faults.processes import handles
from bench.faults.verdict import Verdict
from bench.services import ROOT
from bench.traffic import Traffic
from bench.watching import pss
from content.library import default_library
from desk.counts import Counts
from desk.store import Store

_COUNTED = "Afterwards {there:,} turns stood in the desk's counts; {messages:,} messages were answered since the fault began."
MODEL = ROOT / "models" / "handrail.tar.gz"


@dataclass(frozen=True)
class Size:
    """How many people talk, how many messages go well before and after, how long a fault lasts, and how often it comes (kills)."""

    visitors: int = 8
    before: int = 12
    after: int = 24
    seconds: float = 2.0
    times: int = 2
    dawdlers: int = 40
    idle: int = 2000
    think: float = 0.2


TEST = Size()
LONG = Size(visitors=24, before=60, after=150, seconds=10.0, times=5, dawdlers=200, think=0.5)


@contextlib.contextmanager
def _talking(house: House, size: Size) -> Iterator[Traffic]:
    traffic = Traffic(house.door, size.visitors, size.think)
    traffic.start()
    try:
        traffic.wait_for(size.before)
        yield traffic
    finally:
        traffic.stop()


def _while_it_lasts(
    house: House, size: Size, fault: contextlib.AbstractContextManager[object], name: str, done: str, *notes: str
) -> Verdict:
    with _talking(house, size) as traffic:
        began = time.monotonic()
        with fault:
            time.sleep(size.seconds)
        lifted = time.monotonic()
        traffic.wait_for(size.after)
    return Verdict.of(name, done, traffic.tally, began, lifted, *notes)


def worker_killed(house: House, size: Size) -> Verdict:
    """A process that answers is killed in the middle of its turns, again and again."""
    if house.guide.workers == 1:
        house.guide.keep()
    before = house.guide.process.pid
    with _talking(house, size) as traffic:
        began = time.monotonic()
        for _ in range(size.times):
            house.guide.kill_worker()
            traffic.wait_for(size.after)
    alone = " There was one process only, and a service manager started it again." if house.guide.workers == 1 else ""
    same = "The master stayed the same." if house.guide.process.pid == before else ""
    done = f"`kill -9` of a worker while turns were under way, {size.times} times.{alone}"
    return Verdict.of("a worker is killed", done, traffic.tally, began, began, *filter(None, [same]))


def redis_stopped(house: House, size: Size) -> Verdict:
    """Redis is killed and started again."""
    done = f"`kill -9` of Redis, started again after {size.seconds:g} seconds."
    return _while_it_lasts(house, size, stores.redis_stopped(house), "Redis is stopped", done)


def redis_full(house: House, size: Size) -> Verdict:
    """Redis refuses every write."""
    done = f"Redis at its `maxmemory` (noeviction) for {size.seconds:g} seconds."
    return _while_it_lasts(house, size, stores.redis_full(house), "Redis is full", done)


def postgres_stopped(house: House, size: Size) -> Verdict:
    """The desk's database goes and comes; every count waits for it."""
    done = f"PostgreSQL ended at once, started again after {size.seconds:g} seconds."
    verdict = _while_it_lasts(house, size, stores.postgres_stopped(house), "PostgreSQL is stopped", done)
    there = wait_until_counted(house.database, verdict.messages)
    note = (
        f"Afterwards {there:,} turns stood in the desk's counts; {verdict.messages:,} messages were answered since the fault began."
    )
    return replace(verdict, notes=(note,))


def counted(database: str) -> int:
    """How many turns the desk has counted; its counts are written every two seconds."""
    store = Store(database)
    try:
        return Counts(store, default_library()).counted()
    finally:
        store.close()


def wait_until_counted(database: str, at_least: int, patience: float = 30) -> int:
    """Waits until the desk has counted so many turns; how many it has."""
    until = time.monotonic() + patience
    while (there := counted(database)) < at_least and time.monotonic() < until:
        time.sleep(0.5)
    return there


def slow_clients(house: House, size: Size) -> Verdict:
    """Slow headers, slow bodies and slow readers at once; the guide lets go of them, and nobody else notices."""
    with _talking(house, size) as traffic:
        began = time.monotonic()
        url = house.guide.url
        kinds = {
            "headers": clients.slow_headers(url, size.dawdlers),
            "bodies": clients.slow_bodies(url, size.dawdlers),
            "readers": clients.slow_readers(url, size.dawdlers),
        }
        try:
            traffic.wait_for(size.after)
            left = {name: dawdlers.wait_until_left(0, size.seconds + 30) for name, dawdlers in kinds.items()}
        finally:
            for dawdlers in kinds.values():
                dawdlers.close()
    held = "; ".join(f"slow {name}: {count} of {size.dawdlers} still held" for name, count in left.items())
    done = f"{size.dawdlers} lines each with slow headers, slow bodies and readers that read nothing."
    return Verdict.of("clients dawdle", done, traffic.tally, began, began, held)


def flood(house: House, size: Size) -> Verdict:
    """One address sends as much as it can; the others go on."""
    with _talking(house, size) as traffic:
        began = time.monotonic()
        with clients.flood(house.guide.url) as came:
            time.sleep(size.seconds)
            traffic.wait_for(size.after)
            helped = clients.refused_with_help(house.guide.url)
        lifted = time.monotonic()
        traffic.wait_for(size.after)
    told = ", ".join(f"{status}: {count:,}" for status, count in sorted(came.items()))
    refused = "A danger that is refused names 999." if helped else "A danger was refused without help."
    done = f"As many messages as six connections can send from one address ({sum(came.values()):,} in {lifted - began:.0f} s)."
    return Verdict.of("a flood from one place", done, traffic.tally, began, lifted, f"The flood got {told}.", refused)


def idle_lines(house: House, size: Size) -> Verdict:
    """Thousands of connections that say nothing."""
    guide = house.guide
    with _talking(house, size) as traffic:
        memory, open_before = pss(guide.pids()), handles(guide.pids())
        began = time.monotonic()
        crowd = clients.idle(guide.url, size.idle)
        try:
            traffic.wait_for(size.after)
            cost, open_then = pss(guide.pids()) - memory, handles(guide.pids())
            left = crowd.wait_until_left(0, size.seconds + 30)
        finally:
            crowd.close()
        lifted = time.monotonic()
    notes = (
        f"{cost / size.idle * 1024:.0f} kB more memory for each line, handles {open_before} → {open_then}.",
        f"{left:,} still held after the time that a request may take.",
    )
    return Verdict.of("idle connections", f"{size.idle:,} connections that say nothing.", traffic.tally, began, lifted, *notes)


def deploy(house: House, size: Size) -> Verdict:
    """A new server beside the old one; visitors are led over; the old one is told to stop while turns are under way."""
    with _talking(house, size) as traffic:
        old = house.guide
        new = house.another()
        new.wait_until()
        began = time.monotonic()
        house.guide = new
        gone = old.end(signal.SIGTERM)
        lifted = time.monotonic()
        traffic.wait_for(size.after)
    ended = f"The old server was gone {gone:.1f} s after SIGTERM, with status {old.process.returncode}."
    done = "A second server over the same Redis and PostgreSQL; visitors led there; SIGTERM to the first."
    return Verdict.of("a new version is put in place", done, traffic.tally, began, lifted, ended)


@dataclass(frozen=True)
class Frail:
    """A house whose guide writes to a small disk and reads a clock that can be set; None where this machine allows it not."""

    house: House
    disk: Path | None
    clock: clock.Clock | None


@contextlib.contextmanager
def frail(folder: Path) -> Iterator[Frail]:
    """Starts one and waits until it is ready; the desk's store is SQLite on the small disk."""
    with contextlib.ExitStack() as stack:
        disk = ticking = None
        with contextlib.suppress(stores.NoMounts):
            disk = stack.enter_context(stores.small_disk(folder / "disk"))
        with contextlib.suppress(clock.NoFakeClock):
            ticking = clock.Clock(folder / "clock")
        place = disk or folder / "disk"
        settings = {"HANDRAIL_DATABASE": f"sqlite:///{place / 'desk.db'}", **(ticking.environment if ticking else {})}
        # One process: gunicorn's own waits do not stand a false clock.
        house = House(folder, workers=1, place=place, **settings)
        stack.callback(house.close)
        house.guide.wait_until()
        yield Frail(house, disk, ticking)


def disk_full(on: Frail, size: Size) -> Verdict:
    """The disk of the desk's SQLite file, the log and the temporary files is full, and then is not."""
    assert on.disk
    done = f"No byte free where the desk's SQLite file, log and temporary files are, for {size.seconds:g} seconds."
    verdict = _while_it_lasts(on.house, size, stores.disk_full(on.disk), "the disk is full", done)
    there = wait_until_counted(on.house.database, verdict.messages)
    return replace(verdict, notes=(_COUNTED.format(there=there, messages=verdict.messages),))


def clock_jumps(on: Frail, size: Size, jumps: tuple[str, ...] = ("+2d", "-3d", "+0")) -> Verdict:
    """The guide's wall clock jumps days ahead, days back, and right again."""
    assert on.clock
    with _talking(on.house, size) as traffic:
        began = time.monotonic()
        for offset in jumps:
            on.clock.jump(offset)
            time.sleep(1.5)
            traffic.wait_for(size.after)
        lifted = time.monotonic()
    done = f"The wall clock of the guide's processes set to {', '.join(jumps)} in turn (libfaketime)."
    return Verdict.of("the clock jumps", done, traffic.tally, began, lifted)


def spoilt_model(folder: Path, kind: str) -> tuple[Guide, str]:
    """A guide over a model that cannot be used, started as far as it goes; `kind` is `truncated` or `version`."""
    folder.mkdir(parents=True, exist_ok=True)
    make = model.truncated if kind == "truncated" else model.of_another_version
    guide = Guide(folder / kind, HANDRAIL_MODEL=str(make(MODEL, folder / f"{kind}.tar.gz")), HANDRAIL_DATABASE="")
    guide.wait_until("/health/live")
    return guide, guide.url


def master_killed(house: House, size: Size) -> Verdict:
    """The process that watches over the workers is killed; a service manager starts it again on the same port."""
    with _talking(house, size) as traffic:
        house.guide.keep()
        began = time.monotonic()
        house.guide.process.kill()
        traffic.wait_for(size.after)
        house.guide.wait_until_alone()
        lifted = time.monotonic()
        traffic.wait_for(size.after)
    done = "`kill -9` of the process that watches over the workers; a service manager starts it again."
    return Verdict.of("the master is killed", done, traffic.tally, began, lifted)


def few_handles(folder: Path, handles_allowed: int = 256) -> Guide:
    """A guide that is started with so few file handles as some systems allow at first (more may be asked for)."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Guide(
        folder, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (handles_allowed, most)),
        HANDRAIL_DATABASE="", HANDRAIL_MODEL="/nowhere/model.tar.gz",
    )  # fmt: skip


def answers(url: str, path: str = "/health/live") -> bool:
    """Whether the server answers a new client."""
    try:
        with urllib.request.urlopen(url + path, timeout=5):
            return True
    except OSError:
        return False
