"""Reads the day that somebody means: "3rd of March", "a week on Tuesday", "last Friday", "12/11"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import dateparser
from dateutil.relativedelta import relativedelta

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = r"(?P<day>mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
_WORDS = {
    **dict.fromkeys(("tomoz", "tmrw", "tmw", "tmoro", "tomorow", "tomorro", "2moro", "2mrw"), "tomorrow"),
    **dict.fromkeys(("2day", "tday", "tonight", "2nite"), "today"),
    "yday": "yesterday", "wensday": "wednesday", "wk": "week", "wks": "weeks", "mth": "month", "mths": "months", "mnths": "months",
}  # fmt: skip
_NUMBERS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17,
    "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "couple": 2, "couple of": 2, "a couple": 2, "a couple of": 2,
}  # fmt: skip
_COUNT = rf"\b(?P<count>{'|'.join(sorted(_COUNTS, key=len, reverse=True))}|\d{{1,2}})"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WRITTEN = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?:,? \d{{4}})?|\b{_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?"
    r"|\b\d{4}-\d\d-\d\d\b|(?<![\d./-])\d{1,2}(?P<part>[./-])\d{1,2}(?P=part)\d{2,4}\b"
    # Without a year 24/7, a half and "2/3 weeks" are no days.
    r"|(?<![\d./-])(?!24/7|1/2)\d{1,2}[./]\d{1,2}\b(?![./-]\d| (?:days?|weeks?|months?|years?|hours?|times|kids|children)\b)"
)
_CLOCK_TIME = re.compile(r"\bat \d{1,2}\.\d\d(?![.\d])|\b\d{1,2}\.\d\d ?[ap]m\b")
_AGO = re.compile(rf"{_COUNT} (?P<unit>day|week|fortnight|month)s? (?:ago|back|since)\b")
_AHEAD = re.compile(rf"\bin {_COUNT} (?P<unit>day|week|fortnight|month)s?\b")
_IN_TIME = re.compile(rf"{_COUNT} (?P<unit>day|week|month)s? time\b")
_SAID_NEAR = {
    "day before yesterday": -2, "day after tomorrow": 2, "yesterday": -1, "last night": -1, "tomorrow": 1, "today": 0,
    "this morning": 0, "this afternoon": 0, "this evening": 0,
}  # fmt: skip
_NEAR = re.compile(rf"(?<!week )(?<!weeks )(?<!fortnight )\b(?P<near>{'|'.join(_SAID_NEAR)})\b(?! week)")
_WEEKS_ON = re.compile(rf"{_COUNT} weeks (?:on |from |come |this )?{_DAY}")
_OF_WEEK = re.compile(
    rf"\b(?P<week>last|this|next) week (?:on )?{_DAY}"
    rf"|\b{_DAY.replace('?P<day>', '?P<late>')} (?:of )?(?P<late_week>last|this|next) week\b"
)
_WEEK_ON = re.compile(rf"\b(?:a |1 )?(?:week|wk) (?:on |from |come )?{_DAY}|\b{_DAY.replace('?P<day>', '?P<late>')} (?:week|wk)\b")
_FORTNIGHT_ON = re.compile(rf"\b(?:a )?fortnight (?:on |from |come )?{_DAY}")
_LAST = re.compile(rf"\b(?:last|past) {_DAY}|\b{_DAY.replace('?P<day>', '?P<late>')} (?:just gone|gone|past)\b")
_BEFORE_LAST = re.compile(rf"\b{_DAY} before last\b|\b(?:a )?week last {_DAY.replace('?P<day>', '?P<late>')}")
_NEXT = re.compile(rf"\bnext {_DAY}")
_COMING = re.compile(rf"\b(?:this|this coming|coming) {_DAY}")
_PLAIN = re.compile(rf"\b{_DAY}")
_HAS_BEEN = re.compile(r"\b(?:was|were|had|held|since|last|ago|after|been|went|came|yesterday)\b")
_WILL_BE = re.compile(
    r"(?<!when )\b(?:is|it['\u2019 ]?s|it['\u2019 ]?ll|will|coming|next|tomorrow|booked|due|set for|going to|got|have|having)\b"
)
_SENTENCE_END = re.compile(r"[;!?\n]|\.(?=\s|$)")
_CLAUSE_END = re.compile(rf",|\b(?:and|but|so)\b|{_SENTENCE_END.pattern}")
_FARTHEST = timedelta(days=3 * 365)
_BOTH_MAY_BE_MEANT = timedelta(days=30)
# What may follow a day of the month: "the 2nd conference" and "the 2 kids" are none.
_GOES_ON = (
    r"(?= ?$| (?:of|at|i|but|so|or|and|it|its|we|they|he|she|is|was|will|this|next|last|when|what|who|how|where|if|because|then"
    r"|with|for|to|till|until|in|about|not|no|yes|maybe|thanks|please|from|there|do|does|can)\b)"
)
_DAY_OF_MONTH = re.compile(rf"\b(?:the )?(\d{{1,2}})(?:st|nd|rd|th)\b{_GOES_ON}|\bthe (\d{{1,2}})\b{_GOES_ON}")
_ORDINAL = re.compile(
    rf"\b(?P<before>(?:the|on|{_MONTH}) )(?P<said>{'|'.join(_NUMBERS)})\b{_GOES_ON}"
    rf"|\b(?P<first>{'|'.join(_NUMBERS)})\b(?= (?:of )?{_MONTH}\b)"
)
# He sat there; the sun. Both are days elsewhere.
_NO_DAY = re.compile(
    r"\b(?:i|he|she|we|they|who|just|all|was|were|been|be|got) sat\b"
    r"|\bsat (?:down|there|here|with|next to|beside|outside|through)\b|\bthe sun\b"
)

_NAMED_AND_NUMBERED = re.compile(rf"\b{_DAY} (?:the )?(?P<number>\d{{1,2}})(?:st|nd|rd|th)\b")
_MOST_MONTHS_OFF = 12

_ALL = (
    *(_NAMED_AND_NUMBERED, _OF_WEEK, _WRITTEN, _NEAR, _AGO, _AHEAD, _IN_TIME, _WEEKS_ON, _FORTNIGHT_ON, _WEEK_ON),
    *(_BEFORE_LAST, _LAST, _NEXT, _COMING, _PLAIN, _DAY_OF_MONTH),
)


@dataclass(frozen=True)
class Day:
    """`on` is the likeliest day. `other` is a second day that the words may mean, which has to be asked about."""

    on: date
    other: date | None = None


def read_day(text: str, today: date, *, past: bool = True) -> Day | None:
    """The day named in `text`, or None. A day without a year or week is the last one when `past`, else the next.

    What lies farther off than any plan could is a slip of the pen, or no day at all.
    """
    text = plain_words(text)
    try:
        found = _fixed(text, today, past) or _numbered(text, today, past) or _relative(text, today)
        found = found or _weekday(text, today, past) or _of_month(text, today, past)
    except OverflowError:
        return None
    return found if found and abs(found.on - today) <= _FARTHEST else None


def day_meant(text: str, today: date, *, event: str | None = None, stage: str | None = None, around: str = "") -> Day | None:
    """The day in `text`, by whether it has been or is to come: as the words say, else as the stage says, else the nearer one.

    `event` is one of actions.calendar.STARTS. `around` are the words in which `text` stands, where they are known to be about
    the same. `other` is the day in the other direction where that may be meant too.
    """
    before, ahead = read_day(text, today, past=True), read_day(text, today, past=False)
    if before is None or ahead is None or before == ahead:
        return before or ahead
    coming = _nearest_says(text, around) if around else _is_to_come(text.lower(), before, today)
    # Who waits for a conference has the strategy discussion behind them.
    if coming is None and stage == "before" and event != "strategy":
        coming = True
    near, far = sorted((before, ahead), key=lambda day: abs(day.on - today))
    meant = near if coming is None else ahead if coming else before
    other = far if meant is near else near
    may_be_meant = abs(other.on - today) <= max(_BOTH_MAY_BE_MEANT, abs(meant.on - today))
    return Day(meant.on, other.on if may_be_meant else None)


def day_places(text: str) -> list[tuple[int, int]]:
    """Where the days stand in a text that `plain_words` gave; what says the same day twice over is one place."""
    found = sorted(match.span() for pattern in _ALL for match in pattern.finditer(text) if match.end() > match.start())
    places: list[tuple[int, int]] = []
    for begin, end in found:
        if places and not text[places[-1][1] : begin].replace("the", "").strip():
            places[-1] = (places[-1][0], max(end, places[-1][1]))
        else:
            places.append((begin, end))
    return places


def _nearest_says(text: str, around: str) -> bool | None:
    """Whether the sign nearest to `text` speaks of what is to come; None where there is no sign."""
    begin = max(around.rfind(text), 0)
    signs = [(match, coming) for sign, coming in ((_HAS_BEEN, False), (_WILL_BE, True)) for match in sign.finditer(around)]
    away = {max(begin - match.end(), match.start() - begin - len(text)): coming for match, coming in signs}
    return away[min(away)] if away else None


def _is_to_come(text: str, day: Day, today: date) -> bool | None:
    """Whether the clause that names `day`, or else its sentence, speaks of what is to come; None where neither says."""
    for end in (_CLAUSE_END, _SENTENCE_END):
        said = next((part for part in end.split(text) if read_day(part, today) == day), "")
        if _HAS_BEEN.search(said):
            return False
        if _WILL_BE.search(said):
            return True
    return None


def plain_words(text: str) -> str:
    """`text` in small letters, with short forms and ordinals of days written as the patterns here read them."""
    text = re.sub(r"[^a-z0-9/.\- ]", " ", text.lower().replace("\u2013", "-"))
    text = re.sub(r"\b(\d{1,2})(days?|wks?|weeks?|mths?|months?)\b", r"\1 \2", text)
    words = " ".join(_WORDS.get(word, word) for word in text.split())
    words = _NO_DAY.sub(" ", _CLOCK_TIME.sub(" ", words))
    words = re.sub(r"\btwenty[ -](\w+)\b", lambda m: f"{20 + _NUMBERS[m[1]]}th" if _NUMBERS.get(m[1], 10) < 10 else m[0], words)
    words = re.sub(r"\bthirty[ -]first\b", "31st", words)
    return _ORDINAL.sub(lambda m: f"{m['before'] or ''}{_NUMBERS[m['said'] or m['first']]}th", " ".join(words.split()))


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
    if not parsed or _is_time(found, parsed.date(), text, today, past):
        return None
    return Day(parsed.date())


def _is_time(found: re.Match[str], day: date, text: str, today: date, past: bool) -> bool:
    """Whether "10.10" is a time, because another day stands beside it."""
    if not re.fullmatch(r"\d{1,2}\.\d\d", found.group()):
        return False
    rest = text[: found.start()] + text[found.end() :]
    other = _relative(rest, today) or _weekday(rest, today, past)
    return other is not None and other.on.weekday() != day.weekday()


def _iso(text: str) -> Day | None:
    try:
        return Day(date.fromisoformat(text))
    except ValueError:
        return None


def _ordinal_free(text: str) -> str:
    return re.sub(r"(\d)(?:st|nd|rd|th)\b|\b(?:of|the) ", r"\1", text).replace(".", "/")


def _relative(text: str, today: date) -> Day | None:
    if found := _NEAR.search(text):
        return Day(today + timedelta(_SAID_NEAR[found["near"]]))
    for pattern, sign in ((_AGO, -1), (_AHEAD, 1), (_IN_TIME, 1)):
        if found := pattern.search(text):
            return Day(_moved(today, sign * _count(found["count"]), found["unit"]))
    return None


def _count(words: str) -> int:
    return int(words) if words.isdigit() else _COUNTS[words]


def _moved(day: date, count: int, unit: str) -> date:
    if unit == "month":
        moved: date = day + relativedelta(months=count)
        return moved
    return day + timedelta(count * {"day": 1, "week": 7, "fortnight": 14}[unit])


def _numbered(text: str, today: date, past: bool) -> Day | None:
    """The nearest day on which both the weekday and the day of the month hold: "friday 4th"."""
    if not (found := _NAMED_AND_NUMBERED.search(text)):
        return None
    for months in range(_MOST_MONTHS_OFF):
        first = today.replace(day=1) + relativedelta(months=-months if past else months)
        day = first + timedelta(int(found["number"]) - 1)
        fits = day.month == first.month and day.weekday() == _number(found["day"]) - 1
        if fits and (day <= today if past else day >= today):
            return Day(day)
    return None


def _of_week(found: re.Match[str], today: date) -> Day:
    monday = today - timedelta(today.weekday())
    shift = {"last": -7, "this": 0, "next": 7}[found["week"] or found["late_week"]]
    return Day(monday + timedelta(shift + _number(found["day"] or found["late"]) - 1))


def _weekday(text: str, today: date, past: bool) -> Day | None:
    if found := _OF_WEEK.search(text):
        return _of_week(found, today)
    if found := _WEEKS_ON.search(text):
        return Day(_next(today, _number(found["day"]) - 1) + timedelta(7 * _count(found["count"])))
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
    return _number(next(word for word in found.groups() if word))


def _number(named: str) -> int:
    """1 for Monday to 7 for Sunday."""
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
