"""The compose file, its secrets and its Redis; the services' own settings are tried on real servers."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml

from api.limits import SharedRateLimit
from api.settings import Settings
from bench.services import ROOT, Server, free_port
from bot.memory import VaultDown
from bot.redis_client import connect
from bot.redis_vault import RedisVault
from tests.deploy.chart import TOOLS

COMPOSE = ROOT / "deploy" / "compose.yaml"
RUNBOOK = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
# The innermost first: a default may hold another one.
_WANTED = re.compile(r"(?<!\$)\$\{(\w+)(:-|:\?|-)([^${}]*)\}")
_BINDINGS = "import sys, compose_spec; print(*compose_spec.PyCompose.from_yaml(sys.stdin.read()).service_names())"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """As an operator makes them."""
    file = tmp_path_factory.mktemp("secrets") / "env"
    subprocess.run(["sh", ROOT / "deploy" / "new-secrets.sh", file], check=True, capture_output=True)
    assert file.stat().st_mode & 0o777 == 0o600
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


@pytest.fixture(scope="module")
def services(secrets: Mapping[str, str]) -> dict[str, Any]:
    """Every service, with the secrets put in."""
    return dict(_filled(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")), secrets)["services"])


def _filled(node: Any, given: Mapping[str, str]) -> Any:
    """`node` with the variables in it replaced as Compose does it."""
    if isinstance(node, dict):
        return {name: _filled(value, given) for name, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, given) for value in node]
    if not isinstance(node, str):
        return node
    while _WANTED.search(node):
        node = _WANTED.sub(lambda found: _value(given, *found.groups()), node)
    return node.replace("$$", "$")


def _value(given: Mapping[str, str], name: str, how: str, otherwise: str) -> str:
    if how == ":?":
        return given[name]
    return given.get(name, otherwise) if how == "-" else given.get(name) or otherwise


def test_it_is_a_compose_file(services: dict[str, Any]) -> None:
    whole = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    plain = {**{name: part for name, part in whole.items() if not name.startswith("x-")}, "services": services}
    plain["services"]["web"]["deploy"]["replicas"] = int(services["web"]["deploy"]["replicas"])
    read = [TOOLS / "bin" / "python", "-c", _BINDINGS]
    done = subprocess.run(read, input=yaml.safe_dump(plain), capture_output=True, text=True, check=False)
    assert sorted(done.stdout.split()) == sorted(services), done.stderr
    plain["services"]["web"]["read_onlyy"] = True
    assert subprocess.run(read, input=yaml.safe_dump(plain), capture_output=True, text=True, check=False).returncode != 0


def test_no_secret_has_a_default_and_the_script_makes_every_one(secrets: Mapping[str, str]) -> None:
    wanted = _WANTED.findall(COMPOSE.read_text(encoding="utf-8"))
    assert {name for name, how, _ in wanted if how == ":?"} == set(secrets)
    for name, how, _ in wanted:
        assert how == ":?" or not re.search("PASSWORD|KEY|TOKEN|SECRET", name)
    assert len(set(secrets.values())) == len(secrets)


def test_the_script_never_overwrites_secrets_that_are_in_use(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("REDIS_PASSWORD=mine\n")
    assert (
        subprocess.run(["sh", ROOT / "deploy" / "new-secrets.sh", tmp_path / "env"], capture_output=True, check=False).returncode
        == 1
    )
    assert (tmp_path / "env").read_text() == "REDIS_PASSWORD=mine\n"


def test_handrail_takes_the_settings(services: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in services["web"]["environment"].items():
        assert isinstance(value, str)
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.rest_channel is False
    assert settings.allowed_origins == ()
    assert settings.redis == services["web"]["environment"]["HANDRAIL_REDIS"]


def test_without_redis_one_container_with_one_worker_goes_on_in_memory(
    secrets: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = re.search(r"^ *(.*) docker compose -f deploy/compose.yaml up -d --no-deps web$", RUNBOOK, re.MULTILINE)
    assert told
    given = {**secrets, **dict(setting.split("=") for setting in told[1].split())}
    web = _filled(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")), given)["services"]["web"]
    assert web["deploy"]["replicas"] == "1"
    for name, value in web["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert not settings.redis
    assert settings.workers == 1


def test_nobody_takes_the_proxys_address_by_starting_first(services: dict[str, Any]) -> None:
    (inside,) = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["networks"]["inside"]["ipam"]["config"]
    subnet, given_out = ipaddress.IPv4Network(inside["subnet"]), ipaddress.IPv4Network(inside["ip_range"])
    proxy = ipaddress.IPv4Address(services["proxy"]["networks"]["inside"]["ipv4_address"])
    assert given_out.subnet_of(subnet)
    assert proxy in set(subnet.hosts()) - {next(subnet.hosts())}
    assert proxy not in given_out


def test_a_new_container_listens_when_its_model_is_loaded_and_not_before(tmp_path: Path, services: dict[str, Any]) -> None:
    """The proxy passes over a container that does not listen (test_proxy.py); one that does is asked at once."""
    store = _Redis(tmp_path, services["redis"])
    server = Server(tmp_path, HANDRAIL_REDIS=store.url, HANDRAIL_WORKERS=services["web"]["environment"]["HANDRAIL_WORKERS"])
    try:
        server.wait_until("/health/live")
        with urllib.request.urlopen(f"{server.url}/health/ready", timeout=30) as ready:
            assert ready.status == 200
    finally:
        server.kill()
        store.stop()


def test_only_the_proxy_faces_out(services: dict[str, Any]) -> None:
    networks = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["networks"]
    assert [name for name, service in services.items() if service.get("ports")] == ["proxy"]
    open_ones = {name for name, network in networks.items() if not (network or {}).get("internal")}
    assert [name for name, service in services.items() if open_ones & set(service["networks"])] == ["proxy"]
    assert not set(services["proxy"]["networks"]) & {"stores"}
    (trusted,) = json.loads(services["web"]["environment"]["HANDRAIL_TRUSTED_PROXIES"])
    assert trusted == services["proxy"]["networks"]["inside"]["ipv4_address"]


def test_no_service_can_write_its_root_or_gain_rights_and_each_has_its_limits(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert "cap_add" not in service
        assert "privileged" not in service
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert not service["image"].endswith(":latest")
        if name not in ("web", "migrate"):
            assert re.search(r":\d+\.\d+(\.\d+)?-", service["image"]), name
            assert service["user"] not in ("0", "root", "0:0")
            assert service["healthcheck"]["test"]
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")


def test_what_is_mounted_is_there(services: dict[str, Any]) -> None:
    for service in services.values():
        for volume in service.get("volumes", []):
            if isinstance(volume, dict):
                assert volume["read_only"] is True
                assert (COMPOSE.parent / volume["source"]).exists() or volume["source"].endswith("/tls")


class _Redis:
    """A redis-server started by the very command of the compose file, over the very configuration."""

    def __init__(self, folder: Path, service: dict[str, Any], most: str | None = None) -> None:
        self.port, self.folder = free_port(), folder
        text = (ROOT / "deploy" / "redis.conf").read_text(encoding="utf-8")
        for here, there in {"port 6379": f"port {self.port}\nbind 127.0.0.1", "dir /tmp": f"dir {folder}"}.items():
            assert text.count(f"\n{here}\n") == 1
            text = text.replace(f"\n{here}\n", f"\n{there}\n")
        if most:
            text = re.sub(r"^maxmemory .*$", f"maxmemory {most}", text, flags=re.MULTILINE)
        (folder / "redis.conf").write_text(text, encoding="utf-8")
        assert shutil.which("redis-server"), "redis-server is missing: make services"
        command = [part.replace("/etc/handrail-redis.conf", str(folder / "redis.conf")) for part in service["command"]]
        self.process = subprocess.Popen(
            command, env={"PATH": "/usr/bin:/bin", **service["environment"]}, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.url = f"redis://handrail:{service['environment']['REDIS_PASSWORD']}@127.0.0.1:{self.port}/0"
        for _ in range(600):
            try:
                redis.Redis.from_url(self.url).ping()
            except redis.ConnectionError:
                assert self.process.poll() is None
                time.sleep(0.05)
            else:
                return
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def small(tmp_path: Path, services: dict[str, Any]) -> Iterator[_Redis]:
    """With next to no memory."""
    server = _Redis(tmp_path, services["redis"], most="3mb")
    yield server
    server.stop()


def test_conversations_are_kept_in_this_redis_and_nothing_of_them_on_a_disk(tmp_path: Path, services: dict[str, Any]) -> None:
    server = _Redis(tmp_path, services["redis"])
    try:
        vault = RedisVault(connect(server.url), 60)
        vault.put("a", b"sealed")
        assert vault.get("a") == b"sealed"
        assert vault.names() == ["a"]
        assert vault.drop("a") == 6
        vault.put("b", b"sealed")
        arguments = Path(f"/proc/{server.process.pid}/cmdline").read_bytes().decode()
        assert services["redis"]["environment"]["REDIS_PASSWORD"] not in arguments
    finally:
        server.stop()
    assert [path.name for path in tmp_path.iterdir()] == ["redis.conf"]


def test_redis_lets_in_nobody_without_the_password_and_gives_handrail_no_more_than_it_needs(small: _Redis) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=small.port).ping()
    handrail = redis.Redis.from_url(small.url)
    for command in (("CONFIG", "GET", "*"), ("FLUSHALL",), ("KEYS", "*"), ("SET", "other", "x"), ("MONITOR",), ("SHUTDOWN",)):
        with pytest.raises(redis.exceptions.NoPermissionError):
            handrail.execute_command(*command)


def test_workers_count_together_with_the_rights_that_handrail_has_in_this_redis(small: _Redis) -> None:
    machines = [SharedRateLimit("messages", 6, connect(small.url), b"k" * 32) for _ in range(2)]
    taken = [machines[place % 2].wait("203.0.113.77") for place in range(8)]
    assert [seconds > 0 for seconds in taken] == [False] * 6 + [True] * 2


def _fill(vault: RedisVault) -> int:
    """Puts chats called 0, 1, 2 ... until one is refused; how many were kept."""
    for name in range(10_000):
        try:
            vault.put(str(name), b"x" * 10_000)
        except VaultDown:
            return name
    raise AssertionError("it never was full")


def test_a_full_redis_refuses_new_chats_and_loses_none_that_it_has(small: _Redis) -> None:
    vault = RedisVault(connect(small.url), 600)
    kept = _fill(vault)
    assert kept > 5
    assert all(vault.get(str(name)) == b"x" * 10_000 for name in range(kept))
    redis.Redis.from_url(small.url).delete("handrail:conversation:{0}", "handrail:conversation:{1}")
    vault.put("new", b"sealed")
    assert vault.get("new") == b"sealed"


def test_a_chat_can_be_deleted_from_a_full_redis(tmp_path: Path, services: dict[str, Any]) -> None:
    server = _Redis(tmp_path, services["redis"], most="100kb")
    try:
        vault = RedisVault(connect(server.url), 600)
        with pytest.raises(VaultDown):
            vault.put("a", b"sealed")
        assert redis.Redis.from_url(server.url).getdel("handrail:conversation:{a}") is None
        assert vault.drop("a") == 0
    finally:
        server.stop()
