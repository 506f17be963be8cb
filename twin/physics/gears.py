"""Gear teeth: pitting and bending by revolutions at torque, on both flanks (physics 5.4)."""

import math

import numpy as np

from twin.jit import kernel

PITTING_CYCLES, PITTING_SLOPE = 5e7, 6.61
BENDING_CYCLES, BENDING_SLOPE = 3e6, 8.74
"""Case-hardened steel by ISO 6336: load cycles at the lasting torque, and slope of life over torque."""
ROLLER_SLOPE = 10.0 / 3.0

POINTS = 128
_SHARES = np.arange(2 * POINTS + 1) / POINTS
_PITTING = _SHARES ** (PITTING_SLOPE - 6.0)
_BENDING = _SHARES ** (BENDING_SLOPE - 8.0)
_ROLLER = _SHARES ** (ROLLER_SLOPE - 3.0)
"""The broken part of each power, which is nearly straight: with whole powers beside it no sample needs ``pow``."""


@kernel
def tooth_damage(torque_nm: float, load_cycles: float, lasting_torque_nm: float, cycles: float, slope: float) -> float:
    """Share of a tooth's life; the line goes on below the lasting torque (Miner elementary), so damage scales."""
    return abs(load_cycles) / cycles * math.pow(abs(torque_nm) / lasting_torque_nm, slope)


@kernel
def load_powers(share: float) -> tuple[float, float, float, float]:
    """A torque share >= 0 to the powers of pitting, bending, ball and roller bearings; within 1e-3 above 0.05."""
    at = share * POINTS
    low = min(int(at), 2 * POINTS - 1)
    part = at - low
    pitting = _PITTING[low] + part * (_PITTING[low + 1] - _PITTING[low])
    bending = _BENDING[low] + part * (_BENDING[low + 1] - _BENDING[low])
    roller = _ROLLER[low] + part * (_ROLLER[low + 1] - _ROLLER[low])
    cube = share * share * share
    sixth = cube * cube
    return sixth * pitting, sixth * share * share * bending, cube, cube * roller
