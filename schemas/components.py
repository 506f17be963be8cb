"""What wears in a drive unit, and by which law."""

from enum import IntEnum


class Component(IntEnum):
    """A component or one way of it to wear; the lower-case name is the tag of ``edu_health``."""

    BOND_WIRES = 0
    SOLDER = 1
    INSULATION = 2
    WINDING = 3
    FIELD_WINDING = 4
    BRUSHES = 5
    DRIVE_END_BEARING = 6
    GEAR_BEARING = 7
    PITTING_DRIVING = 8
    PITTING_BRAKING = 9
    BENDING_DRIVING = 10
    BENDING_BRAKING = 11
    OIL = 12
    SEAL = 13
    MAGNETS = 14


class Ageing(IntEnum):
    """What a remaining life is told of: a component by its damage, or what an indicator shows; the lower-case name is
    the tag of ``edu_life``. The first are those of Component.
    """

    BOND_WIRES = 0
    SOLDER = 1
    INSULATION = 2
    WINDING = 3
    FIELD_WINDING = 4
    BRUSHES = 5
    DRIVE_END_BEARING = 6
    GEAR_BEARING = 7
    PITTING_DRIVING = 8
    PITTING_BRAKING = 9
    BENDING_DRIVING = 10
    BENDING_BRAKING = 11
    OIL = 12
    SEAL = 13
    MAGNETS = 14
    COOLING = 15
    MODULE = 16
    MODULE_LEG = 17
    EFFICIENCY = 18


class LifeSource(IntEnum):
    """What a remaining life is worked out from."""

    USAGE = 0
    INDICATOR = 1


class Law(IntEnum):
    """What a damage is worked out by; the first three are choices of a variant."""

    AN21 = 0
    CIPS08 = 1
    LESIT = 2
    ARRHENIUS = 3
    COFFIN = 4
    SLIDING = 5
    ISO_281 = 6
    ISO_6336 = 7
    KNEE = 8
