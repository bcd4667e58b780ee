"""Decides what a message asks for, from probabilities and danger signs: answer, ask back, or admit doubt."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from operator import itemgetter

from actions.reading import DANGER_PREFIX, FALLBACK

_MOST_TOPICS = 3
_CHOICES = 3
_RANKED = 10

# Labels that are learnt in order to be told apart from topics, and then answered with honest doubt.
NOT_ANSWERED = frozenset({"not_covered", "unclear"})
# What the labels of follow-ups begin with: "why", "how long", asked of what was said before.
FOLLOW_UP = "ask_"
# Somebody who may want to find, watch or stop another person. It takes less to be met with no help than to be helped.
MAY_BE_ABUSER = "may_be_abuser"


@dataclass(frozen=True)
class Thresholds:
    """How sure is sure enough, by the harm that a wrong answer would do; see config.yml."""

    low: float = 0.3
    medium: float = 0.35
    high: float = 0.42
    part: float = 0.6
    leading: float = 0.4
    together: float = 0.75
    seems: float = 0.3
    choice: float = 0.08
    chat: float = 0.4
    off_topic: float = 0.35
    danger: float = 0.18
    detector_weight: float = 1.0
    stretch: float = 0.6
    as_likely: float = 0.6
    beside: float = 0.3
    beyond: float = 0.15
    plain: float = 0.5
    whole_weight: float = 0.8
    certain: float = 0.75
    nearby: float = 0.15
    odds: float = 4.0
    abuser: float = 0.25

    def answer(self, harm: str) -> float:
        """The least probability at which a topic of that harm is answered."""
        return {"low": self.low, "medium": self.medium, "high": self.high}[harm]

    def confidence(self, share: float) -> float:
        """How often a label with that share is right. Shares are learnt on unlike voices and with fewer examples, so they
        are too modest by about the same odds everywhere."""
        return share * self.odds / (1 - share + share * self.odds)


@dataclass(frozen=True)
class Part:
    """A sentence or clause of the message: its probabilities, and whether it has the form of a question."""

    probabilities: Mapping[str, float]
    asked: bool

    @cached_property
    def best(self) -> str:
        return max(self.probabilities, key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class Judgement:
    """`intent` is what the dialogue sees; `topics` are the questions to answer, or the choices to offer when in doubt.

    `nearby` is the topic to mention beside an answer that is likely but not certain.
    """

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    topics: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    unsure_of_part: bool = False
    nearby: str | None = None


class Judge:
    """`harms` gives the harm of every topic id; labels that are no topic are small talk, follow-ups or danger.

    `close` names the topics that lead on from each: between such two a short clause is often divided.
    """

    def __init__(
        self,
        harms: Mapping[str, str],
        thresholds: Thresholds,
        order_of_dangers: Sequence[str],
        close: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._harms = dict(harms)
        self._close = dict(close or {})
        self._at = thresholds
        self._order = list(order_of_dangers)

    @property
    def topics(self) -> frozenset[str]:
        """The ids of every topic."""
        return frozenset(self._harms)

    def judge(
        self,
        whole: Mapping[str, float],
        parts: Sequence[Part],
        signs: Sequence[str],
        aside: Collection[str] = (),
        alarm: float | None = None,
        stretches: Sequence[tuple[Mapping[str, float], float | None]] = (),
    ) -> Judgement:
        """`whole` are the message's probabilities, `parts` its clauses (none for a short one), `signs` the rules' dangers.

        Topics set `aside` give way to any other topic that is at all likely: who names a council and asks a question wants
        the question answered for that council. `alarm` is what the detector makes of it, whatever else is asked; `stretches`
        are the probabilities and the alarm of each stretch of a long message, read by itself.
        """
        mixed = self._mixed(whole, parts)
        if aside:
            mixed = self._without(aside, mixed)
        dangers = self._dangers(mixed, whole, signs, alarm, stretches)
        calm = {label: share for label, share in mixed.items() if not label.startswith(DANGER_PREFIX)}
        rest = max(sum(calm.values()), 1e-9)
        calm_alone = {label: share / rest for label, share in calm.items()}
        # Where danger was looked for and not found, its share belongs to the rest.
        abuser = (calm if dangers else calm_alone).get(MAY_BE_ABUSER, 0.0)
        # Where it was found it is answered first, and what else was asked is looked at by itself, if there is much of it.
        if not dangers or rest >= self._at.beside:
            calm = calm_alone
        ranking = tuple(nlargest(_RANKED, calm.items(), key=itemgetter(1)))
        topics = self._topics(calm, parts, with_danger=bool(dangers))
        if abuser >= self._at.abuser:
            return Judgement(MAY_BE_ABUSER, abuser, ranking, (), dangers)
        if not dangers and self._may_be_beyond(calm, topics):
            return Judgement(FALLBACK, calm[topics[0]], ranking, self._choices(ranking))
        best, share = ranking[0]
        if topics:
            left_open = self._left_open(parts, topics)
            return Judgement(topics[0], calm[topics[0]], ranking, topics, dangers, left_open, self._nearby(ranking, topics))
        if dangers:
            return Judgement(DANGER_PREFIX + dangers[0], share, ranking, (), dangers)
        if best in NOT_ANSWERED and share >= self._at.off_topic:
            return Judgement(FALLBACK, share, ranking)
        if best not in self._harms and best not in NOT_ANSWERED and share >= self._least_for_chat(best):
            return Judgement(best, share, ranking)
        return Judgement(FALLBACK, share, ranking, self._choices(ranking))

    def _without(self, aside: Collection[str], shares: Mapping[str, float]) -> Mapping[str, float]:
        others = {label: share for label, share in shares.items() if label not in aside}
        if len(others) == len(shares) or max(others[label] for label in others if label in self._harms) < self._at.choice:
            return shares
        total = sum(others.values())
        return {label: others.get(label, 0.0) / total for label in shares}

    def _least_for_chat(self, label: str) -> float:
        return self._at.off_topic if label == "off_topic" else self._at.chat

    def _mixed(self, whole: Mapping[str, float], parts: Sequence[Part]) -> Mapping[str, float]:
        if not parts:
            return whole
        heard = [part for part in parts if part.asked] or list(parts)
        weight = self._at.whole_weight
        first, *others = (part.probabilities for part in heard)
        most = {label: max(first[label], *(other[label] for other in others)) for label in whole} if others else first
        mixed = {label: weight * share + (1 - weight) * most[label] for label, share in whole.items()}
        total = sum(mixed.values())
        return {label: share / total for label, share in mixed.items()}

    def _topics(self, calm: Mapping[str, float], parts: Sequence[Part], *, with_danger: bool) -> tuple[str, ...]:
        """The sure questions in the order they were asked. A lone clause counts only beside danger, which fills the whole."""
        topics = {label: share for label, share in calm.items() if label in self._harms}
        best = max(topics, key=topics.__getitem__)
        sure = {best} if calm[best] == max(calm.values()) and calm[best] >= self._at.answer(self._harms[best]) else set()
        asked = [part for part in parts if part.asked]
        if len(asked) > 1 or (asked and with_danger):
            sure |= {topic for part in asked if (topic := self._sure_topic(part))}
        in_order = [topic for part in (*asked, *parts) if (topic := self._sure_topic(part) or part.best) in sure]
        return tuple(dict.fromkeys([*in_order, *sure]))[:_MOST_TOPICS]

    def _may_be_beyond(self, calm: Mapping[str, float], topics: Sequence[str]) -> bool:
        """Whether the question may well be one that no topic covers, and the topic is not plain either."""
        beyond = max((calm.get(label, 0.0) for label in NOT_ANSWERED), default=0.0)
        return len(topics) == 1 and beyond >= self._at.beyond and calm[topics[0]] < self._at.plain

    def _nearby(self, ranking: Sequence[tuple[str, float]], topics: Sequence[str]) -> str | None:
        """The next likely topic, unless the one answered is certain or there were several."""
        shares = dict(ranking)
        if len(topics) > 1 or shares.get(topics[0], 0.0) >= self._at.certain:
            return None
        others = (label for label, share in ranking if label in self._harms and label not in topics and share >= self._at.nearby)
        return next(others, None)

    def _sure_topic(self, part: Part) -> str | None:
        """The topic that a clause surely asks for.

        A short one ("can they take her", "how long for") is divided between topics that lead to each other, and follow-ups
        that would ask the same of the clause before; then it is sure where they have nearly everything together.
        """
        shares = part.probabilities
        best = part.best
        if best.startswith(FOLLOW_UP):
            best = max(self._harms, key=lambda topic: shares.get(topic, 0.0))
        if best not in self._harms:
            return None
        if best == part.best and shares[best] >= max(self._at.part, self._at.answer(self._harms[best])):
            return best
        near = (share for label, share in shares.items() if label.startswith(FOLLOW_UP) or label in self._close.get(best, ()))
        return best if shares[best] >= self._at.leading and shares[best] + sum(near) >= self._at.together else None

    def _left_open(self, parts: Sequence[Part], topics: Sequence[str]) -> bool:
        """Whether one of several questions seems to be about something else than what is answered."""
        asked = [part for part in parts if part.asked]
        other = (part for part in asked if part.best in self._harms and part.best not in topics)
        return len(asked) > 1 and any(part.probabilities[part.best] >= self._at.seems for part in other)

    def _dangers(
        self,
        mixed: Mapping[str, float],
        whole: Mapping[str, float],
        signs: Sequence[str],
        alarm: float | None,
        stretches: Sequence[tuple[Mapping[str, float], float | None]],
    ) -> tuple[str, ...]:
        """What the rules see is put worst first, what is only likely by how likely it is."""
        if signs:
            return tuple(kind for kind in self._order if kind in signs)
        likely = {label: max(mixed[label], whole[label]) for label in whole}
        if found := self._seen(likely, alarm, self._at.danger):
            return found
        by_stretch = (self._seen(shares, heard, self._at.stretch) for shares, heard in stretches)
        return tuple(dict.fromkeys(kind for seen in by_stretch for kind in seen))

    def _seen(self, likely: Mapping[str, float], alarm: float | None, least: float) -> tuple[str, ...]:
        """The likeliest kind of danger, and those that are almost as likely, where there is danger at all."""
        shares = {label: share for label, share in likely.items() if label.startswith(DANGER_PREFIX)}
        if not shares or _agreed(sum(shares.values()), alarm, self._at.detector_weight) < least:
            return ()
        most = max(shares.values())
        close = [label for label, share in shares.items() if share >= self._at.as_likely * most]
        return tuple(label.removeprefix(DANGER_PREFIX) for label in sorted(close, key=shares.__getitem__, reverse=True))

    def _choices(self, ranking: Sequence[tuple[str, float]]) -> tuple[str, ...]:
        return tuple(label for label, share in ranking if label in self._harms and share >= self._at.choice)[:_CHOICES]


def _agreed(mass: float, alarm: float | None, weight: float) -> float:
    """One probability out of what the danger labels have together and what the detector says: their odds multiplied.

    The two learn from the same examples, so what they agree on is no news twice; `weight` is how much the detector's count.
    """
    if alarm is None:
        return mass
    both: float = mass * alarm**weight
    neither: float = (1 - mass) * (1 - alarm) ** weight
    return both / max(both + neither, 1e-12)
