"""Finds the steps of child protection that a text names, and the day that is said of each: clause by clause, note or speech."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from actions.calendar import STARTS
from actions.dates import Day, day_meant, day_places, plain_words
from content.journeys import Journeys

OTHER, UNNAMED = "other", "unnamed"
_CLAUSE_END = re.compile(r",|;|!|\?|\n|…|:(?!\d)|\s-+\s|[\u2013\u2014]|\.(?=[\s.]|$)|\b(?:and|but|so|then)\b")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The words that may stand between an event and its day.
_LINKS = _words(
    "on is are was were be been being it its s ll held booked set due scheduled planned arranged pencilled fixed listed happened"
    " happening took taking place starts starting started finished ended went had has coming up date dated day all done"
    " probably prob poss possibly maybe about now only just both a an the this my our their her his there again until till to"
    " am pm noon o clock oclock first thing morning afternoon late early well badly ok will i think back forward"
)
_LEADS_TO_FEW = _words("for about re with in at")
_FEW = 3
_MOVED = _words("moved postponed rearranged changed put brought adjourned")
_MOVED_TO = _words("to for until till")
_SPEAKERS = _words("i he she they we who that you")
_TIME = re.compile(r"\d{1,2}(?:[.:]\d\d)?(?:am|pm)?")
# The words that may stand before the first event when the day comes before it: "on 3 November we had the conference".
_TO_THE_EVENT = _words("the my a an our her his their s we i they had have has was is got went to at in attended did with")
_BEFORE_A_DAY = _words("on it its was is so since last next this got the from")
_BESIDE_A_DAY = _LINKS | _BEFORE_A_DAY | _words("of for around at um er which that week days weeks time ago")
_OPENS = _words("on last next this yesterday today tomorrow")


@dataclass(frozen=True)
class Told:
    """`event` is one of actions.calendar.STARTS, UNNAMED for a meeting without its name, or OTHER where no limit runs from it."""

    event: str
    day: Day | None


@dataclass
class _Named:
    """An event, the words around it, and those of them that name its day."""

    event: str
    around: str
    at: str = ""


class EventFinder:
    """Over the signs of the conference clock in journeys.yml, which are patterns in the form of `plain_words`."""

    def __init__(self, journeys: Journeys) -> None:
        journey, place = journeys.step("clock_event")
        signs = {OTHER: journey.words["not_counted"], **journey.steps[place].signs, UNNAMED: journey.words["unnamed"]}
        self._labels = {label.lower(): event for event, label in journey.steps[place].choices.items()}
        self._signs = re.compile(r"\b(?:" + "|".join(f"(?P<{event}>{'|'.join(of)})" for event, of in signs.items()) + r")\b")

    def tapped(self, text: str) -> str | None:
        """The event whose button was tapped."""
        return self._labels.get(text.strip().lower())

    def told(self, text: str, today: date, stage: str | None = None) -> list[Told]:
        """Every event in the order of the text. A day belongs to the event of its own clause, or to none."""
        return [Told(one.event, _day(one, today, stage)) for one in self._named(text)]

    def _named(self, text: str) -> list[_Named]:
        named: list[_Named] = []
        goes_on, alone = False, ""
        for clause in map(plain_words, _CLAUSE_END.split(text)):
            if not clause:
                continue
            if found := list(self._signs.finditer(clause)):
                first, *more = self._of_clause(clause, found)
                first.at = first.at or alone
                named += [first, *more]
                goes_on, alone = True, ""
            elif is_day_alone(clause):
                if goes_on:
                    _go_on(named[-1], clause)
                alone = "" if goes_on or clause.split()[0] not in _OPENS else _first_day(clause)
            else:
                goes_on, alone = False, ""
        return named

    def _of_clause(self, clause: str, found: Sequence[re.Match[str]]) -> Iterator[_Named]:
        begin = 0
        for place, match in enumerate(found):
            end = found[place + 1].start() if place + 1 < len(found) else len(clause)
            event, after = str(match.lastgroup), clause[match.end() : end]
            days = day_places(after)
            claimed = next((day for day in days if event in (OTHER, UNNAMED) or _leads_to_day(after[: day[0]])), None)
            at = after[slice(*claimed)] if claimed else ""
            if not place and not at:
                at = _day_before(clause[: match.start()])
            yield _Named(event, clause[begin:end], at)
            begin = match.end() + (claimed[1] if claimed else 0)


def counted(told: Sequence[Told]) -> tuple[str, Day] | None:
    """The last event on the road of those whose day was said, because the limits that still run are counted from it."""
    dated = [(one.event, one.day) for one in told if one.event in STARTS and one.day]
    return max(dated, key=lambda row: (STARTS.index(row[0]), row[1].on), default=None)


def is_day_alone(words: str) -> bool:
    """Whether a text as `plain_words` gives it holds a day and small words alone, so that it tells of what was named before."""
    for begin, end in reversed(day_places(words)):
        words = words[:begin] + words[end:]
    return all(word in _BESIDE_A_DAY or _TIME.fullmatch(word) for word in words.split())


def _go_on(last: _Named, clause: str) -> None:
    """Adds what is said of the event in a clause of its own."""
    day = _first_day(clause)
    if day and (not last.at or re.search(r"\d", day)):
        last.at = day
    last.around = f"{last.around} {clause}"


def _first_day(words: str) -> str:
    return next((words[begin:end] for begin, end in day_places(words)), "")


def _day_before(words: str) -> str:
    """The day in the words before the first event of a clause, where they lead from the one to the other."""
    for begin, end in day_places(words)[-1:]:
        if set(words[end:].split()) <= _TO_THE_EVENT and set(words[:begin].split()) <= _BEFORE_A_DAY:
            return words[begin:end]
    return ""


def _leads_to_day(words: str) -> bool:
    """Whether these words lead from an event to its day, as in "for my two boys is on", and tell of nothing else in between."""
    few, moved = 0, False
    for word in words.split():
        moved = (moved or word in _MOVED) and word not in _MOVED_TO
        if word in _LEADS_TO_FEW:
            few = _FEW
        elif word in _LINKS or word in _MOVED or word in _MOVED_TO or _TIME.fullmatch(word):
            continue
        elif few and word not in _SPEAKERS:
            few -= 1
        else:
            return False
    return not moved


def _day(named: _Named, today: date, stage: str | None) -> Day | None:
    return day_meant(named.at, today, event=named.event, stage=stage, around=named.around) if named.at else None
