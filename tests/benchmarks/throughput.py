"""How many samples a second one core takes from Kafka through the twins to InfluxDB, beside a plain Faust agent.

``python -m tests.benchmarks.throughput [--json] [--short]``. Broker and InfluxDB run on one core, the worker on the
other. Every contestant reads the same preloaded topic with the same kernels and writes the same points; its rate is
taken between 10 and 95 % of the samples, so that start and end do not count. Contestants take turns; medians count.

``us_per_frame.total`` is the worker's processor time per frame in this run, all threads. Of its parts,
``.transport`` is that of the same worker on the same topic with a pipeline that only counts (``peers.empty_worker``),
the others are measured alone: ``.process`` (decode to twin; its stations have rows, too), ``.sinks``, ``.checkpoint``.
``.unexplained`` is what is missing to the total: caches that the parts share, garbage collection, HTTP of /metrics.
"""

import os
import statistics
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import KafkaAdminClient

from deploy.local import InfluxDB, Kafka
from deploy.local.process import free_port
from tests.benchmarks import chain, sinks, stations
from tests.benchmarks.contest import (
    SERVER_CORE,
    Progress,
    follow,
    pinned,
    preload,
    printed_samples,
    printed_us_per_frame,
    scraped_samples,
)
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.benchmarks.traffic import SAMPLES, frames

PARTITIONS = 4
FLOAT32, INT16 = "bmw", "jlr"
"""Makers whose telemetry topics carry the two forms."""
GOAL_SAMPLES_PER_S = 0.7e6
GOAL_RATIO_STOCK = 3.0
FLAT_MEMORY_MB = 60.0
CHECKPOINT_S = 5.0


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    units: int
    frames_per_unit: int
    repeats: int

    @property
    def samples(self) -> int:
        """Samples of one topic."""
        return self.units * self.frames_per_unit * SAMPLES


FULL, SHORT = Size(400, 200, 3), Size(200, 100, 1)


class Bench:
    """Both servers with a preloaded topic per form, and the contestants."""

    def __init__(self, size: Size, kafka: Kafka, influxdb: InfluxDB, folder: Path) -> None:
        self.size, self.kafka, self.influxdb, self.folder = size, kafka, influxdb, folder
        self.runs = 0
        for maker in (FLOAT32, INT16):
            self._edu_twin("setup", maker)
            messages = frames(maker, size.units, size.frames_per_unit, int16=maker == INT16)
            count = preload(kafka.bootstrap, f"edu.{maker}.telemetry.v1", PARTITIONS, messages)
            progress(f"{count} frames of {maker} preloaded")

    def worker(self, maker: str) -> Progress:
        """This project's worker, from an empty state."""
        self._empty_state(maker)
        port = free_port()
        environment = self._next_run(maker) | {"EDU_TWIN_HEALTH_PORT": str(port)}

        def done() -> int:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    return scraped_samples(answer.read().decode())
            except OSError:
                return 0

        log = self.folder / f"worker-{self.runs}.log"
        with pinned([sys.executable, "-m", "streams.cli", "worker"], log, environment) as process:
            return follow(process, done, self.size.samples, log)

    def transport_us(self, maker: str) -> float:
        """Processor time per frame of a worker that does nothing with what it reads."""
        self._empty_state(maker)
        environment = self._next_run(maker) | {"EDU_TWIN_HEALTH_PORT": "0"}
        log = self.folder / f"empty-{self.runs}.log"
        with pinned([sys.executable, "-m", "tests.benchmarks.peers.empty_worker"], log, environment) as process:
            follow(process, lambda: printed_samples(log), self.size.samples, log)
        return printed_us_per_frame(log)

    def faust(self, *, tuned: bool) -> Progress:
        """A Faust agent as it comes, or with the fetch stall removed."""
        self.runs += 1
        influx = self.influxdb
        command = [sys.executable, "-m", "tests.benchmarks.peers.faust_agent", FLOAT32, self.kafka.bootstrap]
        command += [f"edu.{FLOAT32}.telemetry.v1", f"peer-{self.runs}", influx.url, influx.token, influx.org]
        command += [f"edu_{FLOAT32}"] + ["--tuned"] * tuned
        log = self.folder / f"faust-{self.runs}.log"
        with pinned(command, log, dict(os.environ)) as process:
            return follow(process, lambda: printed_samples(log), self.size.samples, log)

    def _next_run(self, maker: str) -> dict[str, str]:
        """Environment of a worker of ours that reads the topic from its beginning."""
        self.runs += 1
        return self._environment(maker) | {
            "EDU_TWIN_GROUP": f"bench-{self.runs}",
            "EDU_TWIN_CHECKPOINT_INTERVAL_S": str(CHECKPOINT_S),
            "EDU_TWIN_TICKS": "source",
        }

    def _environment(self, maker: str) -> dict[str, str]:
        return dict(os.environ) | {
            "EDU_TWIN_MAKER": maker,
            "EDU_TWIN_BROKERS": self.kafka.bootstrap,
            "EDU_TWIN_PARTITIONS": str(PARTITIONS),
            "EDU_TWIN_INFLUX__URL": self.influxdb.url,
            "EDU_TWIN_INFLUX__TOKEN": self.influxdb.token,
            "EDU_TWIN_INFLUX__ORG": self.influxdb.org,
            "EDU_TWIN_INFLUX__RETENTION_DAYS": "0",
        }

    def _edu_twin(self, verb: str, maker: str) -> None:
        log = self.folder / f"{verb}-{maker}.log"
        with pinned([sys.executable, "-m", "streams.cli", verb], log, self._environment(maker)) as process:
            if process.wait(60) != 0:
                raise RuntimeError(f"edu-twin {verb}: {log.read_text()[-3000:]}")

    def _empty_state(self, maker: str) -> None:
        admin = KafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        try:
            admin.delete_topics([f"edu.{maker}.state.v1"])
        finally:
            admin.close()
        self._edu_twin("setup", maker)


def race(bench: Bench, alone: list[Row]) -> list[Row]:
    """All contestants in turn, as often as the size says; ``alone``: what the stations cost by themselves."""
    size = bench.size
    ours: list[Progress] = []
    transport_us: list[float] = []
    rates: dict[str, list[float]] = {"worker": [], "int16": [], "stock": [], "tuned": []}
    for turn in range(size.repeats):
        ours.append(bench.worker(FLOAT32))
        transport_us.append(bench.transport_us(FLOAT32))
        rates["worker"].append(ours[-1].rate(size.samples))
        rates["int16"].append(bench.worker(INT16).rate(size.samples))
        rates["stock"].append(bench.faust(tuned=False).rate(size.samples))
        rates["tuned"].append(bench.faust(tuned=True).rate(size.samples))
        progress(f"turn {turn + 1}: " + ", ".join(f"{name} {values[-1]:,.0f}/s" for name, values in rates.items()))
    worker, int16, stock, tuned = (statistics.median(values) for values in rates.values())
    total_us = statistics.median(each.cpu_us_per_frame(size.samples) for each in ours)
    growth = statistics.median(each.memory_growth_mb(size.samples) for each in ours)
    return [
        at_least("samples_per_s", worker, "1/s", GOAL_SAMPLES_PER_S, stock, "Faust agent as it comes"),
        at_least("samples_per_s.int16", int16, "1/s", GOAL_SAMPLES_PER_S),
        at_least("ratio_stock_faust", worker / stock, "", GOAL_RATIO_STOCK, stock, "samples/s of a stock agent"),
        Row("ratio_tuned_faust", worker / tuned, "", tuned, "samples/s of an agent without the fetch stall"),
        Row("worker_cpu_share", statistics.median(each.cpu_share(size.samples) for each in ours), "of one core"),
        at_most("memory_growth_mb", growth, "MB", FLAT_MEMORY_MB),
        *parts(statistics.median(transport_us), total_us, alone),
    ]


def parts(transport_us: float, total_us: float, alone: list[Row]) -> list[Row]:
    """What the worker's time per frame is made of, as far as the rows measured alone explain it."""
    us = {row.name: row.value for row in alone if row.value is not None}
    known_us = transport_us + sum(us[f"us_per_frame.{name}"] for name in ("process", "sinks", "checkpoint"))
    return [
        Row("us_per_frame.transport", transport_us, "us"),
        Row("us_per_frame.total", total_us, "us", known_us, "us: transport + process + sinks + checkpoint"),
        Row("us_per_frame.unexplained", total_us - known_us, "us"),
    ]


def measure() -> list[Row]:
    """Every row; servers are started and ended here."""
    size = SHORT if "--short" in sys.argv[1:] else FULL
    progress("stations of the chain")
    rows = [*chain.rows(), *stations.rows(), *sinks.rows()]
    with ExitStack() as servers:
        folder = Path(servers.enter_context(tempfile.TemporaryDirectory()))
        kafka = servers.enter_context(Kafka(cpus={SERVER_CORE}))
        influxdb = servers.enter_context(InfluxDB(cpus={SERVER_CORE}))
        return race(Bench(size, kafka, influxdb, folder), rows) + rows


if __name__ == "__main__":
    run("throughput", measure)
