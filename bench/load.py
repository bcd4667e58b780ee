"""The load: clients that wait for their answers (closed loop), and requests on a schedule that waits for nobody (open loop).

`python -m bench.load` is the process of its own in which it runs: a line of JSON in, with jobs to be done at once, a line out.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from typing import Any

from bench.wire import CHATS, Line

_PATIENCE = 30.0
_SPIN = 0.001


@dataclass(frozen=True)
class Job:
    """What to send where.

    `chat` names a kind of `bench.wire`. With `turns` one client says so many messages, first in the conversation given; with
    `clients` so many do so for `seconds`; with `rate` so many messages a second are due. A conversation has `each` messages.
    """

    url: str
    chat: str
    texts: tuple[str, ...]
    turns: int = 0
    each: int = 5
    conversation: str | None = None
    clients: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    seed: int = 0


@dataclass
class Done:
    """What came of a job. Latencies in milliseconds, in the order of the answers; in the open loop from the time it was due.

    `late` are milliseconds by which the client itself was late to send; `client` the processor seconds that it used.
    """

    milliseconds: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    failed: int = 0
    unanswered: int = 0
    seconds: float = 0.0
    client: float = 0.0
    conversation: str | None = None


async def run(job: Job) -> Done:
    """Does one job."""
    began, used = time.perf_counter(), time.process_time()
    done = Done()
    if job.rate:
        await _open_loop(job, done)
    elif job.clients:
        until = began + job.seconds
        await asyncio.gather(*(_client(job, number, until, done) for number in range(job.clients)))
    else:
        await _turns(job, done)
    done.seconds, done.client = time.perf_counter() - began, time.process_time() - used
    return done


async def _turns(job: Job, done: Done) -> None:
    chat, line = CHATS[job.chat], Line(job.url)
    done.conversation = job.conversation
    for number, text in enumerate(islice(cycle(job.texts), job.turns)):
        if done.conversation is None or (number and number % job.each == 0):
            done.conversation = await chat.open(line)
        await _say(job, line, done.conversation, text, time.perf_counter(), done)
    await line.close()


async def _client(job: Job, number: int, until: float, done: Done) -> None:
    chat, line = CHATS[job.chat], Line(job.url)
    texts = islice(cycle(job.texts), number * 7, None)
    while time.perf_counter() < until:
        conversation = await chat.open(line)
        for _ in range(job.each):
            await _say(job, line, conversation, next(texts), time.perf_counter(), done)
            if time.perf_counter() >= until:
                break
    await line.close()


async def _open_loop(job: Job, done: Done) -> None:
    due = schedule(job.rate, job.seconds, job.seed)
    chat = CHATS[job.chat]
    opener = Line(job.url)
    conversations = deque([await chat.open(opener) for _ in range(16 + len(due) // job.each)])
    await opener.close()
    lines: deque[Line] = deque()

    async def say(text: str, at: float) -> None:
        line = lines.popleft() if lines else Line(job.url)
        conversation = conversations.popleft() if conversations else await chat.open(line)
        done.late.append(1000 * (time.perf_counter() - at))
        await _say(job, line, conversation, text, at, done)
        conversations.append(conversation)
        lines.append(line)

    texts, said, begin = cycle(job.texts), [], time.perf_counter()
    for after in due:
        await _until(begin + after)
        said.append(asyncio.create_task(say(next(texts), begin + after)))
    if said:
        _, waiting = await asyncio.wait(said, timeout=_PATIENCE)
        for task in waiting:
            task.cancel()
        done.unanswered += len(waiting)
        # Who never got an answer waited at least until now.
        done.milliseconds += [1000 * _PATIENCE] * len(waiting)
    for line in lines:
        await line.close()


async def _say(job: Job, line: Line, conversation: str, text: str, since: float, done: Done) -> None:
    chat = CHATS[job.chat]
    try:
        status, said = await line.call(chat.say(conversation, text))
        done.milliseconds.append(1000 * (time.perf_counter() - since))
        done.failed += not chat.is_whole(status, said)
    except (OSError, asyncio.IncompleteReadError):
        done.milliseconds.append(1000 * (time.perf_counter() - since))
        done.failed += 1
        await line.close()


async def _until(moment: float) -> None:
    """Sleeps, and is awake a little early, since the event loop's own clock is coarse."""
    if (rest := moment - _SPIN - time.perf_counter()) > 0:
        await asyncio.sleep(rest)
    while time.perf_counter() < moment:
        await asyncio.sleep(0)


def schedule(rate: float, seconds: float, seed: int) -> list[float]:
    """When messages are due, in seconds from the start: people come independently of each other (a Poisson process)."""
    chance, moment, due = random.Random(seed), 0.0, []
    while (moment := moment + chance.expovariate(rate)) < seconds:
        due.append(moment)
    return due


class Loader:
    """The process that makes the load, so that what it costs stays out of what is measured."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *jobs: Job) -> list[Done]:
        """Does the jobs side by side. Raises RuntimeError where the process has ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([asdict(job) for job in jobs]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that makes the load has ended")
        return [Done(**row) for row in json.loads(line)]


@contextmanager
def loader() -> Iterator[Loader]:
    """Starts the process, and ends it."""
    command = [sys.executable, "-m", "bench.load"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Loader(process)
    finally:
        process.terminate()
        process.wait(timeout=20)


async def _side_by_side(jobs: Sequence[dict[str, Any]]) -> list[Done]:
    return await asyncio.gather(*(run(Job(**{**job, "texts": tuple(job["texts"])})) for job in jobs))


def main() -> int:
    """Does jobs until there are no more."""
    for line in sys.stdin:
        print(json.dumps([asdict(done) for done in asyncio.run(_side_by_side(json.loads(line)))]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
