"""Flux of the magnets at 20 degC, from the q voltage at speed and little current (physics 4.3).

    u_q = R i_q + omega (psi20 (1 + slope (T - 20)) + L_d i_d)

L_d, the offset of the voltage and the rise of the rotor since its rest are in the fit, each with its own size.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import field, regression, windows
from twin.estimators.regression import COUNT, NOT_APPLICABLE, Fit
from twin.jit import kernel
from twin.layout.drift import ROTOR_COLUMNS
from twin.physics.losses import TWO_PI

LEAST_RPM = 3_000.0
MOST_CURRENT_SHARE = 0.15
"""Of the current limit: beyond, saturation passes for flux."""
EDGES_RPM = (4_500.0, 6_000.0, 8_000.0)
LEAST_WINDOW_S = 2.9
CAP, LEAST_WINDOWS, TOGETHER = 60.0, 10.0, 6.0
NOISE_V = 0.5
INDUCTANCE_SD, WARMING_SD, OFFSET_SD_V = 0.3, 0.3, 0.5
REST_SD_K = 1.5
MOST_RISE_K = 40.0
KILO = 1e-3
"""omega counts in 1/ms, so that all columns are of one size."""


@kernel
def quiet(par: Any, values: Any) -> bool:
    """At speed with little current: little saturation, little inductance."""
    most_a, i_d, i_q = MOST_CURRENT_SHARE * par.current_limit_a, values.i_d_a, values.i_q_a
    return bool(abs(values.motor_speed_rpm) > LEAST_RPM and i_d * i_d + i_q * i_q < most_a * most_a)


@kernel
def sample(par: Any, row: Any, values: Any) -> None:
    """Add one sample to the running window."""
    if quiet(par, values) and values.u_q_v == values.u_q_v:
        window = row.rotor_window
        omega = KILO * par.pole_pairs * values.motor_speed_rpm * (TWO_PI / 60.0)
        windows.add(window, 0, 1.0)
        windows.add(window, 1, values.u_q_v - par.phase_resistance_ohm * row.copper_factor * values.i_q_a)
        windows.add(window, 2, omega)
        windows.add(window, 3, omega * values.i_d_a)


@kernel
def close_window(par: Any, row: Any, day: Any) -> None:
    """Ten seconds are over."""
    window, rise_k = row.rotor_window, field.warmed_k(row)
    count = np.float64(window[0])
    if row.rested == 1 and count * row.interval_us * 1e-6 >= LEAST_WINDOW_S and rise_k < MOST_RISE_K:
        omega, warmed = windows.mean(window, 2, count), par.rotor_slope * rise_k
        rpm = omega / KILO / par.pole_pairs * (60.0 / TWO_PI)
        at = 0
        for edge_rpm in EDGES_RPM:
            if rpm >= edge_rpm:
                at += 1
        factor = 1.0 + par.rotor_slope * (row.rotor_rest_c - 20.0) + warmed
        nominal_v = par.magnet_flux_wb / KILO * omega
        inductive_v = par.d_inductance_h / KILO * windows.mean(window, 3, count)
        columns = (factor * nominal_v, inductive_v, warmed * nominal_v, 1.0)
        regression.add(day.rotor_sums[at], columns, windows.mean(window, 1, count))


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write flux, SD, n_eff and validity of a day."""
    if par.magnet_flux_wb == 0.0:
        regression.refuse(fit)
    else:
        fit.prior[:] = 0.0
        fit.prior[0], fit.prior_sd[0] = 1.0, 1.0
        fit.prior[1], fit.prior_sd[1] = 1.0, INDUCTANCE_SD
        fit.prior_sd[2], fit.prior_sd[3] = WARMING_SD, OFFSET_SD_V
        regression.solve(day.rotor_sums, ROTOR_COLUMNS, CAP, 1.0, NOISE_V, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_WINDOWS
    ratio = fit.value[0] if enough else math.nan
    common = ratio * math.hypot(par.rotor_slope * REST_SD_K, par.voltage_gain_sd)
    sd = math.hypot(math.sqrt(fit.covariance[0, 0]), common)
    point.magnet_flux_20c_wb = ratio * par.magnet_flux_wb
    point.magnet_flux_20c_sd_wb = sd * par.magnet_flux_wb
    point.magnet_flux_n_eff = fit.summary[COUNT]
    point.magnet_flux_validity = regression.validity(fit, enough, ratio, sd)
    if par.magnet_flux_wb == 0.0:
        point.magnet_flux_validity = NOT_APPLICABLE
