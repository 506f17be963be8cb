"""Other ways to find a change, on the same days: River's half-space trees and ADWIN, and a plain limit of SD.

Each gets the features against the unit's own first 20 valid days, as the fleet stage does, and the most sensitive limit
at which it alarms on no more sound units than the stage does (but on one).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from river import anomaly, drift

from schemas.fleet_alerts import FleetTransition
from tests.benchmarks.report import Row, progress
from tests.fleet_days import Fleet, Injection, of_machine
from twin.fleet import state as fleet_state
from twin.fleet.features import DOWN, N_FEATURES, NOISE_SD, UP, Floats, observe
from twin.fleet.fleet_day import FleetDay
from twin.fleet.rules import FleetRules

DAYS, FIRST_DAY, WITHIN_DAYS = 110, 20_000, 30
BASELINE_DAYS = 20
FAULTS = (("pump", 0.5), ("fouling", 1.0), ("bearing_wear", 0.5), ("brush_wear", 0.5), ("leg_ageing", 0.7),
          ("resolver_offset", 1.0), ("interface_dry_out", 0.7), ("dc_current_gain", 1.0))  # fmt: skip
DELTAS = 10.0 ** -np.arange(2, 31, 2)
Scores = Callable[[Floats], Floats]


def standardised(values: Floats) -> Floats:
    """Values (days, features) of one unit over its own first days; NaN before and where there is none."""
    z = np.full(values.shape, np.nan)
    for k in range(values.shape[1]):
        seen = np.flatnonzero(np.isfinite(values[:, k]))
        first = values[seen[:BASELINE_DAYS], k]
        if len(first) == BASELINE_DAYS:
            rest = seen[BASELINE_DAYS:]
            z[rest, k] = (values[rest, k] - first.mean()) / max(first.std(ddof=1), NOISE_SD[k])
    return z


def sigma(z: Floats) -> Floats:
    """Score (days,): the largest distance in SD towards a fault."""
    far = np.maximum(np.where(UP, z, 0.0), np.where(DOWN, -z, 0.0))
    return np.asarray(np.nan_to_num(far).max(axis=1))


def trees(z: Floats) -> Floats:
    """Score (days,) of half-space trees that learn the unit's days as they come."""
    model, scores = anomaly.HalfSpaceTrees(n_trees=15, height=6, window_size=15, seed=1), np.zeros(len(z))
    for day, values in enumerate(np.clip(0.5 + z / 24.0, 0.0, 1.0)):
        if np.isfinite(values).any():
            point = {str(k): float(value) for k, value in enumerate(np.nan_to_num(values, nan=0.5))}
            scores[day] = model.score_one(point)
            model.learn_one(point)
    return scores


def adwin(z: Floats) -> Floats:
    """Score (days,): -log10 of the smallest delta at which ADWIN sees a change in a feature."""
    scores = np.zeros(len(z))
    for feature in range(z.shape[1]):
        days = np.flatnonzero(np.isfinite(z[:, feature]))
        for delta in DELTAS:
            detector, found = drift.ADWIN(delta=float(delta), clock=1, min_window_length=3, grace_period=5), False
            for day in days:
                detector.update(float(np.clip(z[day, feature], -10.0, 10.0)))
                if detector.drift_detected:
                    found, scores[day] = True, max(scores[day], -np.log10(delta))
            if not found:
                break
    return scores


def _limit(scores: Floats, sound: Any, allowed: int) -> float:
    """Least limit that no more than ``allowed`` sound units pass: scores (units, days)."""
    highest = np.sort(scores[sound].max(axis=1))[::-1]
    return float(highest[allowed]) if len(highest) > allowed else 0.0


def contest(units: int, seed: int) -> list[Row]:
    """Share of injected faults found within 30 days, at the false alarms of the fleet stage."""
    plain, rng = Fleet(seed, units), np.random.default_rng(seed)
    each, injections, onset = units // 60, [], np.full(units, -1)
    free = np.ones(units, dtype=np.bool_)
    for fault, size in FAULTS:
        able = of_machine(plain, fault)
        chosen = np.sort(rng.choice(able[free[able]], each, replace=False))
        free[chosen], onset[chosen] = False, rng.integers(50, 75, each)
        injections.append(Injection(fault, size, chosen, onset[chosen]))
    fleet, rules = Fleet(seed, units, tuple(injections)), FleetRules()
    state, stage = fleet_state.new("maker", "benchmark", rules), FleetDay(rules)
    fleet.register(state)
    values, alarm = np.full((units, DAYS, N_FEATURES), np.nan), np.zeros((units, DAYS))
    for number, day in enumerate(fleet.days(DAYS, FIRST_DAY)):
        at = np.array([int(name[1:]) for name in day.units])
        values[at, number] = observe(day.value, day.sd, day.valid)[0]
        for alert in stage.step(state, day):
            told = alert.transition in (FleetTransition.OPENED, FleetTransition.UPDATED)
            if told and not alert.is_cohort and alert.severity != "watch":
                alarm[int(alert.subject[1:]), number] = 1.0
    sound = onset < 0
    false = int(alarm[sound].any(axis=1).sum())
    allowed = max(false, 1)
    faulty = np.flatnonzero(~sound)

    def detected(scores: Floats, limit: float) -> float:
        return float(np.mean([(scores[k, onset[k] : onset[k] + WITHIN_DAYS] > limit).any() for k in faulty]))

    own = detected(alarm, 0.5)
    rows = [Row("contest.detected", own, "1", float(false), f"false alarms on {int(sound.sum())} sound units")]
    z = [standardised(values[k]) for k in range(units)]
    rivals: dict[str, Scores] = {"three_sigma": sigma, "half_space_trees": trees, "adwin": adwin}
    for name, score in rivals.items():
        progress(f"contest: {name}")
        scores = np.array([score(unit) for unit in z])
        limit = _limit(scores, sound, allowed)
        theirs = detected(scores, limit)
        row = Row(f"peer.{name}.detected_at_equal_false_alarms", theirs, "1", own, f"this, limit {limit:.3g}")
        row.goal, row.holds = f"< {own:.3g}", theirs < own
        rows.append(row)
    return rows
