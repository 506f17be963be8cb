"""Which units to simulate: plans made from a count of units or from a fleet description in TOML."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from streams.sources import SourceError
from streams.sources.mishaps import Transport
from twin.plant import machines
from twin.plant.unit import Fault, SimulatedUnit, Surroundings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class UnitPlan:
    """One unit: what it is, where it lives, what will go wrong, and the firmware it has from which second on."""

    name: str
    number: int
    vehicle: str
    machine: machines.Machine
    surroundings: Surroundings
    faults: tuple[Fault, ...] = ()
    firmware: tuple[tuple[int, str], ...] = ((0, "1.0"),)
    hardware: str = ""

    def firmware_at(self, time_s: int) -> str:
        """The version that runs at a second; a new one is loaded before a trip, never in one."""
        return [version for from_s, version in self.firmware if from_s <= time_s][-1]


@dataclass(frozen=True)
class Plan:
    """A fleet of one maker, ready to simulate."""

    maker: str
    units: tuple[UnitPlan, ...]
    start_s: int
    days: int
    seed: int
    rate: int = 1
    frame_s: int = 60
    transport: Transport | None = None

    def unit(self, plan: UnitPlan) -> SimulatedUnit:
        """The simulated unit at the plan's first second."""
        return SimulatedUnit(
            plan.machine, self.seed, plan.number, self.start_s, plan.surroundings, plan.faults, self.rate
        )

    def part(self, index: int, parts: int) -> "Plan":
        """Every ``parts``-th unit: a fleet can be simulated in pieces, the data is the same."""
        return Plan(
            self.maker,
            self.units[index::parts],
            self.start_s,
            self.days,
            self.seed,
            self.rate,
            self.frame_s,
            self.transport,
        )


@dataclass(frozen=True)
class Fleet:
    """So many units for so many days, dealt to the variants in turn; ``maker`` overrides the variants' own."""

    units: int = 30
    days: int = 7
    start: date = date(2026, 7, 6)
    seed: int = 1
    variants: tuple[str, ...] = ("bmw-gen5-rear", "bmw-i3")
    maker: str = ""
    customers: tuple[str, ...] = field(default=("commute",))

    def plan(self) -> Plan:
        """The plan; SourceError for a fleet that cannot be simulated."""
        if self.units < 1 or self.days < 1:
            raise SourceError("a simulated fleet needs at least one unit and one day")
        known = machines.names()
        unknown = [name for name in self.variants if name not in known]
        if unknown:
            raise SourceError(f"cannot simulate {', '.join(unknown)}; there are {', '.join(known)}")
        loaded = [machines.load(name) for name in self.variants]
        makers = [self.maker] if self.maker else sorted({machine.maker for machine in loaded})
        if len(makers) > 1:
            raise SourceError(f"variants of several makers ({', '.join(makers)}) need a source each")
        units = tuple(self._unit(number, loaded[number % len(loaded)]) for number in range(self.units))
        return Plan(makers[0], units, first_second(self.start), self.days, self.seed)

    def _unit(self, number: int, machine: machines.Machine) -> UnitPlan:
        name = unit_name(machine, number)
        customer = self.customers[number % len(self.customers)]
        place = Surroundings(number, number % 3, plant=number % 2, batch=number // 8, customer=customer)
        return UnitPlan(name, number, f"v-{name}", machine, place)


def unit_name(machine: machines.Machine, number: int) -> str:
    """A pseudonym that tells the variant: gen5-rear-003."""
    return f"{machine.name.removeprefix(f'{machine.maker}-')}-{number:03d}"


def first_second(day: date) -> int:
    """UTC second at which a day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
