"""Delay line that aligns the DC power with a torque that is reported late. It lives in the row."""

import math
from typing import Any

from twin.jit import kernel
from twin.layout import DELAY_SLOTS


@kernel
def step(par: Any, row: Any, time_us: int, power_w: float) -> float:
    """DC power [W] at the time the torque of this sample belongs to, linear between samples; NaN where unknown.

    Samples closer than an eighth of the delay are not stored, so the slots reach back far enough at any rate.
    """
    delay_us = par.torque_delay_us
    if delay_us == 0:
        return power_w
    wanted_us = time_us - delay_us
    later_us, later_w = time_us, power_w
    aligned_w = math.nan
    for back in range(row.delay_used):
        slot = (row.delay_newest - back) % DELAY_SLOTS
        earlier_us, earlier_w = row.delay_time_us[slot], row.delay_power_w[slot]
        if earlier_us <= wanted_us:
            if later_us - earlier_us <= par.hold_limit_us:
                aligned_w = earlier_w
                if earlier_us < wanted_us:
                    aligned_w += (later_w - earlier_w) * ((wanted_us - earlier_us) / (later_us - earlier_us))
            break
        later_us, later_w = earlier_us, earlier_w
    newest = row.delay_newest
    if row.delay_used == 0 or time_us - row.delay_time_us[newest] >= delay_us // 8:
        newest = (newest + 1) % DELAY_SLOTS
        row.delay_time_us[newest] = time_us
        row.delay_power_w[newest] = power_w
        row.delay_newest = newest
        row.delay_used = min(row.delay_used + 1, DELAY_SLOTS)
    return aligned_w
