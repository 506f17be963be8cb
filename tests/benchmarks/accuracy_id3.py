"""Measured efficiency map of a VW ID.3: the twin's losses identified on every other point, judged on the rest."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.report import Row, at_most
from twin.identify import free, solve, with_values
from twin.identify.efficiency_map import PATTERNS, Map, Points, efficiency
from twin.variants import load
from twin.variants.parameters import parameters

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "vw-id3-drive-map" / "measured_points.csv"
VARIANTS = Path(__file__).resolve().parents[1] / "variants"


def measured() -> Points:
    """All points: motor speed and torque, efficiency from the inverter's DC side to the motor shaft."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("motor_rpm", "motor_torque_Nm", "eff_inverter_to_motor")
    return Points(*(np.array([float(row[name]) for row in rows]) for name in names))


def errors_pp(points: Points, first: int) -> NDArray[np.float64]:
    """Modelled less measured efficiency [percentage points] of the points left out; fitted from ``first`` on."""
    variant = load("vw-id3", VARIANTS)
    fitted, judged = points.every(2, first), points.every(2, 1 - first)
    target = Map(variant, fitted)
    fit = solve(free(variant.file, PATTERNS), target, errors=target.errors)
    record = parameters(with_values(variant.file, fit.by_key()))
    return 100.0 * (efficiency(record, judged.speed_rpm, judged.torque_nm) - judged.efficiency)


def rows() -> list[Row]:
    """RMSE and worst error; of the two ways to leave out every other point the worse one counts."""
    if not DATA.is_file():
        return [Row("id3", None, "", reference_name="reference data vw-id3-drive-map is not in ../shared/data")]
    points = measured()
    both = [errors_pp(points, first) for first in (0, 1)]
    rmse = max(float(np.sqrt(np.mean(error**2))) for error in both)
    worst = max(float(np.max(np.abs(error))) for error in both)
    regression = "8 non-negative loss terms, one way"
    return [
        at_most("id3.efficiency_rmse_pp", rmse, "pp", 0.7, 0.63, regression),
        at_most("id3.efficiency_worst_pp", worst, "pp", 2.5, 2.0, regression),
    ]
