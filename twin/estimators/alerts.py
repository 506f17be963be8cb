"""Conditions of one unit that someone must act on, with hysteresis so that none flaps."""

import math
from typing import Any

import numpy as np

from schemas.alerts import LASTING_ALERTS, UnitAlert
from schemas.results import Validity
from twin.estimators import consider, fit, junction, lasting, rotor
from twin.estimators.outputs import ALERTS, Outputs
from twin.jit import kernel
from twin.layout import COOLANT_IN_ERROR, END_WINDING, N_LASTING, OIL, ROTOR
from twin.physics.junction import DIODE, SWITCH

HOT_NODES = (END_WINDING, ROTOR, OIL)
HOT_ALERTS = (
    int(UnitAlert.WINDING_OVER_TEMPERATURE),
    int(UnitAlert.ROTOR_OVER_TEMPERATURE),
    int(UnitAlert.OIL_OVER_TEMPERATURE),
)
SENSOR_ALERT = int(UnitAlert.WINDING_SENSOR_REJECTED)
MISMATCH_ALERT = int(UnitAlert.VARIANT_MISMATCH)
JUNCTION_ALERT = int(UnitAlert.JUNCTION_OVER_TEMPERATURE)
LASTING_BITS = tuple(int(alert) for alert in LASTING_ALERTS)
"""In the order of ``LASTING``."""
SUSPICIONS, TRUSTED = 4.5, 0.5
"""Open when the sensor was rejected and believed again five times within minutes; resolve after an hour of peace."""
_UNSETTLED = (int(Validity.NO_DATA), int(Validity.WARMING_UP), int(Validity.FILTER_RESET))


@kernel
def _change(row: Any, index: int, frame: int, bit: Any, value: Any, limit: Any, out: Outputs) -> None:
    """Turn the bit over and put the change on record."""
    row.alerts ^= bit
    at = out.cursor[ALERTS]
    change = out.alerts[at]
    out.alert_frames[at] = frame
    out.cursor[ALERTS] += 1
    change.row = index
    change.time_us = row.closed_us
    change.alert = bit
    change.opened = 1 if row.alerts & bit else 0
    change.value = value
    change.limit = limit


@kernel
def _temperatures(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """Open when the estimate is above the limit by its published standard deviation: a guess wakes nobody."""
    settled = True
    for unsettled in _UNSETTLED:
        if row.thermal_validity == unsettled:
            settled = False
    for k in range(len(HOT_NODES)):
        node, bit, limit_c = HOT_NODES[k], HOT_ALERTS[k], par.temp_limit_c[k]
        temp_c, variance_k2 = row.temp_c[node], consider.node_variance(par, row, node)
        if node == ROTOR:
            temp_c, variance_k2 = rotor.temp_c(row), row.rotor_error_k2
        if row.alerts & bit == 0:
            change = settled and temp_c - math.sqrt(variance_k2) > limit_c
        else:
            change = temp_c < limit_c - par.alert_hysteresis_k
        if change:
            _change(row, index, frame, bit, temp_c, limit_c, out)


@kernel
def _sustained(
    row: Any, index: int, frame: int, bit: int, value: float, limit: float, calm: float, judged: bool, out: Outputs
) -> None:
    """Open above ``limit`` while ``judged``, resolve below ``calm``."""
    is_open = row.alerts & bit != 0
    if (judged and not is_open and value > limit) or (is_open and value < calm):
        _change(row, index, frame, np.int64(bit), np.float64(value), np.float64(limit), out)


@kernel
def _junction(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """The hotter device at its hottest moment of a turn, now; opens above the limit by its standard deviation."""
    switch_c = junction.temp_c(row, SWITCH) + junction.ripple_k(row, SWITCH)
    diode_c = junction.temp_c(row, DIODE) + junction.ripple_k(row, DIODE)
    hottest_c, calm_c = max(switch_c, diode_c), par.junction_limit_c - par.alert_hysteresis_k
    if row.alerts & JUNCTION_ALERT == 0:
        hottest_c -= junction.sd_k(row, math.sqrt(row.consider[COOLANT_IN_ERROR]), hottest_c)
    _sustained(row, index, frame, JUNCTION_ALERT, hottest_c, par.junction_limit_c, calm_c, row.ready == 1, out)


@kernel
def _lasting(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """Residuals and implausible readings that have lasted, or been well, long enough."""
    for rule in range(N_LASTING):
        bit = LASTING_BITS[rule]
        is_open = row.alerts & bit != 0
        if (not is_open and lasting.opens(par, row, rule)) or (is_open and lasting.resolves(par, row, rule)):
            value, limit = lasting.shown(par, row, rule)
            _change(row, index, frame, np.int64(bit), value, limit, out)


@kernel
def step(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """Look at the second just completed; changes of ``row.alerts`` are put out."""
    _temperatures(par, row, index, frame, out)
    _sustained(row, index, frame, SENSOR_ALERT, row.suspicions, SUSPICIONS, TRUSTED, True, out)
    _junction(par, row, index, frame, out)
    _lasting(par, row, index, frame, out)
    early = row.segment_driven_s < fit.JUDGED_S
    _sustained(row, index, frame, MISMATCH_ALERT, fit.misfit(row), fit.LIMIT, fit.CALM, early, out)
