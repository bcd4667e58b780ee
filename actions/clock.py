"""What a message tells the conference clock: the event that it counts from, and the day of that event."""

from __future__ import annotations

from dataclasses import dataclass

from actions.calendar import STARTS
from actions.dates import Day, day_meant, plain_words
from actions.events import OTHER, EventFinder, counted, is_day_alone
from actions.turn import Turn

EVENT, DAY = "clock_event", "clock_day"


@dataclass(frozen=True)
class ClockSaid:
    """`of_another` says that the message is about a meeting from which no limit runs; its day must not be counted from."""

    event: str | None = None
    day: Day | None = None
    of_another: bool = False


def clock_said(turn: Turn, asked: str | None) -> ClockSaid:
    """What the message says, `asked` being the step that it answers. The event is None where it is not clearly named."""
    finder = EventFinder(turn.library.journeys)
    if event := finder.tapped(turn.text):
        return ClockSaid(event)
    told = finder.told(turn.text, turn.today, turn.stage)
    if found := counted(told):
        return ClockSaid(*found)
    if any(one.event == OTHER for one in told):
        return ClockSaid(of_another=True)
    named = {one.event for one in told if one.event in STARTS}
    event, kept = named.pop() if len(named) == 1 else None, turn.slot(EVENT)
    if named:
        return ClockSaid()
    # A day is of the event that was named before, unless this message names another.
    if told and event in (None, kept) and (day := next((one.day for one in told if one.day), None)):
        return ClockSaid(event, day)
    of_what_was_asked = asked == DAY and event in (None, kept)
    if of_what_was_asked or (not told and is_day_alone(plain_words(turn.text))):
        return ClockSaid(event, day_meant(turn.text, turn.today, event=event or kept, stage=turn.stage))
    return ClockSaid(event)
