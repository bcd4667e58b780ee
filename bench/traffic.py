"""The load of the chaos and soak runs: visitors who each keep a script of their own and check every answer against it."""

from __future__ import annotations

import asyncio
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from content.library import HERE
from content.loading import read_yaml

# Questions whose answer, and whose "why", are each about one topic. Visitors are told apart by them.
QUESTIONS = {
    "what is a core group": "core_group",
    "who will be at the conference": "who_attends",
    "can the conference take my child": "removal_at_conference",
    "what if i disagree with the report": "report_wrong",
    "can i bring someone with me to the conference": "bring_someone",
    "what is a child protection plan": "what_is_a_plan",
    "what is parental responsibility": "parental_responsibility",
    "what does the chair do": "what_chair_does",
    "what is a section 47 enquiry": "section_47",
    "how long does a child protection plan last": "plan_how_long",
    "can i record the meeting": "record_meeting",
    "what is a pre-birth conference": "unborn_baby",
}
FOLLOW_UPS = ("why", "shorter", "say that again")
DANGERS = (
    "he is hitting me right now",
    "he has a knife and is outside the door",
    "i want to kill myself tonight",
    "i have taken all my tablets",
)
_OFFER = "Help me get ready, step by step"
_ANSWERS = ("yes", "no", "not sure", "skip")
_ANSWER_KEYS = {"not sure": "unsure", "skip": "skipped"}
_EMERGENCY = "999"
_PATIENCE = 300.0
_LATE = 3.0


@dataclass(frozen=True)
class Line:
    """A message, and what a right answer to it is about: its topics, or the words of a journey's step, or danger.

    `later` are the words of the steps that a turn taken twice would bring too early.
    """

    text: str
    topics: tuple[str, ...] = ()
    step: str = ""
    urgent: bool = False
    later: tuple[str, ...] = ()


def questions(chance: random.Random, length: int = 6) -> list[Line]:
    """Questions with follow-ups whose right answer depends on the question before; now and then a danger."""
    lines: list[Line] = []
    topic = ""
    while len(lines) < length:
        if topic and chance.random() < 0.6:
            lines.append(Line(chance.choice(FOLLOW_UPS), (topic,)))
            continue
        if lines and chance.random() < 0.3:
            lines.append(Line(chance.choice(DANGERS), urgent=True))
        text = chance.choice(list(QUESTIONS))
        topic = QUESTIONS[text]
        lines.append(Line(text, (topic,)))
    return lines


def journey(chance: random.Random) -> list[Line]:
    """The steps of getting ready: an answer that was taken twice skips a step, and the list at the end shows every answer."""
    told = read_yaml(HERE / "journeys.yml")["journeys"]["prepare"]
    steps: list[dict[str, Any]] = told["steps"]
    lines, listed, said = [], [], _OFFER
    for number, step in enumerate(steps):
        later = tuple(str(one["ask"]) for one in steps[number + 1 :])
        lines.append(Line(said, step=str(step["ask"]), later=later))
        said = chance.choice(_ANSWERS)
        if _ANSWER_KEYS.get(said, said) in step:
            listed.append(str(step["topic"]))
    return [*lines, Line(said, (*listed, *told["topics"]))]


@dataclass(frozen=True)
class Exchange:
    """One message of one visitor, with everything that came of it. Times are seconds; `at` is on the monotonic clock."""

    at: float
    urgent: bool
    verdict: str
    seen: tuple[str, ...]
    seconds: float
    waited: float

    @property
    def normal(self) -> bool:
        """Right, at the first try, and without a wait that a person would notice as one."""
        return self.verdict == "right" and len(self.seen) == 1 and self.waited < _LATE


@dataclass
class Tally:
    """What all visitors met."""

    exchanges: list[Exchange] = field(default_factory=list)
    conversations: int = 0
    begun_anew: int = 0
    ended: int = 0

    def count(self, verdict: str) -> int:
        """How many messages ended in that verdict."""
        return sum(one.verdict == verdict for one in self.exchanges)

    def since(self, moment: float) -> list[Exchange]:
        """The exchanges that were not over yet at that moment."""
        return [one for one in self.exchanges if one.at + one.waited >= moment]

    def last_trouble(self, since: float) -> float | None:
        """When the last message that did not go as usual was over; None where all did. `since` is on the monotonic clock."""
        return max((one.at + one.waited for one in self.since(since) if not one.normal), default=None)


# How a reply is seen that ends with the sentence that nothing is remembered just now.
WITHOUT_MEMORY = "without_memory"


class Over(Exception):
    """The conversation cannot go on as its script says."""


class Visitor:
    """One person at a time on one address: starts, says the script, and leaves or simply stops; then the next person."""

    def __init__(self, number: int, door: Callable[[], str], tally: Tally, think: float, address: str | None) -> None:
        self._door, self._tally, self._think = door, tally, think
        self._chance = random.Random(number)
        self._number = number
        transport = httpx.AsyncHTTPTransport(verify=False, local_address=address)
        self._http = httpx.AsyncClient(transport=transport, timeout=12)

    async def stay(self, over: asyncio.Event) -> None:
        """Holds conversations until `over`; the one under way is finished."""
        try:
            while not over.is_set():
                await self._conversation(over)
        finally:
            await self._http.aclose()

    async def _conversation(self, over: asyncio.Event) -> None:
        lines = journey(self._chance) if self._number % 4 == 3 else questions(self._chance)
        token, confirmed, own = await self._start(), False, set[str]()
        if token is None:
            return
        self._tally.conversations += 1
        for line in lines:
            if over.is_set() and not confirmed:
                return
            if self._think and not over.is_set():
                await asyncio.sleep(self._chance.expovariate(1 / self._think))
            try:
                kept = await self._say(token, line, confirmed, frozenset(own))
            except Over:
                return
            own.update(line.topics)
            confirmed = confirmed or kept
        self._tally.ended += 1
        if self._chance.random() < 0.5:
            await self._leave(token)

    async def _start(self) -> str | None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            try:
                answer = await self._http.post(f"{self._door()}/api/conversations")
                if answer.status_code == 201:
                    return str(answer.json()["token"])
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
        return None

    async def _leave(self, token: str) -> None:
        try:
            await self._http.request("DELETE", f"{self._door()}/api/conversations", headers=_bearer(token))
        except httpx.HTTPError:
            return

    async def _say(self, token: str, line: Line, confirmed: bool, own: frozenset[str]) -> bool:
        """Says it, and again with the same key where the line broke or the server asked to wait; whether the turn was kept.

        Raises Over where the answer was not right, or was right and could not be kept.
        """
        began = sent = time.monotonic()
        key, seen, verdict, took = secrets.token_urlsafe(12), list[str](), "unanswered", 0.0
        unhelped = kept = False
        while time.monotonic() - began < _PATIENCE:
            sent = time.monotonic()
            try:
                answer = await self._http.post(
                    f"{self._door()}/api/conversations/messages",
                    json={"text": line.text},
                    headers={**_bearer(token), "idempotency-key": key},
                )
            except httpx.HTTPError:
                seen.append("line broken")
                await asyncio.sleep(0.1)
                continue
            took = time.monotonic() - sent
            if answer.status_code != 200:
                seen.append(str(answer.status_code))
                unhelped |= line.urgent and _EMERGENCY not in answer.text
                if answer.status_code == 404:
                    verdict = "lost" if confirmed else "begun anew"
                    break
                await asyncio.sleep(min(1.0, float(answer.headers.get("retry-after", 0.2))))
                continue
            said = answer.json()
            seen.append(str(said["outcome"]))
            verdict = _judged(said, line, own)
            # Words for a trouble beside a right answer say that the answer was not kept.
            kept = not any(message["kind"] == "trouble" for message in said["messages"])
            if not kept and not seen[-1].startswith("error_"):
                seen[-1] = WITHOUT_MEMORY
            if verdict != "trouble":
                break
            if line.step or len(line.topics) > 1 or "prepare_for_conference" in line.topics:
                # Told to try again in the middle of steps: whether this answer was taken is not known, so the talk ends here.
                break
            key = secrets.token_urlsafe(12)
            await asyncio.sleep(0.2)
        if unhelped:
            verdict = "no help"
        self._tally.exchanges.append(Exchange(began, line.urgent, verdict, tuple(seen), took, time.monotonic() - began))
        self._tally.begun_anew += verdict == "begun anew"
        if verdict != "right" or not (kept or line.urgent):
            raise Over
        return kept


def _judged(said: dict[str, Any], line: Line, own: frozenset[str]) -> str:
    topics, texts = tuple(said["topics"]), [str(message["text"]) for message in said["messages"]]
    kinds = [message["kind"] for message in said["messages"]]
    if line.urgent:
        return "right" if said["urgent"] and kinds[0] == "safety" else "no help"
    if said["outcome"].startswith("error_"):
        return "trouble"
    listed = len(line.topics) > 1 or "prepare_for_conference" in line.topics
    if line.step:
        right = any(line.step in text for text in texts)
    else:
        right = topics == line.topics if listed else topics[:1] == line.topics
    if right:
        return "right"
    if "trouble" in kinds:
        # Somebody who is told that nothing is remembered just now knows where they are.
        return "trouble"
    if line.step and (topics or any(ask in text for ask in line.later for text in texts)):
        return "doubled"
    # The same step again, or a list without an answer that was given: a turn that was confirmed is forgotten.
    return "lost" if line.step or listed else _other(topics, own)


def _other(topics: Iterable[str], own: frozenset[str]) -> str:
    """A topic that another visitor asked for is theirs; anything else is a conversation that forgot what it was about."""
    return "wrong person" if set(topics) & (set(QUESTIONS.values()) - own) else "lost"


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def addresses() -> Iterator[str]:
    """Addresses of this machine, each a place of its own to a server on it."""
    for number in range(250 * 250):
        yield f"127.1.{number // 250 + 1}.{number % 250 + 1}"


class Traffic:
    """Visitors on a thread of their own. `door` gives the server's address, so that they can be led to another one."""

    def __init__(self, door: Callable[[], str], visitors: int, think: float = 0.3) -> None:
        self.tally = Tally()
        self._door, self._visitors, self._think = door, visitors, think
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)

    def start(self) -> None:
        """Lets them in."""
        self._thread.start()

    def stop(self) -> Tally:
        """Lets the conversations under way come to their end; what everybody met."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(timeout=400)
        assert not self._thread.is_alive(), "the visitors never came to an end"
        return self.tally

    def wait_for(self, more: int, patience: float = 400) -> None:
        """Waits until that many more messages went as usual. Raises TimeoutError."""
        seen, until = len(self.tally.exchanges), time.monotonic() + patience
        while sum(one.normal for one in self.tally.exchanges[seen:]) < more:
            if time.monotonic() > until:
                raise TimeoutError("the traffic never went as usual")
            time.sleep(0.05)

    def _run(self) -> None:
        self._loop.run_until_complete(self._all())
        self._loop.close()

    async def _all(self) -> None:
        where = addresses()
        people = [Visitor(number, self._door, self.tally, self._think, next(where)) for number in range(self._visitors)]
        await asyncio.gather(*(person.stay(self._over) for person in people))
