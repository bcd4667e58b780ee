"""The load generator: clients that wait, and a schedule that waits for nobody and counts what that costs people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.load import Job, loader, run, schedule

SERVICE = 0.01


class SlowServer:
    """Answers one request after the other, each `SERVICE` seconds of work, and notes how many were there at once."""

    def __init__(self, *, chunked: bool = False) -> None:
        self.url, self.answered, self.most_at_once = "", 0, 0
        self._chunked, self._here, self._one = chunked, 0, asyncio.Lock()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self._here += 1
                self.most_at_once = max(self.most_at_once, self._here)
                async with self._one:
                    await asyncio.sleep(SERVICE)
                self._here, self.answered = self._here - 1, self.answered + 1
                body = (
                    b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" if self._chunked else b"content-length: 2\r\n\r\nok"
                )
                writer.write(b"HTTP/1.1 200 OK\r\n" + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@pytest.fixture(params=[False, True], ids=["sized", "chunked"])
async def slow(request: pytest.FixtureRequest) -> AsyncIterator[SlowServer]:
    slow = SlowServer(chunked=request.param)
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    slow.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield slow
    server.close()


async def test_the_open_loop_counts_the_waiting_of_messages_that_queue(slow: SlowServer) -> None:
    job = Job(slow.url, "page", ("/",), rate=2 / SERVICE, seconds=0.4, seed=1)
    due = schedule(job.rate, job.seconds, job.seed)
    done = await run(job)
    assert len(done.milliseconds) == len(due) == slow.answered
    # Whatever the machine does, the last answer cannot come before all the work is done.
    assert max(done.milliseconds) >= 1000 * (len(due) * SERVICE - due[-1])
    assert slow.most_at_once > 8
    assert (done.failed, done.unanswered) == (0, 0)


async def test_the_closed_loop_never_has_more_requests_under_way_than_clients(slow: SlowServer) -> None:
    done = await run(Job(slow.url, "page", ("/",), clients=3, seconds=0.2))
    assert slow.most_at_once == 3
    assert len(done.milliseconds) == slow.answered
    assert min(done.milliseconds) >= 1000 * SERVICE


async def test_a_server_that_is_not_there_is_a_failure_and_not_a_fast_answer() -> None:
    done = await run(Job("http://127.0.0.1:9", "page", ("/",), turns=2))
    assert done.failed == 2


async def test_the_load_runs_in_a_process_of_its_own_and_jobs_run_side_by_side(slow: SlowServer) -> None:
    with loader() as load:
        jobs = [Job(slow.url, "page", ("/",), turns=3), Job(slow.url, "page", ("/",), turns=4)]
        first, second = await asyncio.to_thread(load.run, *jobs)
    assert (len(first.milliseconds), len(second.milliseconds)) == (3, 4)
    assert slow.answered == 7


def test_the_schedule_has_the_rate_that_was_asked_for_and_is_the_same_each_time() -> None:
    due = schedule(100.0, 100.0, 7)
    assert due == schedule(100.0, 100.0, 7)
    assert len(due) == pytest.approx(10_000, rel=0.05)
    assert due == sorted(due)
