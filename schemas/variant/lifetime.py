"""What wears, by which law and with which constants: damage 1 is the end of a component's life by its law."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.variant.quantities import Celsius, PositiveKelvin, Quantity, Share, Strict, Torque, within

Hours = Annotated[Quantity, within("h", 10, 1e6)]
ElectronVolt = Annotated[Quantity, within("eV", 0.3, 1.6)]
Newton = Annotated[Quantity, within("N", 10, 1e6)]
Degrees = Annotated[Quantity, within("deg", 0, 45)]
LargeCount = Annotated[Quantity, within("1", 1, 1e9)]
SmallMetre = Annotated[Quantity, within("m", 0.005, 0.5)]
FieldStrength = Annotated[Quantity, within("A/m", 0, 5e6)]


class Module(Strict):
    """Power cycling of the inverter's switches; the last four belong to ``cips08`` alone."""

    law: Literal["an21", "cips08", "lesit"]
    thickness_factor: Annotated[
        Quantity, within("1", 0.1, 2), Field(description="of an21: 1 IGBT to 1,200 V, 0.65 to 1,700 V, 0.33 SiC")
    ]
    foot_current: Annotated[Quantity, within("A", 3, 23), Field(description="per bond foot")]
    blocking_voltage: Annotated[Quantity, within("V", 300, 3_300)]
    wire_diameter: Annotated[Quantity, within("um", 75, 500)]
    cips08_k: Annotated[Quantity, within("1", 1e13, 1e16), Field(description="9.34e14, older modules 2.03e14")]


class Arrhenius(Strict):
    """Ageing by temperature: a life that holds at a temperature, and how it falls with heat."""

    life: Hours
    temp: Celsius
    activation: ElectronVolt


class Seal(Arrhenius):
    """Shaft seal on the motor's shaft: distance slid, faster when the lip is hot; ``life`` holds at ``speed``."""

    diameter: SmallMetre
    speed: Annotated[Quantity, within("m/s", 0.1, 60)]


class Brushes(Strict):
    """Brushes on the slip rings of an EESM."""

    ring_diameter: SmallMetre
    wear: Annotated[Quantity, within("mm", 0.01, 50), Field(description="per 100,000 km of sliding")]
    usable: Annotated[Quantity, within("mm", 0.5, 50), Field(description="length to the end of life")]


class Swings(Strict):
    """Thermo-mechanical fatigue: cycles of a range to the end of life, which goes by a power of the range."""

    range: PositiveKelvin
    cycles: LargeCount
    exponent: Annotated[Quantity, within("1", 1, 12)]


class Teeth(Strict):
    """The weakest wheel of the gear; torques are the motor's at which a tooth lasts (physics 5.4)."""

    pitting_torque: Torque
    bending_torque: Torque
    load_cycles: Annotated[Quantity, within("1", 0.1, 20), Field(description="of a tooth per turn of the motor")]


class Bearing(Strict):
    """A rolling bearing, loaded by the tooth forces of one mesh (physics 5.3)."""

    kind: Literal["ball", "roller"]
    rating: Annotated[Newton, Field(description="dynamic load rating C")]
    fatigue_limit: Annotated[Newton, Field(description="C_u")]
    cleanliness: Annotated[Share, Field(description="e_C")]
    pitch_diameter: SmallMetre
    turns: Annotated[Quantity, within("1", 0.01, 5), Field(description="per turn of the motor")]
    mesh_diameter: Annotated[SmallMetre, Field(description="pitch circle of the wheel whose forces it bears")]
    mesh_torque: Annotated[Quantity, within("1", 0.05, 30), Field(description="of that wheel over the motor's")]
    pressure_angle: Degrees
    helix_angle: Degrees
    radial_share: Annotated[Share, Field(description="of the radial resultant of tangential and radial force")]
    axial_share: Annotated[Share, Field(description="of the axial force")]
    x: Annotated[Quantity, within("1", 0.1, 1), Field(description="P = X F_r + Y F_a")]
    y: Annotated[Quantity, within("1", 0, 4)]


class Knee(Strict):
    """Fields against the magnetisation of a PMSM's magnets: where flux is lost for ever, and what comes near it."""

    field: Annotated[FieldStrength, Field(description="knee of the demagnetisation curve at 20 degC")]
    coefficient: Annotated[Quantity, within("1/K", -0.01, 0), Field(description="of the knee")]
    idle_field: Annotated[FieldStrength, Field(description="without current at 20 degC")]
    remanence_coefficient: Annotated[Quantity, within("1/K", -0.01, 0)]
    limit_field: Annotated[FieldStrength, Field(description="added when -i_d is the current limit")]


class Counting(Strict):
    """Reversals up to this size are noise, no cycles; 0 counts all."""

    junction: Annotated[Quantity, within("K", 0, 20)]
    torque: Torque
    winding: Annotated[Quantity, within("K", 0, 20)]
    coolant: Annotated[Quantity, within("K", 0, 20)]


class Lifetime(Strict):
    """Laws and constants of everything that wears. ``field`` and ``brushes`` are an EESM's, ``knee`` a PMSM's."""

    module: Module
    insulation: Annotated[Arrhenius, Field(description="of the stator winding's hot spot")]
    winding: Swings
    field: Arrhenius | None = None
    brushes: Brushes | None = None
    knee: Knee | None = None
    teeth: Teeth
    drive_end: Annotated[Bearing, Field(description="bearing of the rotor at the pinion")]
    gear: Annotated[Bearing, Field(description="most loaded bearing of the gear")]
    oil: Arrhenius
    seal: Seal
    counting: Counting
