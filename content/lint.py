"""`python -m content.lint`: checks the content base and tells authors what to mend, and what falls due for review."""

from __future__ import annotations

import hashlib
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from content.carry import faults
from content.errors import ContentError
from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Topic
from content.said import sentences

MEDIAN_AGE = 11.0
OLDEST_AGE = 13.0
WARN_AHEAD = timedelta(days=14)
SHINGLE_WORDS = 8
_ADVICE_LINE = "family-rights-group"
_LONG_PARAGRAPH_WORDS = 25
_NUMBER = re.compile(r"(?<![\w£])0\d[\d ]{7,}\d|(?<!\d)116 ?123(?!\d)")
_GRADE_TO_AGE = 5
_FEW_WORDS = 12


@dataclass
class Report:
    """`problems` stop a release; `warnings` fall due soon; `ages` are reading ages in years, by topic and voice."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ages: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def median_age(self) -> float:
        """Half of the answers can be read at this age or below; 0 where there are none."""
        return statistics.median(self.ages.values()) if self.ages else 0.0


class Lint:
    """One run over a library, against the ledger of facts in `folder`/ledger."""

    def __init__(self, library: Library, today: date, folder: Path = HERE) -> None:
        self._library = library
        self._today = today
        self._folder = folder
        self.report = Report()

    def run_on(self, topic: Topic) -> Report:
        """What one topic alone can be blamed for."""
        self._check_topic(topic)
        self._check_wording_is_unique(topic.id)
        self._check_reading_age_of(topic)
        return self.report

    def run(self) -> Report:
        """Every check."""
        for topic in self._library.topics.values():
            self._check_topic(topic)
        self._check_journeys()
        self._check_sentences()
        self._check_areas()
        self._check_coverage()
        self._check_wording_is_unique()
        self._check_reading_age()
        self.report.problems += faults(self._library)
        return self.report

    @cached_property
    def _verified(self) -> frozenset[str]:
        return frozenset(service.number for service in self._library.services.values() if service.number)

    @cached_property
    def _facts(self) -> Mapping[str, Mapping[str, Any]]:
        return ledger(self._folder, "facts")

    @cached_property
    def _background(self) -> Mapping[str, Mapping[str, Any]]:
        """What stands around the seed documents, as law:<id> and question:<id>; helpline:<id> are the services."""
        rows = {f"law:{key}": row for key, row in ledger(self._folder, "law").items()}
        rows |= {f"question:{key}": row for key, row in ledger(self._folder, "open-questions").items()}
        return rows | {f"helpline:{service}": {} for service in self._library.services}

    def _problem(self, topic: Topic, words: str) -> None:
        self.report.problems.append(f"topics/{topic.id}.yml: {words}")

    def _check_topic(self, topic: Topic) -> None:
        self._check_ids(topic)
        self._check_dates(topic)
        self._check_words(topic)

    def _check_ids(self, topic: Topic) -> None:
        for fact in topic.covers:
            row = self._facts.get(fact)
            if row is None:
                self._problem(topic, f"covers: there is no fact '{fact}' in the ledger")
            elif row["scope"] == "council-southwark" and topic.theme != "area":
                self._problem(topic, f"covers: '{fact}' holds in Southwark only, so it belongs in content/areas/ and its own topic")
        for row_id in topic.draws_on:
            if row_id not in self._background:
                self._problem(topic, f"draws_on: there is no '{row_id}' in the ledger")
        beyond = [row_id for row_id in topic.draws_on if not row_id.startswith("helpline:")]
        if beyond and _ADVICE_LINE not in topic.services:
            self._problem(topic, f"services: it goes beyond the seed documents ({beyond[0]}), so it must name {_ADVICE_LINE}")

    def _check_dates(self, topic: Topic) -> None:
        if topic.review_by <= topic.reviewed:
            self._problem(topic, "review_by: must come after reviewed")
        if topic.is_expired(self._today):
            self._problem(topic, f"review_by: {topic.review_by} has passed; until it is reviewed only the short form is given")
        elif topic.review_by - self._today <= WARN_AHEAD:
            self.report.warnings.append(f"topics/{topic.id}.yml: review_by: due on {topic.review_by}")

    def _check_words(self, topic: Topic) -> None:
        for voice in ("child", "kin"):
            if voice in topic.voices and not topic.steps(voice):
                self._problem(topic, f"now_{voice}: who reads answer.{voice} needs steps of their own")
        for place, text in texts(topic):
            for fault in self._faults_of(text):
                self._problem(topic, f"{place}: {fault}")
            if copied := next((words for words in shingles(text) if _digest(words) in _seed_shingles()), None):
                self._problem(topic, f"{place}: '{copied}' stands in a seed document; say it in our own words")

    def _faults_of(self, text: str) -> Iterator[str]:
        """What no sentence may hold, wherever it stands."""
        for row in _forbidden():
            if found := re.search(row["pattern"], text, re.IGNORECASE):
                yield f"'{found.group()}': {row['why']}"
        for number in _NUMBER.findall(text):
            if number.strip() not in self._verified:
                yield f"{number.strip()} is no verified number; name the service under `services`"

    def _check_sentences(self) -> None:
        for place, text in sentences(self._folder):
            self.report.problems += [f"{place}: {fault}" for fault in self._faults_of(text)]

    def _check_areas(self) -> None:
        for area in self._library.areas.values():
            place = f"areas/{area.id}.yml"
            if area.is_expired(self._today):
                self.report.problems.append(f"{place}: review_by: {area.review_by} has passed; its notes are not given")
            elif area.review_by - self._today <= WARN_AHEAD:
                self.report.warnings.append(f"{place}: review_by: due on {area.review_by}")

    def _check_journeys(self) -> None:
        for place, text in journey_texts(self._library):
            self.report.problems += [f"journeys.yml: {place}: {fault}" for fault in self._faults_of(text)]
            if (age := reading_age(text)) > OLDEST_AGE and len(text.split()) > _FEW_WORDS:
                self.report.problems.append(f"journeys.yml: {place}: reading age {age:.1f} is above {OLDEST_AGE:g}: '{text[:60]}'")

    def _check_coverage(self) -> None:
        covered = {fact for topic in self._library.topics.values() for fact in topic.covers}
        for fact, row in self._facts.items():
            if row["answered"] and fact not in covered:
                self.report.problems.append(f"ledger/facts.yml: no topic covers '{fact}'")

    def _check_wording_is_unique(self, only: str | None = None) -> None:
        seen: dict[str, set[str]] = defaultdict(set)
        for topic in self._library.topics.values():
            paragraphs = _long_paragraphs if topic.id == only else _kept_paragraphs
            long = {words for _, text in texts(topic) for words in paragraphs(text)}
            for words in long | {_flat(topic.question)}:
                seen[words].add(topic.id)
        for words, topics in seen.items():
            if len(topics) > 1 and (only is None or only in topics):
                self.report.problems.append(f"topics {', '.join(sorted(topics))}: the same wording twice: '{words[:60]}...'")

    def _check_reading_age(self) -> None:
        for topic in self._library.topics.values():
            self._check_reading_age_of(topic)
        if self.report.median_age > MEDIAN_AGE:
            self.report.problems.append(f"The median reading age {self.report.median_age:.1f} is above {MEDIAN_AGE:g}.")

    def _check_reading_age_of(self, topic: Topic) -> None:
        for voice, text in answers(topic):
            age = reading_age(text)
            self.report.ages[topic.id, voice] = age
            if age > OLDEST_AGE and not topic.reading_age_reason:
                words = f"reading age {age:.1f} is above {OLDEST_AGE:g}; shorten it, or give a reading_age_reason"
                self._problem(topic, f"answer.{voice}: {words}")


def check_topic(library: Library, topic: Topic, today: date) -> Report:
    """The report on one topic as it stands in `topic`, among the others of the library."""
    return Lint(replace(library, topics={**library.topics, topic.id: topic}), today).run_on(topic)


@lru_cache(maxsize=8)
def ledger(folder: Path, name: str) -> Mapping[str, Mapping[str, Any]]:
    """The rows of that ledger by id: facts, law or open-questions."""
    return {row["id"]: row for row in read_yaml(folder / "ledger" / f"{name}.yml")}


def texts(topic: Topic) -> Iterator[tuple[str, str]]:
    """Every text of a topic with the place it stands in."""
    yield "answer.short", topic.short
    for voice, text in topic.voices.items():
        yield f"answer.{voice}", text
    for step in (*topic.now, *topic.now_child, *topic.now_kin):
        yield "now", step
    for key, text in topic.follow.items():
        yield f"follow.{key}", text
    if topic.differs:
        yield "differs", topic.differs


def journey_texts(library: Library) -> Iterator[tuple[str, str]]:
    """Every sentence of the journeys with the place it stands in."""
    for journey in library.journeys.journeys.values():
        yield f"{journey.id}.start", journey.start
        for step in journey.steps:
            yield from ((f"{journey.id}.{step.slot}", text) for text in (step.ask, *step.gives.values()))
        for stage, road in journey.roads.items():
            yield from ((f"{journey.id}.roads.{stage}", line) for line in road.lines)
        yield from ((f"{journey.id}.always", line) for line in journey.always)
    yield from ((f"stages.road.{part.id}", part.text) for part in library.journeys.road)


def answers(topic: Topic) -> Iterator[tuple[str, str]]:
    """The whole answers of a topic, by voice."""
    yield from ((voice, topic.whole(voice)) for voice in topic.voices)


def reading_age(text: str) -> float:
    """Years of age at which it can be read: the Flesch-Kincaid grade plus five. List items count as sentences."""
    import textstat

    sentences = re.sub(r"^- (.*?)[.]?$", r"\1.", text, flags=re.MULTILINE)
    return float(textstat.flesch_kincaid_grade(sentences)) + _GRADE_TO_AGE


def shingles(text: str) -> Iterable[str]:
    """Every run of eight words."""
    words = _flat(text).split()
    runs = (words[at : at + SHINGLE_WORDS] for at in range(len(words) - SHINGLE_WORDS + 1))
    return (" ".join(run) for run in runs if not any(word.isdigit() for word in run))  # an address is no sentence


def _long_paragraphs(text: str) -> frozenset[str]:
    return frozenset(_flat(part) for part in re.split(r"\n\s*\n", text) if len(part.split()) >= _LONG_PARAGRAPH_WORDS)


# A draft is held against every other topic each time that somebody types; the draft itself is not kept.
_kept_paragraphs = lru_cache(maxsize=4096)(_long_paragraphs)


def _flat(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def _digest(words: str) -> str:
    return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1)
def _seed_shingles() -> frozenset[str]:
    """Digests of every run of eight words in the seed documents, which are not part of the project."""
    return frozenset((HERE / "ledger" / "seed-shingles.txt").read_text(encoding="ascii").split())


@lru_cache(maxsize=1)
def _forbidden() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = read_yaml(HERE / "forbidden.yml")
    return rows


def main() -> int:
    """Prints what it finds; 1 where something has to be mended."""
    try:
        library = Library.load()
    except ContentError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return 1
    report = Lint(library, date.today()).run()
    for line in report.warnings:
        print(f"soon: {line}")
    for line in report.problems:
        print(line, file=sys.stderr)
    counts = f"{len(library.topics)} topics, {len(report.ages)} answers, {len(report.problems)} problems"
    print(f"{counts}, median reading age {report.median_age:.1f}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
