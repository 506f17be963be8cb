"""The electric machine: stator, limits and the rotor of its type."""

from typing import Annotated

from pydantic import Field

from schemas.variant.quantities import (
    Ampere,
    Celsius,
    Count,
    Eddy,
    Factor,
    Henry,
    Hysteresis,
    LoadHarmonics,
    Ohm,
    PerKelvin,
    Quantity,
    Rpm,
    Share,
    SignedPerKelvin,
    Slope,
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
    brush_drop_sd: Volt
    hot_spot_resistance: Annotated[
        Quantity, within("K/W", 0, 0.5), Field(description="from the winding to the rotor's iron")
    ]
    hot_spot_time: Annotated[Quantity, within("s", 1, 1_000), Field(description="of the winding on the iron")]
    current_limit: Ampere
    table_current: Annotated[
        Quantity,
        within("1", 0.5, 1.5),
        Field(description="of the controller over that of least loss; used where no current is measured"),
    ]
    table_loss_sd: Annotated[Share, Field(description="of the field's loss by it")]


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


class RotorIron(Strict):
    """Which share of the iron loss arises in the stator: constant + speed n + current i + cross n i, within 0 .. 1.

    n is speed over reference speed, i the current's amplitude over ``reference_current``; the rest heats the rotor.
    """

    constant: Slope
    speed: Slope
    current: Slope
    cross: Slope
    reference_current: Annotated[Quantity, within("A", 1, 2_000)]


class IronTemperature(Strict):
    """Iron and magnet loss by the temperature of where it arises; it is stated at each node's reference."""

    coefficient: SignedPerKelvin
    teeth: Celsius
    yoke: Celsius
    rotor: Celsius


class LossMap(Strict):
    """Measured loss of the machine in CSV files, paths relative to the variant's: stands in for the iron loss by flux.

    ``total``: a heading of speeds [rpm], then lines of a phase current [A, rms, negative while braking] and losses [W].
    ``drag``: a heading, then lines of speed [rpm] and loss [W]. What is copper and drag in it is taken off.
    """

    total: str
    drag: str | None = None
    drag_factor: Factor
    copper_temp: Annotated[Celsius, Field(description="of the winding while the map was measured")]
    ac_linear: Annotated[Factor, Field(description="AC over DC copper loss in the map, of speed / reference speed")]
    ac_square: Annotated[Factor, Field(description="of its square")]
    iron_factor: Annotated[Factor, Field(description="iron loss over the map's; a number to identify")] | None = None
    source: Annotated[str, Field(min_length=3)]


class Machine(Strict):
    """Stator and limits; resistances at 20 degC, amplitude-invariant dq quantities.

    A six-phase machine is described as the three-phase one it behaves like: both winding sets in parallel.
    """

    pole_pairs: Count
    phase_resistance: Ohm
    copper_temp_coefficient: PerKelvin
    ac_copper_factor: Annotated[Factor, Field(description="AC over DC copper loss, of (speed / reference speed)^2")]
    ac_copper_linear: Annotated[Factor, Field(description="of speed / reference speed")] | None = None
    ac_copper_cube: Annotated[Factor, Field(description="of its third power")] | None = None
    ac_copper_fourth: Annotated[Factor, Field(description="of its fourth power")] | None = None
    ac_temp_exponent: Annotated[Factor, Field(description="AC loss falls with this power of the resistance")]
    reference_speed: Rpm
    d_inductance: Henry
    q_inductance: Henry
    hysteresis: Hysteresis
    eddy: Eddy
    slot_harmonics: (
        Annotated[Watt, Field(description="iron loss without load, by (speed / reference speed)^2")] | None
    ) = None
    load_harmonics: Annotated[LoadHarmonics, Field(description="iron loss by the current squared")] | None = None
    rotor_iron: RotorIron | None = None
    iron_temperature: IronTemperature | None = None
    loss_map: LossMap | None = None
    current_limit: Annotated[Ampere, Field(description="amplitude")]
    max_speed: Rpm
    max_torque: Torque
    max_power: Annotated[Quantity, within("W", 1_000, 1e6), Field(description="at the shaft, short-time")]
    field: FieldWinding | None = None
    magnets: Magnets | None = None
    cage: Cage | None = None
