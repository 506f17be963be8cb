"""How many samples a second one core takes from Kafka through the twins to InfluxDB, beside a plain Faust agent.

``python -m tests.benchmarks.throughput [--json] [--short]``. Broker and InfluxDB run on one core, the worker on the
other. Every contestant reads the same preloaded topic with the same kernels and writes the same points; its rate is
taken between 10 and 95 % of the samples, so that start and end do not count. Contestants take turns; medians count.
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
        self.runs += 1
        self._empty_state(maker)
        port = free_port()
        environment = self._environment(maker) | {
            "EDU_TWIN_GROUP": f"bench-{self.runs}",
            "EDU_TWIN_HEALTH_PORT": str(port),
            "EDU_TWIN_CHECKPOINT_INTERVAL_S": str(CHECKPOINT_S),
            "EDU_TWIN_TICKS": "source",
        }

        def done() -> int:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    return scraped_samples(answer.read().decode())
            except OSError:
                return 0

        log = self.folder / f"worker-{self.runs}.log"
        with pinned([sys.executable, "-m", "streams.cli", "worker"], log, environment) as process:
            return follow(process, done, self.size.samples, log)

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


def race(bench: Bench) -> list[Row]:
    """All contestants in turn, as often as the size says."""
    size = bench.size
    ours: list[Progress] = []
    rates: dict[str, list[float]] = {"worker": [], "int16": [], "stock": [], "tuned": []}
    for turn in range(size.repeats):
        ours.append(bench.worker(FLOAT32))
        rates["worker"].append(ours[-1].rate(size.samples))
        rates["int16"].append(bench.worker(INT16).rate(size.samples))
        rates["stock"].append(bench.faust(tuned=False).rate(size.samples))
        rates["tuned"].append(bench.faust(tuned=True).rate(size.samples))
        progress(f"turn {turn + 1}: " + ", ".join(f"{name} {values[-1]:,.0f}/s" for name, values in rates.items()))
    worker, int16, stock, tuned = (statistics.median(values) for values in rates.values())
    growth = statistics.median(each.memory_growth_mb(size.samples) for each in ours)
    return [
        at_least("samples_per_s", worker, "1/s", GOAL_SAMPLES_PER_S, stock, "Faust agent as it comes"),
        at_least("samples_per_s.int16", int16, "1/s", GOAL_SAMPLES_PER_S),
        at_least("ratio_stock_faust", worker / stock, "", GOAL_RATIO_STOCK, stock, "samples/s of a stock agent"),
        Row("ratio_tuned_faust", worker / tuned, "", tuned, "samples/s of an agent without the fetch stall"),
        Row("worker_cpu_share", statistics.median(each.cpu_share(size.samples) for each in ours), "of one core"),
        at_most("memory_growth_mb", growth, "MB", FLAT_MEMORY_MB),
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
        return race(Bench(size, kafka, influxdb, folder)) + rows


if __name__ == "__main__":
    run("throughput", measure)
