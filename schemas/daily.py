"""Records of the fleet's log, the topic ``edu.<maker>.daily.v1``: parts of days, their markers and opened alerts by the
unit stage, registrations, service events and commands by people and their systems.

All are JSON in CloudEvents' binary mode: header ``ce_type`` says which, ``ce_id`` is the same whenever the same record
is written again. One partition, so their order is the same at every reading.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.alerts import Alert
from schemas.components import Component
from schemas.results import EduDay
from schemas.telemetry import VIN_SHAPE, Label, Name

MOST_KM = 1e7
"""No odometer shows more; metres for kilometres, or a slip of the pen, would age a part for ever."""
Sums = float | list[float] | list[list[float]]


class DayPart(BaseModel):
    """One part of a unit's day, keyed by (unit, day, part); ``<unit>/<day>/<part>`` is its id."""

    model_config = ConfigDict(extra="forbid")

    point: EduDay
    sums: dict[str, Sums] = Field(
        description="what may be added over parts, days and units: counts, times, energies, load matrix (torque x "
        "speed), hours at temperature, statistics of slow parameters; a name that is absent was not summed then"
    )


class DayMarker(BaseModel):
    """A partition of the unit stage has put out its days up to this one; ``<partition>/<day>`` is its id.

    Parts of such a day that come later are of data that came late.
    """

    model_config = ConfigDict(extra="forbid")

    maker: Name
    partition: int = Field(ge=0)
    day: int = Field(description="UTC days since 1970")
    parts: int = Field(ge=0, description="parts of this day the partition wrote before the marker")


class Mounting(StrEnum):
    """Axle a unit drives."""

    FRONT = "front"
    REAR = "rear"


def _no_vin(name: str) -> str:
    if VIN_SHAPE.match(name):
        raise ValueError("could be a VIN: units and vehicles are named by pseudonyms")
    return name


Pseudonym = Annotated[Name, AfterValidator(_no_vin)]


class Registration(BaseModel):
    """What is known of a unit beside its telemetry; the newest one counts, as a whole."""

    model_config = ConfigDict(extra="forbid")

    unit: Pseudonym
    maker: Name
    variant: Name
    vehicle: Pseudonym = Field(description="pseudonym of the vehicle it is fitted to")
    mounting: Mounting
    plant: Name = Field(description="where it was built")
    built: date = Field(description="UTC day")
    batch: Name | None = Field(default=None, description="of its build")
    hardware: Label = Field(default="", description="part number and index")
    fitted_at_km: float = Field(
        default=0.0, ge=0.0, le=MOST_KM, description="odometer of the vehicle when the unit was fitted"
    )


class Part(StrEnum):
    """What can be replaced, repaired or flashed."""

    UNIT = "unit"
    POWER_MODULE = "power_module"
    STATOR = "stator"
    ROTOR = "rotor"
    BRUSHES = "brushes"
    BEARINGS = "bearings"
    GEAR = "gear"
    OIL = "oil"
    SEAL = "seal"
    COOLANT = "coolant"
    PUMP = "pump"
    WINDING_SENSOR = "winding_sensor"
    SOFTWARE = "software"


RENEWS: dict[Part, tuple[Component, ...]] = {
    Part.UNIT: tuple(Component),
    Part.POWER_MODULE: (Component.BOND_WIRES, Component.SOLDER),
    Part.STATOR: (Component.INSULATION, Component.WINDING),
    Part.ROTOR: (Component.FIELD_WINDING, Component.MAGNETS),
    Part.BRUSHES: (Component.BRUSHES,),
    Part.BEARINGS: (Component.DRIVE_END_BEARING, Component.GEAR_BEARING),
    Part.GEAR: (
        Component.PITTING_DRIVING,
        Component.PITTING_BRAKING,
        Component.BENDING_DRIVING,
        Component.BENDING_BRAKING,
    ),
    Part.OIL: (Component.OIL,),
    Part.SEAL: (Component.SEAL,),
}
"""Part -> what begins its life anew when the part is replaced; the other parts wear nothing out that is counted."""


class ServiceEvent(BaseModel):
    """Something was done to a unit, and a new segment of the part begins; ``<unit>/<part>/<time_us>`` is its id."""

    model_config = ConfigDict(extra="forbid")

    unit: Pseudonym
    maker: Name
    action: Literal["replaced", "flashed", "repaired", "inspected"]
    part: Part
    time_us: int = Field(gt=0, description="when, microseconds UTC")
    odometer_km: float | None = Field(default=None, ge=0.0, le=MOST_KM)
    failed: bool = Field(default=False, description="it was replaced because its life had ended, not as a precaution")
    version: Label = Field(default="", description="part number or firmware after it")


class Acknowledge(BaseModel):
    """Somebody has an alert in hand; ``<alert_id>/acknowledge`` is its id, of a limit with ``/<time_us>``."""

    model_config = ConfigDict(extra="forbid")

    maker: Name
    alert_id: str = Field(min_length=1, description="of the alert through its life")
    time_us: int = Field(gt=0, description="when, microseconds UTC")


class Snooze(BaseModel):
    """Quiet until a UTC day, except for an escalation; ``<alert_id>/snooze/<until>`` is its id, of a limit with
    ``/<time_us>``.
    """

    model_config = ConfigDict(extra="forbid")

    maker: Name
    alert_id: str = Field(min_length=1, description="of the alert through its life")
    until: date = Field(description="first UTC day on which it may speak again")
    time_us: int = Field(gt=0, description="when it was said, microseconds UTC")


LOG_TYPES: dict[str, type[BaseModel]] = {
    "edu_twin.day_part.v1": DayPart,
    "edu_twin.day_marker.v1": DayMarker,
    "edu_twin.registration.v1": Registration,
    "edu_twin.service_event.v1": ServiceEvent,
    "edu_twin.unit_alert.v1": Alert,
    "edu_twin.acknowledge.v1": Acknowledge,
    "edu_twin.snooze.v1": Snooze,
}
"""Header ``ce_type`` -> model of the record."""
