"""docs/safety.md out of the figures that `make audit` has found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "safety.md"
_Figures = Mapping[str, Any]
PARTS = {
    "danger": "Danger",
    "attacks": "Attacks",
    "strange": "Strange messages",
    "kept": "Nothing kept",
    "sharing": "What is taken out of a question before it may be shared",
}
_NOT_YET = "Not measured yet: `make audit`."


def page(figures: _Figures) -> str:
    """The whole page; a part that was never measured says so."""
    sections = [_INTRO]
    for name, title in PARTS.items():
        found = figures.get(name)
        sections.append(f"## {title}")
        sections.append(_WORDS[name](found) + "\n\n" + _WHEN.format(**found) if found else _NOT_YET)
    return "\n\n".join(sections) + "\n"


def _danger(found: _Figures) -> str:
    return "\n\n".join(
        [
            _DANGER.format(micro=found["microseconds"]),
            _danger_table(found["groups"], "messages"),
            "The pairs by kind:",
            _danger_table(found["kinds"], "kind"),
            "Urgent messages that are not caught today, by name (`tests/pairs/lost.yml`; the release stops when another is lost):",
            "\n".join(f"- {name}" for name in found["lost"]) or "None.",
        ]
    )


def _danger_table(rows: Sequence[_Figures], name: str) -> str:
    lines = [f"| {name} | urgent | caught | by the rules alone | calm | false alarms |", "|---|--:|--:|--:|--:|--:|"]
    for row in rows:
        caught, ruled = _share(row["caught"], row["urgent"]), _share(row["by_rule"], row["urgent"])
        lines.append(
            f"| {row['name']} | {row['urgent']} | {caught} | {ruled} | {row['calm']} | {_share(row['alarms'], row['calm'])} |"
        )
    return "\n".join(lines)


def _attacks(found: _Figures) -> str:
    lines = [_ATTACKS, "", "| family | messages | broken | answered | alarm raised | turned away |", "|---|--:|--:|--:|--:|--:|"]
    lines += [
        "| {name} | {messages} | {broken} | {answered} | {alarms} | {turned_away} |".format(**row) for row in found["families"]
    ]
    return "\n".join(lines)


def _strange(found: _Figures) -> str:
    statuses: Mapping[str, int] = found["statuses"]
    return _STRANGE.format(
        count=sum(statuses.values()), statuses=", ".join(f"{code}: {count:,}" for code, count in statuses.items())
    )


def _kept(found: _Figures) -> str:
    return _KEPT.format(**found)


def _sharing(found: _Figures) -> str:
    lines = [_SHARING.format(**found), "", "| kind | marked | removed |", "|---|--:|--:|"]
    lines += [f"| {row['name']} | {row['marked']} | {_share(row['removed'], row['marked'])} |" for row in found["kinds"]]
    return "\n".join(lines)


def _share(count: int, of: int) -> str:
    return f"{count} ({count / of:.1%})" if of else "-"


_WORDS = {"danger": _danger, "attacks": _attacks, "strange": _strange, "kept": _kept, "sharing": _sharing}

# ruff: noqa: E501
_INTRO = """# How safe Handrail is

Written by `make audit`; do not edit. What each threat is and what is done about it stands in [threat-model.md](threat-model.md)."""
_WHEN = "Measured on {day}, model {model}."
_DANGER = """An alarm is raised by the rules of `content/safety.yml` or by the learned detector; either is enough. The rules alone need neither
model nor store; one look takes {micro:.0f} microseconds (median). The pairs are near-twins, such as "six years ago" and "six minutes
ago", by authors whose words were never trained on: much harder than what people mostly write, which the question bank shows.
Rules were written for the last pairs that were missed and for calm ones that rules had raised, so the pairs show that nothing
known is lost. What to expect of twins that nobody has looked at, the fresh pairs show (`tests/pairs/fresh.yml`)."""
_ATTACKS = """Messages meant to misuse the chat (`tests/attacks`). `broken` are replies that show the inside of the program, repeat the message, make a
promise or hide a danger: there must be none. `answered` got a topic's ordinary answer where none was due; `turned away` are
people in need who were taken for an abuser."""
_STRANGE = """{count:,} messages of every script, with control and bidi signs, lone surrogates and up to a megabyte, two hundred to a conversation.
What came back, by status: {statuses}."""
_KEPT = """Unique words are said through every channel and every failure (an exception in an action, a late reply, a killed worker, a
bad token, Redis stopped), and then looked for, in fifteen encodings, in every file written, the output, the metrics and Redis' own
files; no address but this machine's own may be called. The tests: {result}"""
_SHARING = """{sentences} written sentences with British names of many origins. Of {direct} direct identifiers {recall:.1%} are removed; {dropped} questions are
dropped whole; {words_kept:.0%} of the words stay."""
