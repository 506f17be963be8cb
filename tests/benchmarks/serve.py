"""`python -m tests.benchmarks.serve [--json] [--short]`: how soon the API answers with 10,000 units, a core kept busy.

Every unit is asked for the first time as often as again: nothing is warmed up.
"""

import http.client
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streams.sinks.lake import LakeSink
from tests.benchmarks.report import Row, at_most, progress, run
from tests.served_fleet import LOG
from tests.serving import serving
from tests.synthetic import output, points

UNITS, ASKED = 10_000, 4_000
GOAL_MS, LIST_GOAL_MS = 20.0, 200.0


def measure(units: int = UNITS, asked: int = ASKED) -> list[Row]:
    """p50 and p95 of one unit, p95 of the first page of the list, and how long the start takes."""
    with TemporaryDirectory() as folder:
        lake, log = Path(folder) / "lake", Path(folder) / LOG
        log.touch()
        progress(f"a lake of {units} units")
        series = [points(units, measurement=name, units=units) for name in ("edu_state", "edu_day", "edu_fleet")]
        sink = LakeSink(lake)
        sink.write(output(*series, points(4 * units, measurement="edu_health", units=units)))
        sink.flush(300)
        sink.close()
        began_s = time.perf_counter()
        with serving(lake, log) as address:
            start_s = time.perf_counter() - began_s
            with _busy():
                progress(f"{asked} units asked for")
                order = np.random.default_rng(1).integers(0, units, asked)
                one = _times_ms(address, [f"/v1/twins/unit-{number}" for number in order])
                many = _times_ms(address, ["/v1/twins"] * (asked // 20))
    return [
        Row("twin_p50_ms", float(np.quantile(one, 0.5)), "ms"),
        at_most("twin_p95_ms", float(np.quantile(one, 0.95)), "ms", GOAL_MS),
        at_most("list_p95_ms", float(np.quantile(many, 0.95)), "ms", LIST_GOAL_MS),
        Row("start_s", start_s, "s"),
    ]


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


@contextmanager
def _busy() -> Iterator[None]:
    """A process that computes without end, as a worker under load does."""
    process = multiprocessing.get_context("spawn").Process(target=_spin, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _spin() -> None:
    while True:
        np.linalg.norm(np.ones(1000))


def main() -> list[Row]:
    """``--short``: fewer units."""
    return measure(1_000, 500) if "--short" in sys.argv[1:] else measure()


if __name__ == "__main__":
    run("serve", main)
