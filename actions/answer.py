"""Answers the topic that was asked for, up to two more that stand in the same message, and mentions what may be meant."""

from __future__ import annotations

from copy import copy
from typing import Any

from actions.danger import AnswerDanger
from actions.follow_up import AFTER, REFUSE, AnswerFollowUp
from actions.outcome import MessageKind, Outcome
from actions.turn import Turn, TurnAction
from content.asked import default_asked
from content.model import Topic

# A topic that a short line is taken for, and what the line asks of the topic before it instead, where that has words for it.
_OF_BEFORE = {"must_i_go": ("refuse", REFUSE), "after_conference": ("after", AFTER)}


class AnswerTopic(TurnAction):
    """The first question gets the whole answer with its steps; the others their answer without them."""

    def name(self) -> str:
        return "action_answer"

    def respond(self, turn: Turn) -> list[dict[str, Any]]:
        asked = turn.meant(turn.reading.topics or [turn.intent])
        if turn.reading.dangers and not any(map(turn.fits, asked)):
            # A child in danger is not given what was written for parents beside it.
            return AnswerDanger(self._library, self._clock).respond(turn)
        topics = [turn.library.topics[topic] for topic in asked]
        if len(asked) == 1 and (said := self._of_before(turn, asked[0])):
            return said
        if turn.came_home and topics[0].theme == "area":
            return turn.welcome_home()
        online = turn.online(asked)
        partly = turn.reading.unsure_of_part or len(online) < len(asked)
        outcome = Outcome.HANDED_OVER if not online else Outcome.ANSWERED_PARTLY if partly else Outcome.ANSWERED
        for place, topic in enumerate(topics):
            first, last = place == 0, topic is topics[-1]
            wanted = turn.wording.asked_for(topic, turn.voice, turn.text) if len(topics) == 1 else ""
            text = turn.wording.answer(topic, turn.voice, turn.area, steps=first, line=first and turn.is_first_answer, first=wanted)
            if not first:
                text = turn.library.say("also", question=topic.question) + "\n" + text
            offer = [step for step in turn.onward(topics[0]) if step not in (*asked, turn.reading.nearby)] if last else []
            guided = turn.guided(topics[0]) if last else []
            if last and turn.reading.dangers:
                guided = [*guided, *turn.label_to_go_back()]
            turn.say(
                MessageKind.ANSWER if topic.id in online else MessageKind.HANDOVER,
                text,
                outcome,
                topics=[topic],
                offer=offer,
                extra_labels=guided,
            )
        for nearby in turn.meant([turn.reading.nearby] if turn.reading.nearby else []):
            if turn.may_mean(nearby) and nearby not in asked:
                self._mention(turn, turn.library.topics[nearby], outcome)
        return turn.remembered(topic=topics[0].id, danger=next(iter(turn.reading.dangers), None), covered=turn.covering(asked))

    def _of_before(self, turn: Turn, asked: str) -> list[dict[str, Any]]:
        """ "Do I have to" and "what happens now", after a topic that has words of its own on it: it is asked of that."""
        before = turn.topic
        kind, intent = _OF_BEFORE.get(asked, ("", ""))
        if before is None or kind not in before.follow or not default_asked().of_what_was_said(kind, turn.text):
            return []
        of_that = copy(turn)
        of_that.intent = intent
        return AnswerFollowUp(self._library, self._clock).respond(of_that)

    @staticmethod
    def _mention(turn: Turn, topic: Topic, outcome: Outcome) -> None:
        """The short answer to what the person may have meant instead, and a button to the whole of it."""
        text = turn.library.say("nearby", question=topic.question, answer=turn.wording.short(topic, turn.voice))
        note = turn.wording.area_note(topic, turn.area)
        turn.say(MessageKind.ANSWER, f"{text}\n{note}".strip(), outcome, topics=[topic], offer=[topic.id], in_short=True)
