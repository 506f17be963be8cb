"""Whether a recording's rows are close enough for the twin: it takes a longer interval for a gap and says nothing."""

import numpy as np
from numpy.typing import NDArray

from schemas.variant.sensors import LONGEST_HOLD_S
from twin.variants import Variant

MOST_GAPS = 0.1
"""Of the rows of a recording may be further from the one before than the twin bridges: pauses, not the pace."""


def check_pace(name: str, times_us: NDArray[np.int64], variant: Variant) -> None:
    """ValueError, with what to do, where most of a recording's rows (n,) [us] are too far apart for the variant."""
    hold_s = variant.file.telemetry.hold_limit.value
    apart_s = np.diff(times_us) / 1e6
    gaps_s = apart_s[apart_s > hold_s]
    if len(gaps_s) <= MOST_GAPS * len(apart_s):
        return
    typical_s = float(np.median(gaps_s))
    advice = f"resample it to {hold_s:g} s or less"
    if typical_s <= LONGEST_HOLD_S:
        advice += f", or fit a variant of your own that extends {variant.name} with a longer telemetry.hold_limit"
    raise ValueError(
        f"{name}: rows are {typical_s:g} s apart, hold_limit is {hold_s:g} s: the twin would take "
        f"each interval for a gap; {advice}"
    )
