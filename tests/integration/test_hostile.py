"""10,000 hostile messages among good ones on the real broker: every record's fate is read back and adds up."""

import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.local import InfluxDB, Kafka
from schemas.rejects import Reason
from streams.codec import Codec, Frame
from streams.records import Message
from streams.sinks.lake import connect, raw_messages
from tests.hostile import hostile_messages
from tests.integration.worker_process import WorkerProcess, until
from tests.unit.test_hostile import HOSTILE, START_US, VARIANT, good_frames, merged, ticks

pytestmark = pytest.mark.stack

PARTITIONS = 4
Place = tuple[int, int]
"""Partition and offset of a record."""


def settings(maker: str, kafka: Kafka, influxdb: InfluxDB, lake: Path) -> dict[str, str]:
    return {
        "EDU_TWIN_MAKER": maker,
        "EDU_TWIN_BROKERS": kafka.bootstrap,
        "EDU_TWIN_PARTITIONS": str(PARTITIONS),
        "EDU_TWIN_TICKS": "source",
        "EDU_TWIN_INFLUX__URL": influxdb.url,
        "EDU_TWIN_INFLUX__TOKEN": influxdb.token,
        "EDU_TWIN_INFLUX__ORG": influxdb.org,
        "EDU_TWIN_INFLUX__RETENTION_DAYS": "0",
        "EDU_TWIN_LAKE__DIRECTORY": str(lake),
        "EDU_TWIN_CHECKPOINT_INTERVAL_S": "2",
    }


def partition_of(key: bytes | None) -> int:
    return sum(key or b"") % PARTITIONS


def read_all(bootstrap: str, topic: str) -> list[Message]:
    """Every record of a topic, its partition in front of its headers."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_partition_fetch_bytes=8 << 20)
    parts = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    found = []
    while any(consumer.position(part) < ends[part] for part in parts):
        for batch in consumer.poll(timeout_ms=500).values():
            for record in batch:
                headers = [("partition", b"%d" % record.partition), *record.headers]
                found.append(Message(record.key, record.value, headers, record.timestamp, record.offset))
    consumer.close()
    return found


def source_of(record: Message) -> Place:
    headers = dict(record.headers)
    return int(headers["edu-source-partition"]), int(headers["edu-source-offset"])


def test_every_hostile_message_ends_with_a_reason_and_all_good_frames_are_processed(
    kafka: Kafka, influxdb: InfluxDB, tmp_path: Path
) -> None:
    maker = f"m{uuid4().hex[:8]}"
    chosen = settings(maker, kafka, influxdb, tmp_path / "lake")
    subprocess.run([sys.executable, "-m", "streams.cli", "setup"], env=os.environ | chosen, check=True)
    good = good_frames(maker=maker)
    now_us = time.time_ns() // 1_000
    sent = merged(good, hostile_messages(HOSTILE, maker, VARIANT, START_US, now_us, seed=3), seed=3)

    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, max_request_size=8 << 20, linger_ms=20)
    topic = f"edu.{maker}.telemetry.v1"
    for message in sent:
        producer.send(topic, message.value, message.key, list(message.headers), partition=partition_of(message.key))
    end = ticks(60, 63, 66, 90)
    for message in end:
        for partition in range(PARTITIONS):
            producer.send(topic, message.value, message.key, list(message.headers), partition=partition)
    producer.flush()
    producer.close()

    worker = WorkerProcess("hostile", tmp_path, chosen)
    worker.start()
    try:
        everything = len(sent) + len(end) * PARTITIONS
        until(lambda: sum(worker.offsets("processed").values()) == everything, 120, "all records processed")
        assert worker.end() == 0
    finally:
        worker.close()

    records = {(int(dict(r.headers)["partition"]), r.offset): r for r in read_all(kafka.bootstrap, topic)}
    dead = {source_of(record): record for record in read_all(kafka.bootstrap, f"edu.{maker}.telemetry.dlq.v1")}
    late = {source_of(record): record for record in read_all(kafka.bootstrap, f"edu.{maker}.telemetry.late.v1")}
    accepted = {(partition, m.offset): m for partition, m in raw_messages(connect(tmp_path / "lake"))}
    assert len(records) == everything
    assert not set(dead) & set(late)
    assert not set(accepted) & (set(dead) | set(late))

    codec = Codec(maker, [VARIANT])
    numbers = {number(codec, records[place]) for place in {*accepted, *dead, *late}} - {None}
    unanswered = set(records) - set(dead) - set(late) - set(accepted)
    repeated = [place for place in unanswered if number(codec, records[place]) in numbers]
    assert len(unanswered) - len(repeated) == len(end) * PARTITIONS  # what is neither is a lawful tick

    for place, record in (dead | late).items():
        assert Reason(dict(record.headers)["edu-reason"].decode())
        assert (record.key, record.value) == (records[place].key, records[place].value or b"")  # no value: empty
    assert sum((m.key or b"").startswith(b"good") for m in accepted.values()) == len(good)


def number(codec: Codec, record: Message) -> tuple[str, int, int] | None:
    """Unit, boot and sequence of a frame, by which a repetition is known."""
    frame = codec.decode(record)
    return (frame.identity.identity.unit, frame.boot, frame.sequence) if isinstance(frame, Frame) else None
