"""Sensor or physics: what a temperature sensor reads over the open loop, regressed on what heats it (physics 7.4).

The filter follows its sensors, so its innovations are white whatever is wrong; the reference network is told nothing
but losses, coolant and air. The intercept is the sensor's offset less the inlet's, the slope on the loss a heat path or
a loss that is not the variant's, that on speed drag. Loss is that of the same minute: a short, a wrong current sensor
show in it at once, what fouls a path takes longer than a minute and mostly stays out.
"""

import math
from typing import Any

from twin.estimators import readings, regression, soak, windows
from twin.estimators.regression import COUNT, Fit
from twin.jit import kernel
from twin.layout.drift import (
    INLET_C,
    LOSS_W,
    OIL_C,
    OIL_REFERENCE_C,
    OIL_SECONDS,
    OUTLET_K,
    OUTLET_SECONDS,
    RESIDUAL_COLUMNS,
    SECONDS,
    SPEED_RPM,
    WINDING_C,
    WINDING_REFERENCE_C,
)

WINDING, OUTLET, OIL = range(3)
"""Sensors: rows of ``residual_sums``, and numbers of the correcting sensors."""
OFFSET, LOSS, SPEED, AIR = range(RESIDUAL_COLUMNS)
KILO, AIR_K = 1e-3, 10.0
"""Columns: 1, total loss [kW], speed [1,000 rpm], air over coolant inlet [10 K]."""
PRIOR_SD = (20.0, 20.0, 2.0, 2.0)
"""No prior to speak of for offset and loss; what speed and cold air do beyond the network is small."""
NOISE_K, TOGETHER = (0.6, 0.2, 0.7), (8.0, 5.0, 10.0)
"""Least of a minute, by sensor, and minutes in a row that share their error: what the network has a little wrong."""
SHAPE_SD_K = (0.6, 0.1, 0.6)
"""Of an intercept: what no number of minutes takes away."""
LEAST_MINUTES, MOST_SD_K = 10.0, 4.0
"""With fewer, or with a loss that never changed, offset and slope are one."""


@kernel
def close_minute(par: Any, row: Any, day: Any) -> None:
    """Look at a whole minute; readings are raw, whatever a soak has taught."""
    minute = row.minute
    if minute[SECONDS] < 60.0:
        return
    air_k = readings.ambient(par, row) - windows.mean(minute, INLET_C, 60.0)
    columns = (
        1.0,
        KILO * windows.mean(minute, LOSS_W, 60.0),
        KILO * windows.mean(minute, SPEED_RPM, 60.0),
        air_k / AIR_K,
    )
    apart_k = windows.mean(minute, WINDING_C, 60.0) - windows.mean(minute, WINDING_REFERENCE_C, 60.0)
    regression.add(day.residual_sums[WINDING], columns, apart_k + soak.applied_k(par, row, WINDING))
    if minute[OUTLET_SECONDS] >= 60.0:
        apart_k = windows.mean(minute, OUTLET_K, 60.0)
        regression.add(day.residual_sums[OUTLET], columns, apart_k + soak.applied_k(par, row, OUTLET))
    if minute[OIL_SECONDS] >= 60.0:
        apart_k = windows.mean(minute, OIL_C, 60.0) - windows.mean(minute, OIL_REFERENCE_C, 60.0)
        regression.add(day.residual_sums[OIL], columns, apart_k + soak.applied_k(par, row, OIL))


@kernel
def _solve(day: Any, sensor: int, fit: Fit) -> tuple[bool, int]:
    """Fit one sensor; whether the day tells offset and slope apart, and its validity."""
    fit.prior[:] = 0.0
    for k in range(RESIDUAL_COLUMNS):
        fit.prior_sd[k] = PRIOR_SD[k]
    sums = day.residual_sums[sensor : sensor + 1]
    regression.solve(sums, RESIDUAL_COLUMNS, math.inf, 1.0, NOISE_K[sensor], TOGETHER[sensor], fit)
    told = fit.merged[0] >= LEAST_MINUTES and math.sqrt(fit.covariance[OFFSET, OFFSET]) <= MOST_SD_K
    return told, regression.validity(fit, told, 1.0, 0.0)


@kernel
def _estimate(fit: Fit, column: int, told: bool) -> tuple[float, float]:
    """Coefficient and its SD."""
    if not told:
        return math.nan, math.nan
    return fit.value[column], math.sqrt(fit.covariance[column, column])


@kernel
def _offset(fit: Fit, sensor: int, told: bool) -> tuple[float, float]:
    """Intercept and its SD."""
    offset_k, sd_k = _estimate(fit, OFFSET, told)
    return offset_k, math.hypot(sd_k, SHAPE_SD_K[sensor])


@kernel
def publish(day: Any, fit: Fit, point: Any) -> None:
    """Write offset and slopes of each sensor, their SD, n_eff and validity of a day."""
    told, point.winding_residual_validity = _solve(day, WINDING, fit)
    point.winding_residual_n_eff = fit.summary[COUNT]
    point.winding_residual_offset_k, point.winding_residual_offset_sd_k = _offset(fit, WINDING, told)
    point.winding_residual_loss_k_per_kw, point.winding_residual_loss_k_per_kw_sd = _estimate(fit, LOSS, told)
    told, point.coolant_out_residual_validity = _solve(day, OUTLET, fit)
    point.coolant_out_residual_n_eff = fit.summary[COUNT]
    offset_k, sd_k = _offset(fit, OUTLET, told)
    point.coolant_out_residual_offset_k, point.coolant_out_residual_offset_sd_k = offset_k, sd_k
    point.coolant_out_residual_loss_k_per_kw, point.coolant_out_residual_loss_k_per_kw_sd = _estimate(fit, LOSS, told)
    told, point.oil_residual_validity = _solve(day, OIL, fit)
    point.oil_residual_n_eff = fit.summary[COUNT]
    point.oil_residual_offset_k, point.oil_residual_offset_sd_k = _offset(fit, OIL, told)
    point.oil_residual_loss_k_per_kw, point.oil_residual_loss_k_per_kw_sd = _estimate(fit, LOSS, told)
    point.oil_residual_speed_k_per_krpm, point.oil_residual_speed_k_per_krpm_sd = _estimate(fit, SPEED, told)
