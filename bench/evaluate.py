"""`python -m bench.evaluate`: asks the engine every question of the bank and prints how well it understood."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, defaultdict
from pathlib import Path

from tqdm import tqdm

from bench.bank import EXPECTATIONS, Question, questions
from bot.engine import Engine
from bot.memory import MemoryVault
from bot.reply import Outcome, Reply
from content.library import default_library

MODEL = Path(__file__).parent.parent / "models" / "handrail.tar.gz"
VERDICTS = ("adequate", "one_tap", "refused", "wrong")


def verdict(question: Question, reply: Reply, topic_of: dict[str, str]) -> str:
    """How good the reply is for the person: adequate, one tap away, an honest refusal, or wrong."""
    refused = reply.outcome.family in ("unanswered", "handed")
    small_talk = reply.outcome is Outcome.ANSWERED_SMALLTALK
    if question.expect == "urgent":
        return "adequate" if reply.urgent else ("refused" if refused else "wrong")
    if question.expect in ("offtopic", "unknown"):
        return "adequate" if refused or small_talk else ("one_tap" if _asks_back(reply) else "wrong")
    if question.expect == "chitchat":
        return "adequate" if small_talk else ("refused" if refused or _asks_back(reply) else "wrong")
    if question.topics & set(reply.topics):
        return "adequate"
    offered = {topic_of.get(button.send) for message in reply.messages for button in message.buttons}
    if _asks_back(reply):
        return "one_tap" if question.topics & offered else "refused"
    return "refused" if refused else "wrong"


def _asks_back(reply: Reply) -> bool:
    return reply.outcome is Outcome.CLARIFY


async def ask_all(engine: Engine, bank: list[Question]) -> list[tuple[Question, Reply]]:
    """Every question in a conversation of its own."""
    replies = []
    for question in tqdm(bank, "Asking", mininterval=2.0, disable=not sys.stderr.isatty()):
        token = engine.start()
        replies.append((question, await engine.reply(token, question.text)))
        engine.forget(token)
    return replies


def table(replies: list[tuple[Question, Reply]], topic_of: dict[str, str]) -> str:
    """Shares of each verdict, by what was expected and by voice, and the alarms."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for question, reply in replies:
        found = verdict(question, reply, topic_of)
        for name in (question.expect, f"voice {question.voice}", "all"):
            rows[name][found] += 1
    lines = [f"{'':18}{'n':>5}" + "".join(f"{name:>10}" for name in VERDICTS)]
    voices = sorted(name for name in rows if name.startswith("voice"))
    for name in [*EXPECTATIONS, *voices, "all"]:
        n = sum(rows[name].values())
        lines.append(f"{name:18}{n:5}" + "".join(f"{rows[name][found] / n:10.1%}" for found in VERDICTS))
    calm = [(question, reply) for question, reply in replies if question.expect != "urgent"]
    lines.append(f"urgent caught: {sum(r.urgent for q, r in replies if q.expect == 'urgent')} of {len(replies) - len(calm)}")
    lines.append(f"false alarms: {sum(reply.urgent for _, reply in calm)} of {len(calm)}")
    return "\n".join(lines)


def main() -> int:
    """Prints the table; with a word as argument, also the questions of that verdict."""
    library = default_library()
    engine = Engine.load(MODEL, library, MemoryVault(1800))
    topic_of = {topic.question: topic.id for topic in library.topics.values()}
    try:
        replies = asyncio.run(ask_all(engine, questions()))
    finally:
        engine.close()
    print(table(replies, topic_of))
    for question, reply in replies:
        if sys.argv[1:] and verdict(question, reply, topic_of) in sys.argv[1:]:
            got = f"{reply.outcome.value} {reply.topics}"
            print(f"{question.id} {question.expect} {sorted(question.topics)} -> {got}: {question.text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
