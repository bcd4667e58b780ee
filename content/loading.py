"""Reads the YAML files of the content base and turns each into its frozen shape, collecting faults on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from content.model import Area, Chat, Danger, OpeningTimes, Service, Source, Topic

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NOT_DIALLED = "none"


def read_yaml(path: Path) -> Any:
    """The parsed file; raises ValueError with the file's name and line where it is not YAML or not UTF-8."""
    try:
        return parsed(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: cannot be read as YAML: {error}") from error


def parsed(text: str) -> Any:
    """The same of a text; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  a safe loader that is stricter still


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a key that stands twice, which YAML would silently let win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key '{key}' stands twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def read_topics(folder: Path, schema_path: Path, problems: list[str]) -> dict[str, Topic]:
    """Every topic of the folder by id. A file with a fault is left out, and its faults are added to `problems`."""
    check = _checks(schema_path)
    topics: dict[str, Topic] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            raw = read_yaml(path)
        except ValueError as error:
            problems.append(f"topics/{error}")
            continue
        topic, faults = _read_topic(check, raw, path.name)
        problems.extend(faults)
        if topic:
            topics[topic.id] = topic
    return topics


def read_topic(raw: Any, schema_path: Path, name: str) -> tuple[Topic | None, list[str]]:
    """The topic that the parsed file of that name holds, or None and its faults."""
    return _read_topic(_checks(schema_path), raw, name)


def _read_topic(check: jsonschema.Draft7Validator, raw: Any, name: str) -> tuple[Topic | None, list[str]]:
    faults = list(_faults(check, raw, name))
    return (None, faults) if faults else (_topic(raw), [])


@lru_cache(maxsize=2)
def _checks(schema_path: Path) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(_schema(schema_path), format_checker=None)


def _schema(path: Path) -> Mapping[str, Any]:
    schema: dict[str, Any] = read_yaml(path)
    # YAML gives real dates, which JSON Schema has no type for: they are checked by hand in _faults.
    for key in ("reviewed", "review_by"):
        schema["properties"][key] = {}
    return schema


def _faults(check: jsonschema.Draft7Validator, raw: Any, name: str) -> Iterator[str]:
    for error in sorted(check.iter_errors(raw), key=lambda e: [str(step) for step in e.path]):
        place = ".".join(str(step) for step in error.path) or "the file"
        yield f"topics/{name}: {place}: {_plain_words(error)}"
    if not isinstance(raw, dict):
        return
    stem = name.removesuffix(".yml")
    if raw.get("id") != stem:
        yield f"topics/{name}: id: must be the file's name, '{stem}'"
    for key in ("reviewed", "review_by"):
        if key in raw and type(raw[key]) is not date:
            yield f"topics/{name}: {key}: must be a date like 2026-11-21"


def _plain_words(error: Any) -> str:
    if error.validator == "additionalProperties":
        known = ", ".join(error.schema["properties"])
        return f"{error.message}. Known keys: {known}"
    if error.validator == "required":
        return f"{error.message.replace(' is a required property', '')} is missing"
    if error.validator == "enum":
        return f"'{error.instance}' is not one of: {', '.join(map(str, error.validator_value))}"
    if error.validator == "maxLength":
        return f"is {len(error.instance)} characters long, at most {error.validator_value} are allowed"
    return str(error.message)


def _topic(raw: Mapping[str, Any]) -> Topic:
    answer = {voice: text.strip() for voice, text in raw["answer"].items()}
    short = answer.pop("short")
    return Topic(
        id=raw["id"], question=raw["question"], theme=raw["theme"], harm=raw["harm"],
        covers=tuple(raw["covers"]), draws_on=tuple(raw["draws_on"]), audience=tuple(raw["audience"]),
        short=short, voices=answer,
        now=tuple(raw["now"]), now_child=tuple(raw.get("now_child", ())),
        now_kin=tuple(raw.get("now_kin", ())),
        follow={key: text.strip() for key, text in raw["follow"].items()},
        differs=raw.get("differs"), for_child=raw.get("for_child"), for_grown_up=raw.get("for_grown_up"),
        services=tuple(raw["services"]), next=tuple(raw["next"]),
        sources=tuple(raw["sources"]), reviewed=raw["reviewed"], review_by=raw["review_by"],
        reading_age_reason=raw.get("reading_age_reason"),
    )  # fmt: skip


def read_sources(path: Path) -> dict[str, Source]:
    """Every source by id."""
    return {row["id"]: Source(**row) for row in read_yaml(path)}


def read_services(path: Path) -> dict[str, Service]:
    """Every service by id; a number that is not verified is dropped here, so that nothing downstream can show it."""
    return {row["id"]: _service(row) for row in read_yaml(path)}


def _service(row: Mapping[str, Any]) -> Service:
    number = row["number"] if row["number_status"] == "verified" else None
    tel = row.get("tel", _NOT_DIALLED)
    if tel == _NOT_DIALLED:
        tel = number
    hours = row["hours"]
    return Service(
        id=row["id"], name=row["name"], number=number,
        tel=tel.replace(" ", "") if tel and number else None,
        cost=row["cost"], for_whom=row["for_whom"], nation=row["nation"],
        hours=tuple(map(_opening_times, hours)) if isinstance(hours, list) else None,
        always=hours == "always", website=row["website"], checked=row["checked"],
        voices=tuple(row.get("voices", ())),
    )  # fmt: skip


def _opening_times(row: Mapping[str, Any]) -> OpeningTimes:
    return OpeningTimes(
        days=frozenset(_DAYS.index(day) for day in row["days"]),
        opens=time.fromisoformat(row["from"]),
        closes=time.fromisoformat(row["to"]),
        bank_holidays=row["bank_holidays"],
    )


def read_dangers(path: Path) -> tuple[Danger, ...]:
    """The kinds of danger in the order in which they are tried, with the word groups filled in."""
    raw = read_yaml(path)
    words = raw["words"]
    return tuple(
        Danger(
            id=kind["id"],
            signs=tuple(fill(sign, words) for sign in kind["signs"]),
            not_signs=tuple(fill(sign, words) for sign in kind["not_signs"]),
            text=kind["text"].strip(),
            child_text=kind["child_text"].strip() if kind["child_text"] else None,
            services=tuple(kind["services"]),
        )
        for kind in raw["kinds"]
    )


def fill(pattern: str, words: Mapping[str, str]) -> str:
    """`pattern` with each {name} replaced by its word group; raises KeyError for a name that is not known."""
    for name, group in words.items():
        pattern = pattern.replace("{" + name + "}", group)
    return pattern


def read_areas(folder: Path) -> dict[str, Area]:
    """Every council's own practice by id."""
    areas = {}
    for path in sorted(folder.glob("*.yml")):
        row = read_yaml(path)
        areas[row["id"]] = Area(
            id=row["id"], name=row["name"], nation=row["nation"], names=tuple(row["names"]),
            notes={key: text.strip() for key, text in row.get("notes", {}).items()},
            sources=tuple(row["sources"]), reviewed=row["reviewed"], review_by=row["review_by"], outside=row.get("outside"),
        )  # fmt: skip
    return areas


def read_chat(rows: Mapping[str, Any]) -> dict[str, Chat]:
    """What is said to the intents that are not topics."""
    return {
        intent: Chat(
            id=intent, text=row["text"].strip(), outcome=row["outcome"],
            services=tuple(row.get("services", ())), topics=tuple(row.get("topics", ())), journeys=tuple(row.get("journeys", ())),
            voices={voice: text.strip() for voice, text in row.get("voices", {}).items()},
        )
        for intent, row in rows.items()
    }  # fmt: skip
