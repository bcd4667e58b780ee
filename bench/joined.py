"""One Rasa model out of two: the understanding of the first and the dialogue of the second, without training again."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

_INTENT_OF_SLASH = "run_RegexMessageHandler"
_Nodes = dict[str, Any]


def join(understanding: Path, dialogue: Path, joined: Path) -> None:
    """Writes `joined`, which `rasa run` serves like any other model.

    Both are model files of Rasa. Everything after the last step of understanding is the second model's: the domain, the
    policies and what they learnt.
    """
    with tempfile.TemporaryDirectory() as place:
        first, second = Path(place) / "first", Path(place) / "second"
        for archive, folder in ((understanding, first), (dialogue, second)):
            with tarfile.open(archive) as packed:
                packed.extractall(folder, filter="data")
        theirs, ours = _metadata(first), _metadata(second)
        nlu, whole = theirs["predict_schema"]["nodes"], ours["predict_schema"]["nodes"]
        last = nlu[_INTENT_OF_SLASH]["needs"]["messages"]
        whole[_INTENT_OF_SLASH]["needs"]["messages"] = last
        ours["predict_schema"]["nodes"] = _needed(nlu, last) | _needed(whole, ours["core_target"]) | _one(whole, _INTENT_OF_SLASH)
        (second / "metadata.json").write_text(json.dumps(ours), encoding="utf-8")
        for step in (first / "components").iterdir():
            if step.name.startswith("train_"):
                step.rename(second / "components" / step.name)
        kept = {(node["resource"] or {}).get("name") for node in ours["predict_schema"]["nodes"].values()}
        joined.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(joined, "w:gz", compresslevel=1) as packed:
            packed.add(second / "metadata.json", "metadata.json")
            for step in sorted((second / "components").iterdir()):
                if step.name in kept:
                    packed.add(step, f"components/{step.name}")


def _metadata(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    return read


def _needed(nodes: _Nodes, target: str) -> _Nodes:
    """The node and everything that it needs; what stands outside of the graph (`__message__`) is no node."""
    found: _Nodes = {}
    waiting = [target]
    while waiting:
        name = waiting.pop()
        if name in nodes and name not in found:
            found[name] = nodes[name]
            waiting += nodes[name]["needs"].values()
    return found


def _one(nodes: _Nodes, name: str) -> _Nodes:
    return {name: nodes[name]}
