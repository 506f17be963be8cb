"""What the unit's sensors make of the truth: lag, gain, offset, drift, noise, steps."""

import math

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.plant.layout import CHANNEL, CHANNELS, COLUMNS, Floats, Record
from twin.plant.noise import normal

OFFSET, GAIN, NOISE, LAG_S, STEP, DRIFT = range(6)
"""Columns of a unit's sensor table, shape (len(CHANNELS), 6); offset, gain and drift per year are the unit's own."""
COLUMNS_OF_TABLE = 6

_FIRST_CHANNEL = 100
_YEAR_S = 365.25 * 86_400.0
_LOGARITHMIC = CHANNEL["isolation_ohm"]


@kernel
def settle(state: Record, true_values: Floats) -> None:
    """After a rest every sensor has the temperature of its place."""
    state.lagged[:] = true_values


@kernel
def lag_shares(sensors: Floats, step_s: float, out: Floats) -> None:
    """Fill the share of the way to the truth that each sensor goes in a step."""
    for channel in range(len(CHANNELS)):
        lag_s = sensors[channel, LAG_S]
        out[channel] = 1.0 - math.exp(-step_s / lag_s) if lag_s > 0.0 else 1.0


@kernel
def read(
    sensors: Floats,
    shares: Floats,
    fitted: NDArray[np.bool_],
    key: np.uint64,
    age_s: float,
    counter: int,
    state: Record,
    true_values: Floats,
    sample: Floats,
) -> None:
    """Write one reading of every fitted channel into ``sample`` (one value per signal of the contract).

    ``counter`` numbers the sample, the noise depends on it and the unit's key only; ``age_s`` drives the drift.
    """
    for channel in range(len(CHANNELS)):
        true = true_values[channel]
        state.lagged[channel] += (true - state.lagged[channel]) * shares[channel]
        if not fitted[channel]:
            continue
        drift = sensors[channel, DRIFT] * age_s / _YEAR_S
        reading = state.lagged[channel] * (1.0 + sensors[channel, GAIN]) + sensors[channel, OFFSET] + drift
        if sensors[channel, NOISE] > 0.0:
            noise = sensors[channel, NOISE] * normal(key, counter, _FIRST_CHANNEL + channel)
            reading = reading * math.exp(noise) if channel == _LOGARITHMIC else reading + noise
        step = sensors[channel, STEP]
        sample[COLUMNS[channel]] = math.floor(reading / step + 0.5) * step
