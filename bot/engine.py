"""Runs Rasa inside this process: one message in, one reply out, and always something useful when a part fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bot.left_out import connections_left_out, leave_out_tensorflow
from bot.quiet import hush

hush()
leave_out_tensorflow()
with connections_left_out():
    import rasa.core.agent
    import rasa.core.policies.rule_policy  # noqa: F401

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.exceptions import ModelNotFound, UnsupportedModelVersionError  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

import actions  # noqa: E402
from actions.turn import Clock, utc_now  # noqa: E402
from bot.doors import Busy as Busy  # noqa: E402
from bot.doors import Doors  # noqa: E402
from bot.doors import NoSuchConversation as NoSuchConversation  # noqa: E402
from bot.events import Event, kind_of, place_of, tell  # noqa: E402
from bot.judged import Deciding, Judged, deciding, judged  # noqa: E402
from bot.memory import MARK, UNKEPT, Held, Key, OpenTurn, SealedTrackerStore, Vault, new_token, seal  # noqa: E402
from bot.nlu.embedding import WrongFile  # noqa: E402
from bot.nlu.reader import read_ahead  # noqa: E402
from bot.reply import MessageKind, NothingSaid, Outcome, Reply, reply_of, rest_reply, rest_words  # noqa: E402
from bot.safety_net import SafetyNet  # noqa: E402
from bot.seams import InProcessActions, InProcessAgent, TurnChannel  # noqa: E402
from bot.spans import span  # noqa: E402
from bot.text import plain, visible  # noqa: E402
from bot.turnstile import Turnstile  # noqa: E402
from content.library import Library  # noqa: E402

_Result = TypeVar("_Result")
_SWEEP_SECONDS = 15.0
# Seconds after which a far vault is told that a turn still goes on.
_STILL_AT_IT = 1.0


class Crowded(TimeoutError):
    """So many wait already that nobody more would be answered in time: for whoever reads words aside, as if it took too long."""


class ModelMissing(Exception):
    """There is no trained model at the path."""


@dataclass(frozen=True)
class Limits:
    """Seconds after which a turn, and one that shows danger, is given up; how many may wait; how long senders are kept."""

    timeout: float = 8.0
    urgent_timeout: float = 0.8
    most_waiting: int = 64
    sender_idle: float | None = None


def load_agent(model: Path, library: Library, clock: Clock = utc_now) -> InProcessAgent:
    """Rasa's agent over the trained model, warm, and without a thread of its own yet, so that workers may be forked from it.

    Raises ModelMissing where there is no model or it is not whole.
    """
    if not model.exists():
        raise ModelMissing(f"{model} does not exist: run `make train`")
    agent = InProcessAgent(InProcessActions(actions.build(library, clock)))
    try:
        agent.load_model(str(model))
    except (ModelNotFound, UnsupportedModelVersionError, WrongFile) as error:
        raise ModelMissing(f"{model} cannot be loaded: run `make train`") from error
    # The sums of one turn are too small to be shared out among cores.
    threadpool_limits(1)
    asyncio.run(agent.warm_up())
    return agent


class Engine:
    """Rasa's agent on a thread of its own, so that a turn that takes long stalls nothing but itself."""

    def __init__(
        self, agent: InProcessAgent, library: Library, vault: Vault, clock: Clock = utc_now, limits: Limits | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._agent = agent
        agent.memory.vault = vault
        self._doors = Doors(vault)
        self._waiting = 0
        self.net = SafetyNet(library, clock)
        self._turnstile = Turnstile(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rasa", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._sweep(), self._loop)

    async def _sweep(self) -> None:
        """What is idle goes on a quiet server too."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self._vault.sweep()

    @classmethod
    def load(cls, model: Path, library: Library, vault: Vault, *, clock: Clock = utc_now, limits: Limits | None = None) -> Engine:
        """Loads the trained model and starts; raises ModelMissing where there is none."""
        return cls(load_agent(model, library, clock), library, vault, clock, limits)

    @property
    def _vault(self) -> Vault:
        return self._doors.vault

    @property
    def waiting(self) -> int:
        """How many turns are under way or wait for their place."""
        return self._waiting

    def start(self) -> str:
        """Opens a conversation and gives its token, which is kept nowhere. Raises VaultDown."""
        token = new_token()
        key = Key.of(token)
        self._vault.put(key.conversation, seal(key, b"[]"))
        return token

    def holds(self, token: str) -> bool:
        """Whether the token opens a conversation that is still kept. Raises VaultDown."""
        return self._vault.get(Key.of(token).conversation) is not None

    def forget(self, token: str) -> int:
        """Forgets the conversation at once; the number of sealed bytes that were held. Raises NoSuchConversation, VaultDown."""
        return self.forget_id(Key.of(token).conversation)

    def forget_id(self, conversation: str) -> int:
        """The same by the conversation's id, which ends it and opens nothing."""
        held = self._vault.drop(conversation)
        if not held:
            raise NoSuchConversation
        return held

    def forget_sender(self, sender: str) -> int:
        """The same for a sender of Rasa's channels."""
        return self.forget_id(Key.of_sender(sender).conversation)

    async def aside(self, work: Callable[[], _Result]) -> _Result:
        """Runs what asks the vault without stalling the caller's other work."""
        return await self._doors.ask(work)

    async def reply(self, token: str, text: str, once: str | None = None) -> Reply:
        """The reply to `text`. Raises NoSuchConversation, Busy and Crowded; everything else ends in a useful reply.

        `once` marks this message: when it is sent again with the same mark, the same reply comes again.
        """
        with span("screen"):
            dangers = self.net.dangers(text)
        key, urgent, doors = Key.of(token), bool(dangers), self._doors
        with self._counted(urgent=urgent):
            try:
                turn = await (doors.begun_anew if token.startswith(UNKEPT) else doors.begun)(key, urgent=urgent)
            except (NoSuchConversation, Busy):
                if not dangers:
                    raise
                turn = OpenTurn(key, None)
            try:
                said = turn.said_before(once, plain(text)) if once else None
                if said is not None and (again := reply_of(said)) is not None:
                    await doors.put_back(turn, well=False, urgent=urgent)
                    return self._with_danger_first(again, text, dangers)
                reply = await self._finished(turn, plain(text), dangers, once)
                return reply if await doors.put_back(turn, well=True, urgent=urgent) else self._forgetful(reply)
            except asyncio.CancelledError:
                await doors.put_back(turn, well=False, urgent=urgent)
                raise
            except TimeoutError:
                reply = self.net.trouble(text, Outcome.ERROR_TIMEOUT)
            except Exception as error:
                _tell_of(error)
                reply = self.net.trouble(text, Outcome.ERROR_ENGINE)
            await doors.put_back(turn, well=False, urgent=urgent)
            return reply

    @contextlib.contextmanager
    def _counted(self, *, urgent: bool) -> Iterator[None]:
        """Raises Crowded where so many wait that nobody would be answered in time. Danger is never sent away."""
        if self._waiting >= self._limits.most_waiting and not urgent:
            raise Crowded
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def _forgetful(self, reply: Reply) -> Reply:
        return replace(reply, messages=(*reply.messages, self.net.forgetful()))

    async def _finished(self, turn: OpenTurn, text: str, dangers: Sequence[str], once: str | None) -> Reply:
        channel = TurnChannel()
        await self._handled(turn, text, channel, dangers, once)
        reply = reply_of(channel.messages)
        if reply is None:
            raise NothingSaid
        return self._with_danger_first(reply, text, dangers)

    async def _handled(self, turn: OpenTurn, text: str, channel: Any, dangers: Sequence[str], once: str | None = None) -> None:
        """Takes the turn in Rasa's thread. Raises TimeoutError when it takes too long."""
        limit = self._limits.urgent_timeout if dangers else self._limits.timeout
        under_way = asyncio.ensure_future(self._in_thread(lambda: self._handle(turn, text, channel, dangers, once), limit))
        if self._vault.is_far and turn.proof is not None:
            proof = turn.proof
            while not (await asyncio.wait({under_way}, timeout=_STILL_AT_IT))[0]:
                await self._doors.keep_held(turn, proof)
        await under_way

    async def _handle(self, turn: OpenTurn, text: str, channel: Any, dangers: Sequence[str], once: str | None) -> None:
        async with self._turnstile.place(urgent=bool(dangers), length=len(text)):
            SealedTrackerStore.use(turn)
            read_ahead(text, dangers)
            message = UserMessage(text, channel, turn.key.conversation, metadata={MARK: once} if once else None)
            await self._agent.handle_message(message)

    async def understand(self, text: str) -> tuple[tuple[str, float], ...]:
        """The likeliest labels with their probabilities, outside of any conversation. Raises TimeoutError and Crowded."""
        parsed = await self._beside(lambda: self._placed(lambda: self._agent.parse_message(plain(text))))
        return tuple((row["name"], float(row["confidence"])) for row in parsed["intent_ranking"])

    async def judged(self, text: str) -> Judged:
        """What understanding makes of `text`, outside of any conversation; nothing of it is kept.

        Raises TimeoutError and Crowded.
        """
        return await self._beside(lambda: self._placed(lambda: judged(self._agent, text)))

    async def deciding(self, text: str, topic: str | None, danger: str | None, skip: frozenset[str]) -> Deciding:
        """The words of `text` that decided for that topic and that danger; `skip` are words that say little.

        Raises TimeoutError and Crowded.
        """
        place = partial(self._turnstile.place, urgent=False)
        return await self._beside(lambda: deciding(self._agent, text, topic, danger, skip, place))

    async def _beside(self, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        """What is no turn of a conversation is counted with those that wait."""
        with self._counted(urgent=False):
            return await self._in_thread(work, self._limits.timeout)

    async def _placed(self, work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        async with self._turnstile.place(urgent=False):
            return await work()

    def last_turn(self, token: str) -> list[tuple[str, str]]:
        """What was understood in the last turn beside each thing that was done then; no words of it."""
        key = Key.of(token)
        events = OpenTurn(key, Held(self._vault.get(key.conversation) or b"", "")).events
        intent, done = "", list[str]()
        for event in events:
            if event["event"] == "user":
                intent, done = event["parse_data"]["intent"].get("name") or "", []
            elif event["event"] == "action" and event["name"] not in (None, "action_listen"):
                done.append(event["name"])
        return [(intent, action) for action in done]

    async def rest(self, sender: str, text: str) -> list[dict[str, Any]]:
        """One turn as Rasa's REST channel gives it. The conversation is sealed under the sender's own name for it.

        Raises Busy, where the sender's messages before take too long, and Crowded.
        """
        key = Key.of_sender(sender, self._limits.sender_idle)
        channel = CollectingOutputChannel()
        dangers = self.net.dangers(text)
        urgent = bool(dangers)
        try:
            with self._counted(urgent=urgent):
                async with self._doors.in_line(key, urgent=urgent) as turn:
                    well, kept = False, False
                    try:
                        await self._handled(turn, visible(text), channel, dangers)
                        well = bool(channel.messages)
                    finally:
                        kept = await self._doors.put_back(turn, well=well, urgent=urgent)
            if not well:
                raise NothingSaid
        except (Busy, Crowded):
            raise
        except TimeoutError:
            return rest_trouble(self.net, sender, text, Outcome.ERROR_TIMEOUT)
        except Exception as error:
            _tell_of(error)
            return rest_trouble(self.net, sender, text)
        said = [{**message, "recipient_id": sender} for message in channel.messages]
        if not kept:
            said += rest_words([self.net.forgetful()], sender)
        if dangers and not any((message.get("custom") or {}).get("kind") == MessageKind.SAFETY for message in said):
            return [*rest_words(self.net.words(text, dangers), sender), *said]
        return said

    @property
    def model(self) -> tuple[str, float]:
        """A fingerprint of the model that was loaded, and when it was trained, in seconds since 1970."""
        trained: datetime = self._agent.processor.model_metadata.trained_at
        return self._agent.model_fingerprint, trained.replace(tzinfo=UTC).timestamp()

    def close(self) -> None:
        """Stops the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._doors.close()

    async def _in_thread(self, work: Callable[[], Coroutine[Any, Any, _Result]], limit: float) -> _Result:
        future: Future[_Result] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        return await asyncio.wait_for(asyncio.wrap_future(future), limit)

    def _with_danger_first(self, reply: Reply, text: str, dangers: Sequence[str]) -> Reply:
        """The screen's word counts even where the dialogue lost it."""
        if not dangers or reply.urgent:
            return reply
        return Reply(reply.outcome, True, reply.topics, (*self.net.words(text, dangers), *reply.messages))


def _tell_of(error: Exception) -> None:
    tell(Event.TURN_FAILED, error=kind_of(error), place=place_of(error.__traceback__))


def rest_trouble(net: SafetyNet, sender: str, text: str, outcome: Outcome = Outcome.ERROR_ENGINE) -> list[dict[str, Any]]:
    """What can be said where the engine gives no reply, as Rasa's REST channel gives it."""
    return rest_reply(net.trouble(text, outcome), sender)
