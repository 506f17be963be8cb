"""A finite source through one Pipeline into sinks: what replay and demo share."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from streams.commands.progress import Shown
from streams.pipeline import Pipeline
from streams.results import Output
from streams.sinks import Sink
from streams.sources import Source
from streams.sources.records import is_tick, records
from twin.twin import Twin

BATCH_RECORDS = 500
_FULL_PAUSE_S = 0.05


class PointCount:
    """A sink that only counts, for the summary."""

    def __init__(self) -> None:
        self.points: Counter[str] = Counter()
        self.alerts = 0

    def write(self, output: Output) -> None:
        """Count points by series."""
        for points in output.points:
            self.points[points.measurement] += len(points.records)
        self.alerts += len(output.alerts)

    full = False
    reachable = True

    def flush(self, timeout_s: float | None = None) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""


def run(
    source: Source,
    twins: Mapping[str, Twin],
    sinks: Sequence[Sink],
    bar: Shown,
    *,
    int16: bool = False,
    partition: int = 0,
) -> dict[str, Any]:
    """Process everything, flush and close the sinks; what happened, for people and machines.

    Outputs leave in the order of the input; while a sink is full nothing more is taken.
    """
    began_s = time.perf_counter()
    count = PointCount()
    pipeline = Pipeline(partition, source.maker, twins, [*sinks, count])
    lost: Counter[str] = Counter()
    stream = records(source, int16=int16, lost=lost)
    try:
        while batch := list(islice(stream, BATCH_RECORDS)):
            while any(sink.full for sink in sinks):
                time.sleep(_FULL_PAUSE_S)
            pipeline.process(batch)
            bar.advance(sum(not is_tick(record) for record in batch), batch[-1].timestamp * 1000)
        pipeline.drain()
        for sink in sinks:
            sink.flush()
    finally:
        for sink in sinks:
            sink.close()
    return {
        "units": len(pipeline.units),
        "records": {name: number for name, number in sorted(pipeline.counts.items()) if number},
        "points": dict(sorted(count.points.items())),
        "alerts": count.alerts,
        "out_of_int16_range": {name: number for name, number in lost.items() if number},
        "seconds": round(time.perf_counter() - began_s, 3),
    }
