"""One run of workers over one topic, and everything it leaves behind: state, points in InfluxDB, rows in the lake."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.alerts import SERIES as ALERT_SERIES
from schemas.results import DAILY
from streams.fleet_statelog import Pieces, Saved
from streams.records import LogRecord, Snapshot
from streams.rehearsal import rehearse
from streams.setup import ALERT_PARTITIONS
from streams.sinks.lake import connect
from streams.snapshots import PRESENT, Collected, decode
from streams.twins import load_twins
from tests.influx import influxql
from tests.integration.worker_process import WorkerProcess, until

PARTITIONS = 4
SESSION_S = 4.0
POINTS = ("edu_state", "edu_trip", "edu_day", "edu_health")
"""Series of the unit stage; in InfluxDB alerts are one more."""
TABLES = (*POINTS, "alerts", "day_parts", "loads", "refused", "raw_frames")
"""Of the lake. Row snapshots are not among them: which are kept depends on the cut."""


@dataclass
class Run:
    """Servers and names of one run. ``name`` tells bucket, lake and group apart from other runs of one maker."""

    name: str
    maker: str
    kafka: Any
    influxdb: Any
    folder: Path
    checkpoint_s: float = 1.0

    @property
    def bucket(self) -> str:
        return f"{self.maker}_{self.name}"

    @property
    def lake(self) -> Path:
        return self.folder / f"lake-{self.name}"

    def topic(self, name: str) -> str:
        return f"edu.{self.maker}.{name}.v1"

    @property
    def settings(self) -> dict[str, str]:
        """Environment of its workers."""
        return {
            "EDU_TWIN_MAKER": self.maker,
            "EDU_TWIN_BROKERS": self.kafka.bootstrap,
            "EDU_TWIN_GROUP": f"{self.maker}-{self.name}",
            "EDU_TWIN_PARTITIONS": str(PARTITIONS),
            "EDU_TWIN_CHECKPOINT_INTERVAL_S": str(self.checkpoint_s),
            "EDU_TWIN_SESSION_TIMEOUT_S": str(SESSION_S),
            "EDU_TWIN_HEARTBEAT_INTERVAL_S": "1",
            "EDU_TWIN_REBALANCE_TIMEOUT_S": "10",
            "EDU_TWIN_TICKS": "source",
            "EDU_TWIN_INFLUX__URL": self.influxdb.url,
            "EDU_TWIN_INFLUX__ORG": self.influxdb.org,
            "EDU_TWIN_INFLUX__TOKEN": self.influxdb.token,
            "EDU_TWIN_INFLUX__BUCKET": self.bucket,
            "EDU_TWIN_INFLUX__DAILY_BUCKET": f"{self.bucket}_daily",
            "EDU_TWIN_INFLUX__RETENTION_DAYS": "0",
            "EDU_TWIN_INFLUX__DAILY_RETENTION_DAYS": "0",
            "EDU_TWIN_LAKE__DIRECTORY": str(self.lake),
            "EDU_TWIN_LOG_LEVEL": "debug",
        }

    def setup(self) -> None:
        """Topics and bucket; kernels are in the cache when it returns."""
        compile_kernels()
        self.create_topics()

    def create_topics(self) -> None:
        """Topics and bucket only, for what runs without kernels."""
        worker = WorkerProcess("setup", self.folder, self.settings)
        subprocess.run([sys.executable, "-m", "streams.cli", "setup"], env=worker.environment, check=True, timeout=60)

    def worker(self, name: str, *, faulty: bool = False, verb: str = "worker", **settings: str) -> WorkerProcess:
        """A worker of this run, not yet started; ``verb`` fleet: of the fleet stage."""
        module = "tests.integration.faulty_worker" if faulty else "streams.cli"
        return WorkerProcess(f"{self.name}-{name}", self.folder, self.settings | settings, module, verb)

    def await_saved(self, ends: Mapping[int, int], timeout_s: float) -> None:
        """Wait until the saved state contains all input."""
        until(lambda: self.saved() == ends, timeout_s, f"state of {self.name} up to {dict(ends)}")

    def saved(self) -> dict[int, int]:
        """Mark of each partition's saved state, as a restore would see it."""
        return {partition: state.mark for partition, state in self._state().items() if state.mark is not None}

    def rows(self) -> dict[str, Snapshot]:
        """The newest saved snapshot of every unit."""
        values = {key: value for state in self._state().values() for key, value in state.values.items()}
        return {key.decode(): decode(key, value)[0] for key, value in values.items()}

    def log(self) -> list[LogRecord]:
        """The fleet's log as a reader of committed records sees it, in its order."""
        return asyncio.run(_read_log(self.kafka.bootstrap, self.topic("daily")))

    def fleet_mark(self) -> int:
        """How far into the log the fleet's saved state is, as a restore would see it."""
        saved = asyncio.run(_read_fleet(self.kafka.bootstrap, self.topic("fleet")))
        return saved.mark if saved else 0

    def alerts(self) -> list[LogRecord]:
        """The alerts topic as a reader of committed records sees it, partition by partition."""
        return asyncio.run(_read_log(self.kafka.bootstrap, self.topic("alerts"), ALERT_PARTITIONS))

    def points(self) -> dict[str, list[str]]:
        """Every point in InfluxDB as text, sorted, per measurement."""
        return {name: _sorted_rows(self.stored(name, "*")) for name in (*POINTS, ALERT_SERIES)}

    def stored(self, series: str, what: str) -> list[list[dict[str, Any]]]:
        """Columns or functions of a series in InfluxDB."""
        bucket = f"{self.bucket}_daily" if series in DAILY else self.bucket
        return influxql(self.influxdb, bucket, f"SELECT {what} FROM {series}")

    def lake_rows(self) -> dict[str, list[str]]:
        """Every row of the lake's views as text, sorted, per table; append times of the broker left out."""
        found = {}
        with connect(self.lake) as lake:
            for name in TABLES:
                table = lake.execute(f'SELECT * FROM "{name}"')
                columns = [column[0] for column in table.description]
                rows = [dict(zip(columns, row, strict=True)) for row in table.fetchall()]
                found[name] = sorted(str({k: v for k, v in row.items() if k != "timestamp_ms"}) for row in rows)
        return found

    def _state(self) -> dict[int, Collected]:
        return asyncio.run(_read_state(self.kafka.bootstrap, self.topic("state")))


@cache
def compile_kernels() -> None:
    """After a change of a kernel the first worker would compile for a minute."""
    rehearse("tests", load_twins())


async def _read_state(bootstrap: str, topic: str) -> dict[int, Collected]:
    states = {number: Collected(PRESENT, lambda _: None) for number in range(PARTITIONS)}
    async for record in _committed(bootstrap, topic, PARTITIONS):
        states[record.partition].put(record.key, record.value)
    return states


async def _read_log(bootstrap: str, topic: str, count: int = 1) -> list[LogRecord]:
    return [
        LogRecord(record.key, record.value, tuple(record.headers))
        async for record in _committed(bootstrap, topic, count)
    ]


async def _read_fleet(bootstrap: str, topic: str) -> Saved | None:
    pieces = Pieces()
    async for record in _committed(bootstrap, topic, 1):
        pieces.put(record.key, record.value)
    return pieces.take()


async def _committed(bootstrap: str, topic: str, count: int) -> AsyncIterator[Any]:
    """Records of a topic's partitions, one after the other, up to their ends."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, ()):
                    yield record
    finally:
        await consumer.stop()


def _sorted_rows(series: list[list[dict[str, Any]]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for rows in series for row in rows)
