"""What every series has: whom it speaks of, when, and whether it holds."""

from enum import IntEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Validity(IntEnum):
    """Whether an estimate can be used, and if it is degraded, the first reason why.

    FILTER_RESET: what it rests on was begun anew because a number in it was not finite.
    NO_LOAD: samples come without speed or torque, so what the unit loses is a guess.
    """

    VALID = 0
    NO_DATA = 1
    WARMING_UP = 2
    NO_COOLANT_TEMP = 3
    NO_WINDING_SENSOR = 4
    WINDING_SENSOR_REJECTED = 5
    BELOW_POWER_FLOOR = 6
    NO_DC_SIDE = 7
    FILTER_RESET = 8
    BALANCE_UNCERTAIN = 9
    NO_ROTOR_READING = 10
    DECLARED_AVERAGED = 11
    AVERAGED = 12
    NOT_EXCITED = 13
    BEYOND_PRIOR = 14
    NOT_APPLICABLE = 15
    NO_OIL_SENSOR = 16
    NO_FIELD_CURRENT = 17
    NO_LOAD = 18


def value(unit: str, description: str) -> Any:
    """A field with its unit."""
    return Field(description=description, json_schema_extra={"unit": unit})


class Told(BaseModel):
    """Fields of whatever is said of something at a time. ``SUBJECT``: the field that names what it is said of."""

    model_config = ConfigDict(extra="forbid")
    SUBJECT: ClassVar[str] = "unit"

    variant: str = Field(description="name of the variant")
    maker: str = Field(description="tenant")
    time_us: int = value("us", "event time of the point, UTC")
    model_version: str = Field(description="version of code and parameters that made the point")


class Point(Told):
    """Fields every point of a unit carries."""

    unit: str = Field(description="pseudonym of the drive unit")
    segment: int = Field(description="stretch of the unit's life between changes of hardware, software or parameters")
