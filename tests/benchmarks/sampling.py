"""Means told from point samples: even-numbered recorded trips of an i3, and simulated units of every variant.

``flagged``: share of units, or of state points of the recorded car, that were ever taken for averaged; ``hours``: of
driving until they were.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import drives, road, sampled
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from tests.data import reference_data
from twin.plant.machines import names
from twin.twin import Twin
from twin.variants import load

SEED = 4_711
"""Of the units that judge."""
CUSTOMERS = ("commute", "motorway", "mountain", "city", "delivery")
DAYS, UNITS, SHORT_UNITS = 6, 5, 1
HOUR_OF_NOBODY = 99.0


def recorded() -> list[Row]:
    """The recorded car, its 10 Hz sent as points or means of 1, 2, 5 and 10 samples."""
    trips = [trip.samples for trip in road.trips(reference_data("bmw-i3-trips")) if not trip.odd]
    twin, rows = Twin(load("bmw-i3")), []

    def hours(cut: Callable[..., NDArray[Any]], step: int) -> float:
        sent = [cut(trip, step, number % step) for number, trip in enumerate(trips)]
        return min(sampled.verdicts(twin, sent, step * 100_000)[1], HOUR_OF_NOBODY)

    for step in (1, 2, 5, 10):
        rows.append(
            at_least(f"sampling.i3.point_{step / 10:g}s.hours", hours(sampled.every, step), "h", HOUR_OF_NOBODY)
        )
    for step, most_h in ((5, 1.5), (10, 2.5)):
        rows.append(at_most(f"sampling.i3.mean_{step / 10:g}s.hours", hours(sampled.means, step), "h", most_h))
    unseen_h = hours(sampled.means, 2)
    rows.append(Row("sampling.i3.mean_0.2s.hours", unseen_h, "h", None, "torque hardly changes in 0.2 s: not seen"))
    return rows


def simulated(units: int) -> list[Row]:
    """Units of every variant at 1 Hz: points, and means of 10 Hz whose windows begin anywhere in the second."""
    flagged, hours = [], []
    for name in names():
        progress(f"sampling, {name}")
        twin = Twin(load(name))
        for number in range(units):
            customer = CUSTOMERS[number % len(CUSTOMERS)]
            fine = sampled.simulated(name, SEED, number, customer, DAYS, 10)
            points = sampled.simulated(name, SEED, number, customer, DAYS, 1)
            sent = [sampled.means(drive, 10, 3 * trip % 10) for trip, drive in enumerate(fine)]
            flagged.append(np.isfinite(sampled.verdicts(twin, points, drives.SECOND_US)[1]))
            hours.append(sampled.verdicts(twin, sent, drives.SECOND_US)[1])
    found = np.isfinite(hours)
    return [
        at_most("sampling.plant.point_1s.flagged", float(np.mean(flagged)), "1", 0.0),
        at_least("sampling.plant.mean_1s.flagged", float(np.mean(found)), "1", 0.9),
        at_most("sampling.plant.mean_1s.hours_p50", float(np.median(hours)), "h", 3.0),
    ]


if __name__ == "__main__":
    run("sampling", lambda: recorded() + simulated(SHORT_UNITS if "--short" in sys.argv else UNITS))
