"""Thermal resistance of the power module over the variant's, and of its worst leg over the mean (physics 2.5, 4.3).

The rise of the module's sensors over the coolant is proportional to that of cold plate and sensor share by the model.
The offset of the sensors is not fitted, but in the SD: one kind of driving has one load, so a change of flow, cold
coolant or a warming plate, which the model has a little wrong, would pass for an offset.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import lasting, regression, windows
from twin.estimators.regression import COUNT, Fit
from twin.jit import kernel
from twin.layout import COOLANT_IN_ERROR
from twin.layout.drift import (
    INLET_C,
    LEG_1_K,
    LEG_COLUMNS,
    LEG_SAMPLES,
    LEGS,
    MODULE_C,
    MODULE_COLUMNS,
    MODULE_RISE_K,
    MODULE_SAMPLES,
    PLATE_K,
    SECONDS,
)

FLOW_EXPONENT = 0.8
LEAST_RISE_K = 0.5
EDGES_K = (1.0, 2.0, 4.0)
CAP, LEAST_MINUTES, TOGETHER = math.inf, 10.0, 3.0
NOISE_K, LEG_NOISE_K = 0.3, 0.04
"""Least of a minute. Of a leg's sensor over the mean: noise of 0.3 K and steps of 0.5 K of sixty readings."""
SENSOR_SD_K = 1.0
"""Offset of a module's NTC (physics 2.4)."""
PRIOR_SD, LEG_PRIOR_SD = 3.0, 1.0
LEG_SHARE_SD = 0.1
"""Of the rise of a leg, between sound ones and with the load."""
SUM_XX, SUM_X = 1, 2
"""Places in a line of sums."""
KNOWN_K = 0.01
"""The offset is taken as known, to this."""


@kernel
def sample(par: Any, row: Any, values: Any, work: Any) -> None:
    """Add one sample of the module's sensors."""
    first, second, third = values.inverter_temp_1_c, values.inverter_temp_2_c, values.inverter_temp_3_c
    total_c = count = 0.0
    for reading in (first, second, third):
        if reading == reading:
            total_c += reading
            count += 1.0
    rise_k = par.sensor_share * (work.switch_temp_c - row.base_c)
    if count == 0.0 or rise_k != rise_k:
        return
    mean_c, minute = total_c / count, row.minute
    windows.add(minute, MODULE_SAMPLES, 1.0)
    windows.add(minute, MODULE_C, mean_c)
    windows.add(minute, MODULE_RISE_K, rise_k)
    if count == LEGS:
        windows.add(minute, LEG_SAMPLES, 1.0)
        windows.add(minute, LEG_1_K, first - mean_c)
        windows.add(minute, LEG_1_K + 1, second - mean_c)


@kernel
def plate_k(row: Any, work: Any) -> float:
    """Rise [K] of the cold plate, with turbulent flow that cold coolant slows (physics 2.4)."""
    rise_k: float = row.plate_k * math.sqrt(work.relative_flow[0]) / work.relative_flow[1] ** FLOW_EXPONENT
    return rise_k


@kernel
def close_minute(row: Any, day: Any) -> None:
    """Look at a whole minute with all readings."""
    minute = row.minute
    count, legs = np.float64(minute[MODULE_SAMPLES]), np.float64(minute[LEG_SAMPLES])
    if minute[SECONDS] < 60.0 or count == 0.0:
        return
    rise_k = windows.mean(minute, MODULE_RISE_K, count) + windows.mean(minute, PLATE_K, 60.0)
    if rise_k > LEAST_RISE_K:
        at = 0
        for edge_k in EDGES_K:
            if rise_k >= edge_k:
                at += 1
        own_k = windows.mean(minute, MODULE_C, count) - windows.mean(minute, INLET_C, 60.0)
        regression.add(day.module_sums[at], (rise_k, 1.0), own_k)
    if legs == count:
        rise_k = windows.mean(minute, MODULE_RISE_K, count)
        first_k, second_k = windows.mean(minute, LEG_1_K, legs), windows.mean(minute, LEG_1_K + 1, legs)
        regression.add(day.leg_sums[0], (rise_k, 1.0), first_k)
        regression.add(day.leg_sums[1], (rise_k, 1.0), second_k)
        third_k = -first_k - second_k
        regression.add(day.leg_sums[2], (rise_k, 1.0), third_k)
        largest_k = max(abs(first_k), abs(second_k), abs(third_k))
        lasting.legs(row, largest_k, math.hypot(SENSOR_SD_K, LEG_SHARE_SD * rise_k))


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write both ratios, their SD, n_eff and validity of a day."""
    fit.prior[0], fit.prior_sd[0] = 1.0, PRIOR_SD
    fit.prior[1], fit.prior_sd[1] = 0.0, KNOWN_K
    regression.solve(day.module_sums, MODULE_COLUMNS, CAP, 1.0, NOISE_K, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_MINUTES and fit.value[0] > 0.0
    ratio = fit.value[0] if enough else math.nan
    offset_k = math.hypot(SENSOR_SD_K / math.sqrt(LEGS), par.consider_sd[COOLANT_IN_ERROR])
    by_offset = offset_k * fit.merged[SUM_X] / fit.merged[SUM_XX] if enough else math.nan
    sd = math.hypot(math.hypot(math.sqrt(fit.covariance[0, 0]), by_offset), ratio * par.loss_scale_sd)
    point.module_resistance_ratio = ratio
    point.module_resistance_ratio_sd = sd
    point.module_resistance_ratio_n_eff = fit.summary[COUNT]
    point.module_resistance_ratio_validity = regression.validity(fit, enough, ratio, sd)
    _legs(day, fit, point)


@kernel
def _legs(day: Any, fit: Fit, point: Any) -> None:
    """The leg whose sensor rises most: its resistance over the mean of the three."""
    worst, sd, enough = math.nan, math.nan, False
    for leg in range(LEGS):
        fit.prior[0], fit.prior_sd[0] = 0.0, LEG_PRIOR_SD
        fit.prior[1], fit.prior_sd[1] = 0.0, SENSOR_SD_K
        regression.solve(day.leg_sums[leg : leg + 1], LEG_COLUMNS, math.inf, 1.0, LEG_NOISE_K, TOGETHER, fit)
        enough = fit.summary[COUNT] * TOGETHER >= LEAST_MINUTES
        if enough and not 1.0 + fit.value[0] <= worst:
            worst, sd = 1.0 + fit.value[0], math.sqrt(fit.covariance[0, 0])
    point.leg_resistance_ratio = worst
    point.leg_resistance_ratio_sd = sd
    point.leg_resistance_ratio_n_eff = fit.summary[COUNT]
    point.leg_resistance_ratio_validity = regression.validity(fit, enough, worst, sd)
