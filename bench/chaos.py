"""`make chaos`: puts every fault into a running house while people talk, and writes the fault part of docs/reliability.md."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import httpx

from bench.faults import runs
from bench.faults.house import House
from bench.faults.verdict import Verdict
from bench.reliability import write_part
from bench.traffic import DANGERS

_SHARED: tuple[Callable[[House, runs.Size], Verdict], ...] = (
    runs.worker_killed, runs.master_killed, runs.redis_stopped, runs.redis_full, runs.postgres_stopped,
    runs.slow_clients, runs.flood, runs.idle_lines, runs.deploy,
)  # fmt: skip
_FRAIL: tuple[Callable[[runs.Frail, runs.Size], Verdict], ...] = (runs.disk_full, runs.clock_jumps)
_WORDS = {
    "handed_over": "help at once", "answered": "an answer", "error_engine": "a sentence that it did not work, and the advice line",
    "without_memory": "an answer, with the sentence that nothing is remembered just now",
    "error_timeout": "a sentence that it took too long, and the advice line", "line broken": "the line broke",
    "404": "the chat has ended",
    "409": "wait a moment (409)", "429": "too many (429)", "503": "busy, come again (503)", "clarify": "a question back",
}  # fmt: skip


def main() -> int:
    """Runs the faults that are named, or all, with few people where `--small` is; 1 when a promise was broken."""
    size = runs.TEST if "--small" in sys.argv else runs.LONG
    wanted = set(sys.argv[1:]) - {"--small"}
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="handrail-chaos-") as name:
        folder = Path(name)
        shared = [run for run in _SHARED if not wanted or run.__name__ in wanted]
        if shared:
            house = House(folder / "house")
            try:
                print(f"Ready after {house.guide.wait_until():.0f} s, {house.guide.workers} worker(s).", flush=True)
                if house.guide.workers == 1 and runs.master_killed in shared:
                    shared.remove(runs.master_killed)
                verdicts += [_told(partial(run, house, size)) for run in shared]
            finally:
                house.close()
        frail = [run for run in _FRAIL if not wanted or run.__name__ in wanted]
        if frail:
            with runs.frail(folder / "frail") as on:
                for run_frail, there in ((runs.disk_full, on.disk), (runs.clock_jumps, on.clock)):
                    if run_frail in frail and there is None:
                        print(f"Not possible on this machine: {run_frail.__name__}.", file=sys.stderr)
                    elif run_frail in frail:
                        verdicts.append(_told(partial(run_frail, on, size)))
        if not wanted or "spoilt_models" in wanted:
            verdicts += [_told(partial(spoilt, folder, kind)) for kind in ("truncated", "version")]
    write_part("faults", page(verdicts))
    return 1 if any(verdict.broken for verdict in verdicts) else 0


def spoilt(folder: Path, kind: str) -> Verdict:
    """A start over a model that cannot be used: the danger words and the advice line, and nothing else."""
    guide, url = runs.spoilt_model(folder, kind)
    met: Counter[str] = Counter()
    slowest, no_help = 0.0, 0
    try:
        with httpx.Client(base_url=url, timeout=30) as http:
            bearer = {"authorization": f"Bearer {http.post('/api/conversations').json()['token']}"}
            for text in DANGERS * 5:
                sent = time.monotonic()
                said = http.post("/api/conversations/messages", json={"text": text}, headers=bearer).json()
                slowest = max(slowest, time.monotonic() - sent)
                met[said["outcome"]] += 1
                no_help += not said["urgent"] or said["messages"][0]["kind"] != "safety"
            ready = http.get("/health/ready").status_code
    finally:
        guide.close()
    names = {"truncated": "the model file is cut off", "version": "the model is of another version"}
    return Verdict(
        fault=names[kind], done="A server started over it.", messages=sum(met.values()), conversations=1, lost=0, doubled=0,
        wrong_person=0, unanswered=0, urgent=sum(met.values()), no_help=no_help, slowest_urgent=slowest, trouble=0.0, recovery=0.0,
        seen=met, notes=(f"`/health/ready` says {ready}, so no balancer sends anybody there. It takes a good model and a start.",),
    )  # fmt: skip


def _told(run: partial[Verdict]) -> Verdict:
    began = time.monotonic()
    try:
        verdict = run()
    except (AssertionError, TimeoutError) as error:
        verdict = Verdict.never_well(run.func.__name__.replace("_", " "), str(error).splitlines()[0])
    kept = "kept" if not verdict.broken else f"BROKEN: {', '.join(verdict.broken)}"
    print(f"{verdict.fault}: {kept} ({time.monotonic() - began:.0f} s)", flush=True)
    return verdict


def page(verdicts: Sequence[Verdict]) -> str:
    """The table, and a paragraph for each fault."""
    lines = [
        "| fault | messages | lost | doubled | wrong person | never answered "
        "| urgent | without help | slowest urgent | back to normal |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.fault} | {one.messages} | {one.lost} | {one.doubled} | {one.wrong_person} | {one.unanswered} | {one.urgent} "
        f"| {one.no_help} | {one.slowest_urgent:.2f} s | {one.recovery:.1f} s |"
        for one in verdicts
    ]
    return "\n".join([*lines, "", *(_paragraph(one) for one in verdicts)])


def _paragraph(one: Verdict) -> str:
    usual = ("answered", "handed_over", "answered_smalltalk")
    unusual = [f"{_WORDS.get(what, what)} ({count})" for what, count in one.seen.most_common() if what not in usual]
    saw = f"People saw, beside answers: {', '.join(unusual)}." if unusual else "People saw nothing of it."
    broken = f" **Promises broken: {', '.join(one.broken)}.**" if one.broken else ""
    notes = "".join(f" {note}" for note in one.notes)
    lasted = f" The trouble lasted {one.trouble:.1f} s from the beginning of the fault." if one.trouble else ""
    return f"**{one.fault[0].upper()}{one.fault[1:]}.** {one.done} {saw}{lasted}{notes}{broken}\n"


if __name__ == "__main__":
    sys.exit(main())
