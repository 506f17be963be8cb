"""The Kafka sink on a real broker: what was written is there, also when the broker is killed meanwhile."""

import time
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from deploy.local import Kafka
from schemas.rejects import Reason, Reject
from streams.records import Message
from streams.results import Refused
from streams.sinks.kafka import KafkaSink
from streams.sinks.kafka_messages import CUT_VALUE_BYTES, topics
from tests.synthetic import alert, output

pytestmark = pytest.mark.stack


def create(bootstrap: str, maker: str, **configs: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name, 2, 1, topic_configs=configs) for name in topics(maker)])
    admin.close()


def read(bootstrap: str, topic: str, at_least: int, timeout_s: float = 30.0) -> list:  # type: ignore[type-arg]
    """All records of a topic once there are so many, and none more for a moment."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, partition) for partition in range(2)])
    records: list = []  # type: ignore[type-arg]
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        polled = [record for batch in consumer.poll(timeout_ms=300).values() for record in batch]
        records += polled
        if len(records) >= at_least and not polled:
            break
    consumer.close()
    return records


def refused(number: int, size: int = 100) -> Refused:
    record = Message(b"unit-%d" % (number % 7), b"%08d" % number + b"x" * size, [("h", b"v")], 1, number)
    return Refused(record, Reject(Reason.MALFORMED, "made up"), late=number % 3 == 0)


def test_dead_letters_late_frames_and_alerts_arrive_with_key_value_and_headers(kafka: Kafka) -> None:
    maker = f"m{uuid4().hex[:8]}"
    create(kafka.bootstrap, maker)
    sink = KafkaSink([kafka.bootstrap], maker)
    sink.write(output(refused=[refused(number) for number in range(300)], alerts=[alert()], partition=1))
    sink.flush(60)
    names = topics(maker)
    dead, late = read(kafka.bootstrap, names.dead_letters, 200), read(kafka.bootstrap, names.late, 100)
    (event,) = read(kafka.bootstrap, names.alerts, 1)
    sink.close()
    assert sorted(int(record.value[:8]) for record in dead) == [n for n in range(300) if n % 3]
    assert sorted(int(record.value[:8]) for record in late) == [n for n in range(300) if n % 3 == 0]
    for record in dead:
        number = int(record.value[:8])
        assert record.key == b"unit-%d" % (number % 7)
        assert dict(record.headers)["edu-source-offset"] == b"%d" % number
        assert dict(record.headers)["h"] == b"v"
    assert dict(event.headers)["ce_id"] == alert().id.encode()


def test_a_message_larger_than_the_topic_takes_arrives_as_its_beginning(kafka: Kafka) -> None:
    maker = f"m{uuid4().hex[:8]}"
    create(kafka.bootstrap, maker, **{"max.message.bytes": "100000"})
    sink = KafkaSink([kafka.bootstrap], maker)
    sink.write(output(refused=[refused(1), refused(2, 300_000), refused(4)]))
    sink.flush(60)
    dead = read(kafka.bootstrap, topics(maker).dead_letters, 3)
    sink.close()
    assert Counter(int(record.value[:8]) for record in dead) == {1: 1, 2: 1, 4: 1}
    assert max(len(record.value) for record in dead) == CUT_VALUE_BYTES


def test_a_broker_killed_while_writing_loses_nothing(make_kafka: Callable[[], Kafka]) -> None:
    broker = make_kafka()
    create(broker.bootstrap, "chaos")
    sink = KafkaSink([broker.bootstrap], "chaos", confirm_s=3.0)
    for number in range(0, 3000, 100):
        sink.write(output(refused=[refused(n) for n in range(number, number + 100)]))
        if number == 1000:
            sink.flush(60)
            broker.kill()
        if number == 2000:
            broker.start()
    sink.flush(120)
    names = topics("chaos")
    values = {
        int(record.value[:8])
        for topic, least in ((names.dead_letters, 2000), (names.late, 1000))
        for record in read(broker.bootstrap, topic, least)
    }
    sink.close()
    assert values == set(range(3000))
