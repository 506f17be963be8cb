"""What no model explains but the unit itself over months: isolation, vibration, and flow for what the pump is told.

Each is a line over what moves it from day to day; compared is its value at one reference (physics 7.4).
"""

import math
from typing import Any

from twin.estimators import regression
from twin.estimators.regression import COUNT, Fit
from twin.jit import kernel
from twin.layout import COOLANT_IN_SENSOR, END_WINDING
from twin.layout.drift import CONDITION_COLUMNS

ISOLATION_C, ISOLATION_K = 40.0, 10.0
"""Reference temperature of the winding, and the step of its column."""
ISOLATION_SLOPE, ISOLATION_SLOPE_SD = -0.15, 0.3
"""Decades per 10 K: resistance of insulation halves by 10 to 50 K."""
VIBRATION_RPM, LEAST_RPM = 5_000.0, 500.0
VIBRATION_SLOPE_SD = 10.0
"""Per reference speed, in the unit of the vibration."""
COLD_C, COLD_K, COLD_SD = 30.0, 50.0, 0.5
"""Cold glycol is thick: below COLD_C the flow falls with the inlet's temperature."""
LEAST_FLOW_L_MIN = 0.5
ISOLATION_NOISE, VIBRATION_NOISE, KURTOSIS_NOISE, FLOW_NOISE = 0.02, 0.05, 0.1, 0.05
"""Least standard deviation of a reading by the sensor: decades, m/s2, 1, l/min."""
ISOLATION_GAIN_SD, VIBRATION_GAIN_SD, FLOW_GAIN_SD = 0.05 / math.log(10.0), 0.05, 0.02
"""Of the sensors, as they come: no mean of any number of samples is surer. In decades, and as a share."""
TOGETHER_S = 10.0
"""Time that shares its error: an acceleration, a braking. No sample counts for more of it."""
LEAST_S = 60.0
WIDE = 1e3
"""SD of a prior to speak of none."""


@kernel
def sample(par: Any, row: Any, day: Any, values: Any) -> None:
    """Add one sample on the move to the day, which has begun; it counts as long as it lasts, at any rate."""
    seconds = min(row.interval_us * 1e-6, TOGETHER_S)
    isolation_ohm, vibration_m_s2 = values.isolation_ohm, values.vibration_rms_m_s2
    rpm = abs(values.motor_speed_rpm)
    if isolation_ohm > 0.0 and row.ready == 1:
        warmth = (row.temp_c[END_WINDING] - ISOLATION_C) / ISOLATION_K
        regression.add(day.isolation_sums[0], (1.0, warmth), math.log10(isolation_ohm), seconds)
    if vibration_m_s2 == vibration_m_s2 and rpm > LEAST_RPM:
        regression.add(day.vibration_sums[0], (1.0, rpm / VIBRATION_RPM - 1.0), vibration_m_s2, seconds)
    kurtosis = values.vibration_kurtosis
    if kurtosis == kurtosis and rpm > LEAST_RPM:
        regression.add(day.kurtosis_sums[0], (1.0, rpm / VIBRATION_RPM - 1.0), kurtosis, seconds)
    told_l_min = values.pump_duty * par.pump_flow_l_min
    flow_l_min, inlet_c = values.coolant_flow_l_min, row.reading[COOLANT_IN_SENSOR]
    if told_l_min > LEAST_FLOW_L_MIN and flow_l_min == flow_l_min and inlet_c == inlet_c:
        cold = max(0.0, (COLD_C - inlet_c) / COLD_K)
        regression.add(day.flow_sums[0], (told_l_min, told_l_min * cold), flow_l_min, seconds)


@kernel
def publish(day: Any, fit: Fit, point: Any) -> None:
    """Write value, SD, n_eff and validity of each."""
    fit.prior[0], fit.prior_sd[0] = 0.0, WIDE
    fit.prior[1], fit.prior_sd[1] = ISOLATION_SLOPE, ISOLATION_SLOPE_SD
    value, sd = _solved(day.isolation_sums, ISOLATION_NOISE, fit)
    point.isolation_decades, point.isolation_decades_sd = value, math.hypot(sd, ISOLATION_GAIN_SD)
    point.isolation_decades_n_eff = fit.summary[COUNT]
    point.isolation_decades_validity = regression.validity(fit, value == value, 1.0, sd)
    fit.prior[1], fit.prior_sd[1] = 0.0, VIBRATION_SLOPE_SD
    value, sd = _solved(day.vibration_sums, VIBRATION_NOISE, fit)
    point.vibration_m_s2, point.vibration_m_s2_sd = value, math.hypot(sd, VIBRATION_GAIN_SD * value)
    point.vibration_m_s2_n_eff = fit.summary[COUNT]
    point.vibration_m_s2_validity = regression.validity(fit, value == value, 1.0, sd)
    value, sd = _solved(day.kurtosis_sums, KURTOSIS_NOISE, fit)
    point.vibration_kurtosis, point.vibration_kurtosis_sd = value, sd
    point.vibration_kurtosis_n_eff = fit.summary[COUNT]
    point.vibration_kurtosis_validity = regression.validity(fit, value == value, 1.0, sd)
    fit.prior_sd[1] = COLD_SD
    value, sd = _solved(day.flow_sums, FLOW_NOISE, fit)
    sd = math.hypot(sd, FLOW_GAIN_SD * value)
    point.pump_flow_ratio, point.pump_flow_ratio_sd = value, sd
    point.pump_flow_ratio_n_eff = fit.summary[COUNT]
    point.pump_flow_ratio_validity = regression.validity(fit, value == value, value, sd)


@kernel
def _solved(sums: Any, noise: float, fit: Fit) -> tuple[float, float]:
    """First coefficient and its SD; NaN of too little time."""
    regression.solve(sums, CONDITION_COLUMNS, math.inf, 1.0, noise, TOGETHER_S, fit)
    if fit.merged[0] < LEAST_S:
        return math.nan, math.nan
    return fit.value[0], math.sqrt(fit.covariance[0, 0])
