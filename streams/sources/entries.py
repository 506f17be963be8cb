"""The tables of a fleet description: vehicles, faults and firmware, each value checked by itself."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from twin.plant import faults, machines

MOST_DAYS = 36_500
Mounting = Literal["front", "rear"]
Positive = Annotated[int, Field(gt=0, lt=1 << 31, strict=True)]
Number = Annotated[int, Field(ge=0, lt=1 << 31, strict=True)]
Days = Annotated[float, Field(ge=0.0, le=MOST_DAYS, strict=True)]

_LOST, _ADDED, _OFFSET_K, _GAIN = (0.0, 0.95), (0.0, 20.0), (-100.0, 100.0), (-0.5, 0.5)
SIZES = {
    "pump": _LOST,
    "air_in_coolant": _LOST,
    "fouling": _LOST,
    "coolant_sensor": _OFFSET_K,
    "winding_sensor": _OFFSET_K,
    "demagnetisation": _LOST,
    "field_short": _LOST,
    "brush_wear": (0.0, 20.0),
    "turn_short": (0.0, 5.0),
    "bearing_wear": _ADDED,
    "gear_pitting": _ADDED,
    "oil_loss": _LOST,
    "resolver_offset": (-30.0, 30.0),
    "leg_ageing": _ADDED,
    "interface_dry_out": _LOST,
    "dc_link": _ADDED,
    "phase_current_gain": _GAIN,
    "dc_current_gain": _GAIN,
    "isolation": (0.0, 7.0),
    "software": _GAIN,
}
"""Smallest and largest size of each kind of fault, in the unit of ``faults.KINDS``: wider than anything that drives."""

MACHINE = {"brush_wear": "eesm", "field_short": "eesm", "demagnetisation": "pmsm"}
"""The only type of machine that can have the fault; all others can be anywhere."""


class Entry(BaseModel):
    """A table whose keys are all known and whose numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Selecting(Entry):
    """A table that selects units by their variant, among others."""

    variant: str = ""

    @field_validator("variant")
    @classmethod
    def _known(cls, variant: str) -> str:
        if variant and variant not in machines.names():
            raise ValueError(f"cannot simulate {variant!r}; there are {', '.join(machines.names())}")
        return variant


class Vehicles(Entry):
    """So many vehicles of a model; each drive unit the simulator has sends, so pairs come by themselves."""

    model: str
    count: Annotated[Positive, Field(le=100_000)] = 1
    mountings: tuple[Mounting, ...] = ()
    customers: tuple[str, ...] = ("commute", "motorway", "city", "mountain", "delivery")
    cycle: str = ""
    climate: str = "temperate"
    regions: Annotated[Positive, Field(le=1_000)] = 3
    plants: Positive = 2
    batch_size: Positive = 8
    plant: Number | None = None
    batch: Number | None = None


class FaultEntry(Selecting):
    """A fault of the units it selects: by number among all units, by variant, mounting, plant or batch."""

    kind: str
    size: Annotated[float, Field(strict=True)] | None = None
    day: Days = 0.0
    ramp_days: Days = 0.0
    life_h: Annotated[float, Field(ge=0.0, le=1e6, strict=True)] = 0.0
    units: tuple[Number, ...] = ()
    mounting: Literal["", "front", "rear"] = ""
    plant: Number | None = None
    batch: Number | None = None
    every: Positive = 1

    @model_validator(mode="after")
    def _possible(self) -> "FaultEntry":
        if self.kind not in faults.KINDS:
            raise ValueError(f"kind: unknown fault {self.kind!r}; there are {', '.join(faults.KINDS)}")
        low, high = SIZES[self.kind]
        if self.size is not None and not low <= self.size <= high:
            raise ValueError(f"size: {self.size:g} is outside {low:g} .. {high:g} ({faults.KINDS[self.kind][0]})")
        if self.life_h > 0.0 and self.kind not in faults.AGEING:
            raise ValueError(f"life_h: {self.kind} does not wear; those that do: {', '.join(faults.AGEING)}")
        return self


class Firmware(Selecting):
    """A new version for a share of the fleet from a day on; ``size`` is the step of calibration it brings."""

    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9._+ -]{1,64}$")]
    day: Days
    size: Annotated[float, Field(ge=_GAIN[0], le=_GAIN[1], strict=True)] = 0.1
    every: Positive = 1
