"""`python -m bench.plain_words DICTIONARY`: writes the ordinary words that a shared question may keep, from the training examples.

DICTIONARY is a word list in which names have a capital, such as Debian's wbritish (/usr/share/dict/british-english).
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from bench.examples import read
from content.library import HERE, default_library

WORDS = HERE / "plain_words.txt"
_WORD = re.compile(r"[A-Za-z][A-Za-z']*")
_INSIDE = re.compile(r"(?<=[a-z,;] )[A-Z][a-z']+")
_LETTERS = frozenset("aiunr")
# Given names of people in England today that word lists do not know as names.
_NAMES_TOO = frozenset(
    [
        "blessing",
        "gift",
        "precious",
        "prince",
        "princess",
        "destiny",
        "mercy",
        "joy",
        "dawn",
        "amber",
        "ruby",
        "river",
        "storm",
        "happy",
        "sunny",
        "tone",
        "star",
        "sky",
        "honey",
        "heaven",
        "favour",
        "patience",
        "comfort",
        "charity",
        "prudence",
        "constance",
        "felicity",
        "serenity",
        "harmony",
        "melody",
        "trinity",
        "genesis",
        "miracle",
        "promise",
        "lucky",
        "bright",
        "sweet",
        "goodness",
        "wisdom",
        "peace",
        "praise",
        "glory",
        "fortune",
        "winter",
        "autumn",
        "spring",
        "sunshine",
        "rain",
        "jet",
        "jade",
        "pearl",
        "crystal",
        "diamond",
        "ivy",
        "iris",
        "violet",
        "olive",
        "poppy",
        "daisy",
        "lily",
        "rose",
        "heather",
        "hazel",
        "holly",
        "willow",
        "sage",
        "basil",
        "fern",
        "clover",
        "rowan",
        "ash",
        "jasmine",
        "cherry",
        "robin",
        "jay",
        "wren",
        "raven",
        "phoenix",
        "lark",
        "martin",
        "bear",
        "wolf",
        "fox",
        "rocky",
        "buddy",
        "junior",
        "king",
        "duke",
        "earl",
        "baron",
        "major",
        "hunter",
        "archer",
        "cooper",
        "mason",
        "tanner",
        "taylor",
        "carter",
        "parker",
        "tyler",
        "chase",
        "chance",
        "blaze",
        "ace",
        "max",
        "art",
        "will",
        "mark",
        "bill",
        "bob",
        "jack",
        "frank",
        "grant",
        "dean",
        "rich",
        "rob",
        "pat",
        "drew",
        "gene",
        "ray",
        "guy",
        "nick",
        "vic",
        "dot",
        "may",
        "april",
        "june",
        "august",
        "sue",
        "penny",
        "grace",
        "hope",
        "faith",
        "angel",
        "amber",
        "summer",
        "sonny",
        "kit",
        "reed",
        "heath",
        "brook",
    ]
)
_FIRST_A_NAME = _NAMES_TOO - frozenset(
    [
        "will",
        "may",
        "mark",
        "bill",
        "can",
        "chance",
        "art",
        "happy",
        "best",
        "spring",
        "rain",
        "promise",
        "peace",
        "goodness",
        "bright",
        "sweet",
        "bear",
        "wolf",
        "fox",
        "hunter",
        "king",
        "lucky",
        "rich",
        "march",
        "april",
        "june",
        "august",
        "dot",
        "reed",
        "heath",
        "brook",
        "winter",
        "autumn",
        "major",
        "junior",
        "frank",
        "grant",
        "tone",
        "trinity",
        "patience",
        "comfort",
        "charity",
        "fortune",
        "hazel",
        "star",
        "sky",
        "martin",
        "tanner",
        "baker",
        "carter",
        "parker",
        "taylor",
        "cooper",
        "mason",
        "duke",
        "ash",
        "rob",
        "pat",
        "chase",
        "blaze",
        "king",
        "buddy",
        "jack",
    ]
) | frozenset(["jack", "martin", "taylor", "mason", "carter", "parker", "hazel", "star", "sky", "tone", "trinity"])
_FEWEST_VOICES = 6
_MOST_CAPITALS = 0.3


def main() -> int:
    """Writes content/plain_words.txt; a word that is also a name has a star, one that is a common given name has two."""
    listed = Path(sys.argv[1]).read_text(encoding="utf-8").split()
    ordinary = {word for word in listed if word == word.lower()}
    names = {word.lower() for word in listed if word != word.lower()}
    voices, seen, capitals = _used()
    known = {word.replace("'", "") for word in ordinary}
    kept = {word for word in voices if word.replace("'", "") in known}
    kept |= {word for word, by in voices.items() if len(by) >= _FEWEST_VOICES and word not in names}
    kept = {word for word in kept if capitals[word] <= _MOST_CAPITALS * seen[word] and (len(word) > 1 or word in _LETTERS)}
    names |= _NAMES_TOO
    lines = [word + ("**" if word in _FIRST_A_NAME else "*" if word in names else "") for word in sorted(kept)]
    WORDS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} words, {sum(line.endswith('*') for line in lines)} of them also names")
    return 0


def _used() -> tuple[dict[str, set[str]], Counter[str], Counter[str]]:
    voices: dict[str, set[str]] = defaultdict(set)
    seen: Counter[str] = Counter()
    capitals: Counter[str] = Counter()
    library = default_library()
    own = [text for topic in library.topics.values() for text in (topic.question, topic.short, *topic.voices.values(), *topic.now)]
    for voice, text in [*((example.voice, example.text) for example in read()), *(("content", text) for text in own)]:
        inside = Counter(word.lower() for word in _INSIDE.findall(text))
        for word in _WORD.findall(text):
            plain = word.lower().strip("'")
            voices[plain].add(voice)
            seen[plain] += 1
        capitals.update(inside)
    return voices, seen, capitals


if __name__ == "__main__":
    sys.exit(main())
