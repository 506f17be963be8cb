"""What sampling does to counted damage: point samples miss peaks, averaged samples lose them for good (physics 5.1)."""

import math

from twin.jit import kernel

INTERVALS_S = (0.01, 0.1, 0.5, 1.0, 5.0)
FACTORS = (1.0, 1.005, 1.02, 1.06, 1.4)
"""True over counted junction damage of point samples at these intervals; half of the excess is its uncertainty."""


@kernel
def damage_correction(interval_s: float, averaged: bool) -> tuple[float, float]:
    """Factor on counted damage and its SD; both NaN where nothing repairs it: averaged, or slower than 0.2 Hz."""
    if averaged or not 0.0 < interval_s <= INTERVALS_S[-1]:
        return math.nan, math.nan
    factor = FACTORS[0]
    for k in range(1, len(INTERVALS_S)):
        if interval_s > INTERVALS_S[k - 1]:
            part = min(math.log(interval_s / INTERVALS_S[k - 1]) / math.log(INTERVALS_S[k] / INTERVALS_S[k - 1]), 1.0)
            factor = FACTORS[k - 1] + part * (FACTORS[k] - FACTORS[k - 1])
    return factor, 0.5 * (factor - 1.0)
