"""Delay line that brings torque and DC power to the same time. It lives in the row.

A torque reported at t belongs to t - ``torque_delay``; a DC power reported at t is the mean over ``dc_window`` before
t, as the current sensor filters. So the DC power of an earlier sample, as it is, goes with the mean of what the torque
says over the stretch of samples that belongs to its window.
"""

import math
from typing import Any

import numpy as np

from twin.jit import kernel
from twin.layout import DELAY_SLOTS

SHAFT, MECHANICAL, ELECTRICAL, DC = 0, 1, 2, 3
SPACINGS = 12
"""Samples closer than this part of the delay or window are left out, so the slots reach back far enough at any rate."""


@kernel
def step(par: Any, row: Any, time_us: int, work: Any) -> None:
    """Fill the ``balance_`` powers in ``work`` [W], all of one time; the DC power is NaN where it is not known."""
    work.balance_shaft_w = work.shaft_w
    work.balance_mechanical_w = work.mechanical_w
    work.balance_electrical_w = work.electrical_w
    work.balance_dc_w = work.dc_w
    span_us = max(par.torque_delay_us, par.dc_window_us)
    if span_us == 0:
        return
    if row.delay_used > 0 and time_us - row.delay_time_us[row.delay_newest] > par.hold_limit_us:
        row.delay_used = 0
    if row.delay_used == 0 or time_us - row.delay_time_us[row.delay_newest] >= span_us // SPACINGS:
        _store(row, time_us, work)
    work.balance_dc_w = math.nan
    latest_us = row.delay_time_us[row.delay_newest] - par.torque_delay_us
    for back in range(row.delay_used):
        slot = (row.delay_newest - back) % DELAY_SLOTS
        if row.delay_time_us[slot] <= latest_us:
            to_us = row.delay_time_us[slot] + par.torque_delay_us
            from_us = to_us - par.dc_window_us
            if row.delay_time_us[(row.delay_newest - row.delay_used + 1) % DELAY_SLOTS] <= from_us:
                work.balance_shaft_w = _mean(row, SHAFT, from_us, to_us)
                work.balance_mechanical_w = _mean(row, MECHANICAL, from_us, to_us)
                work.balance_electrical_w = _mean(row, ELECTRICAL, from_us, to_us)
                work.balance_dc_w = np.float64(row.delay_power_w[slot, DC])
            return


@kernel
def _store(row: Any, time_us: int, work: Any) -> None:
    newest = (row.delay_newest + 1) % DELAY_SLOTS
    row.delay_time_us[newest] = time_us
    row.delay_power_w[newest, SHAFT] = work.shaft_w
    row.delay_power_w[newest, MECHANICAL] = work.mechanical_w
    row.delay_power_w[newest, ELECTRICAL] = work.electrical_w
    row.delay_power_w[newest, DC] = work.dc_w
    row.delay_newest = newest
    row.delay_used = min(row.delay_used + 1, DELAY_SLOTS)


@kernel
def _mean(row: Any, channel: int, from_us: int, to_us: int) -> float:
    """Mean power [W] of a stretch that the line covers, linear between samples; of a point its value."""
    later, total_w_us = row.delay_newest, 0.0
    later_us, later_w = row.delay_time_us[later], np.float64(row.delay_power_w[later, channel])
    if from_us == later_us:
        return float(later_w)
    while from_us < later_us:
        earlier = (later - 1) % DELAY_SLOTS
        earlier_us, earlier_w = row.delay_time_us[earlier], np.float64(row.delay_power_w[earlier, channel])
        low_us, high_us = max(earlier_us, from_us), min(later_us, to_us)
        if low_us <= high_us:
            share = (0.5 * (low_us + high_us) - earlier_us) / (later_us - earlier_us)
            middle_w = earlier_w + share * (later_w - earlier_w)
            if from_us == to_us:
                return float(middle_w)
            total_w_us += middle_w * (high_us - low_us)
        later, later_us, later_w = earlier, earlier_us, earlier_w
    return float(total_w_us / (to_us - from_us))
