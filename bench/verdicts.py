"""How good a reply is for the person who asked: adequate, one tap away, an honest refusal, or wrong."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tqdm import tqdm

from bench.bank import Question
from bot.engine import Engine
from bot.reply import Outcome, Reply

VERDICTS = ("adequate", "one_tap", "refused", "wrong")


@dataclass(frozen=True)
class Asked:
    """A question and what came back."""

    question: Question
    reply: Reply
    verdict: str


def verdict(question: Question, reply: Reply, topic_of: Mapping[str, str]) -> str:
    """One of VERDICTS; `topic_of` gives the topic whose button sends that text."""
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


async def ask_all(engine: Engine, bank: Iterable[Question], topic_of: Mapping[str, str], name: str = "Asking") -> list[Asked]:
    """Every question in a conversation of its own."""
    asked = []
    for question in tqdm(list(bank), name, mininterval=2.0, disable=not sys.stderr.isatty()):
        token = engine.start()
        reply = await engine.reply(token, question.text)
        asked.append(Asked(question, reply, verdict(question, reply, topic_of)))
        engine.forget(token)
    return asked


async def doubtful(engine: Engine, bank: Iterable[Question], count: int, says: str) -> list[str]:
    """The first messages of the bank that are asked back about today with two choices or more, in words that hold `says`.

    Scripts on doubt use them, and so outlive a training.
    """
    found: list[str] = []
    for question in bank:
        token = engine.start()
        reply = await engine.reply(token, question.text)
        engine.forget(token)
        if _asks_back(reply) and says in reply.messages[0].text and len(reply.messages[0].buttons) >= 3:
            found.append(question.text)
        if len(found) == count:
            break
    return found


def shares(asked: Iterable[Asked]) -> dict[str, float]:
    """The share of each verdict, and under "n" how many there were."""
    counts = Counter(one.verdict for one in asked)
    total = sum(counts.values())
    return {"n": total, **{name: counts[name] / total if total else 0.0 for name in VERDICTS}}


def alarms(asked: Iterable[Asked]) -> tuple[int, int, int, int]:
    """Urgent questions caught and asked, then calm ones that raised an alarm and asked."""
    urgent = [one for one in asked if one.question.expect == "urgent"]
    calm = [one for one in asked if one.question.expect != "urgent"]
    return sum(one.reply.urgent for one in urgent), len(urgent), sum(one.reply.urgent for one in calm), len(calm)
