"""One simulated drive unit: its own parameters, its state, and the trips it makes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.signals import SIGNALS
from twin.plant.layout import STATE, TRUTH, recarray
from twin.plant.machines import Machine, scattered
from twin.plant.noise import mix, subkey, uniform
from twin.plant.simulate import drive, rest
from twin.plant.trips import DAY_S, trips_of_day
from twin.plant.weather import air_temp_c

_REGIONS = 3
_FIRST_REGION = 1 << 32  # beyond any number of a unit
_LONGEST_PART_S = 3_600


@dataclass(slots=True)
class Drive:
    """A stretch of a trip at 1 Hz. ``samples``: (n, len(SIGNALS)) readings, NaN = no sensor; ``truth``: (n,) TRUTH."""

    trip: Any
    samples: NDArray[np.float64]
    truth: np.recarray[Any, Any]


class SimulatedUnit:
    """A unit of a simulated fleet. Its data depends on (seed, number, machine, first second) and on nothing else."""

    def __init__(self, machine: Machine, seed: int, number: int, start_s: int) -> None:
        fleet_key = np.uint64(mix(np.uint64(seed)))
        self.machine = machine
        self.key = subkey(fleet_key, number)
        self.region_key = subkey(fleet_key, _FIRST_REGION + number % _REGIONS)
        self.parameters, self.sensors = scattered(machine, self.key)
        self.boldness_m_s2 = 1.0 + 1.1 * uniform(self.key, 0, 51)
        self.state = recarray(STATE)[0]
        self.state.time_s = start_s
        self.state.temps_c[:] = air_temp_c(self.region_key, start_s)
        self.state.distance_m = 1000.0 * np.floor(60_000.0 * uniform(self.key, 0, 52))

    def trips(self, first_day: int, days: int) -> Iterator[Any]:
        """The trips of ``days`` UTC days from ``first_day`` (days since 1970), in order."""
        for day in range(first_day, first_day + days):
            yield from trips_of_day(self.key, day)

    def start(self, trip: Any) -> None:
        """Stand until the trip begins."""
        rest(self.parameters, self.region_key, self.state, trip.start_s)

    def go_on(self, trip: Any, seconds: int) -> Drive:
        """Drive on for ``seconds`` of a trip that has begun."""
        samples = np.empty((seconds, len(SIGNALS)))
        truth = recarray(TRUTH, seconds)
        drive(
            self.parameters, self.sensors, self.machine.fitted, self.key, self.region_key, self.boldness_m_s2, trip,
            self.state, samples, truth,
        )  # fmt: skip
        return Drive(trip, samples, truth)

    def drives(self, first_day: int, days: int) -> Iterator[Drive]:
        """Every trip of the days, in parts of at most an hour."""
        for trip in self.trips(first_day, days):
            self.start(trip)
            while self.state.time_s < trip.end_s:
                yield self.go_on(trip, int(min(_LONGEST_PART_S, trip.end_s - self.state.time_s)))


def day_of(time_s: int) -> int:
    """UTC day since 1970."""
    return time_s // DAY_S
