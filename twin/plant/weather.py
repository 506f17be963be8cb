"""Air temperature of a region: season, hour and an autocorrelated daily anomaly, a pure function of (region, time)."""

import math

import numpy as np

from twin.jit import kernel
from twin.plant.layout import Record
from twin.plant.noise import normal

_DAY_S = 86_400
MEMORY_DAYS = 14
PERSISTENCE = 0.72
"""Correlation of the anomaly from day to day."""


@kernel
def anomaly(key: np.uint64, day: int, persistence: float) -> float:
    """State of a day, SD 1: a first-order autoregression cut off after two weeks, so that any day stands alone."""
    total = 0.0
    for back in range(MEMORY_DAYS, -1, -1):
        total = persistence * total + normal(key, day - back, 31)
    return total * math.sqrt(1.0 - persistence * persistence)


@kernel
def air_temp_c(climate: Record, region_key: np.uint64, time_s: int) -> float:
    """Outside air [degC] of a region at a UTC second."""
    day = time_s // _DAY_S
    share = (time_s - day * _DAY_S) / _DAY_S
    season: float = climate.mean_temp_c - climate.season_k * math.cos(2.0 * math.pi * (day % 365 - 20) / 365.0)
    today, tomorrow = anomaly(region_key, day, PERSISTENCE), anomaly(region_key, day + 1, PERSISTENCE)
    weather = (1.0 - share) * today + share * tomorrow
    hour_k: float = climate.day_k * math.cos(2.0 * math.pi * (share - 0.125))
    weather_k: float = climate.weather_k * weather
    return season - hour_k + weather_k
