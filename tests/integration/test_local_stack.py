"""The servers that the other integration tests rely on keep their data through kills."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

from deploy.local import InfluxDB, Kafka, stack

pytestmark = pytest.mark.stack


def records(bootstrap: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=3000, group_id=None
    )
    values = []
    for record in consumer:
        values.append(record.value)
        if len(values) == 100:
            break
    consumer.close()
    return values


def count_points(server: InfluxDB) -> int:
    query = f'from(bucket: "{server.bucket}") |> range(start: 0) |> filter(fn: (r) => r._measurement == "m") |> count()'
    with InfluxDBClient(server.url, server.token, org=server.org) as client:
        return sum(record.get_value() for table in client.query_api().query(query) for record in table.records)


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]


def test_kafka_keeps_acknowledged_records_when_it_is_killed(make_kafka: Callable[[], Kafka]) -> None:
    server = make_kafka()
    admin = KafkaAdminClient(bootstrap_servers=server.bootstrap)
    admin.create_topics({"kept": {"num_partitions": 1, "replication_factor": 1}})
    admin.close()
    producer = KafkaProducer(bootstrap_servers=server.bootstrap, acks="all")
    for number in range(100):
        producer.send("kept", str(number).encode())
    producer.flush()
    producer.close()
    address, first_pid = server.bootstrap, server.pid

    server.kill()
    assert not server.running
    server.start()

    assert server.pid != first_pid
    assert server.bootstrap == address
    assert records(server.bootstrap, "kept") == [str(number).encode() for number in range(100)]


def test_influxdb_keeps_acknowledged_points_when_it_is_killed(make_influxdb: Callable[[], InfluxDB]) -> None:
    server = make_influxdb()
    lines = [f"m,unit=u v={number} {number + 1}" for number in range(1000)]
    with InfluxDBClient(server.url, server.token, org=server.org) as client:
        client.write_api(write_options=SYNCHRONOUS).write(server.bucket, record=lines)

    server.kill()
    server.start()
    assert count_points(server) == 1000
    server.restart()
    assert count_points(server) == 1000


@pytest.mark.usefixtures("local_servers")
def test_no_server_outlives_a_killed_parent(tmp_path: Path) -> None:
    start = f"from pathlib import Path; from deploy.local import InfluxDB; server = InfluxDB(Path({str(tmp_path)!r}))"
    program = f"{start}; print(server.start().pid, flush=True); import time; time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pid)


@pytest.mark.usefixtures("local_servers")
def test_stack_up_and_down(tmp_path: Path) -> None:
    running = stack.up(tmp_path)
    try:
        assert stack.up(tmp_path) == running
        assert stack.read(tmp_path) == running
        assert is_alive(running.kafka_pid)
        assert is_alive(running.influxdb_pid)
    finally:
        stack.down(tmp_path)
    assert not is_alive(running.kafka_pid)
    assert not is_alive(running.influxdb_pid)
    assert stack.read(tmp_path) is None
