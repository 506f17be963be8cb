"""Conditions of one unit that someone must act on, with hysteresis so that none flaps."""

import math
from typing import Any

from schemas.alerts import UnitAlert
from schemas.results import Validity
from twin.estimators.outputs import ALERTS, Outputs
from twin.estimators.thermal import GATE, WINDING_SENSOR
from twin.jit import kernel
from twin.layout import END_WINDING, OIL, ROTOR

_WINDING = int(UnitAlert.WINDING_OVER_TEMPERATURE)
_ROTOR = int(UnitAlert.ROTOR_OVER_TEMPERATURE)
_OIL = int(UnitAlert.OIL_OVER_TEMPERATURE)
_SENSOR = int(UnitAlert.WINDING_SENSOR_REJECTED)
_UNSETTLED = (int(Validity.NO_DATA), int(Validity.WARMING_UP), int(Validity.FILTER_RESET))


@kernel
def _change(row: Any, index: int, frame: int, bit: int, value: float, limit: float, out: Outputs) -> None:
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
def _temperature(
    par: Any, row: Any, index: int, frame: int, node: int, bit: int, limit_c: float, may_open: bool, out: Outputs
) -> None:
    """Open when the estimate is above the limit by its standard deviation: a guess wakes nobody."""
    temp_c = row.temp_c[node]
    if row.alerts & bit == 0:
        change = may_open and temp_c - math.sqrt(row.covariance[node, node]) > limit_c
    else:
        change = temp_c < limit_c - par.alert_hysteresis_k
    if change:
        _change(row, index, frame, bit, temp_c, limit_c, out)


@kernel
def step(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """Look at the second just completed; changes of ``row.alerts`` are put out."""
    may_open = True
    for unsettled in _UNSETTLED:
        if row.thermal_validity == unsettled:
            may_open = False
    _temperature(par, row, index, frame, END_WINDING, _WINDING, par.winding_limit_c, may_open, out)
    _temperature(par, row, index, frame, ROTOR, _ROTOR, par.rotor_limit_c, may_open, out)
    _temperature(par, row, index, frame, OIL, _OIL, par.oil_limit_c, may_open, out)
    if (row.suspect_s > 0.0) != (row.alerts & _SENSOR != 0):
        nis = row.nis_sum[WINDING_SENSOR] / max(row.nis_count[WINDING_SENSOR], 1.0)
        _change(row, index, frame, _SENSOR, nis, GATE, out)
