"""The fleet stage on thousands of unit-months of daily features: false alarms, faults, batches, firmware, rivals.

Numbers were chosen on seeds below 1,000; the seeds here are others. ``--short``: few units, for the CI. ``--plant``:
simulated units through the whole pipeline instead of generated days, see ``detection_plant``.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from schemas.fleet_alerts import FleetAlert, FleetTransition
from tests.benchmarks import detection_plant
from tests.benchmarks.peers import change_detectors
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.fleet_days import FAULTS, Batch, Fleet, Injection, Step, of_machine
from twin.fleet import state as fleet_state
from twin.fleet.budget import expected, poisson
from twin.fleet.features import N_FEATURES, Flags
from twin.fleet.fleet_day import FleetDay
from twin.fleet.rules import FleetRules
from twin.fleet.units import UNIT

RULES = FleetRules()
FIRST_DAY = 20_000
DAYS_PER_MONTH = 30.0
WITHIN_DAYS, ONSETS, LAST_DAY = 30, (50, 90), 121
SAME = {"fouling": "cooling_loss"}
"""Faults that go by another name in a diagnosis."""
SIGNS_PER_MONTH = 0.3

COOLING = ("fouling",)
FIFTEEN = float(np.log(0.85) / np.log(0.7))


class Case(NamedTuple):
    """One fault of one size."""

    fault: str
    label: str
    size: float
    ramp_days: int = 0


CASES = (
    *(Case(fault, label, size) for fault in COOLING for label, size in (("30pct", 1.0), ("15pct", FIFTEEN))),
    *(Case(f, label, size) for f in FAULTS if f not in COOLING for label, size in (("full", 1.0), ("half", 0.5))),
    *(Case(fault, "ramp20d", 1.0, 20) for fault in FAULTS),
)
SHORT_CASES = (CASES[0], CASES[1], Case("bearing_wear", "full", 1.0), Case("isolation", "full", 1.0))
DIAGNOSES = {fault: SAME.get(fault, fault) for fault in FAULTS}
GOALS = {"30pct": (0.99, 4.0), "15pct": (0.95, 10.0)}


class Story(NamedTuple):
    """What the stage told, and which units drove on which day."""

    alerts: list[FleetAlert]
    drove: Flags  # (days, units)


def tell(fleet: Fleet, days: int) -> Story:
    """Run a fleet through the stage."""
    state, stage, alerts = fleet_state.new("maker", "benchmark", RULES), FleetDay(RULES), []
    fleet.register(state)
    drove = np.zeros((days, fleet.n), dtype=np.bool_)
    for number, day in enumerate(fleet.days(days, FIRST_DAY)):
        fleet.flash(state, number)
        alerts += stage.step(state, day)
        drove[number, [int(name[1:]) for name in day.units]] = True
    return Story(alerts, drove)


def openings(alerts: Sequence[FleetAlert], *severities: str) -> list[FleetAlert]:
    """When alerts first had one of these severities."""
    first: dict[str, FleetAlert] = {}
    for alert in alerts:
        told = alert.transition in (FleetTransition.OPENED, FleetTransition.UPDATED)
        if told and alert.severity in severities:
            first.setdefault(alert.alert_id, alert)
    return list(first.values())


def healthy(units: int, days: int, seed: int) -> list[Row]:
    """False alarms of a sound fleet with weather, batches and missing days."""
    progress(f"sound fleet of {units} units, {days} days")
    story = tell(Fleet(seed, units), days)
    unit_months = units * days / DAYS_PER_MONTH
    rows = [Row("healthy.unit_months", unit_months, "1")]
    for name, severity in (("pages", "page"), ("tickets", "ticket"), ("watch", "watch")):
        rate = poisson(len(openings(story.alerts, severity)), unit_months)
        allowed = RULES.budget.per_1000[severity]  # type: ignore[index]
        row = f"false_{name}_per_1000_um"
        rows.append(at_most(row, rate.per_1000, "1/1000", allowed, float(rate.alarms), "alarms"))
        rows.append(at_most(f"{row}.upper95", rate.high, "1/1000", allowed))
    for line in expected(story.alerts, unit_months, RULES):
        rows.append(Row(f"healthy.{line.detector}", line.rate.per_1000, "1/1000", line.allowed, "its share"))
    rows.append(Row("bytes_per_unit", float(UNIT.itemsize), "B"))
    return rows


def wilson_low(found: int, of: int) -> float:
    """Lower end of the 95 % interval of a share."""
    z, p = 1.96, found / of
    centre, half = p + z * z / (2 * of), z * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return float((centre - half) / (1 + z * z / of))


def inject(cases: Sequence[Case], each: int, units: int, seed: int) -> tuple[list[Row], Counter[tuple[str, str]]]:
    """Faults of some units of one fleet: how many are found, after how many driving days, and as what."""
    plain, rng = Fleet(seed, units), np.random.default_rng(seed)
    free, injections = np.ones(units, dtype=np.bool_), []
    for case in cases:
        able = of_machine(plain, case.fault)
        chosen = np.sort(rng.choice(able[free[able]], each, replace=False))
        free[chosen] = False
        injections.append(Injection(case.fault, case.size, chosen, rng.integers(*ONSETS, each), case.ramp_days))
    story = tell(Fleet(seed, units, tuple(injections)), LAST_DAY)
    by_unit: dict[str, list[FleetAlert]] = {}
    for alert in story.alerts:
        if alert.severity != "watch" and alert.transition in (FleetTransition.OPENED, FleetTransition.UPDATED):
            by_unit.setdefault(alert.subject, []).append(alert)
    rows, seen = [], Counter[tuple[str, str]]()
    for case, injection in zip(cases, injections, strict=True):
        days = []
        for unit, onset in zip(injection.units, injection.onset, strict=True):
            last = FIRST_DAY + onset + WITHIN_DAYS
            told = [a for a in by_unit.get(plain.names[unit], []) if FIRST_DAY + onset <= a.day < last]
            if told:
                days.append(int(story.drove[onset : told[0].day - FIRST_DAY + 1, unit].sum()))
                seen[case.fault, told[-1].diagnosis] += 1
        rows += _found(case, days, each)
    return rows, seen


def _found(case: Case, days: list[int], each: int) -> list[Row]:
    name, share = f"{case.fault}.{case.label}", len(days) / each
    middle, late = (float(np.quantile(days, q)) if days else float("inf") for q in (0.5, 0.9))
    low = wilson_low(len(days), each)
    if case.label in GOALS:
        least, most = GOALS[case.label]
        found = at_least(f"{name}.detected", share, "1", least, low, "Wilson 95 % lower bound")
        return [found, Row(f"{name}.days_p50", middle, "d"), at_most(f"{name}.days_p90", late, "d", most)]
    found = Row(f"{name}.detected", share, "1", low, "Wilson 95 % lower bound")
    known = (middle, late) if days else (None, None)
    return [
        found,
        *(Row(f"{name}.{what}", value, "d") for what, value in zip(("days_p50", "days_p90"), known, strict=True)),
    ]


def faults(cases: Sequence[Case], each: int, units: int, seed: int) -> list[Row]:
    """All cases, five to a fleet, and the confusion of diagnoses."""
    rows: list[Row] = []
    seen = Counter[tuple[str, str]]()
    for k in range(0, len(cases), 5):
        progress(f"faults {k + 1} to {min(k + 5, len(cases))} of {len(cases)}")
        found, diagnosed = inject(cases[k : k + 5], each, units, seed + k)
        rows, seen = rows + found, seen + diagnosed
    right = sum(count for (fault, said), count in seen.items() if said == DIAGNOSES[fault])
    rows.append(at_least("diagnosis_accuracy.generator", right / max(seen.total(), 1), "1", 0.8))
    for fault in sorted({fault for fault, _ in seen}):
        said = {name: count for (which, name), count in seen.items() if which == fault}
        most_first = sorted(said.items(), key=lambda item: -item[1])
        progress(f"{fault}: " + ", ".join(f"{name} {count}" for name, count in most_first))
        share = said.get(DIAGNOSES[fault], 0) / sum(said.values())
        rows.append(at_least(f"diagnosis_accuracy.generator.{fault}", share, "1", 0.5))
    return rows


def batches(units: int, seeds: Sequence[int]) -> list[Row]:
    """A batch of 40 with three times the signs of failure; and the least usual rate at which 30 days suffice."""
    rows = []
    for rate in (SIGNS_PER_MONTH, 0.2, 0.1):
        days = []
        for seed in seeds:
            progress(f"bad batch, {rate} signs a month, seed {seed}")
            fleet = Fleet(seed, units, batches=(Batch(7, 3.0, 5),), signs_per_day=rate / DAYS_PER_MONTH)
            named = [a for a in tell(fleet, 50).alerts if a.subject == "batch:bmw-gen5-rear/b007"]
            days.append(float(named[0].day - FIRST_DAY - 5 + 1) if named else float("inf"))
        name = "batch.days_to_name"
        if rate == SIGNS_PER_MONTH:
            rows.append(at_most(name, float(np.median(days)), "d", 30.0, max(days), f"slowest of {len(days)}"))
        else:
            middle = float(np.median(days))
            rows.append(Row(f"{name}.at_{rate:g}_per_month", middle if np.isfinite(middle) else None, "d"))
    return rows


def firmware(units: int, seed: int) -> list[Row]:
    """New firmware that moves every feature of a variant by the spread between units."""
    progress("firmware step")
    rear = np.flatnonzero(Fleet(seed, units).variant == 0)
    alerts = tell(Fleet(seed, units, steps=(Step(40, rear, np.ones(N_FEATURES)),)), 75).alerts
    found = [alert for alert in openings(alerts, "page", "ticket") if alert.day >= FIRST_DAY + 40]
    names = {alert.subject for alert in found if not alert.is_cohort}
    own = sum(int(name[1:]) in set(rear.tolist()) for name in names)
    cohorts = sum(alert.is_cohort for alert in found)
    return [
        at_most("firmware.unit_alarms", float(own), "1", 0.0),
        Row("firmware.cohort_alarms", float(cohorts), "1", goal="== 1", holds=cohorts == 1),
    ]


def rows() -> list[Row]:
    """All figures."""
    if "--plant" in sys.argv[1:]:
        return detection_plant.rows(wilson_low, "--short" in sys.argv[1:])
    if "--short" in sys.argv[1:]:
        found = healthy(600, 120, 1_001) + faults(SHORT_CASES, 30, 900, 2_000)
        return found + batches(1200, (3_000,)) + firmware(600, 4_000) + change_detectors.contest(240, 5_000)
    found = healthy(4_000, 480, 1_001) + faults(CASES, 100, 4_000, 2_000)
    found += batches(4_000, (3_000, 3_001, 3_002)) + firmware(4_000, 4_000)
    return found + change_detectors.contest(900, 5_000)


if __name__ == "__main__":
    run("detection", rows)
