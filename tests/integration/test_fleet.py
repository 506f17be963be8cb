"""The fleet stage on real servers: killed again and again, it tells every alert once, and none else."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiokafka import AIOKafkaProducer

from schemas.fleet_alerts import FleetAlert
from streams.fleet_pipeline import FleetPipeline, as_log
from streams.records import LogRecord
from streams.sinks.kafka_messages import fleet_alert_record
from streams.sinks.lake import connect
from tests.fleet_days import Fleet, Injection
from tests.fleet_records import FIRST_DAY, interleaved, log_of, registrations
from tests.influx import influxql
from tests.integration.runs import PARTITIONS, Run
from tests.integration.worker_process import WorkerProcess, until
from twin.fleet.rules import FleetRules

MAKER = "fleettest"
DAYS = 48
FLEET = Fleet(
    7,
    60,
    (
        Injection("pump", 1.0, np.array([9, 30]), np.array([30, 33])),
        Injection("bearing_wear", 1.0, np.array([20]), np.array([31])),
    ),
)
FAULTS = ("between-flush-and-save:1", "between-alerts-and-rows:1", "inside-the-transaction:1", "between-save-and-ack:1")
pytestmark = pytest.mark.stack


def fleet_log() -> list[LogRecord]:
    """What the maker and the unit stage say of 48 days."""
    told = log_of(FLEET, FLEET.days(DAYS, FIRST_DAY), PARTITIONS, MAKER)
    return [*registrations(FLEET, MAKER), *interleaved(told, 1)]


def expected(log: list[LogRecord]) -> list[FleetAlert]:
    """The alerts of a stage without servers that is never disturbed."""
    pipeline = FleetPipeline(MAKER, PARTITIONS, FleetRules(), [])
    pipeline.process(list(as_log(log)))
    return pipeline.cut().told


async def write(bootstrap: str, topic: str, records: list[LogRecord], rng: random.Random) -> int:
    """Append in transactions as the unit stage does, one of them given up in between; offset of the last record."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-test")
    await producer.start()
    at = last = 0
    while at < len(records):
        size = rng.randrange(50, 400)
        async with producer.transaction():
            sends = [
                await producer.send(topic, one.value, one.key, partition=0, headers=list(one.headers))
                for one in records[at : at + size]
            ]
            last = (await asyncio.gather(*sends))[-1].offset
        await producer.begin_transaction()
        await producer.send_and_wait(topic, records[0].value, records[0].key, partition=0)
        await producer.abort_transaction()
        at += size
    await producer.stop()
    return last


@pytest.mark.timeout(200)
def test_a_killed_fleet_stage_tells_the_same_alerts(kafka: Any, influxdb: Any, tmp_path: Path) -> None:
    run = Run("fleet", MAKER, kafka, influxdb, tmp_path, checkpoint_s=0.5)
    run.create_topics()
    log, rng = fleet_log(), random.Random(3)
    worker = run.worker("one", faulty=True, verb="fleet")
    steps, last = len(FAULTS) + 1, 0
    pieces = [log[len(log) * k // steps : len(log) * (k + 1) // steps] for k in range(steps)]
    try:
        for fault, piece in zip((*FAULTS, ""), pieces, strict=True):
            worker.start(**({"FAULT": fault} if fault else {}))
            last = asyncio.run(write(kafka.bootstrap, run.topic("daily"), piece, rng))
            if fault:
                assert worker.wait(40) == -9, fault
        until(lambda: run.fleet_mark() == last + 1, 60, "state up to the end of the log")
        until(lambda: not worker.unready(), 30, "the stage is ready")
        until(lambda: worker.metric("edu_twin_consumer_lag_records") == 0, 20, "nothing of the log is left")
        truth = expected(log)
        assert {"u000009", "u000020", "u000030"} <= {alert.subject for alert in truth}
        assert sorted(run.alerts()) == sorted(map(fleet_alert_record, truth))
        assert_taken_in_hand(run, worker, truth)
        assert worker.end() == 0
    finally:
        worker.close()
    assert_shown(run, truth)


def assert_taken_in_hand(run: Run, worker: WorkerProcess, truth: list[FleetAlert]) -> None:
    """What the commands say and do: the list is of the topic, an acknowledgement a step of the alert."""
    shown = {one["alert_id"] for one in json.loads(edu_twin(worker, "alerts", "list", "--all", "--json"))}
    assert shown == {alert.alert_id for alert in truth}
    found = next(alert for alert in truth if alert.subject == "u000009")
    edu_twin(worker, "alerts", "ack", found.alert_id)
    until(lambda: len(run.alerts()) == len(truth) + 1, 20, "the acknowledgement is told")
    last = edu_twin(worker, "alerts", "show", found.alert_id, "--json")
    assert json.loads(last)[-1]["transition"] == "acknowledged"
    truth.append(FleetAlert.model_validate(json.loads(last)[-1]))
    assert json.loads(edu_twin(worker, "alerts", "budget", "--json"))["days"] == DAYS


def edu_twin(worker: WorkerProcess, *words: str) -> str:
    """What a command prints, with the settings of the worker."""
    command = [sys.executable, "-m", "streams.cli", *words]
    return subprocess.run(command, env=worker.environment, check=True, timeout=60, capture_output=True).stdout.decode()


def assert_shown(run: Run, truth: list[FleetAlert]) -> None:
    """The same alerts are in InfluxDB and the lake, with the standings of all days."""
    series = influxql(run.influxdb, f"{run.bucket}_daily", "SELECT * FROM edu_alert")
    rows = [row for one in series for row in one]
    assert sorted(row["alert_id"] for row in rows) == sorted(alert.id for alert in truth)
    changes = {row["alert_id"]: json.loads(row["changes"]) for row in rows}
    assert all(changes[alert.id] == [change.model_dump() for change in alert.changes] for alert in truth)
    with connect(run.lake) as lake:
        counted = ("count(peers) FROM edu_fleet", "count(units) FROM edu_cohort", "count(age_km) FROM edu_life")
        for query in (f"SELECT {what}" for what in counted):
            ((count,),) = influxql(run.influxdb, f"{run.bucket}_daily", query)
            assert lake.execute(query).fetchone() == (count["count"],)
        found = lake.execute("SELECT id FROM fleet_alerts").fetchall()
    assert sorted(name for (name,) in found) == sorted(alert.id for alert in truth)
