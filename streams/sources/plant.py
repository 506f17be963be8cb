"""The simulated fleet as a source: frames of sixty seconds at 1 Hz, and the truth for those who want to compare."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from schemas.telemetry import Identity
from streams.sources import Block, SourceError
from twin.plant import machines
from twin.plant.layout import CHANNELS, SIGNAL_COLUMN
from twin.plant.unit import Drive, SimulatedUnit, day_of

FRAME_SAMPLES = 60
_SECOND_US = 1_000_000

Watch = Callable[[str, Drive], None]
"""Called with (unit, drive) before the drive's blocks are sent."""


@dataclass(frozen=True)
class Fleet:
    """Which units to simulate, when. Units are dealt to the variants in turn; ``maker`` overrides the variants' own."""

    units: int = 30
    days: int = 7
    start: date = date(2026, 7, 6)
    seed: int = 1
    variants: tuple[str, ...] = ("bmw-gen5-rear", "bmw-i3")
    maker: str = ""


class PlantSource:
    """A simulated fleet of one maker. The same fleet gives the same blocks; a unit's do not depend on the others."""

    def __init__(self, fleet: Fleet, watch: Watch | None = None) -> None:
        if fleet.units < 1 or fleet.days < 1:
            raise SourceError("a simulated fleet needs at least one unit and one day")
        known = machines.names()
        unknown = [name for name in fleet.variants if name not in known]
        if unknown:
            raise SourceError(f"cannot simulate {', '.join(unknown)}; there are {', '.join(known)}")
        self._fleet, self._watch = fleet, watch
        self._machines = [machines.load(name) for name in fleet.variants]
        makers = [fleet.maker] if fleet.maker else sorted({machine.maker for machine in self._machines})
        if len(makers) > 1:
            raise SourceError(f"variants of several makers ({', '.join(makers)}) need a source each")
        self.maker = makers[0]
        self.start_s = int(datetime(fleet.start.year, fleet.start.month, fleet.start.day, tzinfo=UTC).timestamp())
        self.variants = {self._name(number): self._machine(number).name for number in range(fleet.units)}
        self.units = sorted(self.variants)

    @property
    def frames(self) -> int:
        units = (self._unit(number) for number in range(self._fleet.units))
        trips = (trip for unit in units for trip in unit.trips(day_of(self.start_s), self._fleet.days))
        return sum(-(-int(trip.end_s - trip.start_s) // FRAME_SAMPLES) for trip in trips)

    def blocks(self) -> Iterator[Block]:
        streams = (self._unit_blocks(number) for number in range(self._fleet.units))
        return heapq.merge(*streams, key=lambda block: block.order)

    def _machine(self, number: int) -> machines.Machine:
        return self._machines[number % len(self._machines)]

    def _name(self, number: int) -> str:
        return f"{self._machine(number).name.removeprefix(f'{self._machine(number).maker}-')}-{number:03d}"

    def _unit(self, number: int) -> SimulatedUnit:
        return SimulatedUnit(self._machine(number), self._fleet.seed, number, self.start_s)

    def _unit_blocks(self, number: int) -> Iterator[Block]:
        unit, name = self._unit(number), self._name(number)
        machine = unit.machine
        identity = Identity(
            unit=name, vehicle=f"v-{name}", maker=self.maker, variant=machine.name, firmware="1.0", model_year=2024
        )
        fitted = [channel for channel, there in zip(CHANNELS, machine.fitted, strict=True) if there]
        boot, sequence = -1, 0
        for drive in unit.drives(day_of(self.start_s), self._fleet.days):
            if self._watch:
                self._watch(name, drive)
            if drive.trip.boot != boot:
                boot, sequence = int(drive.trip.boot), 0
            columns = {channel: drive.samples[:, SIGNAL_COLUMN[channel]] for channel in fitted}
            times_us = drive.truth.time_s * _SECOND_US
            for first in range(0, len(times_us), FRAME_SAMPLES):
                cut = slice(first, first + FRAME_SAMPLES)
                signals = {channel: values[cut] for channel, values in columns.items()}
                odometer_km = float(np.floor(drive.truth.distance_m[first] / 100.0) / 10.0)
                yield Block(identity, boot, sequence, times_us[cut], signals, False, odometer_km)
                sequence += 1
