"""Parts of days and their markers on a real broker: a worker that is killed leaves each of them once, and none out."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from schemas.telemetry import Identity
from streams.encode import encode_frame, encode_tick
from streams.pipeline import Pipeline
from streams.records import LogRecord, Message
from streams.sinks.lake import connect
from streams.twins import load_twins
from tests.frames import FRAME_HEADERS, NOON_US, SECOND_US, TICK_HEADERS, VARIANT, signals
from tests.integration.runs import PARTITIONS, Run
from tests.integration.traffic import Publisher, partitioned
from tests.integration.worker_process import until
from twin.layout import DAY_US

MAKER = "dailytest"
UNITS, DAYS = 12, 20
APPENDED_MS = (NOON_US + (DAYS + 3) * DAY_US) // 1000
STRETCHED_S = 90.0
"""Longer than the kills take; what is left afterwards comes at once."""
FAULTS = ("between-flush-and-save:3", "between-log-and-rows:2", "inside-the-transaction:5", "between-save-and-ack:4")
pytestmark = pytest.mark.stack


def weeks() -> list[Message]:
    """A short drive of every unit around each midnight, now and then with a day left out; a tick every three hours."""
    timed: list[tuple[int, Message]] = []
    for day in range(DAYS):
        midnight_us = (NOON_US // DAY_US + 1 + day) * DAY_US
        for hour in range(0, 24, 3):
            now_us = midnight_us + hour * 3_600 * SECOND_US
            timed.append((now_us, Message(None, encode_tick(now_us), TICK_HEADERS, APPENDED_MS, 0)))
        for number in range(UNITS):
            if (day + number) % 5:
                start_us = midnight_us - 30 * SECOND_US + number
                timed.append((start_us, drive(number, day, start_us)))
    return [one for _, one in sorted(timed, key=lambda pair: pair[0])]


def drive(number: int, sequence: int, start_us: int) -> Message:
    """A minute at one sample a second."""
    who = Identity(unit=f"u-{number:03d}", vehicle=f"car-{number}", maker=MAKER, variant=VARIANT)
    times_us = start_us + np.arange(60) * SECOND_US
    value = encode_frame(who, 1, sequence, times_us, signals(60, 100 * number + sequence))
    return Message(who.unit.encode(), value, FRAME_HEADERS, APPENDED_MS, 0)


def expected(messages: list[Message]) -> Counter[LogRecord]:
    """What a Pipeline per partition tells the fleet's log, without servers."""
    twins, told = load_twins(), Counter[LogRecord]()
    for partition, records in partitioned(messages, PARTITIONS).items():
        pipeline = Pipeline(partition, MAKER, twins, [], keep_log=True)
        pipeline.process(records)
        told.update(pipeline.cut().log)
    return told


@pytest.mark.timeout(240)
def test_a_killed_worker_leaves_every_day_part_and_marker_exactly_once(
    kafka: Any, influxdb: Any, tmp_path: Path
) -> None:
    run = Run("daily", MAKER, kafka, influxdb, tmp_path)
    run.setup()
    messages = weeks()
    publisher = Publisher(kafka.bootstrap, run.topic("telemetry"), PARTITIONS, messages, seconds=STRETCHED_S)
    worker = run.worker("one", faulty=True)
    publisher.start()
    try:
        for fault in FAULTS:
            worker.start(FAULT=fault)
            assert worker.wait(45) == -9, fault
        assert publisher.is_alive(), "all of it was sent before the last kill"
        worker.start()
        until(lambda: not worker.unready(), 60, "the last worker is ready")
        publisher.finish(60)
        run.await_saved(publisher.ends, 60)
        assert worker.end() == 0
    finally:
        publisher.release()
        worker.close()
    told, truth = Counter(run.log()), expected(messages)
    kinds = Counter(dict(record.headers)["ce_type"] for record in truth)
    parts = kinds[b"edu_twin.day_part.v1"]
    assert parts > 200
    assert kinds[b"edu_twin.day_marker.v1"] >= PARTITIONS * (DAYS - 1)
    assert kinds[b"edu_twin.unit_alert.v1"] > 0
    assert told == truth, f"missing {len(truth - told)}, more {len(told - truth)} of {len(truth)}"
    assert_same_days(run, parts)


def assert_same_days(run: Run, parts: int) -> None:
    """The points of the parts are in the daily bucket of InfluxDB, and with their sums in the lake."""
    assert run.stored("edu_day", "count(distance_km)")[0][0]["count"] == parts
    with connect(run.lake) as lake:
        assert lake.execute("SELECT count(*) FROM edu_day").fetchone() == (parts,)
        days = "SELECT unit, day, sum(covered_s) AS s FROM day_parts GROUP BY ALL"
        cells = "SELECT unit, day, sum(duration_s) AS s FROM load_matrix GROUP BY ALL"
        query = f"SELECT count(*) FROM ({days}) d JOIN ({cells}) c USING (unit, day) WHERE abs(d.s - c.s) > 0.01"
        assert lake.execute(query).fetchone() == (0,)
