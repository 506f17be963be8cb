"""Places in the arrays of damage: components, ageing by temperature, bearings, counted quantities."""

from schemas.components import Component

COMPONENTS = tuple(component.name.lower() for component in Component)
N_COMPONENTS = len(COMPONENTS)
(
    BOND_WIRES,
    SOLDER,
    INSULATION,
    WINDING,
    FIELD_WINDING,
    BRUSHES,
    DRIVE_END_BEARING,
    GEAR_BEARING,
    PITTING_DRIVING,
    PITTING_BRAKING,
    BENDING_DRIVING,
    BENDING_BRAKING,
    OIL_AGE,
    SEAL,
    MAGNETS,
) = range(N_COMPONENTS)
N_SUMMED = MAGNETS
"""Components with a damage sum; magnets have a margin instead."""

LAW_SD_LN = (0.85, 0.85, 0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.6, 0.6)
"""SD of the logarithm of life by the law alone, of each summed component (physics 5.5; brushes (T))."""

BY_HEAT = (INSULATION, FIELD_WINDING, OIL_AGE, SEAL)
"""What ages by Arrhenius, in the order of ``arrhenius_*``."""
N_BY_HEAT = len(BY_HEAT)
BEARINGS = (DRIVE_END_BEARING, GEAR_BEARING)

COUNTED = ("junction", "torque", "winding", "coolant")
"""Quantities whose cycles are counted, each with a residue in the row."""
JUNCTION, TORQUE, WINDING_TEMP, COOLANT_TEMP = range(len(COUNTED))
FAST_SLOTS, SLOW_SLOTS = 64, 32
