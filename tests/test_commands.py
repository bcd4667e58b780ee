"""Every command that the README names, run as a newcomer would run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.settings import Settings
from bench.serving import free_port
from bot.engine import Engine

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
VERBS = (
    "run",
    "test",
    "testall",
    "services",
    "audit",
    "check",
    "train",
    "encoder",
    "chat",
    "evaluate",
    "flows",
    "bench",
    "chaos",
    "soak",
    "fmt",
    "clean",
    "help",
    "pictures",
    "vulnerabilities",
    "setup",
)
BIN = Path(sys.executable).parent
QUESTIONS = [
    "can the conference take my child away?",
    "why",
    "what if i disagree with the report",
    "he is hitting me right now",
    "hi im 12 do i have to go to the meeting about me",
    "whats the weather like tomorrow",
    "who will be there and how long does a plan last?",
    "thanks",
]


def _call(url: str, body: dict[str, object] | None = None, token: str | None = None) -> object:
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())


@contextmanager
def _running(command: list[str], ready: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process group of its own, once `ready` answers."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(process, ready)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[str], url: str) -> None:
    for _ in range(1200):
        assert process.poll() is None, "the command ended"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


def test_the_readme_names_every_verb_and_only_verbs_that_exist() -> None:
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    offered = set(re.findall(r"make (\w+)", help_text))
    assert offered == set(VERBS)
    named = set(re.findall(r"(?:^|`)(?:PORT=\d+ )?make (\w+)", README, re.MULTILINE))
    assert named <= offered
    assert {"run", "test"} <= named


def test_make_run_serves_the_page_and_the_chat() -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with _running(["make", "run"], f"{base}/health/ready", PORT=str(port)):
        token = _call(f"{base}/api/conversations", {})["token"]  # type: ignore[index]
        turn = _call(f"{base}/api/conversations/messages", {"text": QUESTIONS[0]}, token)
        assert turn["topics"] == ["removal_at_conference"]  # type: ignore[index]
        with urllib.request.urlopen(base) as page:
            assert b"<form" in page.read()


def test_a_port_in_use_and_a_wrong_setting_are_told() -> None:
    wrong = subprocess.run(
        [sys.executable, "-m", "api"], cwd=ROOT, env={**os.environ, "HANDRAIL_IDLE_MINUTES": "soon"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert wrong.returncode == 2
    assert "HANDRAIL_IDLE_MINUTES" in wrong.stderr


def test_make_chat_talks_in_the_terminal() -> None:
    done = subprocess.run(
        ["make", "chat"], cwd=ROOT, input="can the conference take my child away?\n1\n", capture_output=True, text=True, check=True
    )
    assert "72 hours" in done.stdout
    assert "0808 801 0366" in done.stdout
    assert done.stdout.count("What you can do now") == 2


def test_the_wrong_python_gets_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    for name in ("Makefile", "requirements-uv.lock", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    done = subprocess.run(["make", "setup", "PYTHON=/bin/false"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Handrail needs Python 3.11" in done.stdout
    assert "apt install python3.11" in done.stdout


def test_rasa_data_validate_finds_no_error() -> None:
    done = subprocess.run([BIN / "rasa", "data", "validate"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "No story structure conflicts found" in done.stdout + done.stderr
    assert " ERROR " not in done.stdout + done.stderr


def test_rasa_test_passes_the_test_stories(tmp_path: Path) -> None:
    command = [BIN / "rasa", "test", "core", "--stories", "tests/test_stories.yml", "--model", "models/handrail.tar.gz"]
    done = subprocess.run([*command, "--out", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "None of the test stories failed" in (tmp_path / "failed_test_stories.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def stock() -> Iterator[str]:
    """`rasa run` beside `rasa run actions`, as the README has it, on free ports."""
    rasa, actions = free_port(), free_port()
    endpoints = ROOT / ".rasa" / "test-endpoints.yml"
    endpoints.parent.mkdir(exist_ok=True)
    endpoints.write_text(f'action_endpoint:\n  url: "http://127.0.0.1:{actions}/webhook"\n', encoding="utf-8")
    server = [str(BIN / "rasa"), "run", "--model", "models/handrail.tar.gz", "--port", str(rasa), "--endpoints", str(endpoints)]
    with (
        _running([str(BIN / "rasa"), "run", "actions", "--port", str(actions)], f"http://127.0.0.1:{actions}/health"),
        _running(server, f"http://127.0.0.1:{rasa}/webhooks/rest/"),
    ):
        yield f"http://127.0.0.1:{rasa}"


def test_stock_rasa_answers_the_same_as_the_embedded_engine(stock: str) -> None:
    port = free_port()
    ours = f"http://127.0.0.1:{port}"
    with _running([sys.executable, "-m", "api"], f"{ours}/health/ready", PORT=str(port), HANDRAIL_REST_CHANNEL="true"):
        for text in QUESTIONS:
            said = {"sender": "same", "message": text}
            assert _call(f"{ours}/webhooks/rest/webhook", said) == _call(f"{stock}/webhooks/rest/webhook", said), text


async def test_the_readmes_conversation_is_what_the_engine_says(engine: Engine) -> None:
    spoken = re.search(r"## A conversation\n\n```\n(.*?)```", README, re.DOTALL)
    assert spoken
    flat = " ".join(README.split())
    token = engine.start()
    for asked in re.findall(r"^> (.*)$", spoken.group(1), re.MULTILINE):
        reply = await engine.reply(token, asked)
        assert " ".join(reply.messages[0].text.split("\n\n")[0].split()) in flat, asked


def test_the_readme_names_every_setting_and_every_package() -> None:
    for name in Settings.model_fields:
        assert f"HANDRAIL_{name.upper()}" in README
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        package = re.split(r"[=<>\[]", requirement)[0]
        assert package in README or package.startswith("types-"), package
