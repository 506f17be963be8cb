"""The demo's fleet stage: each maker's log through its one path, day by day while its units are simulated."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.fleet_alerts import FleetAlert
from streams.records import LogRecord, Message
from streams.results import Output

if TYPE_CHECKING:
    from streams.sources.fleet import Plan

END = inf
"""Day of the last records of a partition."""


@dataclass
class _Told:
    """A sink that keeps the alerts of the fleet stage."""

    alerts: list[FleetAlert] = field(default_factory=list)
    full, reachable = False, True

    def write(self, output: Output) -> None:
        self.alerts += output.fleet_alerts

    def flush(self, timeout_s: float | None = None) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""


class Stage:
    """Takes a day when every partition is through with it, in the order of the partitions: nothing depends on which of
    them is quicker.
    """

    def __init__(self, plan: "Plan", partitions: int, lake: Path | None = None) -> None:
        """Alerts and standing go to the lake, too, if there is one."""
        from streams.fleet_log import encode
        from streams.fleet_pipeline import FleetPipeline
        from streams.sinks import Sink
        from streams.sinks.lake import LakeSink
        from streams.sources.registry import registrations
        from twin.fleet.rules import FleetRules

        self._told = _Told()
        self._sinks: list[Sink] = [self._told] if lake is None else [self._told, LakeSink(lake)]
        self._stage = FleetPipeline(plan.maker, partitions, FleetRules(), self._sinks)
        self._waiting: list[tuple[float, int, list[LogRecord]]] = []
        self._through = [-inf] * partitions
        self._offsets = count()
        self._take(record for one in registrations(plan) for record in encode(one))

    def hear(self, partition: int, day: float, records: list[LogRecord]) -> None:
        """What a partition tells the log, up to its marker of a day; END: and nothing after."""
        heappush(self._waiting, (day, partition, records))
        self._through[partition] = day
        while self._waiting and self._waiting[0][0] <= min(self._through):
            self._take(heappop(self._waiting)[2])
        for sink in self._sinks:
            sink.flush()

    def end(self) -> list[FleetAlert]:
        """Close what is open; all alerts."""
        from streams.logs import only_warnings

        with only_warnings():
            self._stage.drain()
        for sink in self._sinks:
            sink.flush()
            sink.close()
        return self._told.alerts

    def _take(self, records: Iterable[LogRecord]) -> None:
        from streams.logs import only_warnings

        messages = [Message(key, value, headers, 0, next(self._offsets)) for key, value, headers in records]
        with only_warnings():
            self._stage.process(messages)
