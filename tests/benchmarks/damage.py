"""Module damage of a twin at 10 Hz against pyLife's count of the simulator's own junctions, law and residue the same.

The simulator has the hottest device of 100 steps a second while the field turns slowly, and of each sample otherwise.
``python -m tests.benchmarks.damage [--json] [--short]``
"""

import sys
from typing import Any

import numpy as np
import pylife.stress.rainflow as pylife_rainflow
from numpy.typing import NDArray

from tests import drives, simulated
from tests.benchmarks.report import Row, between, progress, run
from twin.layout import BOND_WIRES, JUNCTION, SAMPLE, SOLDER
from twin.physics import rainflow
from twin.physics.power_module import cycles_to_failure
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit, Surroundings
from twin.twin import Twin
from twin.variants import load

SEED, DAYS = 2_077, 3
VARIANTS = ("bmw-gen5-rear", "jaguar-ipace", "landrover-800v-rear")
LIVES = (
    ("commute", "temperate"),
    ("city", "mild"),
    ("mountain", "temperate"),
    ("motorway", "cold"),
    ("delivery", "hot"),
)


def _of_cycles(par: Any, cycles: list[tuple[float, float, float, float]]) -> float:
    """Damage of (start, end, rise_s, count); what is noise to the twin is noise here."""
    total = 0.0
    for start, end, rise_s, count in cycles:
        range_k = abs(end - start)
        if range_k > par.hysteresis[JUNCTION]:
            total += count / cycles_to_failure(int(par.module_law), par, range_k, min(start, end), max(rise_s, 0.1))
    return total


def _true_damage(par: Any, junction_c: NDArray[np.float64], times_s: NDArray[np.float64]) -> float:
    detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
    detector.process(junction_c)
    loops = detector.recorder
    at = [times_s[np.asarray(index, int)] for index in (loops.index_from, loops.index_to)]
    closed = zip(loops.values_from, loops.values_to, np.abs(at[1] - at[0]), strict=True)
    left = times_s[np.asarray(detector.residual_index, int)]
    open_ = zip(detector.residuals[:-1], detector.residuals[1:], np.diff(left), strict=True)
    return _of_cycles(par, [(*one, 1.0) for one in closed] + [(*one, 0.5) for one in open_])


def compare(name: str, number: int) -> tuple[float, float]:
    """Damage of one unit by its twin and by its truth."""
    customer, climate = LIVES[number % len(LIVES)]
    place = Surroundings(number, number % 3, climate, customer=customer)
    first = simulated.WINTER if number % 2 else simulated.SUMMER
    unit = SimulatedUnit(machine(name), SEED, number, first * DAY_S, place, rate=10)
    twin = Twin(load(name))
    rows = twin.new_rows()
    rows.add()
    junctions, seconds = [], []
    for part in unit.drives(first, DAYS):
        samples = np.ascontiguousarray(part.samples).view(SAMPLE).reshape(-1)
        times_us = part.truth["time_s"] * 1_000_000 + part.truth["part"] * 100_000
        twin.step(rows, drives.frames(len(samples)), times_us, samples)
        junctions.append(np.array(part.truth["junction_temp_c"]))
        seconds.append(times_us * 1e-6)
    par, row = twin.variant.parameters.view(np.recarray)[0], rows.records[0]
    halves = np.zeros(rainflow.SLOTS, rainflow.CYCLE).view(np.recarray)
    used = rainflow.residue(row.junction_flow, halves, 0)
    left = [(float(one.start), float(one.end), float(one.rise_s), 0.5) for one in halves[:used]]
    own = float(row.wear[BOND_WIRES] + row.wear[SOLDER]) + _of_cycles(par, left)
    return own, _true_damage(par, np.concatenate(junctions), np.concatenate(seconds))


def rows() -> list[Row]:
    """Ratio of all units' damage together, and how far a unit is off."""
    found, units = [], 2 if "--short" in sys.argv[1:] else 10
    for name in VARIANTS:
        progress(f"damage: {name}, {units} units, {DAYS} days at 10 Hz")
        own, true = np.array([compare(name, number) for number in range(units)]).T
        off = float(np.median(np.abs(np.log(own / true))))
        found.append(between(f"module.{name}.ratio", float(own.sum() / true.sum()), "1", 0.5, 2.0))
        found.append(Row(f"module.{name}.unit_off_ln", off, "1", 0.85, "SD of the law alone (physics 5.5)"))
    return found


if __name__ == "__main__":
    run("damage", rows)
