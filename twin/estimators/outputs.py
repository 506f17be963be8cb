"""Where estimators put their results: arrays of one call, and how far they are filled."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.layout import ALERT, N_NODES, STATE, TRIP

STATES, TRIPS, ALERTS, FRAME, SAMPLE_IN_FRAME = 0, 1, 2, 3, 4
N_CURSORS = 5
SPARE_STATES, SPARE_TRIPS, SPARE_ALERTS = 32, 4, 192
"""Most that one sample can bring forth: one state and six alerts for each second a sample may speak for."""


class Outputs(NamedTuple):
    """Arrays filled by kernels; ``cursor`` holds the counts and where to go on when one is full."""

    states: NDArray[np.void]
    state_frames: NDArray[np.int64]
    trips: NDArray[np.void]
    trip_frames: NDArray[np.int64]
    alerts: NDArray[np.void]
    alert_frames: NDArray[np.int64]
    cursor: NDArray[np.int64]
    sd_k: NDArray[np.float64]  # scratch


def allocate(size: int) -> Outputs:
    """Room for ``size`` states and alerts and an eighth as many trips, over and above what one sample needs."""
    states, trips, alerts = size + SPARE_STATES, size // 8 + SPARE_TRIPS, size + SPARE_ALERTS
    return Outputs(
        np.zeros(states, STATE).view(np.recarray),
        np.zeros(states, np.int64),
        np.zeros(trips, TRIP).view(np.recarray),
        np.zeros(trips, np.int64),
        np.zeros(alerts, ALERT).view(np.recarray),
        np.zeros(alerts, np.int64),
        np.zeros(N_CURSORS, np.int64),
        np.zeros(N_NODES),
    )


@kernel
def has_room(out: Outputs) -> bool:
    """Whether any one more sample fits."""
    cursor = out.cursor
    if cursor[STATES] + SPARE_STATES > len(out.states) or cursor[TRIPS] + SPARE_TRIPS > len(out.trips):
        return False
    return bool(cursor[ALERTS] + SPARE_ALERTS <= len(out.alerts))
