"""Strange messages in great number: every script, control and bidi signs, lone surrogates, days and digits, up to a megabyte."""

from __future__ import annotations

import json

from hypothesis import strategies as st

MEGABYTE = 1_000_000
_SCRIPTS = "aé\u0401\u05d0\u0627\u0939\u4e00\u3042\uac00\u0e01\u1200\u10a0\U0001f62d\U00020000"
_CONTROL = (
    "".join(map(chr, range(32))) + "\x7f\x85\u00ad\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\ufffe"
)
_MARKUP = "<>&'\"`{}[]()|\\/%$#@;:*_~^=+-\x00"
_WORDS = [
    "my child",
    "conference",
    "/restart",
    "/ /restart",
    "{topic}",
    "1 jan",
    "yes",
    "stop",
    "why",
    "he hit me",
    "?" * 50,
    "s20",
    "\u0301" * 80,
    "\ud800",
]
_DIGITS = "0123456789\u0661\u0969\u0be9\uff15\u00b2\u2460\U0001d7d7"
_DATED = ["conference on {}", "the letter came {}", "what happens {} days after {}", "{}", "my review is {} at {}", "in {} weeks"]
_MONTHS = [
    "jan",
    "february",
    "sept",
    "31 november",
    "30 feb",
    "29 february 2027",
    "tomorrow",
    "last",
    "next",
    "ago",
    "monday",
    "the 15th",
]
_number = st.one_of(st.integers(-1, 40), st.integers(0, 10**30)).map(str)
# Days as people write them, days that no calendar has, and what only looks like one.
_day = st.one_of(
    st.lists(_number, min_size=1, max_size=4).flatmap(lambda parts: st.sampled_from("-/. :,").map(lambda sign: sign.join(parts))),
    st.lists(st.one_of(_number, st.sampled_from(_MONTHS)), min_size=1, max_size=4).map(" ".join),
    st.dates().map(str),
    st.text(st.sampled_from(_DIGITS), min_size=1, max_size=40),
)

texts = st.one_of(
    st.text(st.characters(), max_size=300),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co", "Cn"]), max_size=80),
    st.text(st.sampled_from(_SCRIPTS + _CONTROL + _MARKUP), max_size=400),
    st.lists(st.one_of(st.sampled_from(_WORDS), st.text(st.sampled_from(_CONTROL + _MARKUP), max_size=8)), max_size=40).map(
        " ".join
    ),
    st.builds(lambda sentence, one, other: sentence.format(one, other), st.sampled_from(_DATED), _day, _day),
    st.builds(lambda sign, size: sign * size, st.characters(), st.sampled_from([1, 100, 3999, 4000, 4001, 30_000, MEGABYTE])),
)


def body(text: str) -> bytes:
    """A request's body with `text` in it; JSON can name lone surrogates although UTF-8 cannot hold them."""
    return json.dumps({"text": text}).encode("ascii")
