"""Target "map": losses of machine and inverter from operating points with a measured efficiency (physics 3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.estimators import losses
from twin.identify.free import with_values
from twin.identify.solve import Errors
from twin.jit import kernel
from twin.layout import N_SIGNALS, SAMPLE, WORK
from twin.layout.fresh import fresh_row
from twin.layout.views import as_parameters
from twin.variants import Variant
from twin.variants.parameters import parameters

Array = NDArray[np.float64]
PATTERNS = ("machine.*", "inverter.*")
EFFICIENCY_SD = 0.006
"""What eight regression terms leave of a measured map; the measurement itself has half of it (physics 3.4)."""


@dataclass(frozen=True)
class Points:
    """Operating points: (n,) speed [rpm], torque [Nm], and efficiency [1] between DC side and shaft, by energy flow."""

    speed_rpm: Array
    torque_nm: Array
    efficiency: Array

    def every(self, step: int, first: int) -> "Points":
        """Every ``step``-th point from ``first`` on."""
        which = slice(first, None, step)
        return Points(self.speed_rpm[which], self.torque_nm[which], self.efficiency[which])


@kernel
def _powers(parameters: Any, rows: Any, samples: Any, works: Any, points: Any, powers_w: Any) -> None:
    """Shaft and electrical power of each point into ``powers_w``."""
    par, row, sample, work = parameters[0], rows[0], samples[0], works[0]
    for k in range(len(points)):
        sample.motor_speed_rpm, sample.torque_nm = points[k, 0], points[k, 1]
        losses.step(par, row, sample, True, work)
        powers_w[k, 0], powers_w[k, 1] = work.shaft_w, work.electrical_w


def efficiency(record: NDArray[Any], speed_rpm: Array, torque_nm: Array) -> Array:
    """(n,) modelled efficiency between DC side and shaft, windings as warm as assumed when nothing is known.

    ``record``: (1,) PARAMETERS. Driving: shaft over electrical power; braking: the other way round.
    """
    powers_w = np.empty((len(speed_rpm), 2))
    _powers(
        as_parameters(record),
        fresh_row().view(np.recarray),
        np.full((1, N_SIGNALS), np.nan).view(SAMPLE).reshape(1).view(np.recarray),
        np.zeros(1, WORK).view(np.recarray),
        np.stack([speed_rpm, torque_nm], axis=1),
        powers_w,
    )
    shaft_w, electrical_w = powers_w.T
    ratio: Array = np.where(shaft_w > 0.0, shaft_w / electrical_w, electrical_w / shaft_w)
    return ratio


class Map:
    """Residuals of the efficiencies; the table of operating points is made anew for each trial."""

    def __init__(self, variant: Variant, points: Points) -> None:
        self._variant, self._points = variant, points
        self.errors = Errors.of_one_kind(len(points.efficiency))

    def __call__(self, values: Mapping[str, float]) -> Array:
        """(n,) modelled less measured efficiency over EFFICIENCY_SD."""
        record = parameters(with_values(self._variant.file, values), self._variant.loss_map)
        modelled = efficiency(record, self._points.speed_rpm, self._points.torque_nm)
        return (modelled - self._points.efficiency) / EFFICIENCY_SD
