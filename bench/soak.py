"""`make soak`: mixed traffic for so many minutes, while memory, file handles and threads are watched; then everybody leaves."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.faults.house import House
from bench.faults.processes import handles, threads
from bench.faults.stores import redis_keys, wait_until_no_keys
from bench.plots import over_time
from bench.reliability import write_part
from bench.traffic import Tally, Traffic
from bench.watching import pss

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "pictures" / "soak.svg"
_IDLE_MINUTES = 0.5
# Seconds within which nothing may be left: a chat goes after its idle time, the limit of an address, a hash, within a minute.
_PATIENCE = 75
_VISITORS = 24
_BETWEEN = 2.0


@dataclass(frozen=True)
class Sample:
    """What the workers held at a moment, all of them together; `at` is seconds from the beginning, `memory` MiB (PSS)."""

    at: float
    memory: float
    handles: int
    threads: int
    messages: int


@dataclass(frozen=True)
class Soak:
    """A run with what was left when it was over."""

    samples: tuple[Sample, ...]
    tally: Tally
    workers: int
    keys_before: int
    keys_left: int
    files_left: tuple[str, ...]

    @property
    def slope(self) -> float:
        """MiB that memory grew for each thousand messages, over the second half, when everything is warm."""
        half = self.samples[len(self.samples) // 2 :]
        messages, memory = [one.messages for one in half], [one.memory for one in half]
        return float(np.polyfit(messages, memory, 1)[0]) * 1000 if len(set(messages)) > 1 else 0.0


def soak(folder: Path, seconds: float, *, visitors: int = _VISITORS, think: float = 0.1, between: float = _BETWEEN) -> Soak:
    """Lets visitors come and go for so long, half of them without a goodbye; then waits until every chat was forgotten."""
    house = House(folder, HANDRAIL_IDLE_MINUTES=str(_IDLE_MINUTES))
    try:
        house.guide.wait_until()
        files = _files(house.guide.folder)
        traffic = Traffic(house.door, visitors, think)
        traffic.start()
        traffic.wait_for(visitors)
        samples, began = list[Sample](), time.monotonic()
        while (gone := time.monotonic() - began) < seconds:
            samples.append(_sample(house, gone, traffic.tally))
            time.sleep(between)
        keys = redis_keys(house)
        tally = traffic.stop()
        left = wait_until_no_keys(house, _PATIENCE)
        new = tuple(sorted(_files(house.guide.folder) - files))
        return Soak(tuple(samples), tally, house.guide.workers, keys, left, new)
    finally:
        house.close()


def _sample(house: House, at: float, tally: Tally) -> Sample:
    pids = house.guide.pids()
    return Sample(at, pss(pids), handles(pids), threads(pids), len(tally.exchanges))


def _files(folder: Path) -> set[str]:
    # Both keep their temporary files here: HOME and TMPDIR of the process point to it. What the desk switched off is kept
    # on purpose, for a start without the database (desk.last_switches), and is written when it is first read.
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".switches"}


def main() -> int:
    """Runs for MINUTES (an argument; 10 unless given); 1 when something was left or went wrong."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory(prefix="handrail-soak-") as name:
        run = soak(Path(name), minutes * 60)
    over_time(
        [one.at / 60 for one in run.samples],
        {
            "memory of the workers (MiB, PSS)": [one.memory for one in run.samples],
            "file handles": [float(one.handles) for one in run.samples],
            "threads": [float(one.threads) for one in run.samples],
        },
        "minutes", "A soak", PICTURE,
    )  # fmt: skip
    write_part("soak", page(run, minutes))
    print(page(run, minutes))
    harmed = sum(run.tally.count(verdict) for verdict in ("lost", "doubled", "wrong person", "no help", "unanswered"))
    return 1 if run.keys_left or run.files_left or harmed else 0


def page(run: Soak, minutes: float) -> str:
    """What came of it, in words and a table."""
    first, last = run.samples[len(run.samples) // 4], run.samples[-1]
    wrong = {name: run.tally.count(name) for name in ("lost", "doubled", "wrong person", "no help", "unanswered")}
    rows = [
        ("memory of the workers (PSS)", f"{first.memory:.0f} MiB", f"{last.memory:.0f} MiB", _most(run.samples, "memory")),
        ("file handles", str(first.handles), str(last.handles), _most(run.samples, "handles")),
        ("threads", str(first.threads), str(last.threads), _most(run.samples, "threads")),
    ]
    lines = ["| | after a quarter | at the end | most |", "|---|--:|--:|--:|", *(f"| {' | '.join(row)} |" for row in rows)]
    left = f"temporary files: {', '.join(run.files_left)}" if run.files_left else "no temporary files"
    return "\n".join(
        [
            f"{minutes:g} minutes without a pause between people: {run.tally.conversations:,} conversations, "
            f"{len(run.tally.exchanges):,} messages, {run.workers} worker(s). Half of those who finished deleted their chat, "
            f"the others simply stopped. {', '.join(f'{name}: {count}' for name, count in wrong.items())}.",
            "",
            *lines,
            "",
            f"Memory grew by {run.slope:+.2f} MiB for each thousand messages over the second half. When the last person had left, "
            f"Redis held {run.keys_before} keys; {_PATIENCE} seconds later, with an idle time of {_IDLE_MINUTES * 60:.0f}, "
            f"it held {run.keys_left}, and there were {left}.",
            "",
            f"![Memory, file handles and threads over the run](pictures/{PICTURE.name})",
        ]
    )


def _most(samples: Sequence[Sample], name: str) -> str:
    most = max(getattr(one, name) for one in samples)
    return f"{most:.0f} MiB" if name == "memory" else str(most)


if __name__ == "__main__":
    sys.exit(main())
