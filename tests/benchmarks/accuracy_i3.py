"""DC power of a real car on real roads: ``bmw-i3``, identified on odd-numbered trips, judged on even-numbered ones.

Everything comes out of the twin's own chain: losses, delay line and base load. The rows count where heater and air
conditioning are off, so the battery feeds the drive and the car's base load only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests import road
from tests.benchmarks.report import Row, at_most
from twin.trace import trace
from twin.variants import Variant, load

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "bmw-i3-trips"
EFFICIENCY, BASE_LOAD_W = 0.92, 380.0
"""The model to beat: one efficiency for everything, and a base load."""
JUDGED_ROWS = 3_000
"""A trip's energy is judged by at least five minutes: the base load alone differs by 10 % of a slow minute's energy."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Powers:
    """Powers of the battery [W] on the clean rows of a trip, and the errors of constant efficiency on the same rows."""

    modelled_w: Array
    measured_w: Array
    constant_error_w: Array
    aligned_constant_error_w: Array  # given the twin's delay line


def constant_efficiency(shaft_w: Array) -> Array:
    """Power [W] of the battery by the model to beat."""
    return np.where(shaft_w > 0.0, shaft_w / EFFICIENCY, shaft_w * EFFICIENCY) + BASE_LOAD_W


def powers(variant: Variant, trip: road.Trip) -> Powers:
    """Run a trip through the twin; the measured power is that of the sample the delay line has reached."""
    points = trace(variant.parameters, trip.times_us, trip.samples)
    clean = trip.clean & np.isfinite(points["balance_dc_w"])
    other_w = trip.samples["dc_voltage_v"] * trip.samples["dc_current_a"] - points["dc_w"]
    points, samples, other_w = points[clean], trip.samples[clean], other_w[clean]
    shaft_w = samples["torque_nm"] * samples["motor_speed_rpm"] * (2.0 * np.pi / 60.0)
    aligned_w = points["balance_dc_w"] + other_w
    return Powers(
        points["balance_electrical_w"] + other_w,
        aligned_w,
        constant_efficiency(shaft_w) - samples["dc_voltage_v"] * samples["dc_current_a"],
        constant_efficiency(points["balance_shaft_w"]) - aligned_w,
    )


def rms(parts: Sequence[Array]) -> float:
    """Root mean square of all parts together."""
    return float(np.sqrt(np.mean(np.concatenate(parts) ** 2)))


def rows() -> list[Row]:
    """RMSE of the power, its ratio to constant efficiency on the same rows, and the worst energy of a trip."""
    if not DATA.is_dir():
        return [Row("i3", None, "", reference_name="reference data bmw-i3-trips is not in ../shared/data")]
    variant = load("bmw-i3")
    judged = [powers(variant, trip) for trip in road.trips(DATA) if not trip.odd]
    rmse_w = rms([trip.modelled_w - trip.measured_w for trip in judged])
    constant_w = rms([trip.constant_error_w for trip in judged])
    aligned_w = rms([trip.aligned_constant_error_w for trip in judged])
    long_trips = [trip for trip in judged if len(trip.measured_w) >= JUDGED_ROWS]
    energy_percent = [100.0 * abs(trip.modelled_w.sum() / trip.measured_w.sum() - 1.0) for trip in long_trips]
    poly = "12-term polynomial"
    return [
        at_most("i3.dc_power_rmse_w", rmse_w, "W", 0.45 * constant_w, 285.0, poly),
        at_most("i3.rmse_ratio_constant", rmse_w / constant_w, "1", 0.45, 0.37, poly),
        at_most("i3.rmse_ratio_constant_aligned", rmse_w / aligned_w, "1", 0.45),
        at_most("i3.trip_energy_error_max", max(energy_percent), "%", 3.0, 2.2, "regression on the same trips"),
    ]
