"""The API in production: InfluxDB says what a lake of the same results says, and commands go to the log in Kafka."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from influxdb_client import InfluxDBClient
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from schemas.daily import Acknowledge, Snooze
from schemas.results import CohortKind, EduCohort
from streams.fleet_log import decode
from streams.fleet_statelog import FleetStateLog
from streams.serve.cohorts import TOLD, Kind
from streams.serve.commands_log import FileLog
from streams.serve.fleet_view import FleetView
from streams.serve.influx_reader import InfluxReader
from streams.serve.kafka_log import KafkaLog
from streams.serve.lake_reader import LakeReader
from streams.serve.reader import ReaderError
from streams.serve.web.app import application
from streams.settings import InfluxSettings, Settings
from streams.setup import create_topics
from streams.sinks.lake import LakeSink
from tests import served_fleet
from tests.living_fleet import influx_sinks
from tests.served_fleet import MAKER, SICK

pytestmark = pytest.mark.stack
PATHS = (
    "/v1/fleet",
    "/v1/twins?limit=1000",
    "/v1/alerts?show=all",
    *(f"/v1/cohorts?by={kind}" for kind in Kind),
    f"/v1/twins/{SICK}",
    f"/v1/twins/{SICK}/remaining-life/cooling",
    f"/v1/twins/{SICK}/history",
    f"/v1/twins/{SICK}/history?points=10",
    f"/v1/twins/{SICK}/history?series=day",
    f"/v1/twins/{SICK}/history?at=2024-11-17T23:00:30Z&fields=oil_temp_c,thermal_validity",
)


def settings_of(influxdb: Any, bucket: str) -> InfluxSettings:
    place = {"bucket": bucket, "daily_bucket": f"{bucket}_daily"}
    return InfluxSettings(url=influxdb.url, org=influxdb.org, token=influxdb.token, **place)


@pytest.mark.timeout(300)
def test_influxdb_and_a_lake_say_the_same_and_commands_reach_the_log(kafka: Any, influxdb: Any, tmp_path: Path) -> None:
    bucket = f"serve{uuid4().hex[:8]}"
    with InfluxDBClient(influxdb.url, influxdb.token, org=influxdb.org) as client:
        for name in (bucket, f"{bucket}_daily"):
            client.buckets_api().create_bucket(bucket_name=name, org=influxdb.org)
    known = served_fleet.fill([LakeSink(tmp_path / "lake"), *influx_sinks(influxdb, bucket)])
    settings = Settings(maker=MAKER, brokers=kafka.bootstrap, influx=settings_of(influxdb, bucket))
    create_topics(settings)
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
    for record in FleetStateLog(settings, 0)._records(known.stage.cut(), 1):
        producer.send(settings.topic("fleet"), record.value, key=record.key)
    producer.flush(20)
    producer.close(1)

    lake = FleetView(LakeReader(tmp_path / "lake"), _registered(tmp_path, known))
    production = FleetView(InfluxReader(settings.influx), KafkaLog(settings))
    lake.refresh()
    production.refresh()
    one, other = TestClient(application(lake)), TestClient(application(production))
    for path in PATHS:
        first, second = (client.get(path).json() for client in (one, other))
        assert list(_differences(first, second)) == [], path
    assert production.refresh() == set(), "what is read again is not new"
    for kind in CohortKind:
        rows = [view.reader.cohorts(kind.name.lower()) for view in (lake, production)]
        fields = EduCohort.model_fields.keys()
        assert list(_differences(*([{name: row[name] for name in fields} for row in own] for own in rows))) == [], kind
        assert {row["variant"] for row in rows[0]} == set(lake.counts().by_variant)
    for kind in TOLD - {Kind.FIRMWARE}:  # no unit of this fleet says which it has
        cohorts = other.get(f"/v1/cohorts?by={kind}").json()["items"]
        assert cohorts
        assert all(cohort["variant"] and cohort["at"] and cohort["signs"] is not None for cohort in cohorts), kind

    alert = other.get(f"/v1/alerts?subject={SICK}").json()["items"][0]["alert_id"]
    assert other.post(f"/v1/alerts/{alert}/acknowledge").json()["in_hand"]
    assert other.post(f"/v1/alerts/{alert}/snooze", json={"days": 2}).status_code == 200
    said = _log(kafka.bootstrap, settings.topic("daily"))
    assert [type(record) for record in said] == [Acknowledge, Snooze]
    assert {record.alert_id for record in said} == {alert}
    assert other.get(f"/v1/twins/{SICK}").json()["state"] == "in_hand"


def test_a_database_that_refuses_says_where_and_why(influxdb: Any) -> None:
    with pytest.raises(ReaderError, match=f"InfluxDB at {influxdb.url}, bucket nothing"):
        InfluxReader(settings_of(influxdb, "nothing")).newest("edu_state")


def _registered(folder: Path, known: served_fleet.Filled) -> FileLog:
    path = folder / "log.jsonl"
    path.write_text("".join(served_fleet.lines(known.registered)))
    return FileLog(path)


def _log(bootstrap: str, topic: str) -> list[Any]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=5000)
    consumer.assign([TopicPartition(topic, 0)])
    found = [decode(record) for record in consumer]
    consumer.close()
    return found


def _differences(one: Any, other: Any, where: str = "") -> Iterator[str]:
    """Numbers may differ as line protocol's digits do; ``built`` is not in the fleet stage's registry."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one.keys() - {"built"}:
            yield from _differences(one[name], other[name], f"{where}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, f"{where}.{place}")
    elif isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=1e-8, abs_tol=1e-9):
            yield f"{where}: {one} {other}"
    elif one != other:
        yield f"{where}: {one} {other}"
