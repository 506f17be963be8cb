"""Junctions of a unit's twin against its truth: peaks of drives, and closed cycles with what is open as halves.

Cycles are compared by rank, the largest of the twin with the largest of the truth and so on: what wears a module is how
large its cycles are and how many, not when. A cycle too many or too few shifts all smaller ones, so it shows.
``floor``: the same twin told the unit's own losses and its own module's thermal resistance. 10 % of scatter cannot be
known to 5 % before the slow parameters have learned it, so "within 5 %" holds for the median of a fleet's units.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.loads import LoadKind
from tests.benchmarks.report import Row, at_most, between
from tests.cycles import counted
from twin.layout import JUNCTION
from twin.physics import rainflow
from twin.physics.power_module import cycles_to_failure
from twin.plant.layout import LEGS

CLASSES = {"top10": (0.0, math.inf), "10_30k": (10.0, 30.0), "30_60k": (30.0, 60.0), "over_60k": (60.0, math.inf)}
"""Name -> true range [K]; ``top10`` is the upper tenth of a unit's cycles, which does nearly all of its damage."""
LEAST_UNITS = 20
"""Fewer units with a cycle of a class say nothing about it: no goal."""
_HOTTEST_OF = {3: 0.846, 6: 1.267}
"""Mean of the largest of so many normal numbers."""
LEG_SD = 0.03
TOLD = "told own losses and module"


@dataclass(frozen=True, slots=True)
class Junctions:
    """Peaks of drives (drives, 2), estimated and true, over the mean coolant [K]; range ratio of each class, NaN where
    the unit has no such cycle; damage over true damage.
    """

    peaks_k: NDArray[np.float64]
    ratios: NDArray[np.float64]
    damage: float

    @property
    def error_k(self) -> float:
        """Mean error of the peaks."""
        return float(np.mean(self.peaks_k[:, 0] - self.peaks_k[:, 1]))

    @property
    def rise(self) -> float:
        """Estimated over true rise of all drives."""
        return float(self.peaks_k[:, 0].sum() / self.peaks_k[:, 1].sum())


def own_module(parameters: NDArray[Any], unit: Any, nominal: Any) -> None:
    """Scale the ladders in ``parameters`` to the unit's own, as it differs from the hottest leg of a usual one."""
    legs = LEGS * int(unit.systems)
    leg = unit.leg_rth[:legs].max() / math.exp(LEG_SD * _HOTTEST_OF[legs])
    for device, name in enumerate(("transistor_rth_k_w", "diode_rth_k_w")):
        scale = leg * unit[name].sum() / nominal[name].sum()
        parameters["foster_k_w"][:, device] *= scale
        parameters["ripple_k_w"][:, :, device] *= scale


def _peaks_k(trips: NDArray[Any], samples: NDArray[Any], truth: Any) -> NDArray[np.float64]:
    at_us, found = truth["time_s"] * 1_000_000, []
    for trip in trips:
        driving = (at_us >= trip["time_us"]) & (at_us <= trip["end_us"])
        peaks_c = (
            np.fmax(trip["max_switch_temp_c"], trip["max_diode_temp_c"]),
            truth["junction_temp_c"][driving].max(),
        )
        found.append(np.array(peaks_c) - np.nanmean(samples["coolant_in_temp_c"][driving]))
    return np.array(found)


def _damage(par: Any, *cycles: Any) -> float:
    law = int(par.module_law)
    return sum(
        float(one["count"]) / cycles_to_failure(law, par, range_k, min(one["start"], one["end"]), float(one["rise_s"]))
        for some in cycles
        for one in some
        if (range_k := abs(float(one["end"]) - float(one["start"]))) > par.hysteresis[JUNCTION]
    )


def _ranges_k(*cycles: Any) -> NDArray[np.float64]:
    ranges_k = np.concatenate([np.abs(some["end"] - some["start"]) for some in cycles])
    return np.sort(ranges_k)[::-1]


def compare(results: Any, trips: NDArray[Any], row: Any, par: Any, samples: NDArray[Any], truth: Any) -> Junctions:
    """What the twin found, with its ROW after all drives and its PARAMETERS, beside the truth."""
    loads = results.loads[results.loads["kind"] == LoadKind.JUNCTION_CYCLE]
    halves = np.zeros(rainflow.SLOTS, rainflow.CYCLE).view(np.recarray)
    open_ = halves[: rainflow.residue(row.junction_flow, halves, 0)]
    true = counted(truth["junction_temp_c"], truth["time_s"] * 1_000_000, float(par.hysteresis[JUNCTION]))
    found_k, true_k = _ranges_k(loads, open_), _ranges_k(true.cycles, true.halves)
    paired = min(len(found_k), len(true_k))
    ratio, size_k = found_k[:paired] / true_k[:paired], true_k[:paired]
    ratios = []
    for name, (low_k, high_k) in CLASSES.items():
        chosen = size_k >= np.quantile(true_k, 0.9) if name == "top10" else (size_k >= low_k) & (size_k < high_k)
        ratios.append(float(np.median(ratio[chosen])) if chosen.any() else math.nan)
    damage = _damage(par, loads, open_) / _damage(par, true.cycles, true.halves)
    return Junctions(_peaks_k(trips, samples, truth), np.array(ratios), damage)


def _spread(name: str, values: NDArray[np.float64], unit: str) -> list[Row]:
    return [Row(f"{name}.p{part}", float(np.percentile(values, part)), unit) for part in (5, 95)]


def rows_of(of: str, found: list[Junctions], floor: list[Junctions]) -> list[Row]:
    """Medians over units with their goals, the floor's beside them, and where 90 % of the units are."""
    error_k = np.array([one.error_k for one in found])
    rises, floor_rises = (np.array([one.rise for one in some]) for some in (found, floor))
    rise, floor_rise = float(np.median(rises)), float(np.median(floor_rises))
    rows = [at_most(f"{of}.junction_bias_k", abs(float(np.median(error_k))), "K", 3.0)]
    rows += _spread(f"{of}.junction_bias_k", error_k, "K")
    rows.append(between(f"{of}.junction_rise_ratio", rise, "1", 0.95, 1.05, floor_rise, TOLD))
    rows += _spread(f"{of}.junction_rise_ratio", rises, "1")
    rows += _spread(f"{of}.junction_rise_floor", floor_rises, "1")
    for position, name in enumerate(CLASSES):
        ratios, floors = (np.array([one.ratios[position] for one in some]) for some in (found, floor))
        ratios, floors = ratios[np.isfinite(ratios)], floors[np.isfinite(floors)]
        if not len(ratios):
            continue
        of_class, median, least = f"{of}.junction_range.{name}", float(np.median(ratios)), float(np.median(floors))
        if len(ratios) >= min(LEAST_UNITS, len(found)):
            rows.append(between(of_class, median, "1", 0.95, 1.05, least, TOLD))
        else:
            rows.append(Row(of_class, median, "1", least, TOLD))
        rows += _spread(of_class, ratios, "1")
        rows += _spread(f"{of}.junction_range_floor.{name}", floors, "1")
    damages, told = (np.array([one.damage for one in some]) for some in (found, floor))
    rows.append(Row(f"{of}.junction_damage", float(np.median(damages)), "1", float(np.median(told)), TOLD))
    return rows + _spread(f"{of}.junction_damage", damages, "1")
