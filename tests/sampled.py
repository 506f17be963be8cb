"""Drives of 10 Hz sent otherwise: every n-th sample, or the means of so many, and what the twin makes of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives
from twin.layout import SAMPLE
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit, Surroundings
from twin.twin import Twin

REST_US = 8 * 3_600 * drives.SECOND_US


def every(samples: NDArray[Any], step: int, first: int = 0) -> NDArray[Any]:
    """(n // step,) SAMPLE: each ``step``-th, from ``first`` on."""
    return np.ascontiguousarray(samples[first + step - 1 :: step])


def means(samples: NDArray[Any], step: int, first: int = 0) -> NDArray[Any]:
    """(n // step,) SAMPLE: the mean of each ``step`` samples, from ``first`` on."""
    values = np.ascontiguousarray(samples[first:]).view(np.float64).reshape(-1, len(SAMPLE.names or ()))
    whole = len(values) // step * step
    return np.ascontiguousarray(values[:whole].reshape(-1, step, values.shape[1]).mean(axis=1)).view(SAMPLE).ravel()


def simulated(name: str, seed: int, number: int, customer: str, days: int, rate: int) -> list[NDArray[Any]]:
    """One simulated unit's drives, each a (n,) SAMPLE at ``rate`` a second."""
    first_day = 20_455
    place = Surroundings(number, number % 3, customer=customer)
    unit = SimulatedUnit(machine(name), seed, number, first_day * DAY_S, place, rate=rate)
    return [drive.samples.view(SAMPLE).ravel() for drive in unit.drives(first_day, days)]


def verdicts(twin: Twin, trips: list[NDArray[Any]], step_us: int) -> tuple[NDArray[np.int64], float]:
    """``sampling_validity`` of every state point of one unit, and after how many hours of driving AVERAGED came first.

    ``step_us``: between samples; nights lie between the trips. Hours are infinite where it never came.
    """
    rows = twin.new_rows()
    rows.add()
    found, hours, driven_s, start_us = [np.zeros(0, np.int64)], np.inf, 0.0, drives.START_US
    for samples in trips:
        times_us = start_us + np.arange(len(samples)) * step_us
        states = twin.step(rows, drives.frames(len(samples)), times_us, samples).states
        averaged = states["time_us"][states["sampling_validity"] == Validity.AVERAGED]
        if len(averaged) and np.isinf(hours):
            hours = (driven_s + (averaged[0] - start_us) * 1e-6) / 3_600.0
        found.append(states["sampling_validity"])
        driven_s += len(samples) * step_us * 1e-6
        start_us = int(times_us[-1]) + REST_US
    return np.concatenate(found), hours
