"""Slow parameters of simulated days against the truth: how sure they may be, how a cooling loss and a fault show.

``python -m tests.benchmarks.slow [VARIANT ...] [--json] [--short]``: these variants, or all of them. The seeds are not
those the estimators were made with.
"""

import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import numpy as np

from tests import slow, slow_truth
from tests.benchmarks.report import Row, at_most, between, progress, run
from twin.fleet import drift
from twin.plant.faults import KINDS
from twin.plant.machines import names
from twin.variants import load

SEED = 90_210
UNITS, SHORT_UNITS = 14, 4
DAYS, DRIVING_DAYS = 2, 4
COOLING_LOSS = 0.30
HALVINGS = 7
COOLING_LIVES = (0, 1, 2, 7, 8, 9, 14, 15, 16)
"""Numbers of units whose steady minutes are warm on most days. Some of the others have estimates, too, less sure ones:
a commuter's day within 40 % of the truth.
"""
SD_OF = {
    "field_resistance_20c_ohm": "field_resistance_20c_sd_ohm",
    "brush_drop_v": "brush_drop_sd_v",
    "magnet_flux_20c_wb": "magnet_flux_20c_sd_wb",
    "resolver_offset_deg": "resolver_offset_sd_deg",
}
"""Others are named after their value."""
LINEAR = ("field_resistance_20c_ohm", "brush_drop_v", "resolver_offset_deg", "magnet_flux_20c_wb")
"""Judged as they are; ratios by their logarithm."""
FAULTS = {
    "fouling": (0.6, "cooling_conductance_ratio"),
    "interface_dry_out": (0.3, "module_resistance_ratio"),
    "leg_ageing": (0.3, "leg_resistance_ratio"),
    "brush_wear": (2.0, "brush_drop_v"),
    "field_short": (0.02, "field_resistance_20c_ohm"),
    "demagnetisation": (0.05, "magnet_flux_20c_wb"),
    "bearing_wear": (0.5, "drag_scale"),
    "resolver_offset": (1.5, "resolver_offset_deg"),
}
ALSO = {
    "fouling": {"module_resistance_ratio", "drag_scale"},
    "brush_wear": {"isolation_decades"},
    "bearing_wear": {"vibration_m_s2", "vibration_kurtosis"},
}
"""What the same fault does elsewhere: deposits cover every cooled wall."""


def sd_name(value: str) -> str:
    """Field of the standard deviation."""
    return SD_OF.get(value, f"{value}_sd")


def scores(job: tuple[str, int]) -> dict[str, list[float]]:
    """Parameter -> error over its own SD on each day of a sound unit."""
    name, number = job
    days, found = slow.run(name, number, DAYS, SEED), defaultdict(list)
    for point, driven in zip(days.points, days.drives, strict=True):
        true = slow_truth.parameters(load(name), days.unit, [driven]) | slow_truth.losses(point, [driven])
        for value, truth in true.items():
            estimate, sd = float(point[value]), float(point[sd_name(value)])
            if np.isfinite(estimate) and np.isfinite(truth):
                score = (estimate - truth) / sd if value in LINEAR else np.log(estimate / truth) * estimate / sd
                found[value].append(float(score))
    return found


def fouling_for(name: str, number: int, days: int) -> float:
    """Share of the convection whose loss takes COOLING_LOSS of the conductance by the truth alone.

    NaN where the largest fouling does not: a unit hardly warm enough to need its coolant.
    """
    variant = load(name)
    sound = slow_truth.conductance(slow_truth.minutes(variant, *slow.simulate(name, number, days, SEED)))

    def lost(size: float) -> float:
        fouled = slow.simulate(name, number, days, SEED, (("fouling", size),))
        return 1.0 - slow_truth.conductance(slow_truth.minutes(variant, *fouled)) / sound

    low, high = 0.05, KINDS["fouling"][2]
    if not lost(high) > COOLING_LOSS:
        return float("nan")
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if lost(middle) < COOLING_LOSS else (low, middle)
    return 0.5 * (low + high)


def cooling_loss(job: tuple[str, int]) -> tuple[list[float], float]:
    """Estimated loss of conductance on each driving day, and by all of them; the truth is COOLING_LOSS."""
    name, number = job
    size = fouling_for(name, number, DRIVING_DAYS)
    if not np.isfinite(size):
        return [], float("nan")
    sound = slow.run(name, number, DRIVING_DAYS, SEED)
    faulty = slow.run(name, number, DRIVING_DAYS, SEED, (("fouling", size),))
    field = "cooling_conductance_ratio"
    daily = [float(1.0 - f[field] / s[field]) for s, f in zip(sound.points, faulty.points, strict=True)]
    both = [drift.estimates(load(name), drift.merged(of.parts))[field] for of in (sound, faulty)]
    return daily, 1.0 - both[1] / both[0]


def fault(job: tuple[str, str]) -> tuple[float, float]:
    """Change of the fault's own parameter, and the largest of the others, both over the stated SD."""
    name, kind = job
    size, own = FAULTS[kind]
    sound, faulty = slow.run(name, 0, 1, SEED).points[0], slow.run(name, 0, 1, SEED, ((kind, size),)).points[0]
    moved = {
        value: float(abs(faulty[value] - sound[value]) / sound[sd_name(value)])
        for value in drift.FIELDS
        if sd_name(value) in drift.FIELDS and np.isfinite(sound[value])
    }
    return moved[own], max(change for value, change in moved.items() if value not in ALSO.get(kind, set()) | {own})


def software(name: str) -> float:
    """Largest change over SD of any parameter when the second day begins with another software and nothing else."""
    same, changed = slow.run(name, 0, 2, SEED), slow.run(name, 0, 2, SEED, identities=(1, 2))
    if [int(a != b) for a, b in pairwise(changed.points["segment"])] != [1]:
        return float("inf")
    values = [value for value in drift.FIELDS if sd_name(value) in drift.FIELDS]
    moved = [abs(changed.points[1][v] - same.points[1][v]) / same.points[1][sd_name(v)] for v in values]
    return float(np.nanmax(moved))


def rows_of(name: str, units: int, pool: ProcessPoolExecutor) -> list[Row]:
    """The rows of one variant."""
    progress(f"slow: {name}, {units} units")
    pooled: dict[str, list[float]] = defaultdict(list)
    for of_unit in pool.map(scores, [(name, number) for number in range(units)]):
        for value, found in of_unit.items():
            pooled[value] += found
    every = [abs(score) for found in pooled.values() for score in found]
    rows = [at_most(f"{name}.outside_2sd", float(np.mean(np.array(every) > 2.0)), "1", 0.08, len(every), "estimates")]
    for value, found in pooled.items():
        outside = float(np.mean(np.abs(found) > 2.0))
        rows.append(Row(f"{name}.{value}.outside_2sd", outside, "1", float(np.std(found)), "SD of error over SD"))
    lives = COOLING_LIVES[: 2 if units <= SHORT_UNITS else None]
    return rows + cooling_rows(name, list(pool.map(cooling_loss, [(name, number) for number in lives])))


def cooling_rows(name: str, found: list[tuple[list[float], float]]) -> list[Row]:
    """Rows of the daily and the four days' losses of units, NaN where a unit has none."""
    row, judged = f"{name}.cooling_loss_30", [whole for _, whole in found if np.isfinite(whole)]
    daily = [abs(loss - COOLING_LOSS) for days, _ in found for loss in days if np.isfinite(loss)]
    if not judged or not daily:
        return [Row(f"{row}.four_days", None, "%", None, "no unit is warm enough to need its coolant", holds=False)]
    worst = max(abs(whole - COOLING_LOSS) for whole in judged)
    four_days = between(f"{row}.four_days", 100.0 * float(np.median(judged)), "%", 27.0, 33.0)
    four_days.reference, four_days.reference_name = len(judged), "units with enough warm minutes"
    return [
        four_days,
        Row(f"{row}.worst_unit", 100.0 * worst, "pp", 3.0, "asked of the estimate"),
        Row(f"{row}.daily_error_median", 100.0 * float(np.median(daily)), "pp"),
    ]


def rows() -> list[Row]:
    """All figures."""
    short = "--short" in sys.argv[1:]
    chosen = [name for name in names() if name in sys.argv[1:]]
    variants = chosen or (["bmw-gen5-rear", "jaguar-ipace"] if short else list(names()))
    with ProcessPoolExecutor(2) as pool:
        found = [row for name in variants for row in rows_of(name, SHORT_UNITS if short else UNITS, pool)]
        progress("slow: faults and a change of software")
        jobs = [("jaguar-ipace" if kind == "demagnetisation" else "bmw-gen5-rear", kind) for kind in FAULTS]
        for (_, kind), (own, others) in zip(jobs, pool.map(fault, jobs), strict=True):
            found.append(Row(f"fault.{kind}.own_sd", own, "SD", FAULTS[kind][0], "size"))
            found.append(at_most(f"fault.{kind}.others_sd", others, "SD", 1.0))
        for name, moved in zip(variants, pool.map(software, variants), strict=True):
            found.append(at_most(f"{name}.software_moved_sd", moved, "SD", 0.1))
    outside = [row.value for row in found if row.name.count(".") == 1 and row.name.endswith("outside_2sd")]
    found.append(at_most("outside_2sd", float(np.mean([v for v in outside if v is not None])), "1", 0.08))
    return found


if __name__ == "__main__":
    run("slow", rows)
