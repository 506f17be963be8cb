"""Units that say nothing any more: in watermark days of the log, never by a clock."""

from collections.abc import Sequence

import numpy as np

from schemas.fleet_alerts import FleetAlert
from twin.fleet.alerts import Finding
from twin.fleet.diagnosis import Diagnosis
from twin.fleet.features import Flags, Indices
from twin.fleet.rules import Detector, FleetRules
from twin.fleet.state import FleetState
from twin.fleet.units import NEVER

LEAST_STORM = 5
SUBJECT = "telemetry:all"
CHECK = "whether the car drives, then its gateway: a unit that does not speak is not watched"
STORM_CHECK = "gateway and broker, before any single unit"


def watch(state: FleetState, heard: Indices, before: int, rules: FleetRules) -> list[FleetAlert]:
    """Alerts for registered units that have now been silent for the days of the rules, as they become so.

    ``heard``: (units,) last UTC day of telemetry, NEVER for none or for a unit that was taken out; ``before``: the day
    closed before ``state.day``. A unit whose alert tells something else already is left to that one.
    """
    days = rules.silence.days
    registered = state.units.rows["vehicle"] > 0
    spoke = registered & (heard > NEVER) & (heard > before - days)
    fresh = spoke & (heard <= state.day - days)
    at = np.flatnonzero(fresh)
    if len(at) >= LEAST_STORM and len(at) > rules.silence.storm_share * int(spoke.sum()):
        many = f"{len(at)} of {int(spoke.sum())} units fell silent on one day"
        return state.life.take(_finding(SUBJECT, True, heard[at], (many,), STORM_CHECK, days), state.day)
    told = []
    for name, place in sorted((state.units.names[k], int(k)) for k in at):
        if (name, False) not in state.life.open:
            alone = f"no telemetry for {state.day - int(heard[place])} days"
            words = (alone, *_partner(state, heard, fresh, place))
            told += state.life.take(_finding(name, False, heard[[place]], words, CHECK, days), state.day)
    return told


def _partner(state: FleetState, heard: Indices, fresh: Flags, at: int) -> Sequence[str]:
    """What the car's other units say of it."""
    same = (state.units.rows["vehicle"] == state.units.rows["vehicle"][at]) & (heard > heard[at])
    return ("another unit of its car speaks: the car drives",) if (same & ~fresh).any() else ()


def _finding(subject: str, is_cohort: bool, heard: Indices, words: tuple[str, ...], check: str, days: int) -> Finding:
    diagnosis = Diagnosis("no_telemetry", 1.0, words, (), check)
    since = int(heard.min()) + 1
    return Finding(subject, is_cohort, Detector.SILENT, 1.0, float(days), float(days), diagnosis, (), since, len(heard))
