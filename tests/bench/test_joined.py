"""A model put together out of two understands like the first and talks like the second."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from bench.joined import join


def _node(needs: dict[str, str], resource: str | None = None) -> dict[str, Any]:
    return {"needs": needs, "resource": {"name": resource} if resource else None}


def _model(path: Path, nodes: dict[str, Any], core: str | None) -> Path:
    metadata = {"predict_schema": {"nodes": nodes}, "core_target": core, "owner": path.stem}
    files = {"metadata.json": json.dumps(metadata).encode()}
    files |= {f"components/{node['resource']['name']}/from": path.stem.encode() for node in nodes.values() if node["resource"]}
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return path


def test_understanding_comes_from_the_first_and_dialogue_from_the_second(tmp_path: Path) -> None:
    theirs = {
        "start": _node({"messages": "__message__"}),
        "run_Diet": _node({"messages": "start"}, "train_Diet"),
        "run_RegexMessageHandler": _node({"messages": "run_Diet"}),
    }
    ours = {
        "start": _node({"messages": "__message__"}),
        "run_Topics": _node({"messages": "start"}, "train_Topics"),
        "run_RegexMessageHandler": _node({"messages": "run_Topics", "domain": "domain_provider"}),
        "domain_provider": _node({}, "domain_provider"),
        "run_Rules": _node({"tracker": "__tracker__", "domain": "domain_provider"}, "train_Rules"),
        "select": _node({"policy0": "run_Rules", "domain": "domain_provider"}),
    }
    joined = tmp_path / "new" / "joined.tar.gz"
    join(_model(tmp_path / "theirs.tar.gz", theirs, None), _model(tmp_path / "ours.tar.gz", ours, "select"), joined)
    with tarfile.open(joined) as packed:
        names = set(packed.getnames())
        read = packed.extractfile("metadata.json")
        assert read
        nodes = json.load(read)["predict_schema"]["nodes"]
    assert set(nodes) == {"start", "run_Diet", "run_RegexMessageHandler", "domain_provider", "run_Rules", "select"}
    assert nodes["run_RegexMessageHandler"]["needs"] == {"messages": "run_Diet", "domain": "domain_provider"}
    assert {"components/train_Diet/from", "components/train_Rules/from", "components/domain_provider/from"} <= names
    assert "components/train_Topics" not in names
