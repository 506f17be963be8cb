"""The telemetry frame: content types, identity, and the JSON form for people and small senders.

The binary form is ``telemetry.proto``. Both forms carry the same facts and pass the same checks in ``streams.codec``.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

FRAME_CONTENT_TYPE = "application/vnd.edu-twin.frame.v1+protobuf"
JSON_CONTENT_TYPE = "application/json"
TICK_CONTENT_TYPE = "application/vnd.edu-twin.tick.v1+json"

MAX_FRAME_BYTES = 1 << 20
MAX_SAMPLES = 6_000
MAX_SPAN_US = 60 * 60 * 1_000_000
"""From a frame's first to its last sample."""
MAX_CLOCK_AHEAD_US = 5 * 60 * 1_000_000
"""Of a frame's last sample, ahead of the broker's clock: what a unit sends of times it has passed is refused."""
MIN_TIME_US = 946_684_800 * 1_000_000
"""2000-01-01: a clock before it was never set."""
MAX_TIME_US = 1 << 62

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
VIN_SHAPE = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$", re.IGNORECASE)
"""17 characters without I, O, Q: such an id could be a VIN and is refused, whatever it was meant to be."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9._+ -]{0,64}$")]


class Identity(BaseModel):
    """Who sends a frame. Units and vehicles are pseudonyms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Name
    vehicle: Name
    maker: Name
    variant: Name
    hardware: Label = ""
    firmware: Label = ""
    model_year: Annotated[int, Field(ge=0, le=2200)] = 0


class JsonFrame(BaseModel):
    """A frame as JSON: signals as columns of equal length, a missing sample is null.

    Give either ``interval_us`` (equal spacing) or ``offsets_us`` (strictly rising, first 0).
    """

    model_config = ConfigDict(extra="forbid")

    identity: Identity
    boot: Annotated[int, Field(ge=0, lt=1 << 32)]
    sequence: Annotated[int, Field(ge=0, lt=1 << 63)]
    start_us: int
    interval_us: Annotated[int, Field(gt=0, lt=1 << 32)] | None = None
    offsets_us: list[Annotated[int, Field(ge=0, lt=1 << 32)]] | None = None
    sampling: Literal["point", "mean"] = "point"
    ready: bool = True
    odometer_km: float | None = None
    signals: dict[str, list[float | None]]


class Tick(BaseModel):
    """A tick record: "it is now ``time_us``". It may decide when something is emitted, never what it contains."""

    model_config = ConfigDict(extra="forbid")

    time_us: int
