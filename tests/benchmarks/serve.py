"""`python -m tests.benchmarks.serve [--json] [--short]`: how soon the API answers with 10,000 units beside a worker.

Kafka, the worker and the service share the machine's cores; the worker has more input waiting than it can take in the
meantime. Every unit is asked for the first time as often as again: nothing is warmed up.
"""

import http.client
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from deploy.local.process import free_port
from deploy.local.stack import Unavailable, local_kafka
from streams.sinks.lake import LakeSink
from tests.benchmarks.contest import preload, scraped_samples
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.benchmarks.traffic import SAMPLES, frames
from tests.served_fleet import LOG
from tests.serving import serving
from tests.synthetic import output, points

GOAL_MS, LIST_GOAL_MS = 20.0, 200.0
MAKER, PARTITIONS, DRIVING = "bmw", 4, 400
SERIES = ("edu_state", "edu_day", "edu_fleet")
STARTED_WITHIN_S = 600.0  # kernels may have to be compiled
QUANTILES = (0.5, 0.95, 0.99)


class Size(NamedTuple):
    """Units served, requests, and frames of each driving unit that wait for the worker."""

    units: int = 10_000
    asked: int = 2_000
    frames: int = 400


SHORT = Size(1_000, 400, 150)


def measure(size: Size) -> list[Row]:
    """Quantiles of the time of one unit, p95 of the first page of the list, how long the start takes, and the load."""
    kafka = local_kafka(build=False)
    if isinstance(kafka, Unavailable):
        return [Row("twin_p95_ms", None, "ms", reference_name=kafka.reason, goal=f"<= {GOAL_MS:g}", holds=False)]
    with TemporaryDirectory() as folder, kafka as broker:
        lake, log = Path(folder) / "served", Path(folder) / LOG
        log.touch()
        progress(f"a lake of {size.units} units")
        series = [points(size.units, measurement=name, units=size.units) for name in SERIES]
        sink = LakeSink(lake)
        sink.write(output(*series, points(4 * size.units, measurement="edu_health", units=size.units)))
        sink.flush(300)
        sink.close()
        began_s = time.perf_counter()
        with serving(lake, log) as address:
            start_s = time.perf_counter() - began_s
            with _worker(broker.bootstrap, Path(folder), size.frames) as done:
                order = np.random.default_rng(1).integers(0, size.units, size.asked)
                progress(f"{size.asked} units asked for")
                before, began_s = done(), time.perf_counter()
                one = _times_ms(address, [f"/v1/twins/unit-{number}" for number in order])
                many = _times_ms(address, ["/v1/twins"] * (size.asked // 20))
                after, spent_s = done(), time.perf_counter() - began_s
    waiting = DRIVING * size.frames * SAMPLES - after
    p50, p95, p99 = (float(np.quantile(one, q)) for q in QUANTILES)
    return [
        Row("twin_p50_ms", p50, "ms"),
        at_most("twin_p95_ms", p95, "ms", GOAL_MS),
        Row("twin_p99_ms", p99, "ms"),
        at_most("list_p95_ms", float(np.quantile(many, 0.95)), "ms", LIST_GOAL_MS),
        Row("start_s", start_s, "s"),
        Row("worker_samples_per_s", (after - before) / spent_s, "1/s"),
        at_least("worker_samples_waiting", waiting, "", 1),
    ]


@contextmanager
def _worker(bootstrap: str, folder: Path, per_unit: int) -> Iterator[Callable[[], int]]:
    """A worker amid its input; a function that says how many samples it has taken."""
    port = free_port()
    environment = os.environ | {
        "EDU_TWIN_MAKER": MAKER,
        "EDU_TWIN_BROKERS": bootstrap,
        "EDU_TWIN_PARTITIONS": str(PARTITIONS),
        "EDU_TWIN_TICKS": "source",
        "EDU_TWIN_HEALTH_PORT": str(port),
        "EDU_TWIN_LAKE__DIRECTORY": str(folder / "written"),
        "EDU_TWIN_LAKE__ARCHIVE_FRAMES": "false",
    }
    command = [sys.executable, "-m", "streams.cli"]
    subprocess.run([*command, "setup"], env=environment, check=True, stdout=subprocess.DEVNULL)
    messages = frames(MAKER, DRIVING, per_unit, int16=True)
    progress(f"{preload(bootstrap, f'edu.{MAKER}.telemetry.v1', PARTITIONS, messages)} frames wait for the worker")

    def done() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                return scraped_samples(answer.read().decode())
        except OSError:
            return 0

    log = folder / "worker.log"
    with log.open("wb") as told:
        process = subprocess.Popen([*command, "worker"], env=environment, stdout=told, stderr=told)
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
