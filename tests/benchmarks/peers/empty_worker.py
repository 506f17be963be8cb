"""This project's worker with a pipeline that only counts: what it spends is the transport's.

``python -m tests.benchmarks.peers.empty_worker`` takes the worker's settings and prints ``cpu_seconds samples`` on
stdout as it goes: processor time of the whole process, so Kafka client, Faust, agent and empty checkpoints.
"""

import time
from collections.abc import Sequence

from streams.logs import configure
from streams.metrics import Metrics
from streams.pipeline import Pipeline
from streams.records import Record
from streams.settings import load
from streams.unit_worker import TwinApp
from streams.worker import run
from tests.benchmarks.traffic import SAMPLES

REPORT_EVERY_FRAMES = 200


class Report:
    """Frames seen by all partitions, printed now and then."""

    def __init__(self) -> None:
        self.frames = self.printed = 0

    def add(self, frames: int) -> None:
        """So many more frames."""
        self.frames += frames
        if self.frames - self.printed >= REPORT_EVERY_FRAMES:
            self.printed = self.frames
            print(f"{time.process_time():.6f} {self.frames * SAMPLES}", flush=True)


class Counter(Pipeline):
    """Takes every record and does nothing with it."""

    report = Report()

    def process(self, records: Sequence[Record]) -> None:
        """Count."""
        self.counts["accepted"] += len(records)
        self.report.add(len(records))


class EmptyApp(TwinApp):
    """The worker, its stations taken out."""

    def _new_pipeline(self, number: int) -> Pipeline:
        return Counter(number, self.settings.maker, {}, [])


def main() -> None:
    """Run until ended from outside."""
    settings = load()
    configure(settings.log_level)
    run(EmptyApp(settings, {}, [], Metrics()))


if __name__ == "__main__":
    main()
