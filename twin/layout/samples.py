"""What goes in: the time steps and the frames of a batch."""

import numpy as np

from schemas.signals import SIGNALS

N_SIGNALS = len(SIGNALS)
MEAN_SAMPLED = 1
NOT_READY = 2

SAMPLE = np.dtype([(signal.name, np.float64) for signal in SIGNALS])
"""One time step of all signals; absent or missing is NaN. A (n, len(SIGNALS)) float64 array views n of them."""

FRAME = np.dtype(
    [
        ("row", np.int64),  # index of the unit's row
        ("first", np.int64),  # index of the frame's first sample
        ("count", np.int64),  # number of samples
        ("identity", np.uint64),  # hash of the identity: a change starts a new segment
        ("gaps", np.int64),  # frames known to be missing just before this one
        ("odometer_km", np.float64),  # NaN: not given
        ("flags", np.int64),  # MEAN_SAMPLED | NOT_READY
    ]
)
"""One frame of a batch; its samples are ``samples[first:first + count]`` at ``times_us`` of the same indices."""
