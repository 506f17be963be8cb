"""The simulated fleet as a source: frames at 1 or 10 Hz, and the truth for those who want to compare."""

import heapq
from collections.abc import Callable, Iterator

import numpy as np

from schemas.telemetry import Identity
from streams.sources import Block
from streams.sources.fleet import Fleet, Plan, UnitPlan
from streams.sources.mishaps import sendings, through
from twin.plant.layout import CHANNELS, SIGNAL_COLUMN
from twin.plant.trips import DAY_S
from twin.plant.unit import Drive

__all__ = ["Fleet", "PlantSource", "Watch"]

_SECOND_US = 1_000_000

Watch = Callable[[str, Drive], None]
"""Called with (unit, drive) before the drive's blocks are sent."""


class PlantSource:
    """A simulated fleet of one maker. The same plan gives the same blocks; a unit's do not depend on the others."""

    def __init__(self, fleet: Fleet | Plan, watch: Watch | None = None) -> None:
        self.plan = fleet.plan() if isinstance(fleet, Fleet) else fleet
        self.watch = watch
        self.maker = self.plan.maker
        self.variants = {unit.name: unit.machine.name for unit in self.plan.units}
        self.units = sorted(self.variants)

    @property
    def frames(self) -> int:
        """As planned; a unit that fails sends fewer."""
        total = 0
        for planned in self.plan.units:
            unit = self.plan.unit(planned)
            for trip in unit.trips(self.plan.start_s // DAY_S, self.plan.days):
                count = -(-int(trip.end_s - trip.start_s) // self.plan.frame_s)
                transport = self.plan.transport
                if transport is None:
                    total += count
                    continue
                for sequence in range(count):
                    total += len(sendings(transport, unit.key, int(trip.boot), sequence, 1))
        return total

    def blocks(self) -> Iterator[Block]:
        streams = (self._sent(planned) for planned in self.plan.units)
        return heapq.merge(*streams, key=lambda block: block.order)

    def _sent(self, planned: UnitPlan) -> Iterator[Block]:
        blocks = self._unit_blocks(planned)
        if self.plan.transport is None:
            return blocks
        unit = self.plan.unit(planned)
        starts = {int(trip.boot): int(trip.start_s) for trip in unit.trips(self.plan.start_s // DAY_S, self.plan.days)}
        frame_us = self.plan.frame_s * _SECOND_US
        return through(self.plan.transport, unit.key, blocks, frame_us, lambda boot: starts[boot] * _SECOND_US)

    def _unit_blocks(self, planned: UnitPlan) -> Iterator[Block]:
        unit, machine = self.plan.unit(planned), planned.machine
        fitted = [channel for channel, there in zip(CHANNELS, machine.fitted, strict=True) if there]
        per_frame = self.plan.frame_s * self.plan.rate
        boot, sequence, identity = -1, 0, self.identity(planned, self.plan.start_s)
        for drive in unit.drives(self.plan.start_s // DAY_S, self.plan.days):
            if self.watch:
                self.watch(planned.name, drive)
            if drive.trip.boot != boot:
                boot, sequence = int(drive.trip.boot), 0
                identity = self.identity(planned, int(drive.trip.start_s))
            columns = {channel: drive.samples[:, SIGNAL_COLUMN[channel]] for channel in fitted}
            times_us = drive.truth.time_s * _SECOND_US + drive.truth.part * (_SECOND_US // 10)
            distance_m = drive.truth.distance_m
            for first in range(0, len(times_us), per_frame):
                cut = slice(first, first + per_frame)
                signals = {channel: values[cut] for channel, values in columns.items()}
                odometer_km = float(np.floor(distance_m[first] / 100.0) / 10.0)
                yield Block(identity, boot, sequence, times_us[cut], signals, False, odometer_km)
                sequence += 1

    def identity(self, planned: UnitPlan, time_s: int) -> Identity:
        """Who sends at a second."""
        return Identity(
            unit=planned.name,
            vehicle=planned.vehicle,
            maker=self.maker,
            variant=planned.machine.name,
            hardware=planned.hardware,
            firmware=planned.firmware_at(time_s),
            model_year=2024,
        )
