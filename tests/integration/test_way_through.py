"""The 40 real BMW i3 trips from files through real Kafka, the real worker and real InfluxDB.

Everything runs as people run it: ``edu-twin setup``, ``worker``, ``publish`` and ``replay`` as processes.
"""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from kafka import KafkaConsumer, TopicPartition

import grafana
from deploy.local import InfluxDB, Kafka
from schemas.results import DAILY
from streams.sources.files import FileSource
from streams.sources.maps import load
from tests.data import reference_data
from tests.influx import influxql
from tests.integration.worker_process import WorkerProcess, until
from tests.recording_proxy import RecordingProxy

pytestmark = [pytest.mark.stack, pytest.mark.data, pytest.mark.timeout(240)]

MAP = "bmw-i3-trips"
PARTITIONS = 4
TRIPS = 40
FIELD = re.compile(rb'(\w+)=("[^"]*"|[^,]+)')


@dataclass
class Way:
    """What went in and what came out at every station."""

    maker: str
    kafka: Kafka
    influxdb: InfluxDB
    bucket: str
    source: FileSource
    published: dict[str, int]
    replayed: dict[str, dict[str, int]]
    posted: list[bytes]
    lines: list[bytes]

    @property
    def topic(self) -> str:
        return f"edu.{self.maker}.telemetry.v1"


def edu_twin(*arguments: str, **environment: str) -> dict[str, dict[str, int]]:
    """Run a command; its JSON where it prints one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("EDU_TWIN_")}
    command = [sys.executable, "-m", "streams.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=own | environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if "--json" in arguments else {}


def by_key(lines: list[bytes]) -> dict[tuple[bytes, bytes], bytes]:
    """(measurement with tags, time) -> fields; the last of equal keys, as InfluxDB keeps it."""
    parts = (line.rstrip(b"\n").split(b" ") for line in lines)
    return {(series, time): b" ".join(fields) for series, *fields, time in parts}


@pytest.fixture(scope="module")
def way(kafka: Kafka, influxdb: InfluxDB, tmp_path_factory: pytest.TempPathFactory) -> Way:
    """Publish, let the worker finish, end it, replay the same files."""
    trips = str(reference_data("bmw-i3-trips"))
    folder = tmp_path_factory.mktemp("way")
    maker = f"way{uuid4().hex[:8]}"
    proxy = RecordingProxy(influxdb.url)
    settings = {
        "EDU_TWIN_MAKER": maker,
        "EDU_TWIN_BROKERS": kafka.bootstrap,
        "EDU_TWIN_PARTITIONS": str(PARTITIONS),
        "EDU_TWIN_TICKS": "source",
        "EDU_TWIN_CHECKPOINT_INTERVAL_S": "2",
        "EDU_TWIN_INFLUX__URL": proxy.url,
        "EDU_TWIN_INFLUX__TOKEN": influxdb.token,
        "EDU_TWIN_INFLUX__ORG": influxdb.org,
        "EDU_TWIN_INFLUX__RETENTION_DAYS": "0",  # recordings of the past
    }
    edu_twin("setup", **settings)
    worker = WorkerProcess("way", folder, settings)
    try:
        worker.start()
        given = ("publish", trips, "--map", MAP, "--maker", maker, "--brokers", kafka.bootstrap, "--json")
        published = edu_twin(*given)
        records = published["frames"] + published["ticks"] * PARTITIONS
        until(lambda: sum(worker.offsets("processed").values()) == records, 120, "the worker has processed everything")
        assert worker.end() == 0, worker.log.read_text()
    finally:
        worker.close()
        proxy.close()
    file = folder / "replay.lp"
    replayed = edu_twin("replay", trips, "--map", MAP, "--maker", maker, "--lines", str(file), "--json")
    lines = file.read_bytes().splitlines(keepends=True)
    source = FileSource(Path(trips), load(MAP))
    return Way(maker, kafka, influxdb, f"edu_{maker}", source, published, replayed, proxy.lines, lines)


def test_the_trips_were_published_as_at_least_16_units_over_at_least_4_partitions(way: Way) -> None:
    consumer = KafkaConsumer(bootstrap_servers=way.kafka.bootstrap, auto_offset_reset="earliest")
    partitions = [TopicPartition(way.topic, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    where: dict[bytes, set[int]] = defaultdict(set)
    frames = 0
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=1000).values():
            for record in records:
                if record.key is not None:
                    where[record.key].add(record.partition)
                    frames += 1
    consumer.close()
    assert frames == way.published["frames"] == way.source.frames
    assert len(where) >= 16
    assert all(len(numbers) == 1 for numbers in where.values()), "a unit stays in its partition"
    assert len(set().union(*where.values())) >= 4


def test_the_worker_writes_the_same_bytes_as_a_replay_of_the_files(way: Way) -> None:
    alerts = [line for line in way.lines if line.startswith(b"edu_alert,")]
    assert len(alerts) == way.replayed["alerts"]
    assert len(way.lines) == sum(way.replayed["points"].values()) + len(alerts)
    assert Counter(way.posted) == Counter(way.lines)


def test_every_frame_was_accepted(way: Way) -> None:
    counts = way.replayed["records"]
    assert counts == {"accepted": way.source.frames, "tick": way.published["ticks"]}


@pytest.mark.parametrize("measurement", ["edu_state", "edu_trip", "edu_day"])
def test_every_point_written_is_readable_with_every_field(way: Way, measurement: str) -> None:
    expected = by_key([line for line in way.lines if line.startswith(measurement.encode() + b",")])
    bucket = way.bucket + "_daily" * (measurement in DAILY)
    series = influxql(way.influxdb, bucket, f"SELECT * FROM {measurement} GROUP BY maker, unit, variant")
    rows = [row for one in series for row in one]
    assert len(rows) == len(expected) == way.replayed["points"][measurement]
    for row in rows:
        key = f"{measurement},maker={row.pop('maker')},unit={row.pop('unit')},variant={row.pop('variant')}"
        fields = FIELD.findall(expected[key.encode(), str(row.pop("time")).encode()])
        present = {name: value for name, value in row.items() if value is not None}
        assert present.keys() == {name.decode() for name, _ in fields}
        for name, text in fields:
            value = present[name.decode()]
            if text.startswith(b'"'):
                assert value == text.decode().strip('"')
            else:
                assert value == float(text.removesuffix(b"i"))


def test_each_trip_can_be_read_back_with_energy_distance_and_efficiency(way: Way) -> None:
    query = "SELECT distance_km, drive_energy_wh, regen_energy_wh, efficiency_model, end_us FROM edu_trip GROUP BY unit"
    rows = [row for one in influxql(way.influxdb, way.bucket, query) for row in one]
    assert len(rows) == TRIPS
    for unit, recordings in way.source.recordings.items():
        of_unit = sorted((row for row in rows if row["unit"] == unit), key=lambda row: int(row["time"]))
        for row, recording in zip(of_unit, recordings, strict=True):
            times_s = recording.times_us / 1e6
            signals = recording.signals
            assert recording.times_us[0] <= row["time"] < row["end_us"] <= recording.times_us[-1]
            distance_km = np.trapezoid(signals["vehicle_speed_km_h"], times_s) / 3600.0
            assert row["distance_km"] == pytest.approx(distance_km, rel=0.005)
            power_w = signals["torque_nm"] * signals["motor_speed_rpm"] * np.pi / 30.0
            shaft_wh = np.trapezoid(np.maximum(power_w, 0.0), times_s) / 3600.0
            assert 0.92 * shaft_wh < row["drive_energy_wh"] < shaft_wh, "at the half-shafts: less the gear's loss"
            assert row["regen_energy_wh"] > 0.0
            assert 0.85 < row["efficiency_model"] < 0.95


def test_each_panel_of_the_dashboard_has_rows(way: Way) -> None:
    unit = way.source.units[0]
    recordings = way.source.recordings[unit]
    variables = {"maker": way.maker, "variant": "bmw-i3", "unit": unit}
    time_range = (int(recordings[0].times_us[0]), int(recordings[-1].times_us[-1]) + 60_000_000)
    asked = grafana.queries(grafana.dashboards()["unit"], variables, time_range)
    assert asked
    alerted = any(line.startswith(b"edu_alert,") and f",unit={unit},".encode() in line for line in way.lines)
    for title, source, query in asked:
        of_alerts = '"edu_alert"' in query
        if (source != "edu-twin-influxdb" and not of_alerts) or '"shadow"' in query:
            continue
        series = influxql(way.influxdb, way.bucket + "_daily" * of_alerts, query)
        if of_alerts and not alerted:
            assert series == []
            continue
        assert series, f"no rows: {title}"
        assert series[0], f"no rows: {title}"


def test_publishing_to_a_topic_that_is_not_there_says_what_to_do(kafka: Kafka) -> None:
    command = [sys.executable, "-m", "streams.cli", "publish", "plant", "--units", "1", "--days", "1"]
    done = subprocess.run(
        [*command, "--maker", "nobody", "--brokers", kafka.bootstrap], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 3
    assert "topic edu.nobody.telemetry.v1 is missing" in done.stderr
    assert "run edu-twin setup" in done.stderr
    assert "Traceback" not in done.stderr


def test_speed_stretches_a_publication_and_ticks_reach_every_partition(kafka: Kafka) -> None:
    maker, speed = f"pace{uuid4().hex[:8]}", 20_000.0
    edu_twin("setup", EDU_TWIN_MAKER=maker, EDU_TWIN_BROKERS=kafka.bootstrap, EDU_TWIN_PARTITIONS="3")
    small = ("plant", "--units", "1", "--days", "1", "--maker", maker, "--brokers", kafka.bootstrap, "--json")
    report = edu_twin("publish", *small, "--speed", str(speed))
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap)
    topic = f"edu.{maker}.telemetry.v1"
    ends = consumer.end_offsets([TopicPartition(topic, number) for number in range(3)])
    consumer.close()
    frames, ticks = report["frames"], report["ticks"]
    assert sorted(ends.values()) == [ticks, ticks, ticks + frames]
    commute_hours = 8.0  # between the two trips of a weekday, at least
    assert float(report["seconds"]) > commute_hours * 3600 / speed
