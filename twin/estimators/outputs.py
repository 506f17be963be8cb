"""Where estimators put their results: arrays of one call, and how far they are filled."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.estimators import regression
from twin.estimators.regression import Fit
from twin.jit import kernel
from twin.layout import ALERT, DAY, DAY_POINT, FAST_SLOTS, HEALTH, LOAD, N_COMPONENTS, N_NODES, STATE, TRIP
from twin.physics.rainflow import CYCLE

STATES, TRIPS, ALERTS, DAYS, LOADS, HEALTHS, FRAME, SAMPLE_IN_FRAME = range(8)
N_CURSORS = 8
SPARE_STATES, SPARE_TRIPS, SPARE_ALERTS, SPARE_DAYS, SPARE_LOADS = 32, 4, 192, 4, 512
"""Most that one sample can bring forth: one state and six alerts for each second a sample may speak for; loads: every
cell of the matrix, the few that fill again meanwhile, and what closes of the residues of cycles."""


class Outputs(NamedTuple):
    """Arrays filled by kernels; ``cursor`` holds the counts and where to go on when one is full."""

    states: NDArray[np.void]
    state_frames: NDArray[np.int64]
    trips: NDArray[np.void]
    trip_frames: NDArray[np.int64]
    alerts: NDArray[np.void]
    alert_frames: NDArray[np.int64]
    days: NDArray[np.void]
    day_parts: NDArray[np.void]  # the DAY behind each of ``days``
    day_frames: NDArray[np.int64]
    loads: NDArray[np.void]
    load_frames: NDArray[np.int64]
    healths: NDArray[np.void]
    health_frames: NDArray[np.int64]
    blank: NDArray[np.void]  # (1,) DAY of zeros
    cursor: NDArray[np.int64]
    sd_k: NDArray[np.float64]  # scratch
    cycles: NDArray[np.void]  # scratch: what one value closes
    fit: Fit  # scratch


def allocate(size: int) -> Outputs:
    """Room for ``size`` states, alerts and loads, an eighth as many trips and days, over what one sample needs."""
    states, trips, alerts = size + SPARE_STATES, size // 8 + SPARE_TRIPS, size + SPARE_ALERTS
    days, loads = size // 8 + SPARE_DAYS, size + SPARE_LOADS
    healths = N_COMPONENTS * (trips + days)
    return Outputs(
        np.zeros(states, STATE).view(np.recarray),
        np.zeros(states, np.int64),
        np.zeros(trips, TRIP).view(np.recarray),
        np.zeros(trips, np.int64),
        np.zeros(alerts, ALERT).view(np.recarray),
        np.zeros(alerts, np.int64),
        np.zeros(days, DAY_POINT).view(np.recarray),
        np.zeros(days, DAY).view(np.recarray),
        np.zeros(days, np.int64),
        np.zeros(loads, LOAD).view(np.recarray),
        np.zeros(loads, np.int64),
        np.zeros(healths, HEALTH).view(np.recarray),
        np.zeros(healths, np.int64),
        np.zeros(1, DAY).view(np.recarray),
        np.zeros(N_CURSORS, np.int64),
        np.zeros(N_NODES),
        np.zeros(FAST_SLOTS, CYCLE).view(np.recarray),
        regression.allocate(),
    )


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
