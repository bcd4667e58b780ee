"""Finds the separate questions in a message: spaCy's sentences, numbered points and joined clauses."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.sentences import sentence_reader
from content.asked import default_asked

_SHORT = 7
_MOST_PARTS = 8
# Far more lines or points than people write; the rest of them cannot be among the parts that are kept.
_MOST_LINES = 24
# Words of a stretch, about as long as the examples that understanding learnt from, and by how many one runs into the next
# where nobody ended a sentence.
_STRETCH = 45
# More than words of a usual length can fill.
_MOST_STRETCHES = 32
_OVERLAP = 15
_ASKING = rf"(?:{default_asked().begins}|if i|if they|whether)"
_POINT = re.compile(r"(?:^|[\s,.;:])(?=\(?[1-9][).:]?\s+[a-z])", re.IGNORECASE)
_POINT_MARK = re.compile(r"^\(?[1-9][).:]?\s+")
# Possessive, and begun only where a run of signs begins: what fails is not tried again from every place within it.
_JOINED = re.compile(
    rf"(?:(?<![,;?!\n])[,;?!\n]++|\band\b|\balso\b|\bplus\b|\bor\b)++\s*+(?:and |also |plus |then )*+(?={_ASKING}\b)",
    re.IGNORECASE,
)
# No sentence needs more of one sign or of one word; what reads sentences slows down with the square of their length.
_RUN = re.compile(r"([^\w\s])\1{3,}")
_LONG_WORD = re.compile(r"(\S{60})\S+")
_LOOKS_ASKED = re.compile(
    rf"\?|^(?:and |but |so |also |please |hi |hello |just |then )*{_ASKING}\b|\b(?:want to know|wondering|wanted to ask|advice|"
    r"any idea|tell me|not sure (?:if|what|how|who)|don'?t know (?:if|what|how|who)|can they|can i|do i|"
    r"am i allowed|is it true|what can i|what do i|what if|how do i|i need|i want)\b",
    re.IGNORECASE,
)


def parts(text: str, written_out: Callable[[str], str] = str) -> list[str]:
    """The sentences and clauses of `text`, at most eight, later ones kept first; a short message is its only part.

    Each is `written_out`, but the points of a list are found before that: in "2) can u" only one of the two is a word.
    """
    whole = written_out(text)
    if len(whole.split()) <= _SHORT and "?" not in whole[:-1] and "\n" not in whole:
        return [whole]
    text = _LONG_WORD.sub(r"\1", _RUN.sub(r"\1\1\1", text))
    points = [written_out(point) for point in _points(text)[-_MOST_LINES:]]
    found = [clause for point in points for sentence in _sentences(point) for clause in _clauses(sentence)]
    found = [part for part in found if len(part.split()) >= 2]
    return found[-_MOST_PARTS:] if len(found) > 1 else [whole]


def stretches(text: str, written_out: Callable[[str], str] = str) -> list[str]:
    """A long message in stretches of some 45 words that share a sentence with the one before; of a short one there are none.

    Each is read by itself, so that one sentence of danger is not lost in a long story.
    """
    if len(text.split()) <= _STRETCH:
        return []
    text = _LONG_WORD.sub(r"\1", _RUN.sub(r"\1\1\1", text))
    if text.count("\n") > _MOST_LINES:
        # A call for each of a thousand lines would hold everybody up.
        text = " ".join(text.split())
    pieces = [piece.split() for sentence in _sentences(text, most_lines=None) for piece in _chopped(written_out(sentence))]
    found, begin = list[str](), 0
    while begin < len(pieces):
        end, words = begin + 1, len(pieces[begin])
        while end < len(pieces) and words + len(pieces[end]) <= _STRETCH:
            words += len(pieces[end])
            end += 1
        found.append(" ".join(word for piece in pieces[begin:end] for word in piece))
        begin = end if end >= len(pieces) else max(begin + 1, end - 1)
    half = _MOST_STRETCHES // 2
    return found if len(found) <= _MOST_STRETCHES else found[:half] + found[-half:]


def _chopped(sentence: str) -> list[str]:
    words = sentence.split()
    if len(words) <= _STRETCH:
        return [sentence]
    step = _STRETCH - _OVERLAP
    return [" ".join(words[begin : begin + _STRETCH]) for begin in range(0, len(words) - _OVERLAP, step)]


def looks_asked(part: str) -> bool:
    """Whether a part has the form of a question or of a plea for advice."""
    return bool(_LOOKS_ASKED.search(part))


def _points(text: str) -> list[str]:
    marks = _POINT.split(text)
    numbered = [piece for piece in marks if _POINT_MARK.match(piece.strip())]
    if len(numbered) < 2:
        return [text]
    return [_POINT_MARK.sub("", piece.strip()) for piece in marks if piece.strip()]


def _sentences(text: str, most_lines: int | None = _MOST_LINES) -> list[str]:
    lines = [line.strip() for line in text.split("\n") if line.strip()][-(most_lines or 0) :]
    read = sentence_reader()
    return [sentence for line in lines for sentence in read(line)]


def _clauses(sentence: str) -> list[str]:
    pieces = [piece.strip(" ,;") for piece in _JOINED.split(sentence)]
    long_enough = all(len(piece.split()) >= 2 for piece in pieces)
    return [piece for piece in pieces if piece] if long_enough else [sentence]
