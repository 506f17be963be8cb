"""Resistance of the field winding at 20 degC and drop of the brushes, from voltage over current (physics 3.2, 4.3).

    u_f = R20 (1 + alpha (T - 20)) i_f + u_b

A warmer winding and a larger resistance are the same to a voltage: what counts is a drive after a rest, when the
rotor's temperature is that of all sensors plus a rise, which is by model: of the rotor, slow, and of its winding over
it, fast and with the square of the current. Both are in the fit with scales of their own.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import regression, windows
from twin.estimators.regression import BINS, COUNT, NOT_APPLICABLE, Fit
from twin.jit import kernel
from twin.layout import ROTOR
from twin.layout.drift import ROTOR_COLUMNS

LEAST_SHARE = 0.3
"""Of the field current limit: below, the film of the brushes has not its full drop."""
LEAST_WINDOW_S = 4.9
WARMING_SD = 0.2
"""Of the rotor's rise since the rest."""
HOT_SPOT_SD = 0.3
"""Of the winding's rise over the rotor: paper and resin in its slots are an estimate, and scatter by 17 %."""
REST_SD_K = 1.0
"""Of the rest's temperature: four to five sensors with offsets of 0.5 to 1 K (physics 2.1)."""
MOST_RISE_K = 50.0
EDGES = (0.4, 0.5, 0.65)
CAP, LEAST_WINDOWS, TOGETHER = 60.0, 20.0, 6.0
LEAST_IN_BIN, LEAST_BINS = 5.0, 2.0
NOISE_V = 0.05
GAIN_SD = 0.006
"""Of the resistance by the gains of u_f and i_f."""
OFFSET_SD_V, OFFSET_SD_A = 0.06, 0.035
"""Of u_f and i_f with a year's drift: both pass for a drop, that of the current by the resistance (T)."""


@kernel
def sample(par: Any, row: Any, values: Any) -> None:
    """Add one sample to the running window."""
    field_a, field_v, window = values.field_current_a, values.field_voltage_v, row.rotor_window
    if field_a > LEAST_SHARE * par.field_current_limit_a and field_v == field_v:
        windows.add(window, 0, 1.0)
        windows.add(window, 1, field_v)
        windows.add(window, 2, field_a)
        # by the sample: the winding warms as fast as the current changes, a product of means would not do
        windows.add(window, 3, (warmed_k(row) - row.rotor_excess_k) * field_a)
        windows.add(window, 4, row.rotor_excess_k * field_a)


@kernel
def warmed_k(row: Any) -> float:
    """Rise [K] of field winding or magnets since the rest, by model alone."""
    rise_k: float = np.float64(row.reference_c[ROTOR]) - np.float64(row.reference_start_c) + row.rotor_excess_k
    return rise_k


@kernel
def close_window(par: Any, row: Any, day: Any) -> None:
    """Ten seconds are over."""
    window = row.rotor_window
    count = np.float64(window[0])
    if row.rested == 0 or count * row.interval_us * 1e-6 < LEAST_WINDOW_S:
        return
    field_v, field_a = windows.mean(window, 1, count), windows.mean(window, 2, count)
    rotor_k_a, hot_spot_k_a = windows.mean(window, 3, count), windows.mean(window, 4, count)
    if rotor_k_a + hot_spot_k_a < MOST_RISE_K * field_a:
        at = 0
        for edge in EDGES:
            if field_a >= edge * par.field_current_limit_a:
                at += 1
        factor = 1.0 + par.rotor_slope * (row.rotor_rest_c - 20.0)
        nominal = par.field_resistance_ohm * par.rotor_slope
        rotor_v, hot_spot_v = nominal * rotor_k_a, nominal * hot_spot_k_a
        columns = (factor * par.field_resistance_ohm * field_a + rotor_v + hot_spot_v, 1.0, rotor_v, hot_spot_v)
        regression.add(day.rotor_sums[at], columns, field_v)


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write resistance and drop, their SD, n_eff and validity of a day."""
    if par.field_resistance_ohm == 0.0:
        regression.refuse(fit)
    else:
        fit.prior[:] = 0.0
        fit.prior[0], fit.prior_sd[0] = 1.0, 1.0
        fit.prior[1], fit.prior_sd[1] = par.brush_drop_v, 2.0 * par.brush_drop_v
        fit.prior_sd[2], fit.prior_sd[3] = WARMING_SD, HOT_SPOT_SD
        regression.solve(day.rotor_sums, ROTOR_COLUMNS, CAP, LEAST_IN_BIN, NOISE_V, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_WINDOWS and fit.summary[BINS] >= LEAST_BINS
    unknown = 0.0 if enough else math.nan
    ratio = fit.value[0] + unknown
    sd = math.hypot(math.sqrt(fit.covariance[0, 0]), ratio * math.hypot(par.rotor_slope * REST_SD_K, GAIN_SD))
    point.field_resistance_20c_ohm = ratio * par.field_resistance_ohm
    point.field_resistance_20c_sd_ohm = sd * par.field_resistance_ohm
    point.brush_drop_v = fit.value[1] + unknown
    offset_v = math.hypot(OFFSET_SD_V, OFFSET_SD_A * par.field_resistance_ohm)
    point.brush_drop_sd_v = math.hypot(math.sqrt(fit.covariance[1, 1]), offset_v) + unknown
    point.field_n_eff = fit.summary[COUNT]
    point.field_validity = regression.validity(fit, enough, ratio, sd)
    if par.field_resistance_ohm == 0.0:
        point.field_validity = NOT_APPLICABLE
