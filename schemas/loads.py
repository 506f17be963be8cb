"""Loads: what wears a unit, as additive rows of the lake. Closed cycles leave at once, load-matrix cells every quarter
of an hour of event time and at the end of a trip."""

from enum import IntEnum
from typing import Any

from pydantic import Field

from schemas.results import Point


class LoadKind(IntEnum):
    """What a row counts."""

    TORQUE_SPEED = 0
    TORQUE_REVOLUTIONS = 1
    JUNCTION_CYCLE = 2
    WINDING_CYCLE = 3
    COOLANT_CYCLE = 4
    TORQUE_CYCLE = 5


def _unit(unit: str, description: str) -> Any:
    return Field(description=description, json_schema_extra={"unit": unit})


class Load(Point):
    """One load, keyed by unit, variant, time, kind and place; over keys everything that is counted may be added."""

    kind: LoadKind = Field(description="what the row counts; its other columns are absent")
    place: int = Field(description="number of the cell, or of the cycle among those of the kind that closed then")
    start: float | None = _unit("degC or Nm", "cycle: first turning point")
    end: float | None = _unit("degC or Nm", "cycle: second turning point")
    rise_s: float | None = _unit("s", "cycle: duration of the rising half")
    count: float | None = _unit("1", "cycle: 1, or 0.5 for a half")
    bridged: int = Field(description="cycle: 1 where one of its ends was found after missing data, else 0")
    torque_nm: float | None = _unit("Nm", "cell: middle of its signed motor torque")
    speed_rpm: float | None = _unit("rpm", "torque_speed: middle of its motor speed")
    duration_s: float | None = _unit("s", "torque_speed: time in the cell")
    energy_j: float | None = _unit("J", "torque_speed: energy at the shaft, negative while braking")
    revolutions: float | None = _unit("1", "torque_revolutions: turns of the motor at the torque")
