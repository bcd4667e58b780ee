"""Puts the parts of an answer together: text, steps, who to talk to. The words themselves live in content/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from content.asked import default_asked
from content.hours import LONDON, open_state
from content.library import Library
from content.model import Service, Topic

ADVICE_LINE = "family-rights-group"
CHILD_LINE = "childline"
_MOST_WORDS = 4
# Who is not spoken to as a parent.
_OF_THEIR_OWN = frozenset({"child", "kin"})
_THEMES_THAT_NAME_EVERYONE = frozenset({"abuse", "children", "help", "area"})


class Wording:
    """Text for one moment `now` (aware). Every method gives plain text with line breaks."""

    def __init__(self, library: Library, now: datetime) -> None:
        self._library = library
        self._now = now

    def answer(
        self, topic: Topic, voice: str, area: str | None = None, *, steps: bool = True, line: bool = False, first: str = ""
    ) -> str:
        """The whole answer in `voice`, with what was asked for just so `first`.

        `line` adds the advice line even where the topic does not ask for it.
        """
        if self._library.is_offline(topic.id):
            return self.checking(voice)
        if self.is_expired(topic):
            return self._join(topic.short, self._library.say("expired"), self.someone([line_for(voice)]))
        services = self.services(topic, voice, line=line)
        whole = topic.whole(voice)
        return self._join(
            "" if first in whole else first,
            self._library.say("for_parents") if voice == "child" and "child" not in topic.voices else "",
            whole,
            self._library.say("differs", text=topic.differs.strip()) if topic.differs and voice != "child" else "",
            self.area_note(topic, area),
            self.steps(topic, voice) if steps else "",
            self.someone(services),
        )

    def asked_for(self, topic: Topic, voice: str, text: str) -> str:
        """What the topic says to the how long, who or why that `text` asks first of all; nothing where it asks for none."""
        # What follows up a topic is written for parents.
        written = voice != "child" and (voice != "kin" or "kin" not in topic.voices)
        kind = default_asked().first(text, topic.question) if written else None
        return topic.follow.get(kind, "") if kind else ""

    def short(self, topic: Topic, voice: str) -> str:
        """The one or two sentences that answer first; for a child or a relative the first paragraph of their own voice."""
        if self._library.is_offline(topic.id):
            return self.checking(voice)
        return topic.voices[voice].split("\n\n")[0] if voice in _OF_THEIR_OWN and voice in topic.voices else topic.short

    def checking(self, voice: str) -> str:
        """What is said in place of an answer that staff have taken offline."""
        return self._join(self._library.say("checking"), self.someone([line_for(voice)]))

    def is_expired(self, topic: Topic) -> bool:
        """Whether the topic's review date has passed, so that only its short form may be given."""
        return topic.is_expired(self._now.astimezone(LONDON).date())

    def hard_words(self, topic: Topic, voice: str, named_in: str = "") -> str:
        """The hard words of the topic's answer in plain words; only those that `named_in` names, where it names any."""
        answer = " ".join([topic.short, topic.voices.get(voice, topic.voices["plain"])])
        chosen = self._library.hard_words_in(named_in, plurals=True) or self._library.hard_words_in(answer, plurals=True)
        return "\n".join(f"- {word}: {means}" for word, means in chosen[:_MOST_WORDS])

    def steps(self, topic: Topic, voice: str) -> str:
        """The list of what the person can do now."""
        chosen = topic.steps(voice)
        return "\n".join([self._library.say("steps"), *(f"- {step}" for step in chosen)]) if chosen else ""

    def someone(self, services: Sequence[str]) -> str:
        """Who to talk to, each with number, cost and whether it is open now."""
        if not services:
            return ""
        lines = (self.service(self._library.services[service]) for service in services)
        return "\n".join([self._library.say("someone"), *(f"- {line}" for line in lines)])

    def service(self, service: Service, *, hours: bool = True) -> str:
        """One service in one line; without `hours` for what is read later, when it may be shut."""
        if service.number is None:
            website = (service.website or "").removeprefix("https://").removeprefix("www.")
            return self._library.say("service_website", name=service.name, website=website)
        pattern = "service" if service.cost else "service_cost_unknown"
        told = self.hours(service) if hours else ""
        return self._library.say(pattern, name=service.name, number=service.number, cost=service.cost, hours=told).strip()

    def hours(self, service: Service) -> str:
        """Whether it is open now, until when, or when it opens next, in words; nothing where nobody has checked."""
        state = open_state(service, self._now)
        if state.always:
            return self._library.say("open_always")
        if state.open_now and state.closes_at:
            return self._library.say("open_until", time=clock_words(state.closes_at))
        if state.open_now is False and state.opens_next:
            return self._library.say("closed_until", day=self._day(state.opens_next), time=clock_words(state.opens_next))
        return ""

    def _day(self, moment: datetime) -> str:
        today = self._now.astimezone(LONDON).date()
        if moment.date() == today:
            return self._library.say("today")
        if moment.date() == today + timedelta(days=1):
            return self._library.say("tomorrow")
        if moment.date() < today + timedelta(days=7):
            return f"{moment:%A}"
        return f"{moment:%A} {moment.day} {moment:%B}"

    def services(self, topic: Topic, voice: str, *, line: bool = False) -> list[str]:
        """Whom the topic names for that voice; `line` adds the advice line even where the topic does not ask for it."""
        named = [service for service in topic.services if self._fits(service, topic, voice)]
        if voice == "child" and "child" in topic.voices:
            return [CHILD_LINE, *(service for service in named if service not in (CHILD_LINE, ADVICE_LINE))][:3]
        if line and ADVICE_LINE not in named:
            named.append(ADVICE_LINE)
        # What was written for parents names whom parents call, so that line stays where a child reads it.
        return list(dict.fromkeys([CHILD_LINE, *named])) if voice == "child" else named

    def _fits(self, service: str, topic: Topic, voice: str) -> bool:
        voices = self._library.services[service].voices
        return not voices or voice in voices or topic.theme in _THEMES_THAT_NAME_EVERYONE

    def area_note(self, topic: Topic, area: str | None) -> str:
        """What is different in that council, or nothing."""
        known = self._library.areas.get(area) if area else None
        if known and known.outside:
            return "" if topic.theme == "area" else known.outside.strip()
        note = known.notes.get(topic.id) if known and not known.is_expired(self._now.astimezone(LONDON).date()) else None
        return self._library.say("in_area", text=note) if note else ""

    @staticmethod
    def _join(*parts: str) -> str:
        return "\n\n".join(part.strip() for part in parts if part)


def line_for(voice: str) -> str:
    """The id of the line that who asks can call: a child Childline, everybody else the advice line."""
    return CHILD_LINE if voice == "child" else ADVICE_LINE


def clock_words(moment: datetime) -> str:
    """9:30am, 3pm: as people say it."""
    hour, half = moment.hour % 12 or 12, "am" if moment.hour < 12 else "pm"
    return f"{hour}:{moment:%M}{half}" if moment.minute else f"{hour}{half}"


def day_words(day: date) -> str:
    """Tuesday 3 March 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def days_words(pattern: str, days: Iterable[date]) -> str:
    """The pattern with the days in its {days}; nothing where there are none."""
    named = ", ".join(map(day_words, days))
    return pattern.format(days=named) if named else ""


def labels(library: Library, topics: Iterable[str]) -> list[str]:
    """The questions of those topics, as buttons show them."""
    return [library.topics[topic].question for topic in topics]
