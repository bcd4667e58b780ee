"""The Containerfile and what goes into the image, as far as can be known without building it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.services import ROOT, Server, free_port
from tests.deploy.chart import TOOLS

CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
_FINAL = CONTAINERFILE[CONTAINERFILE.rindex("\nFROM ") :]


def _locked(name: str) -> dict[str, set[str]]:
    """Each package with its version, and the hashes that are accepted for it."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if package := re.match(r"([^\s#]+==[^\s;]+)", line):
            hashes = found.setdefault(package[1], set())
        elif digest := re.search(r"--hash=(sha256:[0-9a-f]{64})", line):
            hashes.add(digest[1])
    return found


def _sources() -> list[str]:
    """What is copied from the project into the image that serves."""
    return [part.rstrip("/") for part in re.findall(r"^COPY (?!--from)(\S+) ", _FINAL, re.MULTILINE)]


def test_hadolint_has_nothing_against_the_containerfile() -> None:
    done = subprocess.run(
        [TOOLS / "bin" / "hadolint", ROOT / "deploy" / "Containerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_package_of_the_image_is_one_that_was_tested_with_the_same_version_and_hashes() -> None:
    image, tested = _locked("requirements-run.lock"), _locked("requirements.lock")
    assert len(image) > 150
    for package, hashes in image.items():
        assert hashes
        assert hashes == tested[package], package
    assert not {package.split("==")[0] for package in image} & {
        "pytest",
        "playwright",
        "mypy",
        "ruff",
        "hypothesis",
        "schemathesis",
    }


def test_every_package_that_the_project_names_is_in_the_image() -> None:
    needed = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.optional-dependencies]")[0]
    named = re.findall(r'^  "([A-Za-z0-9-]+)', needed, re.MULTILINE)
    assert {name.lower() for name in named} <= {package.split("==")[0] for package in _locked("requirements-run.lock")}


def test_the_image_runs_as_nobody_stops_politely_and_is_asked_whether_it_can_answer() -> None:
    assert re.search(r"^USER 10001:10001$", _FINAL, re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", _FINAL, re.MULTILINE)
    assert re.search(r'^HEALTHCHECK .*CMD \["python", "deploy/ready.py"\]$', _FINAL, re.MULTILINE)
    assert re.search(r'^CMD \["python", "-m", "api"\]$', _FINAL, re.MULTILINE)


def test_what_the_image_needs_reaches_the_build_and_nothing_secret_does() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        part.rstrip("/") for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE) for part in line.split()[:-1]
    }
    assert copied == allowed
    assert not [name for name in allowed if name.startswith((".", "var", "deploy/.env", "deploy/proxy"))]


def _ready(port: int) -> int:
    return subprocess.run(
        [sys.executable, "deploy/ready.py"], cwd=ROOT, env={**os.environ, "PORT": str(port), "http_proxy": "http://127.0.0.1:9"},
        check=False,
    ).returncode  # fmt: skip


def test_nobody_is_not_ready() -> None:
    assert _ready(free_port()) == 1


def test_a_handrail_without_its_model_is_alive_and_not_ready(tmp_path: Path) -> None:
    server = Server(tmp_path, HANDRAIL_MODEL=str(tmp_path / "none.tar.gz"))
    try:
        server.wait_until("/health/live", tries=3000)
        assert _ready(server.port) == 1
    finally:
        server.kill()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file system that nobody can write")
def test_it_serves_from_the_images_files_alone_as_nobody_with_a_root_that_cannot_be_written(tmp_path: Path) -> None:
    image, venv, python = tmp_path / "handrail", Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()
    for name in _sources():
        source, there = ROOT / name, image / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, there)
    for name in ("models", "var"):
        (image / name).mkdir()
    shutil.copy(ROOT / "models" / "handrail.tar.gz", image / "models")
    # Where root's own folder holds Python, nobody has to be let through to it.
    shut = next((path for path in [*python.parents][::-1] if not path.stat().st_mode & 0o001), None)
    opened = f"mount -t tmpfs -o mode=0755 tmpfs {shut}; mkdir -p {python}; mount --bind /mnt/python {python}" if shut else ""
    port, log = free_port(), tmp_path / "log.txt"
    # As the container engines do it: everything is mounted read-only but /tmp and var, and every capability is dropped.
    script = f"""
        set -e
        mount --make-rprivate /
        mount -t tmpfs -o mode=0755 tmpfs /mnt
        mkdir /mnt/handrail /mnt/venv /mnt/python
        mount --bind {image} /mnt/handrail
        mount --bind {venv} /mnt/venv
        mount --bind {python} /mnt/python
        {opened}
        mount -t tmpfs -o size=384m,mode=1777,noexec,nosuid,nodev tmpfs /tmp
        mount -t tmpfs -o size=8m,mode=0700,uid=10001,gid=10001 tmpfs /mnt/handrail/var
        for place in /mnt/handrail /mnt/venv /mnt/python /mnt / {shut or ""}; do mount -o remount,bind,ro $place; done
        cd /mnt/handrail
        exec setpriv --reuid 10001 --regid 10001 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \
            env PATH=/nowhere /mnt/venv/bin/python -m api
    """
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONWARNINGS"] = "ignore"
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script],
            env={**environment, "PYTHONWARNINGS": "ignore"},
            stdout=output,
            stderr=output,
        )
    try:
        for _ in range(3000):
            if process.poll() is not None or (_ready(port) == 0 and "The desk is open." in log.read_text(errors="replace")):
                break
            time.sleep(0.1)
        assert process.poll() is None, log.read_text(errors="replace")
        assert _ready(port) == 0, log.read_text(errors="replace")
        assert "The desk is open." in log.read_text(errors="replace")
        assert Path(f"/proc/{process.pid}/status").read_text().split("Uid:")[1].split()[0] == "10001"
    finally:
        process.terminate()
        process.wait(timeout=60)
