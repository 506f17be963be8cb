"""What was highest in a stretch of driving, and how sure a highest temperature is: its SD at that moment."""

import math
from typing import Any

from twin.estimators import consider, junction, rotor
from twin.jit import kernel
from twin.layout import COOLANT_IN_ERROR, END_WINDING, N_MAXIMA, N_MAXIMUM_SDS, OIL

MAX_WINDING, MAX_ROTOR, MAX_OIL, MAX_SWITCH, MAX_DIODE, MAX_TORQUE, MAX_SPEED = range(N_MAXIMA)
"""Places of the values, of which the first are temperatures; their SDs stand behind all values in the same order."""


@kernel
def clear(maxima: Any) -> None:
    """Nothing seen yet."""
    for k in range(len(maxima)):
        maxima[k] = -math.inf


@kernel
def sample(row: Any, work: Any, maxima: Any) -> None:
    """Junctions at the hottest moment of a turn."""
    if work.switch_peak_c > maxima[MAX_SWITCH]:
        _junction(row, maxima, MAX_SWITCH, work.switch_peak_c)
    if work.diode_peak_c > maxima[MAX_DIODE]:
        _junction(row, maxima, MAX_DIODE, work.diode_peak_c)


@kernel
def _junction(row: Any, maxima: Any, place: int, peak_c: float) -> None:
    maxima[place] = peak_c
    maxima[N_MAXIMA + place] = junction.sd_k(row, math.sqrt(row.consider[COOLANT_IN_ERROR]), peak_c)


@kernel
def load(work: Any, maxima: Any) -> None:
    """Torque and speed of a sample on the move."""
    maxima[MAX_TORQUE] = max(maxima[MAX_TORQUE], work.torque_nm)
    maxima[MAX_SPEED] = max(maxima[MAX_SPEED], work.speed_rpm)


@kernel
def _node_sd_k(par: Any, row: Any, node: int) -> float:
    return math.sqrt(consider.node_variance(par, row, node))


@kernel
def close_second(par: Any, row: Any, maxima: Any) -> None:
    """Temperatures of the filter after a second."""
    if row.temp_c[END_WINDING] > maxima[MAX_WINDING]:
        maxima[MAX_WINDING] = row.temp_c[END_WINDING]
        maxima[N_MAXIMA + MAX_WINDING] = _node_sd_k(par, row, END_WINDING)
    rotor_c = rotor.temp_c(row)
    if rotor_c > maxima[MAX_ROTOR]:
        maxima[MAX_ROTOR] = rotor_c
        maxima[N_MAXIMA + MAX_ROTOR] = math.sqrt(row.rotor_error_k2)
    if row.temp_c[OIL] > maxima[MAX_OIL]:
        maxima[MAX_OIL] = row.temp_c[OIL]
        maxima[N_MAXIMA + MAX_OIL] = _node_sd_k(par, row, OIL)


@kernel
def join(maxima: Any, later: Any) -> None:
    """Take over what was higher in a ``later`` stretch, and clear that."""
    for k in range(N_MAXIMA):
        if later[k] > maxima[k]:
            maxima[k] = later[k]
            if k < N_MAXIMUM_SDS:
                maxima[N_MAXIMA + k] = later[N_MAXIMA + k]
    clear(later)


@kernel
def _known(value: float) -> float:
    return float(value) if value > -math.inf else math.nan


@kernel
def publish(maxima: Any, point: Any) -> None:
    """Write what was highest into a trip or day; NaN where nothing was seen."""
    point.max_end_winding_temp_c = _known(maxima[MAX_WINDING])
    point.max_end_winding_temp_sd_k = _known(maxima[N_MAXIMA + MAX_WINDING])
    point.max_rotor_temp_c = _known(maxima[MAX_ROTOR])
    point.max_rotor_temp_sd_k = _known(maxima[N_MAXIMA + MAX_ROTOR])
    point.max_oil_temp_c = _known(maxima[MAX_OIL])
    point.max_oil_temp_sd_k = _known(maxima[N_MAXIMA + MAX_OIL])
    point.max_switch_temp_c = _known(maxima[MAX_SWITCH])
    point.max_switch_temp_sd_k = _known(maxima[N_MAXIMA + MAX_SWITCH])
    point.max_diode_temp_c = _known(maxima[MAX_DIODE])
    point.max_diode_temp_sd_k = _known(maxima[N_MAXIMA + MAX_DIODE])
    point.max_torque_nm = _known(maxima[MAX_TORQUE])
    point.max_motor_speed_rpm = _known(maxima[MAX_SPEED])
