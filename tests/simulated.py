"""Units of the simulated fleet through a twin, and the simulator's truth beside the results."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import drives
from twin.layout import SAMPLE
from twin.plant.layout import NODES
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit
from twin.twin import Results, Twin

WINTER, SUMMER = 20_454, 20_640
"""UTC days since 1970: 2026-01-01 and 2026-07-06."""
TRUTH_OF_NODE = {
    "end_winding": "end_winding",
    "slot_winding": "slot_winding",
    "teeth": "teeth",
    "yoke": "yoke",
    "rotor": "rotor_conductor",
    "oil": "oil",
    "housing": "housing",
    "coolant_out": "jacket_channel",
}
"""Node of the twin -> node of the simulator; the rotor is judged by its magnets or field winding."""


def week(name: str, number: int, first_day: int, days: int) -> tuple[NDArray[Any], Any]:
    """(n,) SAMPLE and (n,) TRUTH at 1 Hz of all trips of the days."""
    return drives_of(SimulatedUnit(machine(name), 1, number, first_day * DAY_S), first_day, days)


def drives_of(unit: SimulatedUnit, first_day: int, days: int) -> tuple[NDArray[Any], Any]:
    """(n,) SAMPLE and (n,) TRUTH at 1 Hz of all trips of the days of one unit."""
    parts = list(unit.drives(first_day, days))
    samples = np.ascontiguousarray(np.concatenate([part.samples for part in parts]))
    return samples.view(SAMPLE).reshape(len(samples)), np.concatenate([part.truth for part in parts])


def estimate(twin: Twin, samples: NDArray[Any], truth: Any) -> tuple[Results, NDArray[Any]]:
    """Results of the drives, and the trips the last of which a tick closes."""
    return driven(twin, samples, truth)[:2]


def driven(twin: Twin, samples: NDArray[Any], truth: Any) -> tuple[Results, NDArray[Any], Any]:
    """``estimate``, and the unit's ROW after it."""
    rows = twin.new_rows()
    rows.add()
    times_us = truth["time_s"] * drives.SECOND_US
    results = twin.step(rows, drives.frames(len(samples)), times_us, samples)
    late = twin.tick(rows, int(times_us[-1]) + 3_600 * drives.SECOND_US)
    return results, np.concatenate([results.trips, late.trips]), rows.records[0]


def true_temps_c(truth: Any, node: str, times_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """True temperature of a node of the twin at the times."""
    column = truth["temps_c"][:, NODES.index(TRUTH_OF_NODE[node])]
    return np.interp(times_us / drives.SECOND_US, truth["time_s"], column)


def true_loss_w(truth: Any, part: str, ends_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean true loss of a part of the losses over the minute before each of the times."""
    ends = np.searchsorted(truth["time_s"], ends_us // drives.SECOND_US)
    lost_j = np.concatenate([[0.0], np.cumsum(truth[f"{part}_loss_w"])])
    mean_w: NDArray[np.float64] = (lost_j[ends] - lost_j[np.maximum(ends - 60, 0)]) / 60.0
    return mean_w
