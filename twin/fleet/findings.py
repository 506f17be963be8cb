"""From what detectors see to findings: which units and cohorts, how much, and the diagnosis."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.fleet_alerts import Change
from twin.fleet.alerts import Finding
from twin.fleet.changes import LEVEL_GAIN, Changes
from twin.fleet.cohort_levels import Shift
from twin.fleet.cohort_rates import Rate
from twin.fleet.diagnosis import Diagnosis, diagnose
from twin.fleet.features import FEATURES, GATE, JUDGED, N_JUDGED, NOISE_SD, PAGE, Flags, Floats, Indices, natural
from twin.fleet.peers import Peers
from twin.fleet.population import Look
from twin.fleet.rules import Detector, FleetRules
from twin.fleet.units import BLOCK_DAYS, BLOCKS, Units

FRESH_DAYS = 14
"""A feature not seen for longer says nothing of the present."""
COHORT_CHECK = "what these units have in common: parts, process and software of that origin, before any single unit"


class Judged(NamedTuple):
    """What the units of a day show."""

    at: Indices  # their rows
    rows: NDArray[Any]
    changes: Changes
    sd: Floats  # of a day, all counted (n, features)
    number: Indices  # of peers (n, features)


class UnitFinding(NamedTuple):
    """A finding about the unit in a row, and its main feature."""

    at: int
    feature: int
    finding: Finding


def _shifts(judged: Judged, which: Indices, day: int) -> tuple[Floats, Floats]:
    """Present changes (k, features) of some units and their SD; NaN: not known."""
    u, found = judged.rows[which], judged.changes
    running = found.sum[which] > 2.0
    shift = np.where(running, found.size[which], u["level"])
    fresh = (u["last_x_day"] > day - FRESH_DAYS) & (u["days"] > 0)
    days = np.where(running, np.maximum(u["up_days"], u["down_days"]), (2.0 - LEVEL_GAIN) / LEVEL_GAIN)
    sd = judged.sd[which] * np.sqrt(2.0 / np.maximum(days, 1.0))  # days repeat each other
    return np.where(fresh, shift, np.nan), sd


def _changes(shift: Floats, sd: Floats, u: Any, number: Any, shown: Flags) -> tuple[Change, ...]:
    """The features that show it, the largest first."""
    order = sorted(np.flatnonzero(shown), key=lambda k: -abs(np.nan_to_num(shift[k])) / GATE[k])
    return tuple(
        Change(
            feature=FEATURES[k].name,
            change=natural(float(shift[k]), int(k)),
            change_sd=float(sd[k]),
            baseline=float(u["baseline"][k]),
            peers=int(number[k]),
        )
        for k in order
    )


def of_units(units: Units, judged: Judged, day: int, rules: FleetRules) -> list[UnitFinding]:
    """Units with a change: at least the gate, and more than chance by CUSUM or ramp statistic."""
    found, limits = judged.changes, rules.changes
    size = np.abs(found.size)
    change = (found.sum >= limits.limit) & (size >= GATE)
    page = (found.sum >= limits.page_limit) & (size >= PAGE)
    watch = (found.sum >= limits.limit) & (size >= limits.watch_share * GATE)
    ramp = (np.abs(found.ramp) >= limits.ramp_statistic) & (np.abs(judged.rows["level"]) >= GATE)
    ramp &= np.sign(found.ramp) == np.sign(judged.rows["level"])
    change, page, watch, ramp = (flags & JUDGED for flags in (change, page, watch, ramp))
    shown = watch | ramp
    which = np.flatnonzero(shown.any(axis=1))
    if not len(which):
        return []
    shift, sd = _shifts(judged, which, day)
    result = []
    for k, diagnosis in enumerate(diagnose(shift, sd)):
        at, unit = which[k], judged.rows[which[k]]
        by_rank = {
            Detector.CHANGE_PAGE: page,
            Detector.CHANGE: change,
            Detector.RAMP: ramp,
            Detector.CHANGE_WATCH: watch,
        }
        detector = next(name for name, which_features in by_rank.items() if which_features[at].any())
        flags = by_rank[detector][at]
        main = int(np.argmax(np.where(flags, np.abs(np.nan_to_num(shift[k])) / GATE, -1.0)))
        days = max(int(unit["up_days"][main]), int(unit["down_days"][main]))
        if detector == Detector.RAMP:
            statistic, limit, days = float(abs(found.ramp[at, main])), limits.ramp_statistic, BLOCKS * BLOCK_DAYS
        else:
            limit = limits.page_limit if detector == Detector.CHANGE_PAGE else limits.limit
            statistic = float(found.sum[at, main])
        row = int(judged.at[at])
        changes = _changes(shift[k], sd[k], unit, judged.number[at], shown[at])
        size_gates = float(shift[k, main] / GATE[main])
        name = units.names[row]
        finding = Finding(name, False, detector, size_gates, statistic, limit, diagnosis, changes, day - days + 1, 1)
        result.append(UnitFinding(row, main, finding))
    return result


def of_odd(units: Units, judged: Judged, look: Look, z: Floats, distance: Floats) -> list[UnitFinding]:
    """Units for the watch list, by what is unusual about them: against other units, not their own past."""
    which = np.flatnonzero(look.chosen)
    if not len(which):
        return []
    result = []
    sd = np.sqrt(judged.rows["baseline_var"][which].astype(np.float64)) + NOISE_SD
    for k, diagnosis in enumerate(diagnose(z[which], sd)):
        at = which[k]
        row, main = int(judged.at[at]), int(np.nanargmax((np.abs(z[at]) / GATE)[:N_JUDGED]))
        shown = (np.abs(np.nan_to_num(z[at])) >= GATE) & JUDGED
        changes = _changes(z[at], sd[k], judged.rows[at], judged.number[at], shown)
        limit = float(look.limit[at])
        finding = Finding(
            *(units.names[row], False, Detector.POPULATION, float(z[at, main] / GATE[main]), float(distance[at])),
            *(limit, diagnosis, changes, int(judged.rows[at]["first_day"]), 1),
        )
        result.append(UnitFinding(row, main, finding))
    return result


def of_cohorts(shifts: list[Shift], rates: list[Rate], peers: Peers, day: int, rules: FleetRules) -> list[Finding]:
    """Cohorts that shifted or give too many signs."""
    result = []
    for shift in shifts:
        moved = np.nan_to_num(shift.shift)
        shown = (np.abs(moved) >= rules.cohorts.level_gates * GATE) & JUDGED
        if not shown.any() or shift.significance < rules.cohorts.level_sd or shift.kind == "unknown":
            continue
        words = tuple(f"{FEATURES[k].name} {natural(float(moved[k]), int(k)):+.3g}" for k in np.flatnonzero(shown))
        fault = "software" if shift.kind == "firmware" else "origin"
        number = peers.number[shift.members].max(axis=0)
        se = NOISE_SD / np.sqrt(len(shift.members))
        largest = float((np.abs(moved) / GATE)[:N_JUDGED].max())
        blank = {"baseline": np.zeros(len(GATE))}
        result.append(
            Finding(
                *(f"{shift.kind}:{shift.name}", True, Detector.COHORT_LEVEL, largest),
                *(shift.significance, rules.cohorts.level_sd, Diagnosis(fault, 1.0, words, (), COHORT_CHECK)),
                *(_changes(moved, se, blank, number, shown), day, len(shift.members)),
            )
        )
    for rate in rates:
        words = (f"{rate.signs} signs of failure, {rate.expected:.1f} expected, p = {rate.p_value:.2g}",)
        result.append(
            Finding(
                *(f"{rate.kind}:{rate.name}", True, Detector.COHORT_RATE, rate.signs / max(rate.expected, 0.5)),
                *(
                    -math.log10(max(rate.p_value, 1e-300)),
                    -math.log10(rate.level),
                    Diagnosis("origin", 1.0, words, (), COHORT_CHECK),
                ),
                *((), day - rate.window_days + 1, rate.signs),
            )
        )
    return result
