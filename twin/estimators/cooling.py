"""Conductance from winding to coolant over the variant's at that flow, from steady minutes (physics 4.3, 4.4).

The rise of the winding's sensor over the coolant inlet is proportional to the rise the reference network has for the
same losses; the factor is one over the conductance. Offsets of both sensors are those of the last soak; what is left of
them is not fitted, but in the SD: loads that change faster than the housing follows would pass for an offset.
"""

import math
from typing import Any

from twin.estimators import regression, soak, windows
from twin.estimators.regression import COUNT, Fit
from twin.jit import kernel
from twin.layout import WINDING_SENSOR
from twin.layout.drift import (
    COOLING_COLUMNS,
    HEAT_W,
    HOUSING_REFERENCE_C,
    INLET_C,
    SECONDS,
    WINDING_C,
    WINDING_LEVER,
    WINDING_REFERENCE_C,
)

STEADY_K_S, LEAST_HEAT_W = 0.05, 100.0
"""What counts is the rise: a front unit that loses 200 W on the motorway is warm, too."""
LEAST_RISE_K = 3.0
"""Of the reference: below it offsets of 1 K are more than a third."""
LEAST_HOUSING_SHARE = 0.1
"""Of the rise: a housing that cold air keeps colder than its coolant takes the heat elsewhere."""
EDGES_K = (6.0, 10.0, 16.0, 26.0)
CAP = math.inf
"""One slope needs no balance. A cap would give cool minutes, in which offsets and what the housing still takes are most
of the rise, the more weight the more days are added up."""
LEAST_IN_BIN, LEAST_MINUTES = 2.0, 5.0
NOISE_K = 0.5
TOGETHER = 3.0
"""Minutes in a row that share their error: a load that changed before, losses of one kind of driving."""
LEAST_SLOPE = 0.05
"""A winding that warms so little is none."""
KNOWN = 0.01
"""The offset is taken as known, to this share of its SD."""
SUM_XX, SUM_X_SD = 1, 2
"""Places in a line of sums: of the rise squared, of the rise times the SD of the offset."""
PRIOR_SD = 2.0
"""Of the slope: no prior to speak of."""
LEVER_S2 = 17_995.0
"""Sum of the squares of the 60 seconds' distances from their middle."""


@kernel
def close_minute(par: Any, row: Any, day: Any) -> None:
    """Look at a whole minute with all readings."""
    minute = row.minute
    if minute[SECONDS] < 60.0 or minute[HEAT_W] < 60.0 * LEAST_HEAT_W:
        return
    inlet_c = windows.mean(minute, INLET_C, 60.0)
    rise_k = windows.mean(minute, WINDING_REFERENCE_C, 60.0) - inlet_c
    if windows.mean(minute, HOUSING_REFERENCE_C, 60.0) - inlet_c < LEAST_HOUSING_SHARE * rise_k:
        return
    if rise_k < LEAST_RISE_K or abs(minute[WINDING_LEVER]) > STEADY_K_S * LEVER_S2:
        return
    at = 0
    for edge_k in EDGES_K:
        if rise_k >= edge_k:
            at += 1
    offset_sd_k = soak.over_inlet_sd_k(par, row, WINDING_SENSOR)
    seen_k = windows.mean(minute, WINDING_C, 60.0) - inlet_c + soak.inlet_applied_k(par, row)
    regression.add(day.cooling_sums[at], (rise_k, offset_sd_k), seen_k)


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write ratio, SD, n_eff and validity of a day."""
    fit.prior[0], fit.prior_sd[0] = 1.0, PRIOR_SD
    fit.prior[1], fit.prior_sd[1] = 0.0, KNOWN
    regression.solve(day.cooling_sums, COOLING_COLUMNS, CAP, LEAST_IN_BIN, NOISE_K, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_MINUTES and fit.value[0] > LEAST_SLOPE
    ratio = 1.0 / fit.value[0] if enough else math.nan
    by_offset = fit.merged[SUM_X_SD] / fit.merged[SUM_XX] if enough else math.nan
    slope_sd = math.hypot(math.sqrt(fit.covariance[0, 0]), by_offset)
    sd = ratio * math.hypot(ratio * slope_sd, par.loss_scale_sd)
    point.cooling_conductance_ratio = ratio
    point.cooling_conductance_ratio_sd = sd
    point.cooling_conductance_ratio_n_eff = fit.summary[COUNT]
    point.cooling_conductance_ratio_validity = regression.validity(fit, enough, ratio, sd)
