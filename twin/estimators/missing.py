"""What was driven without telemetry: seconds that are filled, gaps while a trip is open, jumps of the odometer."""

from typing import Any

from twin.jit import kernel
from twin.layout import DISTANCE_M, MISSING_M

STEP_KM = 1.0
"""Steps of a coarse odometer: less is not known to be missing."""
SCALE_SHARE = 0.03
"""Tyres and odometer may disagree by that share of the distance."""
FASTEST_KM_H = 250.0


@kernel
def seen_s(row: Any) -> float:
    """Of the running second, all but what stands in for samples."""
    filled_s = float(row.filled_s)
    if filled_s >= 1.0:
        return 0.0
    return 1.0 - filled_s if filled_s > 0.0 else 1.0


@kernel
def odometer(row: Any, odometer_km: float, time_us: int) -> None:
    """Compare a frame's odometer [km] with the distance summed since the last one; NaN says nothing.

    ``time_us``: of the frame's first sample. A jump that no car can have driven meanwhile is none.
    """
    if odometer_km != odometer_km:
        return
    driven_km = (row.odometer_m + row.part[DISTANCE_M]) / 1000.0
    missing_km = odometer_km - row.odometer_km - driven_km  # NaN: the first
    elapsed_h = (time_us - row.time_us) / 3.6e9
    if missing_km > STEP_KM + SCALE_SHARE * driven_km and missing_km < FASTEST_KM_H * elapsed_h:
        row.new_missing_m += 1000.0 * missing_km
    row.odometer_km = odometer_km
    row.odometer_m = -row.part[DISTANCE_M]


@kernel
def take(row: Any) -> None:
    """Count what the odometer found as missing before the sample that comes now."""
    row.part[MISSING_M] += row.new_missing_m
    row.new_missing_m = 0.0
