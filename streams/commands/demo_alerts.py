"""What the fleet stage told beside what was seeded."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from schemas.fleet_alerts import FleetAlert, FleetTransition

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
