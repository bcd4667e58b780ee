"""What operators read and import is true: metrics exist, every alert has its part of the runbook, and fires when it should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from bench.services import ROOT, Server
from bot.events import Event, fields_of

RUNBOOK = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
ALERTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
BOARD = json.loads((ROOT / "deploy/grafana/handrail.json").read_text(encoding="utf-8"))
CASES = yaml.safe_load((ROOT / "tests/operating/alerts.yml").read_text(encoding="utf-8"))["tests"]
FROM_PROMETHEUS = {"instance", "job", "le"}


def _expressions() -> list[str]:
    shown = [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", [])]
    return shown + [variable["definition"] for variable in BOARD["templating"]["list"] if "definition" in variable]


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Metric]:
    """What a running server gives, by the name of the series."""
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        server.wait_until("/health/ready")
        server.wait_for_desk()
        with httpx.Client(base_url=server.url, timeout=60) as http:
            token = http.post("/api/conversations").json()["token"]
            bearer = {"authorization": f"Bearer {token}"}
            http.post("/api/conversations/messages", json={"text": "what is a core group"}, headers=bearer)
            http.post("/api/helpful", json={"topic": "core_group", "helpful": True})
            text = http.get("/metrics").text
    finally:
        server.kill()
    found = {}
    for family in text_string_to_metric_families(text):
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        found |= {family.name + ending: family for ending in endings}
    return found


@pytest.mark.parametrize("expression", _expressions() + [rule["expr"] for rule in ALERTS])
def test_dashboard_and_alerts_name_only_metrics_and_labels_that_a_running_server_exposes(
    expression: str, exposed: dict[str, Metric]
) -> None:
    named = set(re.findall(r"handrail_\w+", expression))
    assert named <= set(exposed)
    assert named or "up{" in expression
    for name, chosen in re.findall(r"(handrail_\w+)\{([^}]*)\}", expression):
        samples = exposed[name].samples
        for label, value in re.findall(r'(\w+)(?:=~|=)"([^"]*)"', chosen):
            if label in FROM_PROMETHEUS:
                continue
            values = {sample.labels.get(label) for sample in samples}
            # A store that is not set up is not exposed, and this server has no Redis.
            assert value in ("redis",) or any(re.fullmatch(value, one or "") for one in values), (name, label, value)


def test_the_runbook_explains_every_metric_that_a_running_server_exposes(exposed: dict[str, Metric]) -> None:
    told = set(re.findall(r"^\| `(handrail_\w+)` \|", RUNBOOK, re.MULTILINE))
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in exposed}
    assert told == families


def test_the_runbook_lists_every_event_with_its_fields() -> None:
    table = RUNBOOK.split("## Log events")[1].split("## ")[0]
    told = {}
    for row in re.findall(r"^\| (`.*)$", table, re.MULTILINE):
        names, fields, _ = row.split("|", 2)
        told |= {name: set(re.findall(r"`(\w+)`", fields)) for name in re.findall(r"`(\w+)`", names)}
    assert told == {event.value: set(fields_of(event)) for event in Event}


def test_every_alert_has_its_part_of_the_runbook_and_every_part_its_alert() -> None:
    parts = re.findall(r"^### (Handrail\w+)$", RUNBOOK, re.MULTILINE)
    assert sorted(parts) == sorted(rule["alert"] for rule in ALERTS)
    for rule in ALERTS:
        assert rule["annotations"]["runbook_url"] == f"docs/operating.md#{rule['alert'].lower()}"
        part = RUNBOOK.split(f"### {rule['alert']}\n")[1].split("\n### ")[0]
        assert part.strip().startswith(f"**{rule['labels']['severity'].title()}.** For families:")
        assert "\n- First:" in part
        assert "\n- Over when:" in part


def test_each_container_and_each_pod_is_a_target_of_its_own() -> None:
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    assert "static_configs" not in job
    (asked,) = job["dns_sd_configs"]
    assert asked["type"] == "A"
    assert [name for name in asked["names"] if "HANDRAIL_WORKERS" in compose["services"][name]["environment"]] == ["web"]
    assert asked["port"] == 8000


def test_every_alert_is_shown_to_fire() -> None:
    checks = [check for case in CASES for check in case["alert_rule_test"]]
    assert {check["alertname"] for check in checks if check["exp_alerts"]} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "deploy/prometheus/alerts.yml"),
        ("check", "config", "deploy/prometheus/prometheus.yml"),
        ("test", "rules", "tests/operating/alerts.yml"),
    ],
    ids=" ".join,
)
def test_prometheus_takes_the_alerts_and_they_fire_when_they_should(command: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt install prometheus")
    done = subprocess.run([promtool, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_danger_and_the_pages_that_the_runbook_leads_people_to_need_no_engine(tmp_path: Path) -> None:
    server = Server(tmp_path, HANDRAIL_MODEL="/nowhere/model.tar.gz", HANDRAIL_DATABASE="")
    try:
        server.wait_until("/health/live")
        with httpx.Client(base_url=server.url, timeout=60) as http:
            turn = http.post(
                "/api/conversations/messages", json={"text": "he is hitting me right now"}, headers={"authorization": "Bearer any"}
            ).json()
            assert turn["urgent"]
            assert "999" in turn["messages"][0]["text"]
            for path in ("/topics", "/topics/core_group", "/safe", "/lines"):
                assert f"`{path.replace('core_group', '...')}`" in RUNBOOK
                page = http.get(path)
                assert page.status_code == 200
            assert "0808 801 0366" in page.text
            assert samples_ready(http.get("/metrics").text) == 0
    finally:
        server.kill()


def samples_ready(text: str) -> float:
    """How many workers say that they can answer."""
    found = re.search(r"^handrail_workers_ready (\S+)$", text, re.MULTILINE)
    assert found
    return float(found[1])
