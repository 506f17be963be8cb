"""What wears in a drive unit."""

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
