"""The electric machine: stator, limits and the rotor of its type."""

from typing import Annotated

from pydantic import Field

from schemas.variant.quantities import (
    Ampere,
    Count,
    Eddy,
    Factor,
    Henry,
    Hysteresis,
    Ohm,
    PerKelvin,
    Quantity,
    Rpm,
    Strict,
    Torque,
    Volt,
    Watt,
    Weber,
    within,
)


class FieldWinding(Strict):
    """Rotor excitation of an EESM: flux = mutual_inductance i / sqrt(1 + (i / saturation_current)^2)."""

    mutual_inductance: Henry
    saturation_current: Annotated[Quantity, within("A", 1, 1_000)]
    resistance: Ohm
    brush_drop: Annotated[Volt, Field(description="both brushes together")]
    current_limit: Ampere


class Magnets(Strict):
    """Rotor of a PMSM."""

    flux: Weber
    loss: Annotated[Watt, Field(description="eddy currents at reference speed")]


class Cage(Strict):
    """Rotor of an induction machine, inverse-gamma circuit: flux = mutual_inductance i_d / sqrt(1 + (i_d / sat)^2).

    ``d_inductance`` and ``q_inductance`` of the machine are then the leakage, sigma L_s.
    """

    mutual_inductance: Henry
    saturation_current: Annotated[Quantity, within("A", 1, 2_000)]
    resistance: Annotated[Ohm, Field(description="R_r (L_m / L_r)^2 at 20 degC")]
    temp_coefficient: PerKelvin
    least_current: Annotated[Ampere, Field(description="magnetising current the drive keeps while it is ready")]


class Machine(Strict):
    """Stator and limits; resistances at 20 degC, amplitude-invariant dq quantities.

    A six-phase machine is described as the three-phase one it behaves like: both winding sets in parallel.
    """

    pole_pairs: Count
    phase_resistance: Ohm
    copper_temp_coefficient: PerKelvin
    ac_copper_factor: Annotated[Factor, Field(description="AC over DC copper loss at reference speed")]
    reference_speed: Rpm
    d_inductance: Henry
    q_inductance: Henry
    hysteresis: Hysteresis
    eddy: Eddy
    current_limit: Annotated[Ampere, Field(description="amplitude")]
    max_speed: Rpm
    max_torque: Torque
    max_power: Annotated[Quantity, within("W", 1_000, 1e6), Field(description="at the shaft, short-time")]
    field: FieldWinding | None = None
    magnets: Magnets | None = None
    cage: Cage | None = None
