"""Days of simulated units through a twin, sound or with faults, for the slow parameters."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import drives, simulated
from twin.layout import SAMPLE
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import Fault, SimulatedUnit, Surroundings
from twin.twin import Twin
from twin.variants import load

LIVES = (
    ("motorway", "hot", simulated.SUMMER),
    ("mountain", "temperate", simulated.SUMMER),
    ("delivery", "mild", simulated.SUMMER),
    ("commute", "temperate", simulated.SUMMER),
    ("motorway", "cold", simulated.WINTER),
    ("commute", "temperate", simulated.WINTER),
    ("city", "temperate", simulated.SUMMER),
)
"""(customer, climate, first day): what a unit's number stands for, in turn."""


@dataclass(frozen=True)
class Days:
    """Days of one unit: (n,) DAY_POINT, (n,) DAY, the unit, and per day its drives: (samples, truth)."""

    points: NDArray[Any]
    parts: NDArray[Any]
    unit: SimulatedUnit
    drives: list[tuple[NDArray[Any], Any]]


@cache
def twin(name: str) -> Twin:
    """The variant's twin; nothing of a unit stays in it."""
    return Twin(load(name))


def simulate(
    name: str, number: int, days: int, seed: int, faults: tuple[tuple[str, float], ...] = (), hz: int = 1
) -> tuple[SimulatedUnit, list[tuple[NDArray[Any], Any]]]:
    """The unit and its drives, (SAMPLE, TRUTH) day by day; ``faults``: kind and size, there from the first second."""
    customer, climate, first_day = LIVES[number % len(LIVES)]
    place = Surroundings(number, number % 3, climate, plant=number % 4, batch=number % 7, customer=customer)
    start_s = first_day * DAY_S
    present = [Fault(kind, size, start_s - 1) for kind, size in faults]
    unit = SimulatedUnit(machine(name), seed, number, start_s, place, present, hz)
    found = []
    for day in range(first_day, first_day + days):
        parts = list(unit.drives(day, 1))
        if parts:
            samples = np.ascontiguousarray(np.concatenate([part.samples for part in parts]))
            found.append((samples.view(SAMPLE).reshape(len(samples)), np.concatenate([part.truth for part in parts])))
    return unit, found


def times_us(truth: Any, hz: int = 1) -> NDArray[np.int64]:
    """Event time of the samples."""
    return np.asarray(truth["time_s"] * drives.SECOND_US + truth["part"] * (drives.SECOND_US // hz), np.int64)


def run(
    name: str,
    number: int,
    days: int,
    seed: int,
    faults: tuple[tuple[str, float], ...] = (),
    identities: tuple[int, ...] = (1,),
) -> Days:
    """Simulate a unit and run its twin; ``identities``: of each day's frames, the last one stays."""
    unit, driven = simulate(name, number, days, seed, faults)
    one = twin(name)
    rows = one.new_rows()
    rows.add()
    results = []
    for day, (samples, truth) in enumerate(driven):
        frames = drives.frames(len(samples))
        frames["identity"] = identities[min(day, len(identities) - 1)]
        results.append(one.step(rows, frames, times_us(truth), samples))
    results.append(one.tick(rows, int(times_us(driven[-1][1])[-1]) + 2 * DAY_S * drives.SECOND_US))
    points = np.concatenate([result.days for result in results])
    return Days(points, np.concatenate([result.day_parts for result in results]), unit, driven)
