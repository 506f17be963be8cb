"""The InfluxDB sink on a real server: points written are points readable, whatever happens to the server."""

import threading
import time
from collections.abc import Callable
from uuid import uuid4

import numpy as np
import pytest
from influxdb_client import BucketRetentionRules, InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from deploy.local import InfluxDB
from schemas.results import TAGS, EduState, Validity
from streams.sinks.influx import InfluxSink, LoggedRefusals
from tests.influx import influxql
from tests.synthetic import MINUTE_US, START_US, output, points

pytestmark = pytest.mark.stack


class Refusals(LoggedRefusals):
    def __init__(self) -> None:
        self.lines: list[tuple[bytes, str]] = []

    def refuse_line(self, line: bytes, reason: str) -> None:
        self.lines.append((line, reason))


def make_bucket(server: InfluxDB, retention_s: int = 0) -> str:
    """A bucket of the test's own; its name."""
    name = f"b{uuid4().hex[:10]}"
    with InfluxDBClient(server.url, server.token, org=server.org) as client:
        rules = [BucketRetentionRules(type="expire", every_seconds=retention_s)] if retention_s else []
        client.buckets_api().create_bucket(bucket_name=name, org=server.org, retention_rules=rules)
    return name


def make_sink(server: InfluxDB, bucket: str, refusals: Refusals | None = None) -> InfluxSink:
    return InfluxSink(server.url, server.token, server.org, bucket, refusals=refusals or Refusals(), timeout_s=5.0)


def count(server: InfluxDB, bucket: str, measurement: str = "edu_state") -> int:
    (rows,) = influxql(server, bucket, f"SELECT count(samples) FROM {measurement}") or [[]]
    return rows[0]["count"] if rows else 0


def test_every_point_and_every_field_can_be_read_back(influxdb: InfluxDB) -> None:
    bucket = make_bucket(influxdb)
    states, trips = points(6_007), points(40, measurement="edu_trip")
    states.records["iron_loss_w"][::5] = np.nan
    sink = make_sink(influxdb, bucket)
    sink.write(output(states, trips))
    sink.write(output(states))  # redelivery
    sink.flush(60)
    sink.close()
    assert count(influxdb, bucket) == 6_007
    assert count(influxdb, bucket, "edu_trip") == 40
    (rows,) = influxql(influxdb, bucket, "SELECT * FROM edu_state WHERE unit = 'unit-3' ORDER BY time")
    mine = [index for index, unit in enumerate(states.units) if unit == "unit-3"]
    assert [row["time"] for row in rows] == [int(states.records["time_us"][index]) for index in mine]
    for row, index in zip(rows, mine, strict=True):
        record = states.records[index]
        assert {tag: row[tag] for tag in TAGS} == {"maker": "bmw", "unit": "unit-3", "variant": "bmw-i3"}
        assert row["model_version"] == states.model_version
        assert row["thermal_validity"] == Validity(record["thermal_validity"]).name.lower()
        for name in EduState.model_fields:
            if name in record.dtype.names and record.dtype[name].kind == "f":
                if np.isnan(record[name]):
                    assert row[name] is None
                else:
                    assert row[name] == pytest.approx(record[name], rel=1e-9)


@pytest.mark.parametrize("value", [1e-12, -1e-12, 5e-324, 1e300, 1.7976931348623157e308, 1e15, 2.5e-7, 0.0])
def test_extreme_numbers_survive_the_server(influxdb: InfluxDB, value: float) -> None:
    bucket = make_bucket(influxdb)
    series = points(1)
    series.records["torque_nm"] = value
    sink = make_sink(influxdb, bucket)
    sink.write(output(series))
    sink.flush(30)
    sink.close()
    ((row,),) = influxql(influxdb, bucket, "SELECT torque_nm FROM edu_state")
    assert row["torque_nm"] == pytest.approx(value, rel=1e-9, abs=0)


def test_a_type_conflict_refuses_the_lines_at_fault_only(influxdb: InfluxDB) -> None:
    bucket = make_bucket(influxdb)
    with InfluxDBClient(influxdb.url, influxdb.token, org=influxdb.org) as client:
        line = f'edu_state,maker=bmw,unit=unit-2,variant=bmw-i3 torque_nm="a string" {START_US}'
        client.write_api(write_options=SYNCHRONOUS).write(bucket, record=line, write_precision="us")
    series = points(400, units=4)
    refusals = Refusals()
    sink = make_sink(influxdb, bucket, refusals)
    sink.write(output(series))
    sink.flush(60)
    sink.close()
    assert refusals.lines
    assert all("422" in reason for _, reason in refusals.lines)
    assert sink.points_written + sink.points_refused == 400
    assert count(influxdb, bucket) == sink.points_written


def test_points_older_than_the_retention_are_refused_not_lost(influxdb: InfluxDB) -> None:
    bucket = make_bucket(influxdb, retention_s=86_400)
    now_us = int(time.time()) * 1_000_000
    refusals = Refusals()
    sink = make_sink(influxdb, bucket, refusals)
    sink.write(output(points(10, start_us=now_us - 10 * MINUTE_US), points(3_000, start_us=START_US // 2)))
    sink.flush(60)
    sink.close()
    assert count(influxdb, bucket) == 10
    assert len(refusals.lines) == 3_000


def test_a_missing_bucket_is_waited_for(influxdb: InfluxDB) -> None:
    name = f"later{uuid4().hex[:8]}"
    sink = make_sink(influxdb, name)
    sink.write(output(points(5)))
    deadline = time.monotonic() + 20
    while sink.reachable:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with InfluxDBClient(influxdb.url, influxdb.token, org=influxdb.org) as client:
        client.buckets_api().create_bucket(bucket_name=name, org=influxdb.org)
    sink.flush(30)
    sink.close()
    assert count(influxdb, name) == 5


def test_a_record_torn_by_a_crash_costs_nothing_that_is_written_after_it(make_influxdb: Callable[[], InfluxDB]) -> None:
    server = make_influxdb()
    bucket = make_bucket(server)

    def write(first: int) -> None:
        sink = make_sink(server, bucket)
        sink.write(output(points(100, units=10, start_us=START_US + first * MINUTE_US)))
        sink.flush(60)
        sink.close()

    write(0)
    server.kill()
    (log,) = server.folder.glob("engine/wal/**/*.wal")
    with log.open("ab") as end:
        end.write(b"\x01" + (10_000).to_bytes(4, "big") + bytes(4_091))  # the first page of a record of 10,000 bytes
    server.start()
    write(100)
    server.restart()
    assert count(server, bucket) == 200
    write(200)
    server.kill()
    server.start()
    assert count(server, bucket) == 300


def test_killing_the_server_again_and_again_while_writing_loses_nothing(make_influxdb: Callable[[], InfluxDB]) -> None:
    server = make_influxdb()
    bucket = make_bucket(server)
    sink = make_sink(server, bucket)
    stop = threading.Event()
    kills = 0

    def torment() -> None:
        nonlocal kills
        while not stop.wait(0.7):
            server.kill()
            kills += 1
            server.start()

    tormentor = threading.Thread(target=torment)
    tormentor.start()
    written = 0
    try:
        while kills < 4 or written < 20_000:
            if sink.full:
                time.sleep(0.01)
                continue
            sink.write(output(points(1_000, units=10, start_us=START_US + written * MINUTE_US)))
            written += 1_000
            sink.flush(60)
    finally:
        stop.set()
        tormentor.join()
    sink.flush(60)
    sink.close()
    assert sink.points_written == written
    assert count(server, bucket) == written
