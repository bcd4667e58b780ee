"""Wordings that an editor proposes: checked like everything else, kept with their reason, and given out as patches."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select, update

from content.library import HERE, Library
from content.lint import check_topic
from content.loading import parsed, read_topic
from content.model import Topic
from content.places import NotWritable, rewritten, text_at, tidy
from desk.audit import Audit
from desk.marks import mark
from desk.store import Store
from desk.tables import proposals as table

OPEN, MARKED, WITHDRAWN = "open", "marked", "withdrawn"
LONGEST_TEXT = 6000
LONGEST_REASON = 400
_SCHEMA = HERE / "schema" / "topic.yml"


class NoSuchProposal(LookupError):
    """That topic has none of that number."""


class Outdated(Exception):
    """The file has other words in that place by now than the proposal would replace."""


class Unfinished(ValueError):
    """`why` says what is wrong: changed_since, reason, same, long, or problems where they were not accepted."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Proposal:
    """One wording for one place. `state` is open, marked (it has faults) or withdrawn."""

    id: int
    topic: str
    place: str
    was: str
    becomes: str
    why: str
    by: str
    at: int
    state: str


@dataclass(frozen=True)
class Draft:
    """A wording as it would be read from the file. `problems` are what the linter would newly say; `age` where it has one.

    `changed_since` tells that the file has other words by now than those that the wording was made from.
    """

    place: str
    was: str
    text: str
    problems: tuple[str, ...]
    age: float | None
    topic: Topic | None
    changed_since: bool = False

    @property
    def is_change(self) -> bool:
        """Whether it is other words than there are."""
        return self.text != self.was


class Proposals:
    """Nothing of it changes what parents read: that is a matter of the repository."""

    def __init__(self, store: Store, audit: Audit, folder: Path = HERE / "topics") -> None:
        self._store = store
        self._audit = audit
        self._folder = folder

    def present(self, topic: str, place: str) -> str:
        """The words that stand there in the file now. Raises NotWritable for a place that no topic has."""
        found = _topic_in(self._source(topic), topic)[0]
        return text_at(found, place) if found else ""

    def draft(self, library: Library, topic: str, place: str, text: str, today: date, made_from: str | None = None) -> Draft:
        """What would come of it. `made_from` is the `mark` of the words that its form showed. Raises NotWritable for a place
        that no topic has."""
        source = self._source(topic)
        before = _topic_in(source, topic)[0]
        was = text_at(before, place) if before else ""
        text = tidy(place, text)
        try:
            after, faults = _topic_in(rewritten(source, place, text), topic)
        except NotWritable:
            after, faults = None, [f"{place}: cannot be empty" if not text else f"{place}: cannot stand in the file"]
        age = None
        if after:
            known = check_topic(library, before, today).problems if before else []
            report = check_topic(library, after, today)
            faults = [problem for problem in report.problems if problem not in known]
            voice = "plain" if place == "answer.short" else place.removeprefix("answer.")
            age = report.ages.get((topic, voice)) if place.startswith("answer.") else None
        problems = tuple(fault.removeprefix(f"topics/{topic}.yml: ") for fault in faults)
        return Draft(place, was, text, problems, age, after, made_from not in (None, mark(was)))

    def add(self, topic: str, draft: Draft, why: str, by: str, *, with_problems: bool = False) -> int:
        """Keeps it and gives its number; one with problems is kept only `with_problems`. Raises Unfinished, StoreDown."""
        why = why.strip()
        if draft.changed_since:
            raise Unfinished("changed_since")
        if not draft.is_change:
            raise Unfinished("same")
        if len(draft.text) > LONGEST_TEXT:
            raise Unfinished("long")
        if not why or len(why) > LONGEST_REASON:
            raise Unfinished("reason")
        if draft.problems and not with_problems:
            raise Unfinished("problems")
        row = {
            "topic": topic, "place": draft.place, "was": draft.was, "becomes": draft.text, "why": why, "by": by,
            "at": self._store.now(), "state": MARKED if draft.problems else OPEN,
        }  # fmt: skip
        with self._store.begin() as connection:
            number = int(connection.execute(table.insert(), row).inserted_primary_key[0])
            self._audit.add(connection, by, "wording_proposed", f"{topic} {draft.place} {number}", why)
        return number

    def withdraw(self, topic: str, number: int, by: str) -> None:
        """Takes it back; it stays in the history. Raises NoSuchProposal, StoreDown."""
        here = (table.c.id == number) & (table.c.topic == topic) & (table.c.state != WITHDRAWN)
        with self._store.begin() as connection:
            if not connection.execute(update(table).where(here).values(state=WITHDRAWN)).rowcount:
                raise NoSuchProposal(number)
            self._audit.add(connection, by, "wording_withdrawn", f"{topic} {number}")

    def of(self, topic: str) -> list[Proposal]:
        """Every proposal for the topic, the newest first. Raises StoreDown."""
        chosen = select(table).where(table.c.topic == topic).order_by(table.c.id.desc())
        with self._store.read() as connection:
            return [Proposal(**row) for row in connection.execute(chosen).mappings()]

    def get(self, topic: str, number: int) -> Proposal:
        """One of them. Raises NoSuchProposal, StoreDown."""
        chosen = select(table).where(table.c.id == number, table.c.topic == topic)
        with self._store.read() as connection:
            row = connection.execute(chosen).mappings().first()
        if row is None:
            raise NoSuchProposal(number)
        return Proposal(**row)

    def waiting(self) -> Mapping[str, int]:
        """How many are not withdrawn, by topic. Raises StoreDown."""
        with self._store.read() as connection:
            return Counter(connection.execute(select(table.c.topic).where(table.c.state != WITHDRAWN)).scalars())

    def patch(self, proposal: Proposal) -> str:
        """The change as `git apply` takes it. Raises Outdated, NotWritable."""
        source = self._source(proposal.topic)
        before = _topic_in(source, proposal.topic)[0]
        if before is None or text_at(before, proposal.place) != proposal.was:
            raise Outdated
        return patch(f"content/topics/{proposal.topic}.yml", source, rewritten(source, proposal.place, proposal.becomes))

    def _source(self, topic: str) -> str:
        try:
            return (self._folder / f"{topic}.yml").read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NotWritable(topic) from None


def patch(path: str, before: str, after: str) -> str:
    """The difference between two texts of the file at `path`, as `git apply` takes it."""
    rows = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    changed = "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)
    return f"diff --git a/{path} b/{path}\n{changed}" if changed else ""


def _lines(text: str) -> list[str]:
    """Lines as git sees them; str.splitlines parts at other signs too."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *([lines[-1]] if lines[-1] else [])]


def _topic_in(source: str, topic: str) -> tuple[Topic | None, list[str]]:
    return read_topic(parsed(source), _SCHEMA, f"{topic}.yml")
