"""What the unit's sensors make of the truth: lag, gain, offset, noise, steps."""

import math

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.plant.layout import CHANNELS, COLUMNS, Floats, Record
from twin.plant.noise import normal

OFFSET, GAIN, NOISE, LAG_S, STEP = range(5)
"""Columns of a unit's sensor table, shape (len(CHANNELS), 5); offset and gain are the unit's own, drawn once."""

_FIRST_CHANNEL = 100


@kernel
def settle(state: Record, true_values: Floats) -> None:
    """After a rest every sensor has the temperature of its place."""
    state.lagged[:] = true_values


@kernel
def read(
    sensors: Floats, fitted: NDArray[np.bool_], key: np.uint64, state: Record, true_values: Floats, sample: Floats
) -> None:
    """Write one reading of every fitted channel into ``sample`` (one value per signal of the contract)."""
    for channel in range(len(CHANNELS)):
        lag_s = sensors[channel, LAG_S]
        true = true_values[channel]
        if lag_s > 0.0:
            state.lagged[channel] += (true - state.lagged[channel]) * (1.0 - math.exp(-1.0 / lag_s))
            true = state.lagged[channel]
        if not fitted[channel]:
            continue
        reading = true * (1.0 + sensors[channel, GAIN]) + sensors[channel, OFFSET]
        if sensors[channel, NOISE] > 0.0:
            reading += sensors[channel, NOISE] * normal(key, state.time_s, _FIRST_CHANNEL + channel)
        step = sensors[channel, STEP]
        sample[COLUMNS[channel]] = math.floor(reading / step + 0.5) * step
