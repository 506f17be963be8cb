"""Slow parameters of simulated days against the truth: how sure they may be, how a cooling loss and a fault show.

``python -m tests.benchmarks.slow [VARIANT ...] [--json] [--short] [--units=N] [--seed=N]``: these variants, or all of
them. The seeds are not those the estimators were made with. Every parameter is judged by itself over all variants; a
variant whose losses are not the simulator's is shown beside them.
"""

import math
import sys
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from tests import slow, slow_truth
from tests.benchmarks.report import Row, at_least, at_most, between, number, progress, run, seed
from twin.fleet import drift
from twin.plant.faults import KINDS
from twin.plant.machines import names

SEED = seed(31_415)
UNITS, SHORT_UNITS = 21, 14
"""Of each variant; whole rounds of ``slow.LIVES``. No two have the same draws."""
COOLING_UNITS, SHORT_COOLING_UNITS = 14, 2
DAYS, DRIVING_DAYS = 2, 4
COOLING_LOSS = 0.30
ROAD = ("bmw-i3",)
"""Variants fitted to a real car: against the simulator's machine their losses are wrong, which is known. Not judged."""
OUTSIDE, LEAST_WIDTH = 0.08, 0.3
"""Most of a parameter's estimates beyond 2 SD; least of their RMS error over their mean SD: wider would be idle."""
USUAL = 0.05
"""Share outside that is usual: the few units of a short form may scatter about it by two of their own SD."""
RESIDUALS = tuple(f"{sensor}_residual_offset_k" for sensor in ("winding", "coolant_out", "oil"))
SD_OF = {
    **{name: f"{name.removesuffix('_k')}_sd_k" for name in (*slow_truth.SENSORS, *RESIDUALS)},
    "field_resistance_20c_ohm": "field_resistance_20c_sd_ohm",
    "brush_drop_v": "brush_drop_sd_v",
    "magnet_flux_20c_wb": "magnet_flux_20c_sd_wb",
    "resolver_offset_deg": "resolver_offset_sd_deg",
}
"""Others are named after their value."""
LINEAR = (
    "field_resistance_20c_ohm",
    "brush_drop_v",
    "resolver_offset_deg",
    "magnet_flux_20c_wb",
    "isolation_decades",
    "vibration_kurtosis",
    "loss_ratio",
    *slow_truth.SENSORS,
    *RESIDUALS,
)
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
    "turn_short": (0.5, "copper_loss_scale"),
}
ALSO = {
    "fouling": {"module_resistance_ratio", "drag_scale"},
    "brush_wear": {"isolation_decades"},
    "bearing_wear": {"vibration_m_s2", "vibration_kurtosis"},
    "turn_short": {"cooling_conductance_ratio"},
}
"""What the same fault does elsewhere: deposits cover every cooled wall, shorted turns heat the end winding."""


TOLD_SHORT = 0.2
"""Of what a turn short adds to the copper loss: the day's copper loss scale tells it to this share."""
Score = tuple[float, float]
"""Error of an estimate and its SD."""


def sd_name(value: str) -> str:
    """Field of the standard deviation."""
    return SD_OF.get(value, f"{value}_sd")


def scores(job: tuple[str, int]) -> dict[str, list[Score]]:
    """Parameter -> error and SD on each day of a sound unit; of ratios those of the logarithm."""
    name, unit = job
    days, found = slow.run(name, unit, DAYS, SEED), defaultdict(list)
    for point, driven in zip(days.points, days.drives, strict=True):
        true = slow_truth.parameters(slow.twin(name).variant, days.unit, [driven])
        true |= slow_truth.losses(point, [driven]) | slow_truth.offsets(days.unit, float(driven[1]["time_s"][0]))
        for value, truth in true.items():
            estimate, sd = float(point[value]), float(point[sd_name(value)])
            if math.isfinite(estimate) and math.isfinite(truth):
                linear = value in LINEAR
                found[value].append((estimate - truth, sd) if linear else (math.log(estimate / truth), sd / estimate))
    return found


def fouling_for(name: str, unit: int, days: int) -> float:
    """Share of the convection whose loss takes COOLING_LOSS of the conductance by the truth alone.

    NaN where the largest fouling does not: a unit hardly warm enough to need its coolant.
    """
    variant = slow.twin(name).variant
    sound = slow_truth.conductance(slow_truth.minutes(variant, *slow.simulate(name, unit, days, SEED)))

    def missing(size: float) -> float:
        fouled = slow.simulate(name, unit, days, SEED, (("fouling", size),))
        return 1.0 - slow_truth.conductance(slow_truth.minutes(variant, *fouled)) / sound - COOLING_LOSS

    low, high = 0.05, KINDS["fouling"][2]
    return float(brentq(missing, low, high, xtol=0.002)) if missing(low) < 0.0 < missing(high) else math.nan


def cooling_loss(job: tuple[str, int]) -> tuple[list[float], float]:
    """Estimated loss of conductance on each driving day, and by all of them; the truth is COOLING_LOSS."""
    name, unit = job
    size = fouling_for(name, unit, DRIVING_DAYS)
    if math.isnan(size):
        return [], math.nan
    sound = slow.run(name, unit, DRIVING_DAYS, SEED)
    faulty = slow.run(name, unit, DRIVING_DAYS, SEED, (("fouling", size),))
    field = "cooling_conductance_ratio"
    daily = [float(1.0 - f[field] / s[field]) for s, f in zip(sound.points, faulty.points, strict=True)]
    both = [drift.estimates(slow.twin(name).variant, drift.merged(of.parts))[field] for of in (sound, faulty)]
    return daily, 1.0 - both[1] / both[0]


def fault(job: tuple[str, str]) -> tuple[float, float]:
    """Change of the fault's own parameter, and the largest of the others, both over the stated SD.

    Residuals are no others: against an open loop that knows nothing of the fault they are to show it.
    """
    name, kind = job
    size, own = FAULTS[kind]
    sound, faulty = slow.run(name, 0, 1, SEED).points[0], slow.run(name, 0, 1, SEED, ((kind, size),)).points[0]
    moved = {
        value: float(abs(faulty[value] - sound[value]) / sound[sd_name(value)])
        for value in drift.FIELDS
        if sd_name(value) in drift.FIELDS and np.isfinite(sound[value]) and "_residual_" not in value
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


def turn_short_told() -> float:
    """What a turn short adds to the copper loss scale of a day, over what it truly adds."""
    size, own = FAULTS["turn_short"]
    added = []
    for faults in ((), (("turn_short", size),)):
        days = slow.run("bmw-gen5-rear", 0, 1, SEED, faults)
        added += [float(days.points[0][own]), slow_truth.losses(days.points[0], days.drives)[own]]
    return (added[2] - added[0]) / (added[3] - added[1])


def share_outside(found: Iterable[Score]) -> float:
    """Share of estimates that are more than two of their SD from the truth."""
    return float(np.mean([abs(error) > 2.0 * sd for error, sd in found]))


def parameter_rows(of: str, found: list[Score], units: int) -> list[Row]:
    """How often the parameter is outside its 2 SD, its bias, and how wide its SD is; ``units`` that err apart."""
    errors, sds = np.array(found).T
    most = OUTSIDE + 2.0 * math.sqrt(USUAL * (1.0 - USUAL) / units) * ("--short" in sys.argv[1:])
    width = float(np.sqrt(np.mean(errors**2)) / np.mean(sds))
    return [
        at_most(f"{of}.outside_2sd", share_outside(found), "1", round(most, 3), len(found), "estimates"),
        Row(f"{of}.bias_sd", float(np.mean(errors / sds)), "SD"),
        at_least(f"{of}.error_over_sd", width, "1", LEAST_WIDTH, 1.0, "an SD that is what it says"),
    ]


def sound_rows(variants: list[str], units: int, pool: ProcessPoolExecutor) -> list[Row]:
    """The rows of sound units: parameter by parameter, all of a variant's, and what ROAD is like."""
    pooled: dict[str, list[Score]] = defaultdict(list)
    having: dict[str, int] = defaultdict(int)
    rows = []
    for name in variants:
        progress(f"slow: {name}, {units} units")
        own: dict[str, list[Score]] = defaultdict(list)
        for of_unit in pool.map(scores, [(name, number_of(name, unit)) for unit in range(units)]):
            for value, found in of_unit.items():
                own[value] += found
                having[value] += name not in ROAD
        every = [score for found in own.values() for score in found]
        if name in ROAD:
            why = "estimates; its losses are the real car's"
            rows.append(Row(f"{name}.outside_2sd", share_outside(every), "1", len(every), why))
            rows += [Row(f"{name}.{value}.outside_2sd", share_outside(found), "1") for value, found in own.items()]
            continue
        rows.append(at_most(f"{name}.outside_2sd", share_outside(every), "1", OUTSIDE, len(every), "estimates"))
        for value, found in own.items():
            pooled[value] += found
    for value, found in pooled.items():
        rows += parameter_rows(value, found, having[value])
    return rows


def number_of(name: str, unit: int) -> int:
    """Number of a variant's unit: its own draws, and the life of its turn."""
    return UNITS * names().index(name) + unit


def cooling_rows(name: str, found: list[tuple[list[float], float]]) -> list[Row]:
    """Rows of the daily and the four days' losses of units, NaN where a unit has none."""
    row, judged = f"{name}.cooling_loss_30", [whole for _, whole in found if math.isfinite(whole)]
    daily = [abs(loss - COOLING_LOSS) for days, _ in found for loss in days if math.isfinite(loss)]
    if not judged or not daily:
        return [Row(f"{row}.four_days", None, "%", None, "no unit is warm enough to need its coolant", holds=False)]
    errors = [abs(whole - COOLING_LOSS) for whole in judged]
    four_days = between(f"{row}.four_days", 100.0 * float(np.median(judged)), "%", 27.0, 33.0)
    four_days.reference, four_days.reference_name = len(judged), f"of {len(found)} units: they can lose 30 %"
    return [
        four_days,
        Row(f"{row}.within_3pp", float(np.mean(np.array(errors) <= 0.03)), "1"),
        Row(f"{row}.worst_unit", 100.0 * max(errors), "pp", 3.0, "asked of the estimate"),
        Row(f"{row}.daily_error_median", 100.0 * float(np.median(daily)), "pp"),
    ]


def rows() -> list[Row]:
    """All figures."""
    short = "--short" in sys.argv[1:]
    chosen = [name for name in names() if name in sys.argv[1:]]
    variants = chosen or (["bmw-gen5-rear", "jaguar-ipace"] if short else list(names()))
    with ProcessPoolExecutor(2) as pool:
        found = sound_rows(variants, number("units", SHORT_UNITS if short else UNITS), pool)
        for name in variants:
            progress(f"slow: {name}, cooling")
            lives = range(SHORT_COOLING_UNITS if short else COOLING_UNITS)
            found += cooling_rows(name, list(pool.map(cooling_loss, [(name, number_of(name, k)) for k in lives])))
        progress("slow: faults and a change of software")
        jobs = [("jaguar-ipace" if kind == "demagnetisation" else "bmw-gen5-rear", kind) for kind in FAULTS]
        for (_, kind), (own, others) in zip(jobs, pool.map(fault, jobs), strict=True):
            found.append(Row(f"fault.{kind}.own_sd", own, "SD", FAULTS[kind][0], "size"))
            found.append(at_most(f"fault.{kind}.others_sd", others, "SD", 1.0))
        told, of = 1.0 + TOLD_SHORT, "added to the copper loss scale over what is truly added"
        found.append(between("fault.turn_short.told", turn_short_told(), "1", 2.0 - told, told, 1.0, of))
        for name, moved in zip(variants, pool.map(software, variants), strict=True):
            found.append(at_most(f"{name}.software_moved_sd", moved, "SD", 0.1))
    return found


if __name__ == "__main__":
    run("slow", rows)
