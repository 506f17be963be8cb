"""Angle error of the rotor's position sensor, from the d voltage at speed and little current (physics 4.3, 7.4).

    u_d = R i_d - omega L_q i_q + omega psi sin(offset)

Windows with driving and with braking current balance each other: L_q falls out, the offset stays.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import magnets, regression, windows
from twin.estimators.regression import COUNT, NOT_APPLICABLE, Fit
from twin.jit import kernel
from twin.layout.drift import RESOLVER_COLUMNS
from twin.physics.losses import TWO_PI, rotor_flux

FAST_RPM = 5_000.0
LEAST_WINDOW_S = 2.9
LEAST_FLUX_SHARE = 0.2
"""Of the DC voltage, by speed and excitation: a weak field shows nothing."""
CAP, LEAST_WINDOWS, TOGETHER = 60.0, 10.0, 6.0
NOISE_V = 0.15
"""Least of a window: 0.3 V of a sample, of which it has three to ten. What the model lacks is in the residuals."""
OFFSET_SD_V, INDUCTANCE_SD = 0.3, 0.5
CURRENT_SD = 0.002
"""Angle [rad] by offsets of the current sensors and by saturation across the axes."""


@kernel
def sample(par: Any, row: Any, values: Any) -> None:
    """Add one sample to the running window."""
    if par.cage_resistance_ohm > 0.0 or not magnets.quiet(par, values) or values.u_d_v != values.u_d_v:
        return
    field_a = values.field_current_a if par.field_flux_h > 0.0 else 0.0
    omega = par.pole_pairs * values.motor_speed_rpm * (TWO_PI / 60.0)
    flux_v = omega * row.flux_factor * rotor_flux(par, field_a)
    if abs(flux_v) > LEAST_FLUX_SHARE * par.dc_voltage_v:
        window = row.resolver_window
        windows.add(window, 0, 1.0)
        windows.add(window, 1, values.u_d_v - par.phase_resistance_ohm * row.copper_factor * values.i_d_a)
        windows.add(window, 2, flux_v)
        windows.add(window, 3, -(omega * par.q_inductance_h * values.i_q_a))
        windows.add(window, 4, abs(values.motor_speed_rpm))


@kernel
def close_window(row: Any, day: Any) -> None:
    """Ten seconds are over."""
    window = row.resolver_window
    count = np.float64(window[0])
    if count * row.interval_us * 1e-6 >= LEAST_WINDOW_S:
        at = (1 if window[3] > 0.0 else 0) + (2 if window[4] > FAST_RPM * count else 0)
        columns = (windows.mean(window, 2, count), windows.mean(window, 3, count), 1.0)
        regression.add(day.resolver_sums[at], columns, windows.mean(window, 1, count))


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write angle, SD, n_eff and validity of a day."""
    fit.prior[0], fit.prior_sd[0] = 0.0, 1.0
    fit.prior[1], fit.prior_sd[1] = 1.0, INDUCTANCE_SD
    fit.prior[2], fit.prior_sd[2] = 0.0, OFFSET_SD_V
    regression.solve(day.resolver_sums, RESOLVER_COLUMNS, CAP, 1.0, NOISE_V, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_WINDOWS
    offset = fit.value[0] if enough else math.nan
    sd = math.hypot(math.sqrt(fit.covariance[0, 0]), CURRENT_SD)
    degrees = 360.0 / TWO_PI
    point.resolver_offset_deg = degrees * offset
    point.resolver_offset_sd_deg = degrees * sd if enough else math.nan
    point.resolver_offset_n_eff = fit.summary[COUNT]
    point.resolver_offset_validity = regression.validity(fit, enough, 1.0 + offset, sd)
    if par.cage_resistance_ohm > 0.0:  # oriented by its own flux
        point.resolver_offset_validity = NOT_APPLICABLE
