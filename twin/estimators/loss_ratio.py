"""Measured over modelled loss of the whole unit, driving, braking and rolling together (physics 3.4).

As a level it is as uncertain as the sensors' gains; against the unit's own past it shows a drift of the losses.
"""

import math
from typing import Any

from schemas.results import Validity
from twin.jit import kernel
from twin.layout import (
    BALANCE_DC_J,
    BALANCE_MECHANICAL_J,
    BALANCE_MODEL_J,
    BALANCE_S,
    BALANCE_SPEED_RAD,
    DRIVE_BALANCE_J,
)

_VALID = int(Validity.VALID)
_BELOW_POWER_FLOOR = int(Validity.BELOW_POWER_FLOOR)
_NO_DC_SIDE = int(Validity.NO_DC_SIDE)
_BALANCE_UNCERTAIN = int(Validity.BALANCE_UNCERTAIN)
LEAST_S = 30.0
"""Driving at the power floor for this time carries a ratio or an efficiency: skewed signals spoil little of it then."""
MOST_SD = 1.0
"""A ratio less certain than that says nothing about the losses."""
MOST = 10.0
"""No unit loses so many times what it should and still drives: signals that do not belong together."""


@kernel
def loss_sd_j(par: Any, sums: Any) -> float:
    """SD [J] of the measured loss by gains, offsets and other consumers: none averages out."""
    gains = math.hypot(
        math.hypot(par.voltage_gain_sd, par.current_gain_sd) * sums[BALANCE_DC_J],
        math.hypot(par.torque_gain_sd, par.speed_gain_sd) * sums[BALANCE_MECHANICAL_J],
    )
    current_j = par.current_offset_sd_a * par.dc_voltage_v * sums[BALANCE_S]
    torque_j = par.torque_offset_sd_nm * sums[BALANCE_SPEED_RAD]
    others_j = par.auxiliary_sd_w * sums[BALANCE_S]
    return math.sqrt(gains**2 + current_j**2 + torque_j**2 + others_j**2)


@kernel
def publish(par: Any, sums: Any, point: Any) -> None:
    """Write ratio, SD and validity of the summed interval into a state or trip."""
    point.loss_ratio = math.nan
    point.loss_ratio_sd = math.nan
    point.loss_ratio_validity = _NO_DC_SIDE
    if sums[BALANCE_S] == 0.0:
        return
    modelled_j = sums[BALANCE_MODEL_J] - sums[BALANCE_MECHANICAL_J]
    point.loss_ratio_validity = _BELOW_POWER_FLOOR
    if sums[DRIVE_BALANCE_J] < par.power_floor_w * LEAST_S or modelled_j <= 0.0:
        return
    ratio = (sums[BALANCE_DC_J] - sums[BALANCE_MECHANICAL_J]) / modelled_j
    sd = loss_sd_j(par, sums) / modelled_j
    point.loss_ratio_validity = _BALANCE_UNCERTAIN
    if sd <= MOST_SD and -2.0 * sd < ratio < MOST:
        point.loss_ratio = ratio
        point.loss_ratio_sd = sd
        point.loss_ratio_validity = _VALID
