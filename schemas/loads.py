"""Loads: what wears a unit, as additive rows of the lake. Closed cycles leave at once, load-matrix cells every quarter
of an hour of event time and at the end of a trip."""

from enum import IntEnum

from pydantic import Field

from schemas.results.point import Point, value


class LoadKind(IntEnum):
    """What a row counts."""

    TORQUE_SPEED = 0
    TORQUE_REVOLUTIONS = 1
    JUNCTION_CYCLE = 2
    WINDING_CYCLE = 3
    COOLANT_CYCLE = 4
    TORQUE_CYCLE = 5


class Load(Point):
    """One load, keyed by unit, variant, time, kind and place; over keys everything that is counted may be added."""

    kind: LoadKind = Field(description="what the row counts; its other columns are absent")
    place: int = Field(description="number of the cell, or of the cycle among those of the kind that closed then")
    start: float | None = value("degC or Nm", "cycle: first turning point")
    end: float | None = value("degC or Nm", "cycle: second turning point")
    rise_s: float | None = value("s", "cycle: duration of the rising half")
    count: float | None = value("1", "cycle: 1, or 0.5 for a half")
    bridged: int = Field(description="cycle: 1 where one of its ends was found after missing data, else 0")
    torque_nm: float | None = value("Nm", "cell: middle of its signed motor torque")
    speed_rpm: float | None = value("rpm", "torque_speed: middle of its motor speed")
    duration_s: float | None = value("s", "torque_speed: time in the cell")
    energy_j: float | None = value("J", "torque_speed: energy at the shaft, negative while braking")
    revolutions: float | None = value("1", "torque_revolutions: turns of the motor at the torque")
