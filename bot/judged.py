"""Reads words outside of any conversation: what they are about, and which of them decided it. Nothing of them is kept."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message

from actions.reading import DANGER_PREFIX, KEY, Reading
from bot.judgement import Thresholds
from bot.nlu.detector import ALARM
from bot.nlu.reader import DANGERS, KNOWN
from bot.nlu.topics import INTENT_RANKING, WHOLE
from bot.text import plain

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
Place = Callable[[], contextlib.AbstractAsyncContextManager[None]]
_MOST_WORDS = 16
_AT_ONCE = 4
_SECONDS = 0.4
_MOST_NAMED = 4
_LEAST_DROP = 0.02
_BESIDE_THE_LARGEST = 0.3


@dataclass(frozen=True)
class Judged:
    """`ranking` are labels with how often one so ranked is right. `reading` is what the dialogue would get."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    reading: Reading


@dataclass(frozen=True)
class Deciding:
    """The few words without which the topic, or the danger, would have been less likely, most telling first."""

    topic: tuple[str, ...] = ()
    danger: tuple[str, ...] = ()


async def judged(agent: Agent, text: str) -> Judged:
    """What understanding makes of `text`."""
    message = _parsed(agent, [plain(text)])[0]
    intent = message.get(INTENT)
    rows = {row[INTENT_NAME_KEY]: float(row[PREDICTED_CONFIDENCE_KEY]) for row in message.get(INTENT_RANKING)}
    if message.get(KNOWN):
        # A question in our own words is certain; what else it resembles stands in the probabilities.
        likely = sorted(message.get(WHOLE).items(), key=lambda row: -row[1])
        rows |= {label: Thresholds().confidence(share) for label, share in likely[:_MOST_WORDS] if label not in rows}
    ranking = tuple(sorted(rows.items(), key=lambda row: -row[1]))
    return Judged(intent[INTENT_NAME_KEY], float(intent[PREDICTED_CONFIDENCE_KEY]), ranking, Reading.of({KEY: message.get(KEY)}))


async def deciding(
    agent: Agent, text: str, topic: str | None, danger: str | None, skip: frozenset[str], place: Place = contextlib.nullcontext
) -> Deciding:
    """Leaves each telling word out in turn and sees how much less likely the topic and the danger become without it.

    `skip` are words that say little. It stops after a moment, so a long text may have words that were not tried. It waits
    for `place` before each few words, so that turns of conversations are answered in between.
    """
    text = plain(text)
    words = _telling(text, skip)
    if not words or not (topic or danger):
        return Deciding()
    until = asyncio.get_running_loop().time() + _SECONDS
    async with place():
        whole = _parsed(agent, [text])[0]
    topic_drops: dict[str, float] = {}
    danger_drops: dict[str, float] = {}
    for some in _in_turn(words):
        async with place():
            parsed = _parsed(agent, [_without(text, word) for word in some])
        for word, message in zip(some, parsed, strict=True):
            topic_drops[word] = _share(whole, topic) - _share(message, topic)
            danger_drops[word] = _alarm(whole, danger) - _alarm(message, danger)
        await asyncio.sleep(0)
        if asyncio.get_running_loop().time() > until:
            break
    return Deciding(_largest(topic_drops), _largest(danger_drops))


def _parsed(agent: Agent, texts: Sequence[str]) -> list[Message]:
    """What the pipeline makes of each text, with the probabilities that no reply carries."""
    processor: Any = agent.processor
    results = processor.graph_runner.run(
        inputs={
            PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
            PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("", []),
        },
        targets=[processor.model_metadata.nlu_target],
    )
    messages: list[Message] = results[processor.model_metadata.nlu_target]
    return messages


def _telling(text: str, skip: frozenset[str]) -> list[str]:
    """The words to try, longest first where there are many; all of them where each says little."""
    found = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))
    telling = [word for word in found if word not in skip] or found
    return sorted(telling, key=len, reverse=True)[:_MOST_WORDS]


def _without(text: str, word: str) -> str:
    # A pattern made of the word would stay in re's own cache.
    return _WORD.sub(lambda found: " " if found[0].lower() == word else found[0], text).strip() or "."


def _in_turn(words: Sequence[str]) -> Iterator[Sequence[str]]:
    return (words[at : at + _AT_ONCE] for at in range(0, len(words), _AT_ONCE))


def _share(message: Message, topic: str | None) -> float:
    shares: Mapping[str, float] = message.get(WHOLE) or {}
    return shares.get(topic, 0.0) if topic else 0.0


def _alarm(message: Message, danger: str | None) -> float:
    """How surely the message shows danger: wholly where a rule sees it, else as the model has it."""
    if danger is None:
        return 0.0
    if danger in (message.get(DANGERS) or ()):
        return 1.0
    shares: Mapping[str, float] = message.get(WHOLE) or {}
    return float(message.get(ALARM) or sum(share for label, share in shares.items() if label.startswith(DANGER_PREFIX)))


def _largest(drops: Mapping[str, float]) -> tuple[str, ...]:
    """Those whose absence tells most; none where no single word does."""
    largest = max(drops.values(), default=0.0)
    least = max(_LEAST_DROP, _BESIDE_THE_LARGEST * largest)
    named = sorted((word for word, drop in drops.items() if drop >= least), key=lambda word: -drops[word])
    return tuple(named[:_MOST_NAMED])
