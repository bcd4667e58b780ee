"""Finds the topics that somebody's words are about: stems weighed by where they stand, with a letter or two wrong."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Topic

_WORD = re.compile(r"[a-z0-9]+(?:['./][a-z0-9]+)*")
_ENDINGS = ("ren", "ing", "ed", "en", "ly", "e")
_SHORTEST_STEM = 3
_QUESTION, _NAME, _SHORT, _VOICE = 3.0, 2.0, 1.5, 0.3
_SOFTNESS = 3.0
_SAME, _ONE_LETTER, _TWO_LETTERS = 0.6, 0.8, 0.5
_LONG_ENOUGH_FOR_ONE, _LONG_ENOUGH_FOR_TWO = 4, 7
_MOST_WORDS, _LONGEST_WORD = 40, 24
_FORM = 0.15
_PROMINENT, _IN_PASSING = 1.0, 0.5
_RAREST, _UNKNOWN = 3.5, 2.5
_LEAST_COVERED, _ENOUGH_COVERED = 0.3, 3.0
_NEAR_THE_BEST = 0.35


class Search:
    """An index over one library. It keeps nothing of what is asked."""

    def __init__(self, library: Library, folder: Path = HERE) -> None:
        rows = read_yaml(folder / "search.yml")
        self._topics = tuple(library.topics.values())
        self._short_forms = {key.lower(): tuple(_words(full)) for key, full in library.abbreviations.items()}
        self._skipped = frozenset(rows["skip"].split())
        self._weights = [self._weighed(topic, library.glossary) for topic in self._topics]
        self._forms = [Counter(map(stem, {*_words(topic.question)})) + Counter(map(stem, _name(topic))) for topic in self._topics]
        self._rarity = self._rarities()
        self._same = _same(rows["same"])
        self._misspelt = _Misspelt({word for topic in self._topics for word in self._known(topic)} | set(_flat(rows["same"])))

    def find(self, text: str, most: int = 6) -> list[Topic]:
        """The topics that fit best, best first; none where most of what was asked is about something else."""
        asked = list(self._asked(text))
        wanted = sum(self._rarest(term) for term in asked)
        if not wanted:
            return []
        enough, form = min(_LEAST_COVERED * wanted, _ENOUGH_COVERED), self._form(text)
        scored = [(*self._score(weights, asked), place) for place, weights in enumerate(self._weights)]
        covered = [(score + self._fits_form(place, form), place) for score, covers, place in scored if covers >= enough]
        best = sorted(covered, key=lambda row: (-row[0], row[1]))[:most]
        return [self._topics[place] for score, place in best if score >= _NEAR_THE_BEST * best[0][0]]

    def _weighed(self, topic: Topic, glossary: Mapping[str, str]) -> Mapping[str, float]:
        weights: defaultdict[str, float] = defaultdict(float)
        glossed = " ".join(means for word, means in glossary.items() if word in topic.question.lower())
        fields = ((topic.question, _QUESTION), (" ".join(_name(topic)), _NAME), (topic.short, _SHORT), (glossed, _VOICE))
        for text, weight in fields:
            for known in self._stems(text):
                weights[known] += weight
        voices = [Counter(self._stems(text)) for text in topic.voices.values()]
        for known in set().union(*voices):
            # The voices say the same in other words, so a topic with four of them must not count four times.
            weights[known] += _VOICE * max(voice[known] for voice in voices)
        return weights

    def _stems(self, text: str) -> Iterator[str]:
        return map(stem, self._full(_words(text)))

    def _rarities(self) -> Mapping[str, float]:
        found = Counter(known for weights in self._weights for known in weights)
        return {known: min(math.log(1 + len(self._topics) / count), _RAREST) for known, count in found.items()}

    def _known(self, topic: Topic) -> Iterator[str]:
        for text in (topic.question, " ".join(_name(topic)), topic.short, *topic.voices.values()):
            yield from self._full(_words(text))

    def _full(self, words: Iterable[str]) -> Iterator[str]:
        for word in words:
            yield from self._short_forms.get(word, (word,))

    def _asked(self, text: str) -> Iterator[dict[str, float]]:
        """For each word, the stems that may be meant and how surely. Words that say little count where there are no others."""
        words = list(dict.fromkeys(self._full(_words(text))))
        telling = [word for word in words if word not in self._skipped] or words
        for word in telling[:_MOST_WORDS]:
            yield self._meant(word)

    def _form(self, text: str) -> list[str]:
        """The words that say little: they tell "what is it" from "when is it"."""
        return [stem(word) for word in dict.fromkeys(_words(text)) if word in self._skipped][:_MOST_WORDS]

    def _fits_form(self, place: int, form: Iterable[str]) -> float:
        return _FORM * sum(self._rarity.get(one, 0.0) * self._forms[place][one] for one in form)

    def _meant(self, word: str) -> dict[str, float]:
        known = stem(word)
        sure = {known: 1.0} if known in self._rarity or known in self._same else self._misspelt.near(word)
        meant = dict(sure)
        for one, weight in sure.items():
            for other in self._same.get(one, ()):
                meant[other] = max(meant.get(other, 0.0), weight * _SAME)
        return meant

    def _rarest(self, term: Mapping[str, float]) -> float:
        """How much a word counts in what was asked."""
        known = [self._rarity[one] for one, weight in term.items() if one in self._rarity and weight == max(term.values())]
        return max(known, default=_UNKNOWN)

    def _score(self, weights: Mapping[str, float], asked: Iterable[Mapping[str, float]]) -> tuple[float, float]:
        """How well a topic fits, and how much of what was asked it has at all."""
        score = covers = 0.0
        for term in asked:
            found = {one: sure * self._rarity[one] * weights[one] for one, sure in term.items() if one in weights}
            if found:
                one = max(found, key=lambda name: found[name])
                score += found[one] / (weights[one] + _SOFTNESS)
                covers += self._rarest(term) * term[one] * (1.0 if weights[one] >= _PROMINENT else _IN_PASSING)
        return score, covers


class _Misspelt:
    """Known words by what is left of them when a letter or two are dropped, so that two slips still meet."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_rest: defaultdict[str, set[str]] = defaultdict(set)
        for word in words:
            for rest in _rests(word):
                self._by_rest[rest].add(word)

    def near(self, word: str) -> dict[str, float]:
        """The stems of the words that are nearest."""
        found: dict[str, float] = {}
        for rest, dropped in _rests(word).items():
            for known in self._by_rest.get(rest, ()):
                if known[0] != word[0]:
                    continue
                slips = max(dropped, len(known) - len(rest))
                found[stem(known)] = max(found.get(stem(known), 0.0), _ONE_LETTER if slips <= 1 else _TWO_LETTERS)
        best = max(found.values(), default=0.0)
        return {one: weight for one, weight in found.items() if weight == best}


def stem(word: str) -> str:
    """The word without its endings: meeting and meetings both give meet."""
    word = word.replace("'", "")
    if word.endswith("ies") and len(word) > _SHORTEST_STEM + 1:
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > _SHORTEST_STEM:
        word = word[:-1]
    ending = next((end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _SHORTEST_STEM), "")
    word = word.removesuffix(ending)
    return word[:-1] if len(word) > _SHORTEST_STEM and word[-1] == word[-2] else word


def _name(topic: Topic) -> list[str]:
    return topic.id.split("_")


def _words(text: str) -> list[str]:
    found = _WORD.findall(text.lower().replace("\u2019", "'"))
    return [word.removesuffix("'s")[:_LONGEST_WORD] for word in found]


def _rests(word: str) -> dict[str, int]:
    """What is left of the word without one letter or two, and how many letters went; short words stay whole."""
    rests = {word: 0}
    most = 2 if len(word) >= _LONG_ENOUGH_FOR_TWO else 1 if len(word) >= _LONG_ENOUGH_FOR_ONE else 0
    last = [word]
    for dropped in range(1, most + 1):
        last = [one[:at] + one[at + 1 :] for one in last for at in range(len(one))]
        for rest in last:
            rests.setdefault(rest, dropped)
    return rests


def _same(groups: Iterable[Iterable[str]]) -> Mapping[str, frozenset[str]]:
    same: defaultdict[str, set[str]] = defaultdict(set)
    for group in groups:
        stems = {stem(word) for word in group}
        for one in stems:
            same[one] |= stems - {one}
    return {one: frozenset(others) for one, others in same.items()}


def _flat(groups: Iterable[Iterable[str]]) -> Iterator[str]:
    return (word for group in groups for word in group)
