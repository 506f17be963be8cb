"""Air temperature of a region: season, hour and a slow daily anomaly, a pure function of (region, second)."""

import math

import numpy as np

from twin.jit import kernel
from twin.plant.noise import normal

_DAY_S = 86_400


@kernel
def air_temp_c(region_key: np.uint64, time_s: int) -> float:
    """Outside air [degC] of a temperate region at a UTC second."""
    day = time_s // _DAY_S
    hour = (time_s - day * _DAY_S) / 3600.0
    season = 10.0 - 9.0 * math.cos(2.0 * math.pi * (day % 365 - 20) / 365.0)
    share = (time_s - day * _DAY_S) / _DAY_S
    today = normal(region_key, day, 31) + 0.6 * normal(region_key, day - 1, 31)
    tomorrow = normal(region_key, day + 1, 31) + 0.6 * normal(region_key, day, 31)
    return (
        season - 3.5 * math.cos(2.0 * math.pi * (hour - 3.0) / 24.0) + 2.6 * ((1.0 - share) * today + share * tomorrow)
    )
