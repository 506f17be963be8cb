"""Load matrix: time and shaft energy by signed torque and speed, revolutions at torque, and hours at temperature.

Every sample counts by its own torque: the mean of a second would hide the peaks that gears and windings are sized by,
and one sample costs some nanoseconds. Temperatures are slow: one entry a second.
"""

import math
from typing import Any

from schemas.loads import LoadKind
from twin.estimators import junction, missing, rotor
from twin.estimators.outputs import Outputs, next_load
from twin.jit import kernel
from twin.layout import (
    BIN_K,
    COLDEST_BIN_C,
    COOLANT_OUT,
    COVERED_S,
    END_WINDING,
    LOAD_SPEEDS,
    LOAD_TORQUES,
    MAP_SPEEDS,
    MAP_TORQUES,
    N_TEMPERATURES,
    OIL,
    TEMPERATURE_BINS,
)
from twin.physics.junction import SWITCH
from twin.physics.losses import HZ_PER_RPM

HALF = LOAD_TORQUES // 2
_CELL = int(LoadKind.TORQUE_SPEED)
_REVOLUTIONS = int(LoadKind.TORQUE_REVOLUTIONS)


@kernel
def step(par: Any, day: Any, work: Any, torque_sign: float, dt_s: float) -> None:
    """Add what the sample in ``work`` says about the ``dt_s`` before it.

    ``torque_sign``: its sign is that of the torque; below 0 the other flank of the teeth is loaded.
    """
    if day.open == 0:
        return
    share = work.torque_nm / (par.map_torque_step_nm * (MAP_TORQUES - 1))
    place = math.copysign(share, torque_sign) * HALF + HALF
    torque = int(min(max(place, 0.0), LOAD_TORQUES - 1.0))
    place = work.speed_rpm / (par.map_speed_step_rpm * (MAP_SPEEDS - 1)) * LOAD_SPEEDS
    speed = int(min(place, LOAD_SPEEDS - 1.0))
    day.quarter_s[torque, speed] += dt_s
    day.quarter_j[torque, speed] += work.shaft_w * dt_s
    day.quarter_revolutions[torque] += work.speed_rpm * HZ_PER_RPM * dt_s


@kernel
def close_second(row: Any, day: Any) -> None:
    """Add the completed second to the hours at temperature of an open day."""
    if row.ready == 0:
        return
    seen_s = min(row.second[COVERED_S], missing.seen_s(row))
    temps_c = (
        row.temp_c[END_WINDING],
        rotor.temp_c(row),
        row.temp_c[OIL],
        junction.temp_c(row, SWITCH),
        row.temp_c[COOLANT_OUT],
    )
    for k in range(N_TEMPERATURES):
        if temps_c[k] == temps_c[k]:
            place = (temps_c[k] - COLDEST_BIN_C) / BIN_K
            day.temperature_s[k, int(min(max(place, 0.0), TEMPERATURE_BINS - 1.0))] += seen_s


@kernel
def publish(par: Any, day: Any, index: int, frame: int, time_us: int, out: Outputs) -> None:
    """Put the running quarter of an hour out, cell by cell, and into the day; ``time_us``: its key."""
    torque_nm = par.map_torque_step_nm * (MAP_TORQUES - 1) / HALF
    speed_rpm = par.map_speed_step_rpm * (MAP_SPEEDS - 1) / LOAD_SPEEDS
    for torque in range(LOAD_TORQUES):
        middle_nm = (torque - HALF + 0.5) * torque_nm
        for speed in range(LOAD_SPEEDS):
            if day.quarter_s[torque, speed] > 0.0:
                load = next_load(index, frame, time_us, day.segment, out)
                load.kind = _CELL
                load.place = torque * LOAD_SPEEDS + speed
                load.torque_nm = middle_nm
                load.speed_rpm = (speed + 0.5) * speed_rpm
                load.duration_s = day.quarter_s[torque, speed]
                load.energy_j = day.quarter_j[torque, speed]
                day.load_s[torque, speed] += day.quarter_s[torque, speed]
                day.load_j[torque, speed] += day.quarter_j[torque, speed]
                day.quarter_s[torque, speed] = 0.0
                day.quarter_j[torque, speed] = 0.0
        if day.quarter_revolutions[torque] > 0.0:
            load = next_load(index, frame, time_us, day.segment, out)
            load.kind = _REVOLUTIONS
            load.place = torque
            load.torque_nm = middle_nm
            load.revolutions = day.quarter_revolutions[torque]
            day.torque_revolutions[torque] += day.quarter_revolutions[torque]
            day.quarter_revolutions[torque] = 0.0
