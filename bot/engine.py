"""Runs Rasa inside this process: one message in, one reply out, and always something useful when a part fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from bot.quiet import hush

hush()

from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: E402
from rasa.exceptions import ModelNotFound  # noqa: E402
from rasa.shared.core.events import ActionExecuted, UserUttered  # noqa: E402

import actions  # noqa: E402
from actions.turn import Clock, danger_text, utc_now  # noqa: E402
from actions.wording import ADVICE_LINE, Wording  # noqa: E402
from bot.judged import Deciding, Judged, deciding, judged  # noqa: E402
from bot.memory import Key, SealedTrackerStore, Vault, VaultDown, new_token, seal  # noqa: E402
from bot.reply import Button, Message, Outcome, Reply  # noqa: E402
from bot.screen import Screen, VoiceFinder  # noqa: E402
from bot.seams import InProcessActions, InProcessAgent, TurnChannel  # noqa: E402
from bot.text import Expander, visible  # noqa: E402
from content.library import Library  # noqa: E402

_Result = TypeVar("_Result")
_SWEEP_SECONDS = 15.0
_WARM_UP = "Warm up. One sentence here, and then what happens next? Another one is there to be split."


class NoSuchConversation(Exception):
    """The token opens nothing: it is wrong, was deleted, or was idle for too long."""


class Busy(Exception):
    """The conversation's last message is still being answered."""


class ModelMissing(Exception):
    """There is no trained model at the path."""


class SafetyNet:
    """What can be said with nothing but the content base: danger words, the advice line, an honest sentence."""

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library = library
        self._clock = clock
        self._screen = Screen(library.dangers, Expander(library.abbreviations))
        self._voices = VoiceFinder(library.voice_signs, library.voice_not_signs)

    def dangers(self, text: str) -> tuple[str, ...]:
        """The kinds of danger that the rules see."""
        return self._screen.look(text)

    def words(self, text: str, dangers: Iterable[str]) -> tuple[Message, ...]:
        """What is said first for those dangers."""
        wording = Wording(self._library, self._clock())
        voice = "child" if "child_tells" in dangers else self._voices.find(text) or "plain"
        texts = dict.fromkeys(danger_text(self._library, wording, kind, voice) for kind in list(dangers)[:2])
        return tuple(Message("safety", text) for text in texts)

    def trouble(self, text: str, outcome: Outcome) -> Reply:
        """The reply when the engine gives none."""
        dangers = self.dangers(text)
        sentence = self._library.say("late" if outcome is Outcome.ERROR_TIMEOUT else "trouble")
        someone = Wording(self._library, self._clock()).someone([ADVICE_LINE])
        trouble = Message("trouble", f"{sentence}\n\n{someone}")
        return Reply(outcome, bool(dangers), (), (*self.words(text, dangers), trouble))

    @property
    def is_closed(self) -> bool:
        """Whether staff have switched the chat off."""
        return self._library.switches.chat_off is not None

    def closed(self, text: str) -> Reply:
        """The reply while the chat is off: danger first, as ever, then what staff wrote and the advice line."""
        dangers = self.dangers(text)
        messages = (*self.words(text, dangers), self._closed())
        return Reply(Outcome.HANDED_OVER, bool(dangers), (), messages)

    def _closed(self) -> Message:
        said = self._library.say("closed", said=(self._library.switches.chat_off or "").strip())
        return Message("trouble", f"{said}\n\n{Wording(self._library, self._clock()).someone([ADVICE_LINE])}")

    def notices(self) -> tuple[Message, ...]:
        """What staff want everybody to know just now, to be shown beside the greeting."""
        notice = self._library.switches.notice
        return (Message("notice", notice.strip()),) if notice else ()

    def greeting(self) -> Message:
        """The first words of a conversation; while the chat is off, that it is."""
        if self.is_closed:
            return self._closed()
        offered = (topic for topic in self._library.chat["greet"].topics if not self._library.is_offline(topic))
        buttons = tuple(Button(self._library.topics[i].question, self._library.topics[i].question) for i in offered)
        return Message("smalltalk", self._library.say("greeting"), buttons=buttons)


class Engine:
    """Rasa's agent on a thread of its own, so that a turn that takes long stalls nothing but itself."""

    def __init__(
        self,
        agent: InProcessAgent,
        library: Library,
        vault: Vault,
        clock: Clock,
        timeout: float,
        urgent_timeout: float,
        sender_idle: float | None = None,
    ) -> None:
        self._sender_idle = sender_idle
        self._agent = agent
        self._vault = vault
        self._timeout = timeout
        self._urgent_timeout = urgent_timeout
        self._under_way: set[str] = set()
        self.net = SafetyNet(library, clock)
        # What asks the vault runs here, so that one that does not answer stalls neither the web nor other turns.
        self._doors = ThreadPoolExecutor(max_workers=8, thread_name_prefix="vault")
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
    def load(
        cls,
        model: Path,
        library: Library,
        vault: Vault,
        *,
        clock: Clock = utc_now,
        timeout: float = 8.0,
        urgent_timeout: float = 0.8,
        sender_idle: float | None = None,
    ) -> Engine:
        """Loads the trained model; raises ModelMissing where there is none.

        Timeouts are in seconds, and so is `sender_idle`: how long what a sender of Rasa's channels said is kept.
        """
        if not model.exists():
            raise ModelMissing(f"{model} does not exist: run `make train`")
        endpoint = InProcessActions(actions.build(library, clock))
        agent = InProcessAgent(tracker_store=SealedTrackerStore(vault), action_endpoint=endpoint)
        try:
            agent.load_model(str(model))
        except ModelNotFound as error:
            raise ModelMissing(f"{model} cannot be loaded: run `make train`") from error
        engine = cls(agent, library, vault, clock, timeout, urgent_timeout, sender_idle)
        engine._warm_up()
        return engine

    def _warm_up(self) -> None:
        """One turn that uses every part, so that the first person does not wait for what loads late."""
        key = Key.of(new_token())
        with contextlib.suppress(VaultDown):
            asyncio.run_coroutine_threadsafe(self._turn(key, _WARM_UP), self._loop).result(timeout=120)
            self._vault.drop(key.conversation)

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
        return await asyncio.get_running_loop().run_in_executor(self._doors, work)

    async def reply(self, token: str, text: str) -> Reply:
        """The reply to `text`. Raises NoSuchConversation and Busy; everything else ends in a useful reply."""
        key = Key.of(token)
        try:
            kept = await self.aside(lambda: self._vault.get(key.conversation))
        except VaultDown:
            return self.net.trouble(text, Outcome.ERROR_ENGINE)
        if kept is None:
            raise NoSuchConversation
        return await self._guarded(key, lambda: self._turn(key, text), text)

    async def understand(self, text: str) -> tuple[tuple[str, float], ...]:
        """The likeliest labels with their probabilities, outside of any conversation."""
        parsed = await self._in_thread(lambda: self._agent.parse_message(visible(text)), self._timeout)
        return tuple((row["name"], float(row["confidence"])) for row in parsed["intent_ranking"])

    async def judged(self, text: str) -> Judged:
        """What understanding makes of `text`, outside of any conversation; nothing of it is kept."""
        return await self._in_thread(lambda: judged(self._agent, text), self._timeout)

    async def deciding(self, text: str, topic: str | None, danger: str | None, skip: frozenset[str]) -> Deciding:
        """The words of `text` that decided for that topic and that danger; `skip` are words that say little."""
        return await self._in_thread(lambda: deciding(self._agent, text, topic, danger, skip), self._timeout)

    async def last_turn(self, token: str) -> list[tuple[str, str]]:
        """What was understood in the last turn beside each thing that was done then; no words of it."""
        key = Key.of(token)
        return await self._in_thread(lambda: self._last_turn(key), self._timeout)

    async def _last_turn(self, key: Key) -> list[tuple[str, str]]:
        SealedTrackerStore.use(key)
        tracker = await self._agent.tracker_store.retrieve(key.conversation)
        done: list[str] = []
        for event in reversed(tracker.events if tracker else []):
            if isinstance(event, UserUttered):
                return [(event.intent_name or "", action) for action in reversed(done)]
            if isinstance(event, ActionExecuted) and event.action_name and event.action_name != "action_listen":
                done.append(event.action_name)
        return []

    async def rest(self, sender: str, text: str) -> list[dict[str, Any]]:
        """One turn as Rasa's REST channel gives it. The conversation is sealed under the sender's own name for it."""
        key = Key.of_sender(sender, self._sender_idle)
        channel = CollectingOutputChannel()
        dangers = self.net.dangers(text)
        try:
            if await self.aside(lambda: self._vault.get(key.conversation)) is None:
                await self.aside(lambda: self._vault.put(key.conversation, seal(key, b"[]"), idle=key.idle))
            await self._in_thread(lambda: self._handle(key, text, channel), self._urgent_timeout if dangers else self._timeout)
        except Exception:
            return rest_trouble(self.net, sender, text)
        if not channel.messages:
            return rest_trouble(self.net, sender, text)
        said = [{**message, "recipient_id": sender} for message in channel.messages]
        if dangers and not any((message.get("custom") or {}).get("kind") == "safety" for message in said):
            return [*rest_words(self.net.words(text, dangers), sender), *said]
        return said

    def close(self) -> None:
        """Stops the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._doors.shutdown(wait=False)

    async def _guarded(self, key: Key, turn: Callable[[], Coroutine[Any, Any, Reply]], text: str) -> Reply:
        if key.conversation in self._under_way:
            raise Busy
        self._under_way.add(key.conversation)
        limit = self._urgent_timeout if self.net.dangers(text) else self._timeout
        try:
            return await self._in_thread(turn, limit)
        except TimeoutError:
            return self.net.trouble(text, Outcome.ERROR_TIMEOUT)
        except Exception:
            return self.net.trouble(text, Outcome.ERROR_ENGINE)
        finally:
            self._under_way.discard(key.conversation)

    async def _in_thread(self, work: Callable[[], Coroutine[Any, Any, _Result]], limit: float) -> _Result:
        future: Future[_Result] = asyncio.run_coroutine_threadsafe(work(), self._loop)
        return await asyncio.wait_for(asyncio.wrap_future(future), limit)

    async def _turn(self, key: Key, text: str) -> Reply:
        channel = TurnChannel()
        await self._handle(key, text, channel)
        reply = _reply(channel.messages)
        if reply is None:
            return self.net.trouble(text, Outcome.ERROR_ENGINE)
        return self._with_danger_first(reply, text)

    async def _handle(self, key: Key, text: str, channel: Any) -> None:
        SealedTrackerStore.use(key)
        await self._agent.handle_message(UserMessage(visible(text), channel, key.conversation))

    def _with_danger_first(self, reply: Reply, text: str) -> Reply:
        """The screen's word counts even where the dialogue lost it."""
        dangers = self.net.dangers(text)
        if not dangers or reply.urgent:
            return reply
        return Reply(reply.outcome, True, reply.topics, (*self.net.words(text, dangers), *reply.messages))


def rest_trouble(net: SafetyNet, sender: str, text: str) -> list[dict[str, Any]]:
    """What can be said without an engine, as Rasa's REST channel gives it."""
    return rest_words(net.trouble(text, Outcome.ERROR_ENGINE).messages, sender)


def rest_words(messages: Iterable[Message], sender: str) -> list[dict[str, Any]]:
    """Messages as Rasa's REST channel gives them."""
    return [{"text": message.text, "recipient_id": sender} for message in messages]


def _reply(raw: list[dict[str, Any]]) -> Reply | None:
    """One reply out of what the actions said; None where they said nothing, which is how Rasa shows that one broke."""
    said = [(message, message["custom"]) for message in raw if message.get("custom")]
    main = [custom for _, custom in said if custom["kind"] != "safety"]
    if not main:
        return None
    return Reply(
        outcome=Outcome(main[0]["outcome"]),
        urgent=any(custom["urgent"] for _, custom in said),
        topics=tuple(topic for custom in main for topic in custom["topics"]),
        messages=tuple(_message(message, custom) for message, custom in said),
    )


def _message(message: dict[str, Any], custom: dict[str, Any]) -> Message:
    return Message(
        kind=custom["kind"],
        text=message["text"],
        facts=tuple(custom["facts"]),
        sources=tuple(custom["sources"]),
        buttons=tuple(Button(button["title"], button["payload"]) for button in message.get("buttons") or ()),
    )
