"""Topics, intents, rules and training examples name the same things; every word that is said lives in content/."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from content.library import Library

ROOT = Path(__file__).parent.parent
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
BLOCKS = yaml.safe_load((ROOT / "data" / "nlu.yml").read_text(encoding="utf-8"))["nlu"]
FEWEST_EXAMPLES = 25


def _examples() -> list[tuple[str, str, str]]:
    return [
        (block["intent"], block["metadata"]["voice"], line.strip().removeprefix("- "))
        for block in BLOCKS
        for line in block["examples"].splitlines()
        if line.strip()
    ]


def _rule_intents(action: str) -> set[str]:
    found: set[str] = set()
    for rule in RULES:
        steps = rule["steps"]
        if steps[-1].get("action") == action:
            found |= {step["intent"] for step in steps[0].get("or", [steps[0]])}
    return found


def test_every_topic_is_an_intent_that_one_rule_answers(library: Library) -> None:
    assert _rule_intents("action_answer") == set(library.topics)
    assert set(library.topics) <= set(DOMAIN["intents"])


def test_every_kind_of_danger_is_an_intent_of_its_own(library: Library) -> None:
    assert _rule_intents("action_danger") == {f"danger_{danger.id}" for danger in library.dangers}


def test_every_piece_of_small_talk_has_its_words(library: Library) -> None:
    doubt = {f"{repair}{child}" for repair in ("unsure", "themes", "person") for child in ("", "_child")}
    assert _rule_intents("action_chat") == set(library.chat) - {"danger"} - doubt


def test_every_topic_has_at_least_twenty_five_varied_examples(library: Library) -> None:
    counts = Counter(intent for intent, _, _ in _examples())
    assert {topic: counts[topic] for topic in library.topics if counts[topic] < FEWEST_EXAMPLES} == {}


def test_every_topic_is_asked_in_at_least_four_voices(library: Library) -> None:
    voices: dict[str, set[str]] = {topic: set() for topic in library.topics}
    for intent, voice, _ in _examples():
        voices.get(intent, set()).add(voice)
    assert {topic for topic, found in voices.items() if len(found) < 4} == set()


def test_no_example_stands_under_two_intents() -> None:
    seen: dict[str, set[str]] = {}
    for intent, _, text in _examples():
        seen.setdefault(" ".join(text.lower().split()), set()).add(intent)
    assert {text: intents for text, intents in seen.items() if len(intents) > 1} == {}


def test_every_label_that_is_trained_is_an_intent_of_the_domain() -> None:
    assert {intent for intent, _, _ in _examples()} == set(DOMAIN["intents"]) - {"nlu_fallback"}


def test_the_domain_holds_no_words_for_people() -> None:
    assert "responses" not in DOMAIN


@pytest.mark.parametrize("package", ["actions", "bot", "desk", "api"])
def test_nothing_outside_content_names_a_phone_number(package: str, library: Library) -> None:
    numbers = [re.escape(service.number) for service in library.services.values() if service.number]
    named = re.compile(rf"(?<![\w.#-])(?:{'|'.join(numbers)})(?![\w.%])|08[0-9]{{2}} ?[0-9]{{3}}|85258")
    for path in (ROOT / package).rglob("*.*"):
        if path.suffix in (".py", ".js", ".j2", ".html") and "vendor" not in path.parts:
            assert not (found := named.search(path.read_text(encoding="utf-8"))), f"{path}: {found}"
