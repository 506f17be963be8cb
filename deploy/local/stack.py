"""Which servers tests and `edu-twin stack` can use, and starting both in the background."""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local import influxdb, kafka
from deploy.local.influxdb import InfluxDB
from deploy.local.kafka import Kafka
from deploy.local.process import STOP_TIMEOUT_S
from deploy.local.remote import RemoteInfluxDB, RemoteKafka

STACK_FILE = "stack.json"


@dataclass(frozen=True)
class Unavailable:
    """No such server here, and why."""

    reason: str


@dataclass(frozen=True)
class Servers:
    """Both servers, not yet started."""

    kafka: Kafka | RemoteKafka
    influxdb: InfluxDB | RemoteInfluxDB


@dataclass(frozen=True)
class Stack:
    """Both servers running in the background; written to `stack.json`."""

    kafka_pid: int
    bootstrap: str
    influxdb_pid: int
    url: str
    org: str
    token: str
    bucket: str


def kafka_server(*, build: bool) -> Kafka | RemoteKafka | Unavailable:
    """The broker named by `EDU_TWIN_KAFKA`, else a local one; `build` allows to fetch it (about 15 s)."""
    bootstrap = os.environ.get("EDU_TWIN_KAFKA")
    if bootstrap:
        return RemoteKafka(bootstrap)
    return local_kafka(build=build)


def influxdb_server(*, build: bool) -> InfluxDB | RemoteInfluxDB | Unavailable:
    """The server named by `EDU_TWIN_INFLUX_URL`, else a local one; `build` allows to compile it (about 10 minutes)."""
    url = os.environ.get("EDU_TWIN_INFLUX_URL")
    if url:
        token = os.environ.get("EDU_TWIN_INFLUX_TOKEN", "")
        return RemoteInfluxDB(url, token, os.environ.get("EDU_TWIN_INFLUX_ORG", ""))
    return local_influxdb(build=build)


def local_kafka(*, build: bool) -> Kafka | Unavailable:
    """A broker of our own, whatever the environment names: tests may kill it."""
    reason = kafka.obstacle(build_missing=build)
    return Unavailable(reason) if reason else Kafka()


def local_influxdb(*, build: bool) -> InfluxDB | Unavailable:
    """A server of our own, whatever the environment names: tests may kill it."""
    reason = influxdb.obstacle(build_missing=build)
    return Unavailable(reason) if reason else InfluxDB()


def available(build: bool) -> Servers | Unavailable:
    """Both servers, not yet started, or the reason why there are none."""
    broker = kafka_server(build=build)
    if isinstance(broker, Unavailable):
        return broker
    database = influxdb_server(build=build)
    if isinstance(database, Unavailable):
        return database
    return Servers(broker, database)


def obstacle(*, build_missing: bool) -> str:
    """Why not both servers can run here, or nothing; `build_missing` allows to fetch and compile them."""
    return kafka.obstacle(build_missing=build_missing) or influxdb.obstacle(build_missing=build_missing)


def up(folder: Path) -> Stack:
    """Start both servers in the background with their data in `folder`; building them first if they are missing."""
    running = read(folder)
    if running and all(_is_ours(pid, folder) for pid in (running.kafka_pid, running.influxdb_pid)):
        return running
    down(folder)
    if reason := obstacle(build_missing=True):
        raise RuntimeError(reason)
    with contextlib.ExitStack() as undo:
        broker = Kafka(folder / "kafka", detached=True).start()
        undo.callback(broker.stop)
        database = InfluxDB(folder / "influxdb", detached=True).start()
        undo.callback(database.stop)
        stack = Stack(
            broker.pid, broker.bootstrap, database.pid, database.url, database.org, database.token, database.bucket
        )
        (folder / STACK_FILE).write_text(json.dumps(asdict(stack), indent=2) + "\n")
        undo.pop_all()
    return stack


def read(folder: Path) -> Stack | None:
    """What `up` wrote into the folder, if it did."""
    path = folder / STACK_FILE
    return Stack(**json.loads(path.read_text())) if path.exists() else None


def down(folder: Path) -> None:
    """End the servers of `folder` by their process ids; their data stays."""
    stack = read(folder)
    if stack is None:
        return
    for pid in (stack.influxdb_pid, stack.kafka_pid):
        _end(pid, folder)
    (folder / STACK_FILE).unlink()


def _end(pid: int, folder: Path) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while _is_ours(pid, folder):
        os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.1)


def _is_ours(pid: int, folder: Path) -> bool:
    """A process id is reused one day: ours names its folder in its command line."""
    try:
        return str(folder.resolve()).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
