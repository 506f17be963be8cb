"""When and where a vehicle drives: customers with their roads and hours. A pure function of (vehicle, day)."""

from typing import Any, NamedTuple

import numpy as np

from twin.plant.layout import TRIP, recarray
from twin.plant.noise import normal, uniform

DAY_S = 86_400
_MONDAY = 4  # day 0 of the UTC epoch was a Thursday
_TRIPS_PER_DAY = 8


class Customer(NamedTuple):
    """How a vehicle is used. ``minutes``: shortest usual trip and how much longer it may be."""

    city_share: float
    motorway_share: float
    hills: float
    stops: float
    minutes: tuple[float, float]
    hours: tuple[float, ...]
    weekend: float  # chance of an outing on a day off
    boldness_m_s2: float  # added to the driver's own


CUSTOMERS = {
    "commute": Customer(0.45, 0.25, 1.0, 0.45, (18.0, 30.0), (6.9, 16.6), 0.75, 0.0),
    "motorway": Customer(0.10, 0.75, 0.8, 0.30, (35.0, 50.0), (6.5, 17.2), 0.85, 0.2),
    "mountain": Customer(0.15, 0.05, 3.2, 0.20, (25.0, 35.0), (8.0, 17.0), 0.85, 0.1),
    "city": Customer(0.95, 0.0, 0.5, 0.70, (14.0, 22.0), (7.5, 12.5, 18.0), 0.6, 0.1),
    "delivery": Customer(0.85, 0.05, 0.7, 0.85, (50.0, 40.0), (7.0, 10.5, 14.0), 0.2, 0.3),
}
"""Own synthetic customers of physics 9.1."""


def trips_of_day(key: np.uint64, day: int, customer: Customer, cycle_s: int = 0) -> list[Any]:
    """Trips (TRIP records, in order, not overlapping) of the vehicle with this key on a UTC day since 1970.

    With ``cycle_s`` every trip is one run of a driving cycle of that length.
    """
    if (day - _MONDAY) % 7 < 5:
        hours = customer.hours
        return [_usual(key, day, number, hour, customer, cycle_s) for number, hour in enumerate(hours)]
    if uniform(key, day, 41) < customer.weekend:
        return [_outing(key, day, customer, cycle_s)]
    return []


def charging_hours(key: np.uint64, day: int) -> tuple[int, int]:
    """First and last second (UTC) of charging in the evening of a day; both 0 when the cable stays away."""
    if uniform(key, day, 61) < 0.45:
        return 0, 0
    start_s = day * DAY_S + int(3600.0 * (20.5 + 1.0 * uniform(key, day, 62)))
    return start_s, start_s + int(3600.0 * (0.7 + 1.3 * uniform(key, day, 63)))


def _usual(key: np.uint64, day: int, number: int, hour: float, customer: Customer, cycle_s: int) -> Any:
    """Much the same way every day: length and road belong to the vehicle, the day adds traffic."""
    shortest, more = customer.minutes
    usual_s = 60.0 * (shortest + more * uniform(key, 0, 42))
    start_hour = hour + 0.8 * uniform(key, 0, 43) + 0.1 * _limited(normal(key, day, 44 + number))
    duration_s = usual_s * (1.0 + 0.08 * abs(_limited(normal(key, day, 52 + number))))
    city = min(1.0, customer.city_share * (0.8 + 0.4 * uniform(key, 0, 48)))
    motorway = min(1.0 - city, customer.motorway_share * (0.8 + 0.4 * uniform(key, 0, 49)))
    return _trip(day, number, start_hour, cycle_s or duration_s, city, motorway, customer)


def _outing(key: np.uint64, day: int, customer: Customer, cycle_s: int) -> Any:
    start_hour = 9.0 + 5.0 * uniform(key, day, 50)
    duration_s = 60.0 * (35.0 + 80.0 * uniform(key, day, 51))
    return _trip(day, 7, start_hour, cycle_s or duration_s, 0.2, 0.5, customer)


def _limited(draw: float) -> float:
    return max(-2.0, min(2.0, draw))


def _trip(day: int, number: int, hour: float, duration_s: float, city: float, motorway: float, who: Customer) -> Any:
    trip = recarray(TRIP)
    start_s = day * DAY_S + int(3600.0 * hour)
    boot = day * _TRIPS_PER_DAY + number
    trip[0] = (start_s, start_s + int(duration_s), boot, motorway, city, who.hills, who.stops)
    return trip[0]
