"""Runs the server as `python -m api` does, notes every file that it opens to write and every address that it calls.

WATCH_LOG names the file for the notes. BREAK names a fault to put in: `action` makes the answer of a topic raise with what
the person wrote, `late` makes it take long.
"""

from __future__ import annotations

import os
import sys
import time

_LOG = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND


def _watch(event: str, values: tuple[object, ...]) -> None:
    if event == "open" and (any(sign in str(values[1] or "") for sign in "wax+") or int(str(values[2] or 0)) & _WRITING):
        os.write(_LOG, f"write {values[0]}\n".encode())
    elif event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen", "os.system"):
        os.write(_LOG, f"{event} {values[1] if event == 'socket.connect' else values[0]}\n".encode())


sys.addaudithook(_watch)
sys.path.insert(0, os.getcwd())

from actions.answer import AnswerTopic  # noqa: E402
from actions.turn import Turn  # noqa: E402

if os.environ.get("BREAK") == "action":

    def _broken(self: AnswerTopic, turn: Turn) -> list[dict[str, object]]:
        raise ValueError(turn.text)

    AnswerTopic.respond = _broken  # type: ignore[method-assign]
elif os.environ.get("BREAK") == "late":

    def _late(self: AnswerTopic, turn: Turn) -> list[dict[str, object]]:
        time.sleep(6)
        return []

    AnswerTopic.respond = _late  # type: ignore[method-assign]

from api.__main__ import main  # noqa: E402

sys.exit(main())
