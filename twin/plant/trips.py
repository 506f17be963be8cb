"""When a unit drives: commutes on weekdays, an outing on most weekend days. A pure function of (unit, day)."""

from typing import Any

import numpy as np

from twin.plant.layout import TRIP, recarray
from twin.plant.noise import normal, uniform

DAY_S = 86_400
_MONDAY = 4  # day 0 of the UTC epoch was a Thursday
_TRIPS_PER_DAY = 4


def trips_of_day(key: np.uint64, day: int) -> list[Any]:
    """Trips (TRIP records, in order, not overlapping) of the unit with this key on a UTC day since 1970."""
    if (day - _MONDAY) % 7 < 5:
        return [_commute(key, day, 0, 6.9), _commute(key, day, 1, 16.6)]
    if uniform(key, day, 41) < 0.75:
        return [_outing(key, day)]
    return []


def _commute(key: np.uint64, day: int, number: int, hour: float) -> Any:
    """Much the same way every day: length and road belong to the unit, the day adds traffic."""
    usual_s = 60.0 * (18.0 + 30.0 * uniform(key, 0, 42))
    start_hour = hour + 1.2 * uniform(key, 0, 43) + 0.15 * normal(key, day, 44 + number)
    duration_s = usual_s * (1.0 + 0.08 * abs(normal(key, day, 46 + number)))
    city = 0.35 + 0.35 * uniform(key, 0, 48)
    return _trip(day, number, start_hour, duration_s, city, 0.35 * (1.0 - city))


def _outing(key: np.uint64, day: int) -> Any:
    start_hour = 9.0 + 5.0 * uniform(key, day, 49)
    return _trip(day, 2, start_hour, 60.0 * (35.0 + 80.0 * uniform(key, day, 50)), 0.2, 0.5)


def _trip(day: int, number: int, start_hour: float, duration_s: float, city: float, motorway: float) -> Any:
    trip = recarray(TRIP)
    start_s = day * DAY_S + int(3600.0 * start_hour)
    trip[0] = (start_s, start_s + int(duration_s), day * _TRIPS_PER_DAY + number, motorway, city)
    return trip[0]
