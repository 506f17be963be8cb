"""InfluxDB is away for longer than the poll interval: the worker waits alive, stays a member and goes on by itself.

Three minutes with ``EDU_TWIN_LONG_TESTS=1``.
"""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.local import InfluxDB
from streams.pipeline import Pipeline
from streams.records import Message
from streams.results import Output
from streams.twins import load_twins
from tests.integration.runs import PARTITIONS, POINTS, Run
from tests.integration.traffic import Publisher, made_up, partitioned
from tests.integration.worker_process import WorkerProcess, until

OUTAGE_S, POLL_INTERVAL_S = (180.0, 20.0) if os.environ.get("EDU_TWIN_LONG_TESTS") == "1" else (20.0, 5.0)
PUBLISHED_S = 38.0
"""Fast enough to fill the queue of lines soon after InfluxDB has gone."""
QUEUE_LINES = 40
UNITS = 16
SETTLING_S = 8.0
FLAT_MB = 16.0
pytestmark = pytest.mark.stack

Point = tuple[str, str, int]


@pytest.mark.timeout(OUTAGE_S + 120)
def test_an_outage_of_influxdb_is_waited_for_and_nothing_is_lost(
    kafka: Any, make_influxdb: Callable[[], InfluxDB], tmp_path: Path
) -> None:
    runs = {how: Run(how, f"outage-{how}", kafka, make_influxdb(), tmp_path) for how in ("killed", "hung")}
    for run in runs.values():
        run.setup()
    with ThreadPoolExecutor() as both:
        for _ in both.map(outage, runs.values(), runs):
            pass


def outage(run: Run, how: str) -> None:
    """One outage, by a server that is gone or by one that takes requests and never answers."""
    messages = made_up(run.maker, UNITS, 120)
    publisher = Publisher(run.kafka.bootstrap, run.topic("telemetry"), PARTITIONS, messages, seconds=PUBLISHED_S)
    worker = run.worker(
        "only", EDU_TWIN_MAX_POLL_INTERVAL_S=str(POLL_INTERVAL_S), EDU_TWIN_INFLUX__QUEUE_LINES=str(QUEUE_LINES)
    )
    try:
        worker.start()
        until(lambda: not worker.unready(), 60, "the worker is ready")  # else all is sent before the outage
        publisher.start()
        until(lambda: sum(run.saved().values()) > 20, 60, "the worker saves")
        rebalances = worker.metric("edu_twin_rebalances_total")
        stop(run.influxdb, how)
        wait_it_out(worker, rebalances)
        restart(run.influxdb, how)
        until(lambda: not worker.unready(), 30, "ready again by itself")
        publisher.finish(60)
        run.await_saved(publisher.ends, 60)
        assert worker.metric("edu_twin_rebalances_total") == rebalances
        assert worker.end() == 0
    finally:
        publisher.release()
        worker.close()
    truth, rows = in_one_process(run.maker, messages)
    assert {unit: bytes(snapshot.row) for unit, snapshot in run.rows().items()} == rows
    assert stored_points(run) == truth


def wait_it_out(worker: WorkerProcess, rebalances: float) -> None:
    """During the outage: alive, not ready and why, still a member, no input taken, no memory gained."""
    began, resident_mb, processed = time.monotonic(), [], 0
    while (elapsed := time.monotonic() - began) < OUTAGE_S:
        assert worker.running
        assert worker.alive()
        if elapsed > SETTLING_S + 4:
            reasons = worker.unready()
            assert "blocked on a sink: no further input is taken" in reasons, reasons
            assert "sink InfluxSink does not answer" in reasons, reasons
            assert worker.metric("edu_twin_rebalances_total") == rebalances
            now = sum(worker.offsets("processed").values())
            assert processed in (0, now), "input is taken although the sink is full"
            processed = now
            resident_mb.append(worker.resident_mb())
        time.sleep(0.5)
    assert worker.metric("edu_twin_consumer_lag_records") > 0
    assert max(resident_mb) - resident_mb[0] < FLAT_MB, resident_mb


def stop(database: InfluxDB, how: str) -> None:
    if how == "hung":
        os.kill(database.pid, signal.SIGSTOP)
    else:
        database.kill()


def restart(database: InfluxDB, how: str) -> None:
    if how == "hung":
        os.kill(database.pid, signal.SIGCONT)
    else:
        database.start()


class Collecting:
    """A sink that remembers which points there were."""

    full = False
    reachable = True

    def __init__(self) -> None:
        self.points: set[Point] = set()

    def write(self, output: Output) -> None:
        for series in output.points:
            times = series.records["time_us"].tolist()
            self.points |= {(series.measurement, unit, t) for unit, t in zip(series.units, times, strict=True)}

    def flush(self, timeout_s: float | None = None) -> None:
        pass

    def close(self) -> None:
        pass


def in_one_process(maker: str, messages: list[Message]) -> tuple[set[Point], dict[str, bytes]]:
    """Points and rows of the same records without servers."""
    twins, sink, rows = load_twins(), Collecting(), {}
    for partition, records in partitioned(messages, PARTITIONS).items():
        pipeline = Pipeline(partition, maker, twins, [sink])
        pipeline.process(records)
        rows |= {snapshot.unit: bytes(snapshot.row) for snapshot in pipeline.cut().units}
    assert len(sink.points) > 2 * QUEUE_LINES
    return sink.points, rows


def stored_points(run: Run) -> set[Point]:
    """What can be read back from InfluxDB."""
    found: set[Point] = set()
    for name in POINTS:
        for rows in run.stored(name, "segment, unit"):
            found |= {(name, row["unit"], row["time"]) for row in rows}
    return found
