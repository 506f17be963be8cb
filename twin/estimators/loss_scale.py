"""Loss of copper, of iron and rotor, and of the inverter over the model's, from the DC side (physics 3.4, 4.3).

What the DC side draws beyond the model is regressed on the classes of loss and on what the sensors do: gains go with
the power and change sign when braking, offsets of torque go with speed, of current with time. What they leave open is
in the SD.
"""

import math
from typing import Any

import numpy as np

from schemas.results import Validity
from twin.estimators import lasting, regression, windows
from twin.estimators.regression import COUNT, Fit
from twin.jit import kernel
from twin.layout.drift import LOSS_COLUMNS
from twin.physics.losses import TWO_PI

_NO_DC_SIDE = int(Validity.NO_DC_SIDE)
LEAST_WINDOW_S = 9.9
KILO = 1e-3
LEAST_KRPM, EDGES_KRPM = 0.1, (2.0, 5.0)
"""Between slow, middling and fast driving; braking is slow or fast."""
CAP, LEAST_WINDOWS, TOGETHER = 60.0, 30.0, 6.0
NOISE_KW = 0.1
COPPER_PRIOR_SD = 1.0
"""Shorted turns lose as much as all the others (physics 7.4): with the spread of sound units as its prior, a short
would be told as a third of what it is, and the rest of it as the inverter's.
"""
MOST_OF_PRIOR = 0.5
"""SD of a scale over that of its prior: a wider one is the prior's word, not the day's."""
SHAPE_SD = 0.05
"""Of a scale: the loss model has another shape than the machine."""
COPPER, IRON, INVERTER, POWER, TORQUE_OFFSET, CURRENT_OFFSET = range(LOSS_COLUMNS)


@kernel
def step(row: Any, work: Any, dt_s: float) -> None:
    """Add what the sample in ``work`` says about the ``dt_s`` before it, if the DC side is known."""
    if work.balance_dc_w != work.balance_dc_w:
        return
    window, kilo_s = row.loss_window, KILO * dt_s
    windows.add(window, 0, dt_s)
    windows.add(window, 1, kilo_s * (work.balance_dc_w - work.balance_electrical_w))
    windows.add(window, 2 + COPPER, kilo_s * work.copper_w)
    windows.add(window, 2 + IRON, kilo_s * (work.iron_w + work.rotor_w))
    windows.add(window, 2 + INVERTER, kilo_s * work.inverter_w)
    windows.add(window, 2 + POWER, kilo_s * work.balance_mechanical_w)
    windows.add(window, 2 + TORQUE_OFFSET, kilo_s * work.speed_rpm)


@kernel
def close_window(par: Any, row: Any, day: Any) -> None:
    """Ten seconds are over."""
    window = row.loss_window
    seconds = np.float64(window[0])
    if seconds < LEAST_WINDOW_S or window[2 + TORQUE_OFFSET] < LEAST_KRPM * seconds:
        return
    krpm = windows.mean(window, 2 + TORQUE_OFFSET, seconds)
    at = 0
    for edge_krpm in EDGES_KRPM:
        if krpm >= edge_krpm:
            at += 1
    if window[2 + POWER] < 0.0:
        at = 3 if krpm < EDGES_KRPM[1] else 4
    columns = (
        windows.mean(window, 2, seconds),
        windows.mean(window, 3, seconds),
        windows.mean(window, 4, seconds),
        windows.mean(window, 5, seconds),
        windows.mean(window, 6, seconds),
        1.0,
    )
    apart_kw = windows.mean(window, 1, seconds)
    regression.add(day.loss_sums[at], columns, apart_kw)
    lasting.balance(par, row, apart_kw, columns[POWER], columns[COPPER] + columns[IRON] + columns[INVERTER], krpm)


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write the three scales, their SD, n_eff and validity of a day."""
    fit.prior[:] = 0.0
    gains = math.hypot(math.hypot(par.voltage_gain_sd, par.current_gain_sd), par.torque_gain_sd)
    fit.prior_sd[COPPER] = COPPER_PRIOR_SD
    fit.prior_sd[IRON] = fit.prior_sd[INVERTER] = par.loss_scale_sd * 2.0
    fit.prior_sd[POWER] = gains
    fit.prior_sd[TORQUE_OFFSET] = par.torque_offset_sd_nm * (TWO_PI / 60.0)  # kW over 1,000 rpm
    fit.prior_sd[CURRENT_OFFSET] = KILO * math.hypot(par.current_offset_sd_a * par.dc_voltage_v, par.auxiliary_sd_w)
    regression.solve(day.loss_sums, LOSS_COLUMNS, CAP, 1.0, NOISE_KW, TOGETHER, fit)
    enough = fit.summary[COUNT] * TOGETHER >= LEAST_WINDOWS
    point.loss_scale_n_eff = fit.summary[COUNT]
    point.copper_loss_scale, point.copper_loss_scale_sd, point.copper_loss_scale_validity = _scale(COPPER, enough, fit)
    point.iron_loss_scale, point.iron_loss_scale_sd, point.iron_loss_scale_validity = _scale(IRON, enough, fit)
    scale, sd, validity = _scale(INVERTER, enough, fit)
    point.inverter_loss_scale, point.inverter_loss_scale_sd, point.inverter_loss_scale_validity = scale, sd, validity


@kernel
def _scale(part: int, enough: bool, fit: Fit) -> tuple[float, float, int]:
    """Scale of a class, its SD and validity; NaN while the day tells little beside what was assumed before it."""
    if fit.merged[0] == 0.0:
        return math.nan, math.nan, _NO_DC_SIDE
    own_sd = math.sqrt(fit.covariance[part, part])
    known = enough and own_sd <= MOST_OF_PRIOR * fit.prior_sd[part]
    scale, sd = 1.0 + fit.value[part], math.hypot(own_sd, SHAPE_SD)
    reason = regression.validity(fit, known, scale, sd)
    return (scale, sd, reason) if known else (math.nan, math.nan, reason)
