"""The Helm chart, rendered by a real Helm and checked against Kubernetes' schemas; no cluster is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import Settings
from bench.services import ROOT
from tests.deploy.chart import CHART, helm, one, refused_by_kubernetes, rendered, run

KINDS = {
    "ServiceAccount", "Deployment", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Job",
}  # fmt: skip
FALLBACK = "nginx.ingress.kubernetes.io/default-backend"
GUIDE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
PEER = '[{"ipBlock": {"cidr": "10.9.9.9/32"}}]'
OPENID = (
    "--set", "openid.issuer=https://id.example,openid.client=desk,openid.back=https://handrail.example/staff/openid/back",
    "--set", "openid.secret=true", "--set-json", 'openid.roles={"advisers": "adviser"}',
)  # fmt: skip
OPENID_REACHED = ("--set-json", f"networkPolicy.openid.to={PEER}")
TRACES = ("--set", "traces.endpoint=http://collector:4318/v1/traces", "--set-json", f"networkPolicy.traces.to={PEER}")
EVERYTHING = (
    *OPENID, *OPENID_REACHED, *TRACES, "--set", "autoscaling.enabled=false,replicas=3,image.digest=sha256:" + "a" * 64,
    "--set-json", 'settings.allowedOrigins=["https://charity.example"]', "--set-json", 'settings.trustedProxies=["10.0.0.0/8"]',
    "--set-json", 'image.pullSecrets=["pull"]', "--set-json", 'nodeSelector={"disk": "ssd"}',
    "--set-json", 'tolerations=[{"key": "a", "operator": "Exists"}]',
    "--set-json", 'settings.more={"HANDRAIL_CONTACT": "x@y.example", "OTEL_EXPORTER_OTLP_HEADERS": "x=y"}',
    "--set-json", "networkPolicy.redis.port=[26379, 6379]",
    "--set", "ingress.className=nginx", "--set-json", 'podAnnotations={"a/b": "c"}',
    "--set-json", 'affinity={"nodeAffinity": {}}',
)  # fmt: skip


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return rendered()


def _pods(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each["spec"]["template"]["spec"] for each in objects if each["kind"] in ("Deployment", "Job")]


def _env(objects: list[dict[str, Any]]) -> dict[str, Any]:
    (container,) = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    names = [row["name"] for row in container["env"]]
    assert len(names) == len(set(names))
    return {row["name"]: row.get("value", row.get("valueFrom")) for row in container["env"]}


def test_helm_has_nothing_against_the_chart() -> None:
    done = run("lint", "--strict")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("arguments", [(), EVERYTHING], ids=["least", "everything"])
@pytest.mark.parametrize("version", ["1.25", "1.31", "1.37"])
def test_kubernetes_would_take_every_object(tmp_path: Path, arguments: tuple[str, ...], version: str) -> None:
    objects = rendered(*arguments)
    assert {each["kind"] for each in objects} == KINDS - ({"HorizontalPodAutoscaler"} if arguments else set())
    assert refused_by_kubernetes(objects, version, tmp_path) == ""


@pytest.mark.parametrize("file", sorted((CHART / "templates").glob("*.yaml")), ids=lambda path: path.name)
def test_a_template_that_breaks_is_found(tmp_path: Path, file: Path) -> None:
    chart = tmp_path / "handrail"
    shutil.copytree(CHART, chart)
    text = file.read_text(encoding="utf-8")
    (chart / "templates" / file.name).write_text(text.replace("{{- end }}", "", 1) if "{{- end }}" in text else "{{ if }}" + text)
    assert run("template", chart=chart).returncode != 0
    (chart / "templates" / file.name).write_text(text.replace("\nmetadata:", "\nmetadatum:", 1))
    done = run("template", chart=chart)
    found = [each for each in yaml.safe_load_all(done.stdout) if each] if done.returncode == 0 else []
    assert done.returncode != 0 or refused_by_kubernetes(found, "1.31", tmp_path) != ""


@pytest.mark.parametrize(
    "wrong",
    [
        ("--set", "image.repository="), ("--set", "image.tag=latest"), ("--set", "image.digest=sha256:1"),
        ("--set", "secrets.existing="),
        ("--set", "ingress.host="), ("--set", "ingress.tlsSecret="), ("--set", "replicaz=3"), ("--set", "settings.logFormat=xml"),
        ("--set-json", "networkPolicy.redis.to=[]"), ("--set-json", "networkPolicy.from=[]"),
        ("--set", "autoscaling.minReplicas=1"), ("--set", "settings.more.HANDRAIL_REDIS=redis://:secret@redis"),
        ("--set", "settings.more.PATH=/tmp"), ("--set-json", "networkPolicy.redis.port=[]"),
        ("--set-json", "networkPolicy.redis.port=[6379, 0]"),
        OPENID, ("--set", "traces.endpoint=http://collector:4318"), ("--set", "openid.issuer=https://id.example"),
    ],
    ids=lambda arguments: arguments[1].split("=")[0],
)  # fmt: skip
def test_values_that_cannot_work_are_refused_before_anything_is_rolled_out(wrong: tuple[str, ...]) -> None:
    done = run("template", *wrong)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("autoscaling.minReplicas=7", "autoscaling.minReplicas is larger than autoscaling.maxReplicas"),
        ("rollout.drainSeconds=45", "rollout.drainSeconds has to be smaller than rollout.graceSeconds"),
    ],
)
def test_values_that_do_not_fit_each_other_are_refused_too(wrong: str, why: str) -> None:
    done = run("template", "--set", wrong)
    assert done.returncode != 0
    assert why in done.stderr


def test_nothing_that_the_chart_sets_can_be_set_a_second_time() -> None:
    names = [name for name in _env(rendered(*EVERYTHING)) if name.startswith("HANDRAIL_") and name != "HANDRAIL_CONTACT"]
    assert len(names) > 15
    for name in names:
        assert f"invalid propertyName '{name}'" in run("template", "--set-string", f"settings.more.{name}=x").stderr


def test_traces_can_have_the_settings_of_their_own_names() -> None:
    assert _env(rendered(*EVERYTHING))["OTEL_EXPORTER_OTLP_HEADERS"] == "x=y"


def test_no_pod_can_write_its_root_become_root_or_speak_to_the_cluster(objects: list[dict[str, Any]]) -> None:
    pods = _pods(objects)
    assert len(pods) == 2
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            security = container["securityContext"]
            assert security == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            assert container["resources"]["limits"]["memory"]
        assert [volume["emptyDir"]["medium"] for volume in pod["volumes"]] == ["Memory"]
    assert one(objects, "ServiceAccount")["automountServiceAccountToken"] is False


def test_no_secret_stands_in_the_chart_and_each_is_asked_of_one_that_is_there(objects: list[dict[str, Any]]) -> None:
    assert not [each for each in objects if each["kind"] == "Secret"]
    taken = {
        name: value["secretKeyRef"] for name, value in _env(rendered(*OPENID, *OPENID_REACHED)).items() if isinstance(value, dict)
    }
    assert set(taken) == {
        "HANDRAIL_REDIS", "HANDRAIL_DATABASE", "HANDRAIL_DESK_KEY", "HANDRAIL_SIGNING_KEY", "HANDRAIL_LIMITS_KEY",
        "HANDRAIL_METRICS_TOKEN", "HANDRAIL_OPENID_SECRET",
    }  # fmt: skip
    assert all(reference == {"name": "handrail-secrets", "key": name} for name, reference in taken.items())


def test_the_settings_of_a_pod_are_settings_of_handrail(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _env(rendered(*EVERYTHING)).items():
        if isinstance(value, str) and name.startswith("HANDRAIL_"):
            monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.rest_channel is False
    assert settings.allowed_origins == ("https://charity.example",)
    assert settings.openid_roles == {"advisers": "adviser"}
    assert settings.idle_minutes == 30


def test_a_pod_reaches_its_stores_and_names_and_nothing_else(objects: list[dict[str, Any]]) -> None:
    policy = one(objects, "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert [rule["ports"][0]["port"] for rule in policy["egress"]] == [53, 6379, 5432]
    assert all(rule["to"] for rule in policy["egress"])
    assert all(rule["from"] and rule["ports"] == [{"protocol": "TCP", "port": 8000}] for rule in policy["ingress"])
    selected = policy["podSelector"]["matchLabels"].items()
    for each in objects:
        if each["kind"] in ("Deployment", "Job"):
            assert selected <= each["spec"]["template"]["metadata"]["labels"].items()


def test_a_provider_and_a_collector_are_reached_only_where_they_are_set() -> None:
    policy = one(rendered(*OPENID, *OPENID_REACHED, *TRACES), "NetworkPolicy")["spec"]
    assert [rule["ports"][0]["port"] for rule in policy["egress"]] == [53, 6379, 5432, 443, 4318]


def test_nothing_old_goes_before_something_new_is_ready_and_turns_under_way_are_ended(objects: list[dict[str, Any]]) -> None:
    deployment = one(objects, "Deployment")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    pod = deployment["template"]["spec"]
    (web,) = pod["containers"]
    assert web["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    # A pod without its model is not killed: it still answers danger (tests/operating/test_runbook.py).
    assert web["livenessProbe"]["httpGet"]["path"] == web["startupProbe"]["httpGet"]["path"] == "/health/live"
    drain = int(web["lifecycle"]["preStop"]["exec"]["command"][1])
    assert drain + Settings().reply_timeout < pod["terminationGracePeriodSeconds"]


def test_a_selector_finds_the_pods_and_does_not_change_with_a_release() -> None:
    before, after = rendered(), rendered("--set-string", "image.tag=8")
    for objects in (before, after):
        labels = one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
        for selector in (
            one(objects, "Service")["spec"]["selector"], one(objects, "Deployment")["spec"]["selector"]["matchLabels"],
            one(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        ):  # fmt: skip
            assert selector.items() <= labels.items()
            assert not selector.items() <= one(objects, "Job", "handrail-migrate")["spec"]["template"]["metadata"]["labels"].items()
    assert one(before, "Deployment")["spec"]["selector"] == one(after, "Deployment")["spec"]["selector"]
    assert [pod["containers"][0]["image"] for pod in _pods(after)] == ["registry.example/handrail:8"] * 2


def test_the_store_is_brought_up_to_date_before_new_pods_come(objects: list[dict[str, Any]]) -> None:
    job = one(objects, "Job", "handrail-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["python", "-m", "desk", "migrate"]


def _behind(ingress: dict[str, Any]) -> dict[str, str]:
    """The Service behind each path."""
    assert ingress["spec"]["tls"] == [{"hosts": ["handrail.example"], "secretName": "handrail-tls"}]
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "handrail.example"
    return {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}


def test_metrics_and_webhooks_lead_nowhere_from_outside(objects: list[dict[str, Any]]) -> None:
    assert _behind(one(objects, "Ingress", "handrail-closed")) == {"/metrics": "handrail-closed", "/webhooks": "handrail-closed"}
    assert "selector" not in one(objects, "Service", "handrail-closed")["spec"]
    alone = rendered("--set", "ingress.fallback=false")
    (ingress,) = [each for each in alone if each["kind"] == "Ingress"]
    assert _behind(ingress) == {"/metrics": "handrail-closed", "/webhooks": "handrail-closed", "/": "handrail"}
    assert FALLBACK not in ingress["metadata"]["annotations"]


def test_while_no_pod_is_ready_people_reach_those_that_live(objects: list[dict[str, Any]]) -> None:
    ingress = one(objects, "Ingress")
    assert _behind(ingress) == {"/": "handrail"}
    living = one(objects, "Service", ingress["metadata"]["annotations"][FALLBACK])["spec"]
    assert living["publishNotReadyAddresses"] is True
    assert living["selector"] == one(objects, "Service")["spec"]["selector"]
    # ingress-nginx takes the first port.
    assert living["ports"][0]["targetPort"] == one(objects, "Service")["spec"]["ports"][0]["targetPort"] == "http"
    # It stands in for whatever has nothing behind it, and what is closed never has.
    closed = one(objects, "Ingress", "handrail-closed")["metadata"]["annotations"]
    assert closed.items() == ingress["metadata"]["annotations"].items() - {(FALLBACK, "handrail-living")}


def test_prometheus_finds_every_pod_under_one_name(objects: list[dict[str, Any]]) -> None:
    living = one(objects, "Service", "handrail-living")["spec"]
    assert living["clusterIP"] == "None"
    text = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    assert "handrail-living.NAMESPACE.svc" in text
    assert f"port: {living['ports'][0]['port']}," in text


def test_what_the_ingress_is_told_are_annotations_of_ingress_nginx(objects: list[dict[str, Any]]) -> None:
    """HSTS and the level of the error log are none: they stand in the controller's own ConfigMap."""
    known = {
        "client-body-buffer-size", "default-backend", "enable-access-log", "force-ssl-redirect", "proxy-body-size",
        "proxy-max-temp-file-size",
    }  # fmt: skip
    given = one(objects, "Ingress")["metadata"]["annotations"]
    assert {name.removeprefix("nginx.ingress.kubernetes.io/") for name in given} == known
    for place in (GUIDE, (CHART / "values.yaml").read_text(encoding="utf-8")):
        assert '`hsts: "false"`' in place
        assert "`error-log-level: emerg`" in place


@pytest.mark.parametrize("port", ["6379", "[26379, 6379]"])
def test_a_pod_reaches_every_port_of_its_stores(port: str) -> None:
    wanted = json.loads(port) if port.startswith("[") else [int(port)]
    policy = one(rendered("--set-json", f"networkPolicy.redis.port={port}"), "NetworkPolicy")["spec"]
    (redis,) = [rule for rule in policy["egress"] if rule["to"] == [{"podSelector": {"matchLabels": {"app": "redis"}}}]]
    assert redis["ports"] == [{"protocol": "TCP", "port": number} for number in wanted]


def test_helm_knows_every_option_that_the_guide_uses() -> None:
    (line,) = [line.split("    #")[0] for line in GUIDE.splitlines() if line.startswith("helm upgrade ")]
    known = subprocess.run([helm(), "upgrade", "--help"], capture_output=True, text=True, check=True).stdout
    for option in [word for word in line.split() if word.startswith("-")]:
        assert re.search(rf"^ +(-\w, )?{option}\b", known, re.MULTILINE), option


def test_two_releases_stand_beside_each_other() -> None:
    names = [{(each["kind"], each["metadata"]["name"]) for each in rendered(release=release)} for release in ("handrail", "second")]
    assert not names[0] & names[1]


def test_every_value_has_a_rule() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    assert set(values) <= set(schema["properties"])
