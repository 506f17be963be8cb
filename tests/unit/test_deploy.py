"""Containers and local servers agree with each other and with the project."""

import re
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local import InfluxDB, Unavailable, cache, influxdb, kafka, stack
from deploy.local.remote import RemoteInfluxDB, RemoteKafka
from streams.settings import unknown_variables

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
SERVERS_AND_OURS = {"kafka", "influxdb", "prometheus", "grafana", "setup", "worker", "fleet", "notify", "page"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDU_TWIN_CACHE", str(tmp_path))
    return tmp_path


def test_compose_is_valid_for_docker() -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True).returncode:
        pytest.skip("no docker compose here")
    command = [docker, "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
    subprocess.run(command, check=True)


def test_compose_waits_only_for_services_that_can_become_ready(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == SERVERS_AND_OURS
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            ready = "healthcheck" in services[name] or services[name]["restart"] == "no"
            assert ready, f"{name} is never {wait['condition']}"


def test_compose_sets_only_settings_that_exist(compose: dict[str, Any]) -> None:
    environment = {name: "x" for name in compose["services"]["worker"]["environment"]}
    assert environment
    assert unknown_variables(environment) == []


def test_compose_opens_ports_on_loopback_only(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_mounts_declared_volumes_and_parts_of_the_project(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values() for mount in service.get("volumes", [])]
    sources = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", mount).split(":")[0] for mount in mounts]  # with nothing set
    ours = {source for source in sources if source.startswith("..")}
    assert set(sources) - ours == set(compose["volumes"])
    assert {source for source in ours if not (DEPLOY / source).exists()} == set()


def test_one_version_of_each_server_everywhere(compose: dict[str, Any]) -> None:
    services = compose["services"]
    pom = (DEPLOY / "local" / "pom.xml").read_text()
    go_mod = (DEPLOY / "local" / "influxd" / "go.mod").read_text()
    assert services["kafka"]["image"] == f"apache/kafka:{kafka.VERSION}"
    assert f"<version>{kafka.VERSION}</version>" in pom
    assert services["influxdb"]["image"] == f"influxdb:{influxdb.VERSION}"
    assert f"github.com/influxdata/influxdb/v2 v{influxdb.VERSION}" in go_mod


def test_wheel_carries_the_files_that_commands_need(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True)
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    needed = {"pom.xml", "server.properties", "influxd/go.mod", "influxd/go.sum"}
    assert {f"deploy/local/{name}" for name in needed} <= names
    assert {"deploy/compose.yaml", "deploy/influxdb-start.sh", "schemas/telemetry.proto"} <= names
    page = {"index.html", "main.js", "style.css", "vendor/uplot/uPlot.iife.min.js", "vendor/uplot/LICENSE"}
    assert {f"streams/serve/page/{name}" for name in page} <= names


@pytest.mark.parametrize("name", ["constraints.txt", "deploy/requirements.txt"])
def test_locked_set_has_hashes_and_names_no_index(name: str) -> None:
    text = (PROJECT / name).read_text()
    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        if not requirement.startswith("#"):
            assert "--hash=sha256:" in requirement, requirement


def test_image_has_the_versions_that_were_tested() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (PROJECT / name).read_text(), re.MULTILINE))

    assert pins("deploy/requirements.txt") <= pins("constraints.txt")


def test_cache_builds_once_however_many_ask(empty_cache: Path) -> None:
    builds = []

    def build(folder: Path) -> None:
        builds.append(folder)
        time.sleep(0.1)
        (folder / "built").touch()

    with ThreadPoolExecutor(4) as pool:
        entries = set(pool.map(lambda _: cache.entry("thing-1", build), range(4)))
    assert entries == {empty_cache / "thing-1"}
    assert len(builds) == 1


def test_cache_keeps_nothing_of_a_failed_build(empty_cache: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        cache.entry("thing-1", build)
    assert [path for path in empty_cache.iterdir() if path.is_dir()] == []


def test_servers_named_by_the_environment_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDU_TWIN_KAFKA", "kafka:19092")
    monkeypatch.setenv("EDU_TWIN_INFLUX_URL", "http://influxdb:8086")
    monkeypatch.setenv("EDU_TWIN_INFLUX_TOKEN", "t")
    monkeypatch.setenv("EDU_TWIN_INFLUX_ORG", "o")
    servers = stack.available(build=False)
    assert servers == stack.Servers(RemoteKafka("kafka:19092"), RemoteInfluxDB("http://influxdb:8086", "t", "o"))


@pytest.mark.usefixtures("empty_cache")
def test_missing_servers_are_a_named_reason_not_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDU_TWIN_INFLUX_URL", raising=False)
    answer = stack.influxdb_server(build=False)
    assert answer == Unavailable("InfluxDB 2.7.12 is not in the cache: python -m deploy.local build")


def test_a_server_that_ends_at_once_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InfluxDB, "_prepare", lambda _: ["sh", "-c", "echo no space left; exit 3"])
    with pytest.raises(RuntimeError, match="no space left"):
        InfluxDB(tmp_path).start()
