"""Runs Rasa inside this process: one message in, one reply out, and always something useful when a part fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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
from bot.events import Event, kind_of, place_of, tell  # noqa: E402
from bot.judged import Deciding, Judged, deciding, judged  # noqa: E402
from bot.memory import MARK, UNKEPT, Held, Key, OpenTurn, SealedTrackerStore, Taken, Vault, VaultDown, new_token, seal  # noqa: E402
from bot.nlu.embedding import WrongFile  # noqa: E402
from bot.nlu.reader import read_ahead  # noqa: E402
from bot.reply import NothingSaid, Outcome, Reply, reply_of, rest_words  # noqa: E402
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


class NoSuchConversation(Exception):
    """The token opens nothing: it is wrong, was deleted, or was idle for too long."""


class Busy(Exception):
    """The conversation's last message is still being answered."""


class Crowded(Exception):
    """So many wait already that nobody more would be answered in time."""


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
        self._vault = agent.memory.vault = vault
        self._waiting = 0
        self.net = SafetyNet(library, clock)
        # What asks a far vault runs here, so that one that does not answer stalls neither the web nor other turns.
        self._doors = ThreadPoolExecutor(max_workers=8, thread_name_prefix="vault")
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
        if not self._vault.is_far:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._doors, work)

    async def reply(self, token: str, text: str, once: str | None = None) -> Reply:
        """The reply to `text`. Raises NoSuchConversation, Busy and Crowded; everything else ends in a useful reply.

        `once` marks this message: when it is sent again with the same mark, the same reply comes again.
        """
        with span("screen"):
            dangers = self.net.dangers(text)
        key = Key.of(token)
        with self._counted(urgent=bool(dangers)):
            try:
                turn = await (self._begun_anew(key) if token.startswith(UNKEPT) else self._begun(key))
            except (NoSuchConversation, Busy):
                if not dangers:
                    raise
                turn = OpenTurn(key, None)
            try:
                said = turn.said_before(once, plain(text)) if once else None
                if said is not None and (again := reply_of(said)) is not None:
                    await self._put_back(turn, well=False)
                    return self._with_danger_first(again, text, dangers)
                reply = await self._finished(turn, plain(text), dangers, once)
                return reply if await self._put_back(turn, well=True) else self._forgetful(reply)
            except asyncio.CancelledError:
                await self._put_back(turn, well=False)
                raise
            except TimeoutError:
                reply = self.net.trouble(text, Outcome.ERROR_TIMEOUT)
            except Exception as error:
                _tell_of(error)
                reply = self.net.trouble(text, Outcome.ERROR_ENGINE)
            await self._put_back(turn, well=False)
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

    async def _begun(self, key: Key) -> OpenTurn:
        """The turn that now begins; without memory where the vault is down. Raises NoSuchConversation and Busy."""
        try:
            with span("vault get"):
                held = await self.aside(lambda: self._vault.take(key.conversation))
        except VaultDown:
            return OpenTurn(key, None)
        except Taken:
            raise Busy from None
        if held is None:
            raise NoSuchConversation
        return OpenTurn(key, held)

    async def _put_back(self, turn: OpenTurn, *, well: bool) -> bool:
        """Ends the turn in the vault, as it began where it did not end well; False where what came of it is not kept."""
        proof, sealed = turn.proof, turn.sealed if well else None
        if proof is None:
            return False
        try:
            return await self.aside(lambda: self._vault.put_back(turn.key.conversation, proof, sealed, idle=turn.key.idle))
        except VaultDown:
            return False

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
                with contextlib.suppress(VaultDown):
                    await self.aside(lambda: self._vault.keep_held(turn.key.conversation, proof))
        await under_way

    async def _handle(self, turn: OpenTurn, text: str, channel: Any, dangers: Sequence[str], once: str | None) -> None:
        async with self._turnstile.place(urgent=bool(dangers)):
            SealedTrackerStore.use(turn)
            read_ahead(text, dangers)
            message = UserMessage(text, channel, turn.key.conversation, metadata={MARK: once} if once else None)
            await self._agent.handle_message(message)

    async def understand(self, text: str) -> tuple[tuple[str, float], ...]:
        """The likeliest labels with their probabilities, outside of any conversation."""
        parsed = await self._in_thread(lambda: self._agent.parse_message(plain(text)), self._limits.timeout)
        return tuple((row["name"], float(row["confidence"])) for row in parsed["intent_ranking"])

    async def judged(self, text: str) -> Judged:
        """What understanding makes of `text`, outside of any conversation; nothing of it is kept."""
        return await self._in_thread(lambda: judged(self._agent, text), self._limits.timeout)

    async def deciding(self, text: str, topic: str | None, danger: str | None, skip: frozenset[str]) -> Deciding:
        """The words of `text` that decided for that topic and that danger; `skip` are words that say little."""
        return await self._in_thread(lambda: deciding(self._agent, text, topic, danger, skip), self._limits.timeout)

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
        """One turn as Rasa's REST channel gives it. The conversation is sealed under the sender's own name for it."""
        key = Key.of_sender(sender, self._limits.sender_idle)
        channel = CollectingOutputChannel()
        dangers = self.net.dangers(text)
        try:
            with self._counted(urgent=bool(dangers)):
                turn, well, kept = await self._begun_anew(key), False, False
                try:
                    await self._handled(turn, visible(text), channel, dangers)
                    well = True
                finally:
                    kept = await self._put_back(turn, well=well)
        except Exception as error:
            _tell_of(error)
            return rest_trouble(self.net, sender, text)
        if not channel.messages:
            return rest_trouble(self.net, sender, text)
        said = [{**message, "recipient_id": sender} for message in channel.messages]
        if not kept:
            said += rest_words([self.net.forgetful()], sender)
        if dangers and not any((message.get("custom") or {}).get("kind") == "safety" for message in said):
            return [*rest_words(self.net.words(text, dangers), sender), *said]
        return said

    async def _begun_anew(self, key: Key) -> OpenTurn:
        """The turn of a conversation that nobody had to start; without memory where none can be started now."""
        try:
            return await self._begun(key)
        except NoSuchConversation:
            try:
                await self.aside(lambda: self._vault.put(key.conversation, seal(key, b"[]"), idle=key.idle))
            except VaultDown:
                return OpenTurn(key, None)
            return await self._begun(key)

    @property
    def model(self) -> tuple[str, float]:
        """A fingerprint of the model that was loaded, and when it was trained, in seconds since 1970."""
        trained: datetime = self._agent.processor.model_metadata.trained_at
        return self._agent.model_fingerprint, trained.replace(tzinfo=UTC).timestamp()

    def close(self) -> None:
        """Stops the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._doors.shutdown(wait=False)

    async def _in_thread(self, work: Callable[[], Coroutine[Any, Any, _Result]], limit: float) -> _Result:
        future: Future[_Result] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        return await asyncio.wait_for(asyncio.wrap_future(future), limit)

    def _with_danger_first(self, reply: Reply, text: str, dangers: Sequence[str]) -> Reply:
        """The screen's word counts even where the dialogue lost it."""
        if not dangers or reply.urgent:
            return reply
        return Reply(reply.outcome, True, reply.topics, (*self.net.words(text, dangers), *reply.messages))


def _tell_of(error: Exception) -> None:
    if not isinstance(error, (TimeoutError, Busy, Crowded)):
        tell(Event.TURN_FAILED, error=kind_of(error), place=place_of(error.__traceback__))


def rest_trouble(net: SafetyNet, sender: str, text: str) -> list[dict[str, Any]]:
    """What can be said without an engine, as Rasa's REST channel gives it."""
    return rest_words(net.trouble(text, Outcome.ERROR_ENGINE).messages, sender)
