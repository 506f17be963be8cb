"""Loss of gear, bearings and churned oil over the variant's, by the oil's heat balance (physics 3.5).

The oil's rise over the coolant is what the gear's loss makes of it in the reference network, and what stator and rotor
add. What the first is to be multiplied by is the drag; that the second may be wrong, and the sensors, is in the SD.
"""

import math
from typing import Any

from twin.estimators import regression, windows
from twin.estimators.regression import COUNT, Fit
from twin.jit import kernel
from twin.layout import COOLANT_IN_ERROR, OIL_SENSOR, SENSOR_ERROR
from twin.layout.drift import (
    DRAG_COLUMNS,
    INLET_C,
    OIL_C,
    OIL_GEAR_K,
    OIL_REFERENCE_C,
    OIL_SECONDS,
)

LEAST_RISE_K = 3.0
"""By the gear's loss: a few hundred watts for ten minutes."""
EDGES_K = (6.0, 12.0)
CAP, LEAST_MINUTES, TOGETHER = 40.0, 10.0, 5.0
NOISE_K = 0.7
OTHER_SD = 0.3
"""Of the rise by stator and rotor, for which nothing but the network speaks."""
EXCHANGER_SD = 0.3
"""Of the oil's own cooling: 0.01-0.03 K/W of the exchanger (physics 2.4), oil level, wall."""
PRIOR_SD = 2.0


@kernel
def close_minute(row: Any, day: Any) -> None:
    """Look at a whole minute with all readings."""
    minute = row.minute
    if minute[OIL_SECONDS] < 60.0:
        return
    gear_k = windows.mean(minute, OIL_GEAR_K, 60.0)
    if gear_k < LEAST_RISE_K:
        return
    at = 0
    for edge_k in EDGES_K:
        if gear_k >= edge_k:
            at += 1
    inlet_c = windows.mean(minute, INLET_C, 60.0)
    other_k = windows.mean(minute, OIL_REFERENCE_C, 60.0) - gear_k - inlet_c
    regression.add(day.drag_sums[at], (gear_k, other_k, 1.0), windows.mean(minute, OIL_C, 60.0) - inlet_c)


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write scale, SD, n_eff and validity of a day."""
    fit.prior[:] = 0.0
    fit.prior[0], fit.prior_sd[0] = 1.0, PRIOR_SD
    fit.prior[1], fit.prior_sd[1] = 1.0, OTHER_SD
    fit.prior_sd[2] = math.hypot(par.consider_sd[SENSOR_ERROR + OIL_SENSOR], par.consider_sd[COOLANT_IN_ERROR])
    regression.solve(day.drag_sums, DRAG_COLUMNS, CAP, 1.0, NOISE_K, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_MINUTES and fit.value[0] > 0.0
    scale = fit.value[0] if enough else math.nan
    sd = math.hypot(math.sqrt(fit.covariance[0, 0]), scale * EXCHANGER_SD)
    point.drag_scale = scale
    point.drag_scale_sd = sd
    point.drag_scale_n_eff = fit.summary[COUNT]
    point.drag_scale_validity = regression.validity(fit, enough, scale, sd)
