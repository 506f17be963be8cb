"""`python -m tests.benchmarks.serve [--json] [--short]`: how soon the API answers with 10,000 units beside a worker.

Kafka, InfluxDB, the worker and the service share the machine's cores; the worker has more input waiting than it can
take in the meantime. Every unit is asked for the first time as often as again: nothing is warmed up.
"""

import http.client
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from deploy.local.process import free_port
from deploy.local.stack import Unavailable, local_influxdb, local_kafka
from streams.sinks import Sink
from streams.sinks.lake import LakeSink
from tests.benchmarks.contest import preload, scraped_samples
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.benchmarks.traffic import SAMPLES, frames
from tests.living_fleet import influx_sinks
from tests.served_fleet import LOG
from tests.serving import serving
from tests.synthetic import output, points

GOAL_MS, LIST_GOAL_MS = 20.0, 200.0
PARTITIONS, DRIVING = 4, 400
SERIES = {"edu_state": 1, "edu_day": 2, "edu_fleet": 1, "edu_health": 4, "edu_life": 12}
"""Series -> points of each unit."""
STARTED_WITHIN_S = 600.0  # kernels may have to be compiled
QUANTILES = (0.5, 0.95, 0.99)


class Size(NamedTuple):
    """Units served, requests, and frames of each driving unit that wait for the worker."""

    units: int = 10_000
    asked: int = 2_000
    frames: int = 600


SHORT = Size(1_000, 400, 150)


def measure(size: Size) -> list[Row]:
    """From a lake, then from InfluxDB: quantiles of the time of one unit, p95 of the first page of the list, how long
    the start takes, and the load.
    """
    kafka, influx = local_kafka(build=False), local_influxdb(build=False)
    for one in (kafka, influx):
        if isinstance(one, Unavailable):
            return [Row("twin_p95_ms", None, "ms", reference_name=one.reason, goal=f"<= {GOAL_MS:g}", holds=False)]
    assert not isinstance(kafka, Unavailable)
    assert not isinstance(influx, Unavailable)
    with TemporaryDirectory() as folder, kafka as broker:
        lake, log = Path(folder) / "served", Path(folder) / LOG
        log.touch()
        progress(f"a lake of {size.units} units")
        _fill([LakeSink(lake)], size.units)
        worker = {"MAKER": "bmw", "BROKERS": broker.bootstrap, "PARTITIONS": str(PARTITIONS), "TICKS": "source"}
        _command("setup", worker)
        rows = _asked("", lambda: serving(lake, log), worker, Path(folder), size)
        with influx as server:
            progress(f"an InfluxDB with {size.units} units")
            worker |= {"MAKER": "jlr"}  # whose input nobody has taken yet
            place = {"URL": server.url, "ORG": server.org, "TOKEN": server.token, "RETENTION_DAYS": "0"}
            served = worker | {f"INFLUX__{name}": value for name, value in place.items()}
            _command("setup", served)
            _fill(influx_sinks(server, "edu_jlr"), size.units)
            return rows + _asked("influxdb.", lambda: serving(**served), worker, Path(folder), size)


def _fill(sinks: Sequence[Sink], units: int) -> None:
    """Everything a unit's page is made of."""
    for sink in sinks:
        for name, each in SERIES.items():
            sink.write(output(points(each * units, measurement=name, units=units)))
            sink.flush(600)
        sink.close()


def _asked(
    name: str, serve: Callable[[], AbstractContextManager[str]], worker: dict[str, str], folder: Path, size: Size
) -> list[Row]:
    began_s = time.perf_counter()
    with serve() as address:
        start_s = time.perf_counter() - began_s
        with _worker(worker, folder, size.frames) as done:
            order = np.random.default_rng(1).integers(0, size.units, size.asked)
            progress(f"{size.asked} units asked for")
            before, began_s = done(), time.perf_counter()
            one = _times_ms(address, [f"/v1/twins/unit-{number}" for number in order])
            many = _times_ms(address, ["/v1/twins"] * (size.asked // 20))
            after, spent_s = done(), time.perf_counter() - began_s
    waiting = DRIVING * size.frames * SAMPLES - after
    p50, p95, p99 = (float(np.quantile(one, q)) for q in QUANTILES)
    return [
        Row(f"{name}twin_p50_ms", p50, "ms"),
        at_most(f"{name}twin_p95_ms", p95, "ms", GOAL_MS),
        Row(f"{name}twin_p99_ms", p99, "ms"),
        at_most(f"{name}list_p95_ms", float(np.quantile(many, 0.95)), "ms", LIST_GOAL_MS),
        Row(f"{name}start_s", start_s, "s"),
        Row(f"{name}worker_samples_per_s", (after - before) / spent_s, "1/s"),
        at_least(f"{name}worker_samples_waiting", waiting, "", 1),
    ]


def _command(verb: str, settings: dict[str, str]) -> None:
    environment = os.environ | {f"EDU_TWIN_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "streams.cli", verb]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _worker(settings: dict[str, str], folder: Path, per_unit: int) -> Iterator[Callable[[], int]]:
    """A worker amid its input; a function that says how many samples it has taken."""
    port = free_port()
    maker, own = settings["MAKER"], {"HEALTH_PORT": str(port), "LAKE__DIRECTORY": str(folder / "written")}
    own |= settings | {"LAKE__ARCHIVE_FRAMES": "false"}
    environment = os.environ | {f"EDU_TWIN_{name}": value for name, value in own.items()}
    messages = frames(maker, DRIVING, per_unit, int16=True)
    put = preload(settings["BROKERS"], f"edu.{maker}.telemetry.v1", PARTITIONS, messages)
    progress(f"{put} frames wait for the worker")

    def done() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                return scraped_samples(answer.read().decode())
        except OSError:
            return 0

    log = folder / "worker.log"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "worker"], env=environment, stdout=told, stderr=told
        )
    try:
        limit_s = time.monotonic() + STARTED_WITHIN_S
        while not done():
            if process.poll() is not None or time.monotonic() > limit_s:
                raise RuntimeError(f"the worker takes nothing:\n{log.read_text()[-3000:]}")
            time.sleep(0.2)
        yield done
    finally:
        process.terminate()
        process.wait(30)


def _times_ms(address: str, paths: list[str]) -> list[float]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    times = []
    for path in paths:
        began_s = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        times.append(1e3 * (time.perf_counter() - began_s))
        assert answer.status == 200, body
    connection.close()
    return times


def main() -> list[Row]:
    """``--short``: fewer units."""
    return measure(SHORT if "--short" in sys.argv[1:] else Size())


if __name__ == "__main__":
    run("serve", main)
