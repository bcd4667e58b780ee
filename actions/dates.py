"""Reads the day that somebody means: "3rd of March", "a week on Tuesday", "last Friday", "12/11"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import dateparser
from dateutil.relativedelta import relativedelta

from actions.calendar import STARTS

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = r"(?P<day>mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
_WORDS = {
    "tomoz": "tomorrow",
    "tmrw": "tomorrow",
    "tomorow": "tomorrow",
    "2moro": "tomorrow",
    "yday": "yesterday",
    "wensday": "wednesday",
}
_NUMBERS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "couple of": 2, "a couple of": 2}
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WRITTEN = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?:,? \d{{4}})?|\b{_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
    r"|\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?\b"
)
_AGO = re.compile(
    r"\b(a couple of|couple of|a|an|one|two|three|four|five|six|\d{1,2}) (day|week|fortnight|month)s? (ago|back|since)\b"
)
_AHEAD = re.compile(r"\bin (a couple of|couple of|a|an|one|two|three|four|five|six|\d{1,2}) (day|week|fortnight|month)s?\b")
_WEEK_ON = re.compile(rf"\b(?:a |1 )?(?:week|wk) (?:on |from |come )?{_DAY}|\b{_DAY.replace('?P<day>', '?P<late>')} (?:week|wk)\b")
_FORTNIGHT_ON = re.compile(rf"\b(?:a )?fortnight (?:on |from |come )?{_DAY}")
_LAST = re.compile(rf"\b(?:last|past) {_DAY}|\b{_DAY.replace('?P<day>', '?P<late>')} (?:just gone|gone|past)\b")
_BEFORE_LAST = re.compile(rf"\b{_DAY} before last\b|\b(?:a )?week last {_DAY.replace('?P<day>', '?P<late>')}")
_NEXT = re.compile(rf"\bnext {_DAY}")
_COMING = re.compile(rf"\b(?:this|this coming|coming) {_DAY}")
_PLAIN = re.compile(rf"\b{_DAY}")
_HAS_BEEN = re.compile(r"\b(?:was|were|had|held|since|last|ago|after|been|went|came|yesterday)\b")
_WILL_BE = re.compile(
    r"(?<!when )\b(?:is|it['\u2019]?s|it['\u2019]?ll|will|coming|next|tomorrow|booked|going to|got|have|having)\b"
)
SENTENCE_END = re.compile(r"[;!?\n]|\.(?=\s|$)")
_CLAUSE_END = re.compile(rf",|\b(?:and|but|so)\b|{SENTENCE_END.pattern}")
_BOTH_MAY_BE_MEANT = timedelta(days=30)
_DAY_OF_MONTH = re.compile(r"\b(?:the )?(\d{1,2})(?:st|nd|rd|th)\b|\bthe (\d{1,2})\b")


@dataclass(frozen=True)
class Day:
    """`on` is the likeliest day. `other` is a second day that the words may mean, which has to be asked about."""

    on: date
    other: date | None = None


def read_day(text: str, today: date, *, past: bool = True) -> Day | None:
    """The day named in `text`, or None. A day without a year or week is the last one when `past`, else the next."""
    text = _plain(text)
    return _fixed(text, today, past) or _relative(text, today) or _weekday(text, today, past) or _of_month(text, today, past)


def day_meant(text: str, today: date, *, event: str | None = None, stage: str | None = None) -> Day | None:
    """The day in `text`, by whether it has been or is to come: as the words say, else as the stage says, else the nearer one.

    `event` is one of actions.calendar.STARTS. `other` is the day in the other direction where that may be meant too.
    """
    before, ahead = read_day(text, today, past=True), read_day(text, today, past=False)
    if before is None or ahead is None or before == ahead:
        return before or ahead
    coming = _is_to_come(text.lower(), before, today)
    # Who waits for a conference has the strategy discussion behind them.
    if coming is None and stage == "before" and event != "strategy":
        coming = True
    near, far = sorted((before, ahead), key=lambda day: abs(day.on - today))
    meant = near if coming is None else ahead if coming else before
    other = far if meant is near else near
    may_be_meant = abs(other.on - today) <= max(_BOTH_MAY_BE_MEANT, abs(meant.on - today))
    return Day(meant.on, other.on if may_be_meant else None)


def of_one_event(text: str, today: date, events: Callable[[str], str | None]) -> str:
    """The clause that says when the last of several events is, where `text` gives a day to more than one; else the whole `text`.

    `events` names the event that a clause is about: one of actions.calendar.STARTS, or None.
    """
    said = {event: clause for clause in _CLAUSE_END.split(text) if (event := events(clause)) and read_day(clause, today)}
    return said[max(said, key=STARTS.index)] if len(said) > 1 else text


def _is_to_come(text: str, day: Day, today: date) -> bool | None:
    """Whether the clause that names `day`, or else its sentence, speaks of what is to come; None where neither says."""
    for end in (_CLAUSE_END, SENTENCE_END):
        said = next((part for part in end.split(text) if read_day(part, today) == day), "")
        if _HAS_BEEN.search(said):
            return False
        if _WILL_BE.search(said):
            return True
    return None


def _plain(text: str) -> str:
    words = re.sub(r"[^a-z0-9/.\- ]", " ", text.lower().replace("\u2013", "-"))
    words = " ".join(_WORDS.get(word, word) for word in words.split())
    words = re.sub(r"\btwenty[ -](\w+)\b", lambda m: f"{20 + _NUMBERS[m[1]]}th" if _NUMBERS.get(m[1], 10) < 10 else m[0], words)
    words = re.sub(r"\bthirty[ -]first\b", "31st", words)
    return re.sub(r"\b(" + "|".join(_NUMBERS) + r")\b", lambda m: f"{_NUMBERS[m[1]]}th", words)


def _fixed(text: str, today: date, past: bool) -> Day | None:
    if not (found := _WRITTEN.search(text)):
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", found.group()):
        return _iso(found.group())
    # To dateparser the next 4 March is never today's; to us it is.
    base = today if past else today - timedelta(1)
    settings = {
        "DATE_ORDER": "DMY",
        "RELATIVE_BASE": datetime.combine(base, time()),
        "PREFER_DATES_FROM": "past" if past else "future",
        "REQUIRE_PARTS": ["day", "month"],
    }
    parsed = dateparser.parse(_ordinal_free(found.group()), languages=["en"], settings=settings)  # type: ignore[arg-type]
    return Day(parsed.date()) if parsed else None


def _iso(text: str) -> Day | None:
    try:
        return Day(date.fromisoformat(text))
    except ValueError:
        return None


def _ordinal_free(text: str) -> str:
    return re.sub(r"(\d)(?:st|nd|rd|th)\b|\b(?:of|the) ", r"\1", text).replace(".", "/")


def _relative(text: str, today: date) -> Day | None:
    if "day before yesterday" in text:
        return Day(today - timedelta(2))
    if "day after tomorrow" in text:
        return Day(today + timedelta(2))
    for word, days in (("yesterday", -1), ("last night", -1), ("tomorrow", 1), ("today", 0), ("this morning", 0)):
        if re.search(rf"\b{word}\b", text) and "week" not in text:
            return Day(today + timedelta(days))
    for pattern, sign in ((_AGO, -1), (_AHEAD, 1)):
        if found := pattern.search(text):
            return Day(_moved(today, sign * _count(found[1]), found[2]))
    return None


def _count(words: str) -> int:
    return int(words) if words.isdigit() else _COUNTS[words]


def _moved(day: date, count: int, unit: str) -> date:
    if unit == "month":
        moved: date = day + relativedelta(months=count)
        return moved
    return day + timedelta(count * {"day": 1, "week": 7, "fortnight": 14}[unit])


def _weekday(text: str, today: date, past: bool) -> Day | None:
    for pattern, shift in ((_FORTNIGHT_ON, 14), (_WEEK_ON, 7)):
        if number := _found(pattern, text):
            return Day(_next(today, number - 1) + timedelta(shift))
    if number := _found(_BEFORE_LAST, text):
        return Day(_last(today, number - 1) - timedelta(7))
    if number := _found(_LAST, text):
        # On a Wednesday "last Tuesday" may be yesterday or the one in the week before.
        day = _last(today, number - 1)
        return Day(day, day - timedelta(7) if (today - day).days < 3 and "gone" not in text else None)
    if number := _found(_NEXT, text):
        day = _next(today, number - 1)
        return Day(day, day + timedelta(7) if (day - today).days < 7 and day.isocalendar()[1] == today.isocalendar()[1] else None)
    if number := _found(_COMING, text):
        return Day(_next(today, number - 1))
    if number := _found(_PLAIN, text):
        return Day(_last(today, number - 1, or_today=True) if past else _next(today, number - 1, or_today=True))
    return None


def _found(pattern: re.Pattern[str], text: str) -> int:
    """1 for Monday to 7 for Sunday, 0 where the pattern finds no day."""
    if not (found := pattern.search(text)):
        return 0
    named = next(word for word in found.groups() if word)
    return next(number for number, day in enumerate(_DAYS, 1) if day.startswith(named[:3]))


def _last(today: date, weekday: int, *, or_today: bool = False) -> date:
    back = (today.weekday() - weekday) % 7
    return today - timedelta(back if back or or_today else 7)


def _next(today: date, weekday: int, *, or_today: bool = False) -> date:
    ahead = (weekday - today.weekday()) % 7
    return today + timedelta(ahead if ahead or or_today else 7)


def _of_month(text: str, today: date, past: bool) -> Day | None:
    if not (found := _DAY_OF_MONTH.search(text)):
        return None
    number = int(found[1] or found[2])
    day = today.replace(day=1)
    for _ in range(3):
        try:
            candidate = day.replace(day=number)
        except ValueError:
            candidate = None
        if candidate and (candidate <= today if past else candidate >= today):
            return Day(candidate)
        day = (day - timedelta(1)).replace(day=1) if past else (day + timedelta(32)).replace(day=1)
    return None
