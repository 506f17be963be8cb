"""One simulated drive unit: its own parameters, its state, and the trips its vehicle makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.signals import SIGNALS
from twin.plant import faults as kinds
from twin.plant.layout import CLIMATE, FAULT, STATE, TRUTH, recarray
from twin.plant.machines import Machine, scattered
from twin.plant.noise import mix, subkey, uniform
from twin.plant.simulate import drive, rest
from twin.plant.trips import CUSTOMERS, DAY_S, charging_hours, trips_of_day
from twin.plant.weather import air_temp_c

CLIMATES = {
    "temperate": (10.0, 9.0, 3.5, 3.2),
    "hot": (31.0, 8.0, 6.0, 2.2),
    "cold": (1.0, 13.0, 3.0, 4.2),
    "mild": (16.0, 6.0, 4.0, 2.6),
}
"""Name -> mean, amplitude of the year, of the day [K], SD of the weather [K]."""

_REGION, _VEHICLE, _PLANT, _BATCH = (number << 32 for number in (1, 2, 3, 4))  # beyond any number of a unit
_LONGEST_PART_S = 3_600


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one unit. ``size`` in the unit of ``faults.KINDS``; ``life_h`` > 0: grows with wear, not time."""

    kind: str
    size: float
    onset_s: int
    ramp_s: float = 0.0
    life_h: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in kinds.KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; there are {', '.join(kinds.KINDS)}")
        largest = kinds.KINDS[self.kind][2]
        least = -largest if self.kind in kinds.SIGNED else 0.0
        if not least <= self.size <= largest:
            raise ValueError(f"{self.kind} of size {self.size}: from {least} to {largest}")
        if self.life_h > 0.0 and self.kind not in kinds.AGEING:
            raise ValueError(f"{self.kind} does not wear; those that do: {', '.join(kinds.AGEING)}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a unit lives: its vehicle (shared by a front/rear pair), region, factory and batch; how it is driven."""

    vehicle: int
    region: int = 0
    climate: str = "temperate"
    plant: int = 0
    batch: int = 0
    customer: str = "commute"
    cycle_m_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(slots=True)
class Drive:
    """A stretch of a trip. ``samples``: (n, len(SIGNALS)) readings, NaN = no sensor; ``truth``: (n,) TRUTH."""

    trip: Any
    samples: NDArray[np.float64]
    truth: np.recarray[Any, Any]


class SimulatedUnit:
    """A unit of a simulated fleet.

    Its data depends on (seed, number, machine, surroundings, faults, first second) and on nothing else.
    Without ``scatter`` its machine and vehicle are the nominal ones.
    """

    def __init__(
        self,
        machine: Machine,
        seed: int,
        number: int,
        start_s: int,
        surroundings: Surroundings | None = None,
        faults: Sequence[Fault] = (),
        rate: int = 1,
        *,
        scatter: bool = True,
    ) -> None:
        if rate not in (1, 10):
            raise ValueError(f"rate {rate}: the simulator samples 1 or 10 times a second")
        place = surroundings or Surroundings(vehicle=number, region=number % 3)
        fleet_key = np.uint64(mix(np.uint64(seed)))
        self.machine, self.rate, self._place = machine, rate, place
        self.key = subkey(fleet_key, number)
        self.vehicle_key = subkey(fleet_key, _VEHICLE + place.vehicle)
        self.region_key = subkey(fleet_key, _REGION + place.region)
        cohorts = (subkey(fleet_key, _PLANT + place.plant), subkey(fleet_key, _BATCH + place.batch))
        self._healthy, self.sensors = machine.parameters.copy(), machine.sensors.copy()
        if scatter:
            self._healthy, self.sensors = scattered(machine, self.key, self.vehicle_key, cohorts)
        self._present, self._sensors_now = self._healthy.copy(), self.sensors.copy()
        self.climate = recarray(CLIMATE)
        self.climate[0] = CLIMATES[place.climate]
        self.faults = _fault_records(faults)
        own = 1.0 + 1.1 * uniform(self.vehicle_key, 0, 51)
        self.boldness_m_s2 = min(own + CUSTOMERS[place.customer].boldness_m_s2, 2.3)
        self.built_s = start_s
        self.state = recarray(STATE)[0]
        self.state.time_s = start_s
        self.state.oil_level = 1.0
        self.state.temps_c[:] = air_temp_c(self.climate[0], self.region_key, start_s)
        self.state.distance_m = 1000.0 * np.floor(60_000.0 * uniform(self.vehicle_key, 0, 52) / 1000.0)

    @property
    def parameters(self) -> Any:
        """The sound unit's parameters, one record."""
        return self._healthy[0]

    def trips(self, first_day: int, days: int) -> Iterator[Any]:
        """The trips of ``days`` UTC days from ``first_day`` (days since 1970), in order."""
        customer, cycle_s = CUSTOMERS[self._place.customer], len(self._place.cycle_m_s)
        for day in range(first_day, first_day + days):
            yield from trips_of_day(self.vehicle_key, day, customer, cycle_s)

    def start(self, trip: Any) -> None:
        """Stand, and perhaps charge the evening before, until the trip begins."""
        self.state.speed_m_s = self.state.dc_current_a = 0.0
        for day in range(day_of(self.state.time_s), day_of(trip.start_s) + 1):
            end_s = min((day + 1) * DAY_S, int(trip.start_s))
            charge_s, done_s = charging_hours(self.vehicle_key, day)
            rest(self._now(), self.climate[0], self.region_key, charge_s, done_s, self.state, end_s)

    def _now(self) -> Any:
        """Parameters of the unit while it stands: with the oil it has."""
        standing = self._healthy.copy()
        standing["oil_level"] = self.state.oil_level
        return standing[0]

    def go_on(self, trip: Any, seconds: int) -> Drive:
        """Drive on for ``seconds`` of a trip that has begun; shorter, in the end empty, when the unit has failed."""
        samples = np.empty((seconds * self.rate, len(SIGNALS)))
        truth = recarray(TRUTH, len(samples))
        driven = drive(
            self._healthy, self.sensors, self.machine.fitted, self.faults, self.climate[0], self.key,
            self.vehicle_key, self.region_key, self.built_s, self.boldness_m_s2, trip, self._place.cycle_m_s,
            self.rate, self.state, self._present, self._sensors_now, samples, truth,
        )  # fmt: skip
        return Drive(trip, samples[:driven], truth[:driven].view(np.recarray))

    def drives(self, first_day: int, days: int) -> Iterator[Drive]:
        """Every trip of the days, in parts of at most an hour, until the unit fails."""
        for trip in self.trips(first_day, days):
            self.start(trip)
            while self.state.time_s < trip.end_s:
                part = self.go_on(trip, int(min(_LONGEST_PART_S, trip.end_s - self.state.time_s)))
                if not len(part.samples):
                    return
                yield part


def _fault_records(faults: Sequence[Fault]) -> np.recarray[Any, Any]:
    records = recarray(FAULT, kinds.checked_count(len(faults)))
    names = list(kinds.KINDS)
    for record, fault in zip(records, faults, strict=True):
        record.kind, record.size, record.onset_s = names.index(fault.kind), fault.size, fault.onset_s
        record.ramp_s, record.life_s = fault.ramp_s, fault.life_h * 3600.0
    return records


def day_of(time_s: int) -> int:
    """UTC day since 1970."""
    return int(time_s) // DAY_S
