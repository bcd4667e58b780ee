"""`python -m bot.chat`: a conversation in the terminal, with the same engine as the web."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from pathlib import Path

from bot.engine import Engine, ModelMissing
from bot.memory import MemoryVault
from bot.reply import Message
from content.library import default_library

_MODEL = Path(__file__).parent.parent / "models" / "handrail.tar.gz"
_WIDTH = 88


def main() -> int:
    """Talks until the input ends; 2 when there is no model."""
    library = default_library()
    try:
        engine = Engine.load(_MODEL, library, MemoryVault(1800))
    except ModelMissing as error:
        print(error, file=sys.stderr)
        return 2
    try:
        asyncio.run(_talk(engine))
    except (KeyboardInterrupt, EOFError):
        print()
    finally:
        engine.close()
    return 0


async def _talk(engine: Engine) -> None:
    token = engine.start()
    choices = _show((engine.net.greeting(),))
    while True:
        typed = (await asyncio.to_thread(input, "\n> ")).strip()
        if not typed:
            continue
        if typed.isdigit() and 0 < int(typed) <= len(choices):
            typed = choices[int(typed) - 1]
        reply = await engine.reply(token, typed)
        choices = _show(reply.messages)


def _show(messages: tuple[Message, ...]) -> list[str]:
    choices: list[str] = []
    for message in messages:
        print()
        for line in message.text.split("\n"):
            print(textwrap.fill(line, _WIDTH, subsequent_indent="  " if line.startswith("- ") else ""))
        for source in message.sources:
            print(f"  [{source['title']}, {source['publisher']}]")
        for button in message.buttons:
            choices.append(button.send)
            print(f"  {len(choices)}. {button.label}")
    return choices


if __name__ == "__main__":
    sys.exit(main())
