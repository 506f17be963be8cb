"""Target "power": losses, delays and base load from the DC power of recorded drives (physics 3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.identify.free import with_values
from twin.identify.pace import check_pace
from twin.identify.solve import Errors
from twin.trace import trace
from twin.variants import Variant
from twin.variants.parameters import parameters

Array = NDArray[np.float64]
PATTERNS = (
    "telemetry.torque_delay",
    "telemetry.dc_window",
    "sensors.torque_gain",
    "sensors.torque_offset",
    "sensors.torque_dead_zone",
    "sensors.auxiliary_power",
    "sensors.auxiliary_power_moving",
    "machine.phase_resistance",
    "machine.q_inductance",
    "inverter.switching_energy",
)
POWER_SD_W = 300.0
"""What is left of a car's DC power after a good fit: boosted trees still leave 250 W on real roads."""
CORRELATED_SAMPLES = 20.0
"""The error of 10 Hz samples keeps its sign for about two seconds: so many count as one."""
LONGEST_DELAY_US = 2_000_000
"""Plausible of a torque signal (schema)."""


@dataclass(frozen=True)
class Drive:
    """A recorded drive: (n,) times [us], (n,) SAMPLE, (n,) bool: rows on which only drive and base load draw power."""

    times_us: NDArray[np.int64]
    samples: NDArray[Any]
    clean: NDArray[np.bool_]


def errors_w(record: NDArray[Any], drive: Drive) -> Array:
    """(clean rows,) modelled less measured DC power [W]; 0 where the delay line knows nothing yet."""
    points = trace(record, drive.times_us, drive.samples)[drive.clean]
    known: Array = np.nan_to_num(points["balance_electrical_w"] - points["balance_dc_w"])
    return known


def shifted_errors_w(record: NDArray[Any], drive: Drive) -> Array:
    """(clean rows,) as ``errors_w``, but of the DC power reported in these rows, not of what is known by then.

    The delay line says a row's error when the delay has passed: to the fit that would be a jump at every whole row.
    """
    points = trace(record, drive.times_us, drive.samples)
    known_us = drive.times_us[drive.clean] + record["torque_delay_us"][0]
    at = np.searchsorted(drive.times_us, known_us)
    errors: Array = np.append(points["balance_electrical_w"] - points["balance_dc_w"], np.nan)[at]
    return np.nan_to_num(errors)


def judged(drive: Drive) -> int:
    """Number of rows that say something: clean, with a DC power."""
    dc_w = drive.samples["dc_voltage_v"] * drive.samples["dc_current_a"]
    return int(np.sum(drive.clean & np.isfinite(dc_w)))


def _as_far_as_judged(drive: Drive) -> Drive:
    """The drive as far as it says something of its clean rows: what comes later changes no error."""
    last_us = drive.times_us[np.flatnonzero(drive.clean)[-1]] + LONGEST_DELAY_US
    end = int(np.searchsorted(drive.times_us, last_us, side="right"))
    return Drive(drive.times_us[:end], drive.samples[:end], drive.clean[:end])


class Power:
    """Residuals of the DC power of one or more drives, through the twin's own chain: losses, delay line, base load."""

    def __init__(self, variant: Variant, drives: Sequence[Drive]) -> None:
        for number, drive in enumerate(drives, 1):
            check_pace(f"drive {number}", drive.times_us, variant)
        self._variant, self._drives = variant, [_as_far_as_judged(drive) for drive in drives if drive.clean.any()]
        if not any(map(judged, self._drives)):
            raise ValueError("no clean row with a DC power: there is nothing to fit to")
        self.errors = Errors.of_one_kind(sum(int(drive.clean.sum()) for drive in drives), 1.0 / CORRELATED_SAMPLES)

    def __call__(self, values: Mapping[str, float]) -> Array:
        """(m,) errors over POWER_SD_W, weighted as so many independent ones."""
        record = parameters(with_values(self._variant.file, values), self._variant.loss_map)
        errors: Array = np.concatenate([shifted_errors_w(record, drive) for drive in self._drives])
        errors /= POWER_SD_W * CORRELATED_SAMPLES**0.5
        return errors
