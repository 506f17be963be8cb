"""``edu-twin simulate`` into real Kafka: frames and ticks that a worker takes, and the truth beside them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from kafka import KafkaConsumer, TopicPartition

from deploy.local import InfluxDB, Kafka
from schemas.telemetry import TICK_CONTENT_TYPE
from schemas.truth import TRUTH_CONTENT_TYPE, Truth
from streams.codec import Codec
from streams.frames import Frame
from streams.records import Message
from tests.influx import influxql
from tests.integration.test_way_through import edu_twin
from tests.integration.worker_process import WorkerProcess, until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

PARTITIONS = 3
SCENARIO = """
title = "two cars"
days = 1
vehicles = [{ model = "i3" }, { model = "ix-m60", mountings = ["rear"] }]
faults = [{ kind = "pump", units = [1] }]
"""
UNITS = {b"i3-000": "none", b"gen5-performance-001": "pump"}


@dataclass
class Simulated:
    """What the command said, what the broker keeps, and what the worker wrote."""

    maker: str
    report: dict[str, Any]
    telemetry: list[Any]
    truth: list[Any]
    states: list[dict[str, Any]]


def kept(kafka: Kafka, topic: str) -> list[Any]:
    """Every record of a topic."""
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    assert consumer.partitions_for_topic(topic) == set(range(PARTITIONS))
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found: list[Any] = []
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for records in consumer.poll(timeout_ms=1000).values():
            found += records
    consumer.close()
    return found


@pytest.fixture(scope="module")
def simulated(kafka: Kafka, influxdb: InfluxDB, tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """A fleet of a maker of its own, simulated into Kafka and then processed by a worker."""
    folder = tmp_path_factory.mktemp("simulated")
    scenario = folder / "two.toml"
    maker = f"sim{uuid4().hex[:8]}"
    scenario.write_text(f'maker = "{maker}"\n' + SCENARIO)
    settings = {
        "EDU_TWIN_MAKER": maker,
        "EDU_TWIN_BROKERS": kafka.bootstrap,
        "EDU_TWIN_PARTITIONS": str(PARTITIONS),
        "EDU_TWIN_TICKS": "source",
        "EDU_TWIN_INFLUX__URL": influxdb.url,
        "EDU_TWIN_INFLUX__TOKEN": influxdb.token,
        "EDU_TWIN_INFLUX__ORG": influxdb.org,
        "EDU_TWIN_INFLUX__RETENTION_DAYS": "0",
    }
    edu_twin("setup", **settings)
    said: Any = edu_twin("simulate", str(scenario), "--kafka", kafka.bootstrap, "--json")
    (report,) = said["makers"]
    records = report["frames"] + report["ticks"] * PARTITIONS
    worker = WorkerProcess("simulated", folder, settings)
    try:
        worker.start()
        until(lambda: sum(worker.offsets("processed").values()) == records, 120, "the worker has processed everything")
        assert worker.end() == 0, worker.log.read_text()
    finally:
        worker.close()
    series = influxql(influxdb, f"edu_{maker}", "SELECT end_winding_temp_c FROM edu_state GROUP BY unit")
    telemetry, truth = kept(kafka, f"edu.{maker}.telemetry.v1"), kept(kafka, f"edu.{maker}.truth.v1")
    return Simulated(maker, report, telemetry, truth, [row for rows in series for row in rows])


def decoded(simulated: Simulated) -> list[Frame]:
    codec = Codec(simulated.maker, ["bmw-i3", "bmw-gen5-performance"])
    frames = [record for record in simulated.telemetry if record.key is not None]
    found = [codec.decode(Message(r.key, r.value, tuple(r.headers), r.timestamp, r.offset)) for r in frames]
    assert all(isinstance(frame, Frame) for frame in found)
    return found


def test_every_frame_and_tick_arrives(simulated: Simulated) -> None:
    ticks = [record for record in simulated.telemetry if record.key is None]
    assert all(record.headers == [("content-type", TICK_CONTENT_TYPE.encode())] for record in ticks)
    assert len(ticks) == simulated.report["ticks"] * PARTITIONS > 0
    assert len(decoded(simulated)) == simulated.report["frames"] > 0
    assert {record.key for record in simulated.telemetry} == {*UNITS, None}


def test_the_truth_has_a_record_of_every_unit_and_second_that_the_telemetry_has(simulated: Simulated) -> None:
    assert all(record.headers == [("content-type", TRUTH_CONTENT_TYPE.encode())] for record in simulated.truth)
    assert len(simulated.truth) == simulated.report["truth_records"]
    truths = [(record.key, Truth.model_validate_json(record.value)) for record in simulated.truth]
    for unit, label in UNITS.items():
        own = [truth for key, truth in truths if key == unit]
        assert {truth.unit for truth in own} == {unit.decode()}
        known_us = np.concatenate([truth.times_us for truth in own])
        sent_us = np.concatenate([frame.times_us() for frame in decoded(simulated) if frame.record.key == unit])
        assert (np.sort(known_us) == np.sort(sent_us)).all()
        assert {name for truth in own for name in truth.faults} == {label}
        assert {len(truth.junction_temps_c) for truth in own} == {2 if b"performance" in unit else 1}


def test_the_worker_s_estimates_of_simulated_units_are_near_the_truth(simulated: Simulated) -> None:
    known = {}
    for record in simulated.truth:
        truth = Truth.model_validate_json(record.value)
        known |= {(truth.unit, at): temp for at, temp in zip(truth.times_us, truth.temps_c["end_winding"], strict=True)}
    errors_k = [
        row["end_winding_temp_c"] - known[row["unit"], int(row["time"])]
        for row in simulated.states
        if (row["unit"], int(row["time"])) in known
    ]
    assert len(errors_k) > 20
    assert np.sqrt(np.mean(np.square(errors_k))) < 6.0


def test_simulating_again_into_the_same_topics_is_possible(simulated: Simulated, kafka: Kafka, tmp_path: Path) -> None:
    scenario = tmp_path / "again.toml"
    scenario.write_text(f'maker = "{simulated.maker}"\n' + SCENARIO)
    said: Any = edu_twin("simulate", str(scenario), "--kafka", kafka.bootstrap, "--days", "1", "--seed", "2", "--json")
    before, again = simulated.report["truth_records"], said["makers"][0]["truth_records"]
    assert len(kept(kafka, f"edu.{simulated.maker}.truth.v1")) == before + again
