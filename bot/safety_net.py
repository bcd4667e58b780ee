"""What can be said with nothing but the content base: danger words, the advice line, an honest sentence."""

from __future__ import annotations

from collections.abc import Iterable

from actions.turn import Clock, danger_text
from actions.wording import ADVICE_LINE, Wording
from bot.reply import Button, Message, MessageKind, Outcome, Reply
from bot.screen import Screen, VoiceFinder
from bot.text import Expander
from content.library import Library


class SafetyNet:
    """Needs neither model nor store."""

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
        heard = self._voices.heard(text)
        kinds = heard.of(dangers)
        voice = "child" if "child_tells" in kinds else heard.voice or "plain"
        texts = dict.fromkeys(danger_text(self._library, wording, kind, voice) for kind in kinds[:2])
        return tuple(Message(MessageKind.SAFETY, text) for text in texts)

    def trouble(self, text: str, outcome: Outcome) -> Reply:
        """The reply when the engine gives none."""
        dangers = self.dangers(text)
        sentence = self._library.say("late" if outcome is Outcome.ERROR_TIMEOUT else "trouble")
        someone = Wording(self._library, self._clock()).someone([ADVICE_LINE])
        trouble = Message(MessageKind.TROUBLE, f"{sentence}\n\n{someone}")
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
        return Message(MessageKind.TROUBLE, f"{said}\n\n{Wording(self._library, self._clock()).someone([ADVICE_LINE])}")

    def forgetful(self) -> Message:
        """What is said where an answer could be given, and nothing remembered."""
        return Message(MessageKind.TROUBLE, self._library.say("forgetful"))

    def notices(self) -> tuple[Message, ...]:
        """What staff want everybody to know just now, to be shown beside the greeting."""
        notice = self._library.switches.notice
        return (Message(MessageKind.NOTICE, notice.strip()),) if notice else ()

    def greeting(self) -> Message:
        """The first words of a conversation; while the chat is off, that it is."""
        if self.is_closed:
            return self._closed()
        offered = (topic for topic in self._library.chat["greet"].topics if not self._library.is_offline(topic))
        buttons = tuple(Button(self._library.topics[i].question, self._library.topics[i].question) for i in offered)
        return Message(MessageKind.SMALLTALK, self._library.say("greeting"), buttons=buttons)
