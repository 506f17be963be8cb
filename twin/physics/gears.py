"""Gear teeth: pitting and bending by revolutions at torque, on both flanks (physics 5.4)."""

import math
from typing import Any

from twin.jit import kernel

PITTING_CYCLES, PITTING_SLOPE = 5e7, 6.61
BENDING_CYCLES, BENDING_SLOPE = 3e6, 8.74
"""Case-hardened steel by ISO 6336: load cycles at the lasting torque, and slope of life over torque."""
DRIVING, BRAKING = 0, 1


@kernel
def tooth_damage(torque_nm: float, load_cycles: float, lasting_torque_nm: float, cycles: float, slope: float) -> float:
    """Share of a tooth's life; the line goes on below the lasting torque (Miner elementary), so damage scales."""
    return abs(load_cycles) / cycles * math.pow(abs(torque_nm) / lasting_torque_nm, slope)


@kernel
def add_revolutions(
    pitting: Any, bending: Any, torque_nm: float, load_cycles: float, pitting_torque_nm: float, bending_torque_nm: float
) -> None:
    """Add to the two flanks (arrays of DRIVING, BRAKING): the sign of the torque says which one bears it.

    Torque and load cycles are the gear's own: pinion revolutions are wheel revolutions times the ratio, and a planet
    bends twice a turn.
    """
    flank = DRIVING if torque_nm >= 0.0 else BRAKING
    pitting[flank] += tooth_damage(torque_nm, load_cycles, pitting_torque_nm, PITTING_CYCLES, PITTING_SLOPE)
    bending[flank] += tooth_damage(torque_nm, load_cycles, bending_torque_nm, BENDING_CYCLES, BENDING_SLOPE)
