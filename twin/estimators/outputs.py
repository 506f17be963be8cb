"""Where estimators put their results: room for one call, and how far it is filled."""

import math
from typing import Any

import numpy as np

from twin.estimators.regression import FIT
from twin.jit import kernel
from twin.layout import ALERT, DAY, DAY_POINT, FAST_SLOTS, HEALTH, LOAD, N_COMPONENTS, N_NODES, STATE, TRIP
from twin.layout.finite import with_words
from twin.physics.rainflow import CYCLE

STATES, TRIPS, ALERTS, DAYS, LOADS, HEALTHS, FRAME, SAMPLE_IN_FRAME = range(8)
N_CURSORS = 8
SPARE_STATES, SPARE_TRIPS, SPARE_ALERTS, SPARE_DAYS, SPARE_LOADS = 32, 4, 448, 4, 512
"""Most that one sample can bring forth: one state and fourteen alerts for each second a sample may speak for; loads:
every cell of the matrix, the few that fill again meanwhile, and what closes of the residues of cycles."""


ROOM = 256
"""States, alerts and loads of one call, an eighth as many trips and days, over what one sample needs."""
_STATES, _TRIPS, _ALERTS = ROOM + SPARE_STATES, ROOM // 8 + SPARE_TRIPS, ROOM + SPARE_ALERTS
_DAYS, _LOADS = ROOM // 8 + SPARE_DAYS, ROOM + SPARE_LOADS
_HEALTHS = N_COMPONENTS * (_TRIPS + _DAYS)

OUTPUTS = np.dtype(
    [
        ("cursor", np.int64, (N_CURSORS,)),  # the counts, and where to go on when one is full
        ("states", STATE, (_STATES,)),
        ("state_frames", np.int64, (_STATES,)),
        ("trips", TRIP, (_TRIPS,)),
        ("trip_frames", np.int64, (_TRIPS,)),
        ("alerts", ALERT, (_ALERTS,)),
        ("alert_frames", np.int64, (_ALERTS,)),
        ("days", DAY_POINT, (_DAYS,)),
        ("day_parts", with_words(DAY), (_DAYS,)),  # the DAY behind each of ``days``
        ("day_frames", np.int64, (_DAYS,)),
        ("loads", LOAD, (_LOADS,)),
        ("load_frames", np.int64, (_LOADS,)),
        ("healths", HEALTH, (_HEALTHS,)),
        ("health_frames", np.int64, (_HEALTHS,)),
        # scratch
        ("sd_k", np.float64, (N_NODES,)),
        ("loss_sd_j", np.float64, (5,)),  # of the parts of the losses
        ("cycles", CYCLE, (FAST_SLOTS,)),  # what one value closes
        ("fit", FIT),
    ]
)
"""What kernels fill. One record, so that handing it on costs no more than a pointer."""
Outputs = Any
"""One OUTPUTS."""


def allocate() -> Any:
    """(1,) OUTPUTS, empty."""
    return np.zeros(1, OUTPUTS).view(np.recarray)


@kernel
def has_room(out: Outputs) -> bool:
    """Whether any one more sample fits."""
    cursor = out.cursor
    if cursor[STATES] + SPARE_STATES > len(out.states) or cursor[TRIPS] + SPARE_TRIPS > len(out.trips):
        return False
    if cursor[HEALTHS] + N_COMPONENTS * (SPARE_TRIPS + SPARE_DAYS) > len(out.healths):
        return False
    if cursor[DAYS] + SPARE_DAYS > len(out.days) or cursor[LOADS] + SPARE_LOADS > len(out.loads):
        return False
    return bool(cursor[ALERTS] + SPARE_ALERTS <= len(out.alerts))


@kernel
def next_load(index: int, frame: int, time_us: int, segment: int, out: Outputs) -> Any:
    """The next LOAD to be filled: its kind and place, and what that kind has; all else is absent."""
    load = out.loads[out.cursor[LOADS]]
    out.load_frames[out.cursor[LOADS]] = frame
    out.cursor[LOADS] += 1
    load.row = index
    load.time_us = time_us
    load.segment = segment
    load.start = math.nan
    load.end = math.nan
    load.rise_s = math.nan
    load.count = math.nan
    load.bridged = 0
    load.torque_nm = math.nan
    load.speed_rpm = math.nan
    load.duration_s = math.nan
    load.energy_j = math.nan
    load.revolutions = math.nan
    return load
