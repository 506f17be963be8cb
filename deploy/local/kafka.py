"""One Kafka broker (KRaft) on loopback, from its Maven packages."""

import shutil
import socket
import struct
import subprocess
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from deploy.local import cache
from deploy.local.process import Server, free_port

VERSION = "4.4.0"
CACHE_NAME = f"kafka-{VERSION}"
BUILD_TOOLS = ("mvn",)
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
CLUSTER_ID = "ZWR1LXR3aW4tbG9jYWwtMA"
API_VERSIONS_REQUEST = struct.pack(">ihhih", 10, 18, 0, 1, -1)  # size, key, version, correlation, no client id
JVM = (
    "java",
    "-Xms64m",
    "-Xmx768m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)


def build() -> Path:
    """The cached Kafka; fetched by Maven the first time (about 15 s)."""
    return cache.entry(CACHE_NAME, _fetch)


def obstacle(*, build_missing: bool) -> str:
    """Why no broker can run here, or nothing; fetches Kafka when it may."""
    if missing := cache.missing_tools("java"):
        return f"Kafka needs {missing}"
    if cache.is_cached(CACHE_NAME):
        return ""
    if not build_missing:
        return f"Kafka {VERSION} is not in the cache: python -m deploy.local build"
    if missing := cache.missing_tools(*BUILD_TOOLS):
        return f"fetching Kafka needs {missing}"
    build()
    return ""


class Kafka(Server):
    """A broker without authentication; topics are never created by themselves.

    `bootstrap` is its address. After a start the first produce to a new topic and the first group join may be
    refused once; clients retry by themselves.
    """

    name = "kafka"

    def __init__(self, folder: Path | None = None, *, cpus: set[int] | None = None, detached: bool = False) -> None:
        super().__init__(folder, cpus=cpus, detached=detached)
        self._port = free_port()
        self._controller_port = free_port()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

    def _prepare(self) -> list[str]:
        cached = build()
        data = self.folder / "data"
        if not data.exists():
            shutil.copytree(cached / "formatted", data)
        properties = self.folder / "server.properties"
        _write_properties(properties, self._port, self._controller_port, data)
        return [*JVM, "-cp", f"{cached / 'jars'}/*", "kafka.Kafka", str(properties)]

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(API_VERSIONS_REQUEST)
                return len(connection.recv(4)) == 4
        except OSError:
            return False


def _write_properties(path: Path, broker_port: int, controller_port: int, data: Path) -> None:
    template = Template(files("deploy.local").joinpath("server.properties").read_text())
    path.write_text(template.substitute(broker_port=broker_port, controller_port=controller_port, data=data))


def _fetch(folder: Path) -> None:
    """Fetch the jars, and format a data folder once: copying it is faster than a JVM per broker."""
    with as_file(files("deploy.local").joinpath("pom.xml")) as pom:
        copy = [f"{DEPENDENCY_PLUGIN}:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}/jars"]
        subprocess.run(["mvn", "-B", "-q", "-f", str(pom), *copy], check=True)
    properties = folder / "format.properties"
    _write_properties(properties, 1, 2, folder / "formatted")
    tool = ["-cp", f"{folder}/jars/*", "kafka.tools.StorageTool"]
    options = ["format", "--ignore-formatted", "-t", CLUSTER_ID, "-c", str(properties)]
    subprocess.run([*JVM, *tool, *options], check=True, stdout=subprocess.DEVNULL)
