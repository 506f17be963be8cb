"""Whether samples are values of a moment or means, which hide peaks from counted damage: declared, or found out.

A variance test of increments (physics 5.1): point samples of a torque that changes within a step miss what lies
between them, so a torque that is rough from step to step explains the increments of speed, its integral, badly, and
worst over a single step. Means are smoother and explain those of mean speed well. It needs no time scale of driver or
vehicle. Steps are half a second to 1.3 s, faster samples are thinned out; where torque hardly changes within a step, a
mean hides nothing and none is looked for.
"""

import math
from typing import Any

from schemas.results import Validity
from twin.jit import kernel
from twin.layout import MEAN_SAMPLED, SAMPLED_BACK

LEAST_STEP_US, MOST_STEP_US = 350_000, 1_350_000
SAME_STEP = 0.2
"""Steps that differ by less count as equal."""
OTHER_STEPS = 20
"""Unequal steps in a row after which the sender has another rate."""
MOVING_RPM = 300.0
MEMORY = 8_000.0
LEAST_STEPS = 4_000.0
"""Steps on the move that are remembered, and wanted before anything is said: half to one and a half hours of driving,
so that no single trip decides."""
SMOOTH = 1.75
"""A straight line from step to step has a roughness exponent of 2; beyond this, little happens within a step."""
LEAST_SHARE = 1e-3
OF_ONE_STEP, OF_TWO_STEPS = -0.526, 0.505
POINTS_BELOW, MEANS_ABOVE = 1.62, 1.72
"""Weights of the logarithms of both unexplained shares beside the roughness, and limits of their sum.

Logistic regression on point samples and means of odd-numbered recorded road trips and simulated units; even-numbered
trips and other units judge it.
"""
TORQUE_STEP_NM = 0.1

SQUARE_1, SQUARE_2, SQUARE_4, PRODUCT_1, PRODUCT_2, SPEED_1, SPEED_2 = range(7)
"""Places in ``sampled_sum``: squared torque increments over 1, 2 and 4 steps; what second differences of speed over
single and double steps have in common with the torque increment over the same time, and their squares."""
POINT, AVERAGED = 1, 2

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_DECLARED_AVERAGED = int(Validity.DECLARED_AVERAGED)
_AVERAGED = int(Validity.AVERAGED)


@kernel
def begin_frame(row: Any, frame: Any) -> None:
    """Take what the frame says of itself."""
    row.sampling_declared = 1 if frame["flags"] & MEAN_SAMPLED != 0 else 0  # .flags is numpy's own when not compiled
    _conclude(row)


@kernel
def restart(row: Any) -> None:
    """Another software may sample otherwise."""
    for k in range(len(row.sampled_sum)):
        row.sampled_sum[k] = 0.0
    row.sampled_steps = 0.0
    row.sampling_found = 0
    _conclude(row)


@kernel
def _conclude(row: Any) -> None:
    row.averaged = 1 if row.sampling_declared == 1 or row.sampling_found == AVERAGED else 0


@kernel
def step(row: Any, sample: Any, time_us: int) -> None:
    """Take one sample with speed and torque, if the last one taken is long enough ago."""
    step_us = time_us - row.sampled_us
    if step_us < LEAST_STEP_US:
        return
    row.sampled_us = time_us
    if step_us <= MOST_STEP_US and abs(step_us - row.sampled_step_us) <= SAME_STEP * row.sampled_step_us:
        row.sampled_in_row = max(row.sampled_in_row, 0)
    else:
        row.sampled_in_row = max(min(row.sampled_in_row, 0) - 1, -OTHER_STEPS)
        if row.sampled_in_row == -OTHER_STEPS and step_us <= MOST_STEP_US:
            restart(row)
            row.sampled_step_us, row.sampled_in_row = step_us, 0
    torque, speed = round(sample.torque_nm / TORQUE_STEP_NM), round(sample.motor_speed_rpm)
    if row.sampled_in_row == SAMPLED_BACK and min(speed, row.sampled_rpm[-1], row.sampled_rpm[-2]) > MOVING_RPM:
        _add(row, float(torque), float(speed))
        _judge(row)
    for k in range(SAMPLED_BACK - 1):
        row.sampled_torque[k] = row.sampled_torque[k + 1]
        row.sampled_rpm[k] = row.sampled_rpm[k + 1]
    row.sampled_torque[-1], row.sampled_rpm[-1] = torque, speed
    if row.sampled_in_row >= 0:
        row.sampled_in_row = min(row.sampled_in_row + 1, SAMPLED_BACK)


@kernel
def _add(row: Any, torque: float, speed: float) -> None:
    """Add the increments that end with this sample; what is remembered is forgotten over MEMORY steps."""
    over_1 = torque - float(row.sampled_torque[-1])
    over_2 = torque - float(row.sampled_torque[-2])
    over_4 = torque - float(row.sampled_torque[-4])
    gain_1 = speed - 2.0 * float(row.sampled_rpm[-1]) + float(row.sampled_rpm[-2])
    gain_2 = speed - 2.0 * float(row.sampled_rpm[-2]) + float(row.sampled_rpm[-4])
    new = (over_1**2, over_2**2, over_4**2, over_2 * gain_1, over_4 * gain_2, gain_1**2, gain_2**2)
    for k in range(len(new)):
        row.sampled_sum[k] = (1.0 - 1.0 / MEMORY) * float(row.sampled_sum[k]) + new[k]
    row.sampled_steps = (1.0 - 1.0 / MEMORY) * float(row.sampled_steps) + 1.0


@kernel
def _log_unexplained(product: float, torque2: float, speed2: float) -> float:
    """Logarithm of the share of the speed's second differences that torque increments do not explain."""
    return math.log(max(1.0 - product * product / (torque2 * speed2), LEAST_SHARE))


@kernel
def _judge(row: Any) -> None:
    sums = row.sampled_sum
    one_nm2, two_nm2, four_nm2 = float(sums[SQUARE_1]), float(sums[SQUARE_2]), float(sums[SQUARE_4])
    one_rpm2, two_rpm2 = float(sums[SPEED_1]), float(sums[SPEED_2])
    if float(row.sampled_steps) < LEAST_STEPS or min(one_nm2, two_nm2, four_nm2, one_rpm2, two_rpm2) <= 0.0:
        return
    roughness = math.log2(two_nm2 / one_nm2)
    score = roughness
    score += OF_ONE_STEP * _log_unexplained(float(sums[PRODUCT_1]), two_nm2, one_rpm2)
    score += OF_TWO_STEPS * _log_unexplained(float(sums[PRODUCT_2]), four_nm2, two_rpm2)
    if roughness > SMOOTH:
        row.sampling_found = 0
    elif score > MEANS_ABOVE:
        row.sampling_found = AVERAGED
    elif score < POINTS_BELOW:
        row.sampling_found = POINT
    _conclude(row)


@kernel
def validity(row: Any) -> int:
    """Whether damage may be counted from the samples: VALID, NO_DATA while it cannot be told, or who says no."""
    if row.sampling_declared == 1:
        return _DECLARED_AVERAGED
    if row.sampling_found == AVERAGED:
        return _AVERAGED
    return _VALID if row.sampling_found == POINT else _NO_DATA
