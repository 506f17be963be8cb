"""The demo's fleet stage: each maker's log through its one path, and what was told beside what was seeded."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.records import LogRecord
from streams.results import Output

if TYPE_CHECKING:
    from streams.sources.fleet import Plan

DAY_S = 86_400
NO_FAULT = "software"
"""New firmware is seeded, but nothing is wrong with the unit."""
RANK = ("", "watch", "ticket", "page")


@dataclass(frozen=True)
class Line:
    """A seeded fault and what was told of its unit; or what was told of a unit or cohort without one."""

    subject: str
    fault: str
    begins: int
    """Day of the demo, from 0 on."""
    grows_days: int = 0
    severity: str = ""
    """The highest reached; empty: nothing was told."""
    diagnosis: str = ""
    after_days: int | None = None
    """Until somebody was told to act, or at least to review."""


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


def tell(plan: "Plan", records: Iterable[LogRecord], partitions: int, lake: Path | None = None) -> list[FleetAlert]:
    """Registrations and the records of a maker's Pipelines through its fleet stage; alerts go to the lake, too."""
    from streams.fleet_log import encode
    from streams.fleet_pipeline import FleetPipeline, as_log
    from streams.logs import only_warnings
    from streams.sinks import Sink
    from streams.sinks.lake import LakeSink
    from streams.sources.registry import registrations
    from twin.fleet.rules import FleetRules

    told = _Told()
    sinks: list[Sink] = [told] if lake is None else [told, LakeSink(lake)]
    stage = FleetPipeline(plan.maker, partitions, FleetRules(), sinks)
    known = [record for one in registrations(plan) for record in encode(one)]
    with only_warnings():
        stage.process(list(as_log([*known, *records])))
        stage.drain()
    for sink in sinks:
        sink.flush()
        sink.close()
    return told.alerts


def compare(plan: "Plan", alerts: Sequence[FleetAlert]) -> list[Line]:
    """Every seeded fault, then everything else that somebody was told of."""
    first_day = plan.start_s // DAY_S
    told: dict[str, list[FleetAlert]] = defaultdict(list)
    for alert in alerts:
        if alert.transition in (FleetTransition.OPENED, FleetTransition.UPDATED):
            told[alert.subject].append(alert)
    lines = []
    for unit in plan.units:
        for fault in unit.faults:
            if fault.kind != NO_FAULT:
                begins = fault.onset_s // DAY_S
                since = [alert for alert in told[unit.name] if alert.day >= begins]
                told[unit.name] = [alert for alert in told[unit.name] if alert.day < begins]
                line = Line(unit.name, fault.kind, int(begins - first_day), int(fault.ramp_s // DAY_S))
                lines.append(_line(line, since, first_day))
    others = ((subject, found) for subject, found in sorted(told.items()) if found)
    return lines + [_line(Line(subject, "", found[0].day - first_day), found, first_day) for subject, found in others]


def _line(line: Line, told: Sequence[FleetAlert], first_day: int) -> Line:
    if not told:
        return line
    severity = max((str(alert.severity) for alert in told), key=RANK.index)
    first = next((alert for alert in told if alert.severity != "watch"), told[0])
    after = first.day - first_day - line.begins
    return replace(line, severity=severity, diagnosis=told[-1].diagnosis, after_days=after)
