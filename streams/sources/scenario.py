"""Fleet descriptions in TOML: vehicles, faults, firmware and transport. Some ship with the project."""

import csv
import tomllib
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from schemas.telemetry import MAX_SAMPLES, NAME_PATTERN
from streams.sources import SourceError
from streams.sources.entries import MACHINE, MOST_DAYS, Entry, FaultEntry, Firmware, Positive, Vehicles
from streams.sources.fleet import Plan, UnitPlan, first_second, unit_name
from streams.sources.mishaps import Transport
from twin.plant import faults, machines
from twin.plant.trips import CUSTOMERS, DAY_S
from twin.plant.unit import CLIMATES, Fault, Surroundings

CYCLES = Path("../shared/data/drive-cycles")
"""Where recorded driving cycles lie: CSV files with columns cycSecs and cycMps."""


class Scenario(Entry):
    """A fleet description."""

    title: str
    maker: Annotated[str, Field(pattern=rf"^$|{NAME_PATTERN}")] = ""
    """Tenant of all units, whatever their variants; without it each variant's own maker."""
    start: Annotated[date, Field(ge=date(2000, 1, 2), le=date(2100, 1, 1), strict=True)] = date(2026, 7, 6)
    days: Annotated[Positive, Field(le=MOST_DAYS)] = 7
    seed: Annotated[int, Field(ge=0, lt=1 << 63, strict=True)] = 1
    rate: Literal[1, 10] = 1
    frame_s: Annotated[Positive, Field(le=3_600)] = 60
    vehicles: tuple[Vehicles, ...]
    faults: tuple[FaultEntry, ...] = ()
    firmware: tuple[Firmware, ...] = ()
    transport: Transport | None = None

    @model_validator(mode="after")
    def _can_be_sent(self) -> "Scenario":
        if not self.vehicles:
            raise ValueError("vehicles: the scenario has no vehicles")
        if self.frame_s * self.rate > MAX_SAMPLES:
            raise ValueError(f"frame_s: {self.frame_s * self.rate} samples at rate {self.rate}; at most {MAX_SAMPLES}")
        return self

    def plans(self, cycles: Path = CYCLES) -> list[Plan]:
        """One plan per maker, in the order of their names; SourceError for what cannot be simulated."""
        units = self._units(cycles)
        for number, entry in enumerate(self.faults):
            chosen = [unit for unit in units if _selects(entry, unit)]
            if not chosen:
                raise SourceError(f"faults.{number}: {entry.kind}: no unit fits its selection")
            wanted = MACHINE.get(entry.kind)
            for unit in chosen:
                if wanted not in (None, unit.machine.kind):
                    why = f"{unit.name} has a {unit.machine.kind}; only a {wanted} can have it"
                    raise SourceError(f"faults.{number}: {entry.kind}: {why}")
        for number, step in enumerate(self.firmware):
            if not any(_takes(step, unit) for unit in units):
                raise SourceError(f"firmware.{number}: {step.version}: no unit fits its selection")
        makers = [self.maker] if self.maker else sorted({unit.machine.maker for unit in units})
        start_s = first_second(self.start)
        return [
            Plan(
                maker,
                tuple(self._with_faults(unit, start_s) for unit in units if maker in (self.maker, unit.machine.maker)),
                start_s,
                self.days,
                self.seed,
                self.rate,
                self.frame_s,
                self.transport,
            )
            for maker in makers
        ]

    def _units(self, cycles: Path) -> list[UnitPlan]:
        units: list[UnitPlan] = []
        vehicle = 0
        for entry in self.vehicles:
            for index in range(entry.count):
                place = _surroundings(entry, index, vehicle, cycles)
                for mounting, variant in _mountings(entry).items():
                    machine = machines.load(variant, entry.model, mounting)
                    number = len(units)
                    name = unit_name(machine, number)
                    hardware = f"p{place.plant}-b{place.batch:03d}-{mounting}"
                    units.append(UnitPlan(name, number, f"v-{vehicle:04d}", machine, place, hardware=hardware))
                vehicle += 1
        return units

    def _with_faults(self, unit: UnitPlan, start_s: int) -> UnitPlan:
        found = [_fault(entry, start_s) for entry in self.faults if _selects(entry, unit)]
        firmware = [(0, "1.0")]
        for step in self.firmware:
            if _takes(step, unit):
                # Loaded at night: the change and its name in the frames come with the same trip.
                from_s = start_s + int(step.day) * DAY_S
                firmware.append((from_s, step.version))
                found.append(Fault("software", step.size, from_s))
        try:
            faults.checked_count(len(found))
        except ValueError as error:
            raise SourceError(f"{unit.name}: {error}, new firmware included") from None
        return UnitPlan(
            unit.name,
            unit.number,
            unit.vehicle,
            unit.machine,
            unit.surroundings,
            tuple(found),
            tuple(firmware),
            unit.hardware,
        )


def _mountings(entry: Vehicles) -> dict[str, str]:
    try:
        there = machines.mountings(entry.model)
    except KeyError:
        raise SourceError(f"unknown vehicle model {entry.model!r}; see twin/plant/vehicles.toml") from None
    missing = [mounting for mounting in entry.mountings if mounting not in there]
    if missing:
        raise SourceError(f"{entry.model} has no simulated unit at {', '.join(missing)}")
    return {place: variant for place, variant in there.items() if not entry.mountings or place in entry.mountings}


def _surroundings(entry: Vehicles, index: int, vehicle: int, cycles: Path) -> Surroundings:
    unknown = [name for name in entry.customers if name not in CUSTOMERS]
    if unknown or not entry.customers:
        raise SourceError(f"unknown customers {', '.join(unknown)}; there are {', '.join(CUSTOMERS)}")
    if entry.climate not in CLIMATES:
        raise SourceError(f"unknown climate {entry.climate!r}; there are {', '.join(CLIMATES)}")
    return Surroundings(
        vehicle=vehicle,
        region=list(CLIMATES).index(entry.climate) * 1000 + vehicle % entry.regions,
        climate=entry.climate,
        plant=vehicle % entry.plants if entry.plant is None else entry.plant,
        batch=vehicle // entry.batch_size if entry.batch is None else entry.batch,
        customer=entry.customers[index % len(entry.customers)],
        cycle_m_s=load_cycle(cycles, entry.cycle) if entry.cycle else np.zeros(0),
    )


def _selects(entry: FaultEntry, unit: UnitPlan) -> bool:
    return (
        (not entry.units or unit.number in entry.units)
        and entry.variant in ("", unit.machine.name)
        and entry.mounting in ("", unit.machine.mounting)
        and entry.plant in (None, unit.surroundings.plant)
        and entry.batch in (None, unit.surroundings.batch)
        and unit.number % entry.every == 0
    )


def _takes(step: Firmware, unit: UnitPlan) -> bool:
    return step.variant in ("", unit.machine.name) and unit.number % step.every == 0


def _fault(entry: FaultEntry, start_s: int) -> Fault:
    size = faults.KINDS[entry.kind][1] if entry.size is None else entry.size
    return Fault(entry.kind, size, start_s + int(entry.day * DAY_S), entry.ramp_days * DAY_S, entry.life_h)


def load_cycle(folder: Path, name: str) -> NDArray[np.float64]:
    """Speed [m/s] of each second of a recorded cycle; SourceError where it is not at hand."""
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return np.array([float(row["cycMps"]) for row in csv.DictReader(file)])
    except OSError as error:
        raise SourceError(f"driving cycle {name}: {path}: {error.strerror}; give its folder with --cycles") from None
    except (KeyError, ValueError) as error:
        raise SourceError(f"driving cycle {path}: needs a column cycMps of numbers ({error})") from None


def _shipped() -> dict[str, Traversable]:
    folder = files("streams.sources").joinpath("scenarios")
    return {path.name[:-5]: path for path in folder.iterdir() if path.name.endswith(".toml")}


def names() -> list[str]:
    """Scenarios that ship with the project."""
    return sorted(_shipped())


def load(scenario: str, **changes: Any) -> Scenario:
    """A shipped scenario by name, or a TOML file by path; SourceError says what is wrong with it: file, key, reason.

    ``changes``: values instead of the description's.
    """
    path: Traversable | Path = _shipped().get(scenario) or Path(scenario)
    if not path.is_file():
        raise SourceError(f"{scenario}: no such file, and no shipped scenario; there are {', '.join(names())}")
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")) | changes)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{scenario}: {error}") from None
    except OSError as error:
        raise SourceError(f"{scenario}: {error.strerror}") from None
    except ValidationError as error:
        raise SourceError("\n".join(_line(scenario, at["loc"], at["msg"]) for at in error.errors())) from None


def _line(scenario: str, place: tuple[int | str, ...], reason: str) -> str:
    """File, key, reason; a reason of a whole table begins with the key itself."""
    own = reason.removeprefix("Value error, ")
    key = ".".join(map(str, place))
    joint = "." if own != reason and place and place[-1] != "variant" else ": "
    return f"{scenario}: {key}{joint if key else ''}{own}"
