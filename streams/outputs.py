"""From what the twins say to what the sinks take: names for rows, offsets for frames, alerts as models."""

from collections.abc import Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.alerts import ADVICE, Alert, Transition, UnitAlert
from schemas.loads import Load
from schemas.results import MEASUREMENT, Told
from streams.frames import Frame
from streams.results import DayParts, Output, Points
from streams.units import Fleet
from twin.twin import Results


def add_results(output: Output, fleet: Fleet, results: Results, frames: Sequence[Frame], offset: int) -> set[int]:
    """Append results of one step or tick to the output; the rows that have any.

    ``frames``: of the step, to which the results' frame indices point; ``offset``: of the tick, for index -1.
    """
    brought = (results.states, results.trips, results.alerts, results.days, results.loads, results.healths)
    if not any(map(len, brought)):
        return set()
    offsets = np.fromiter((frame.record.offset for frame in frames), np.int64, len(frames))
    offsets = np.append(offsets, offset)
    for measurement, records, causes in (
        ("edu_state", results.states, results.state_frames),
        ("edu_trip", results.trips, results.trip_frames),
        ("edu_health", results.healths, results.health_frames),
        ("edu_day", results.days, results.day_frames),
    ):
        if len(records):
            output.points.append(_points(fleet, measurement, MEASUREMENT[measurement], records, offsets[causes]))
    if len(results.days):
        output.daily.append(DayParts(output.points[-1], results.day_parts))
    if len(results.loads):
        output.loads.append(_points(fleet, "loads", Load, results.loads, offsets[results.load_frames]))
    for change in results.alerts:
        output.alerts.append(alert := _alert(fleet, change))
        if alert.transition is Transition.OPENED:
            output.daily.append(alert)  # to the fleet a sign of failure
    return {row for records in brought for row in records["row"].tolist()}


def _points(fleet: Fleet, series: str, model: type[Told], records: NDArray[Any], offsets: NDArray[np.int64]) -> Points:
    units = [fleet.names[row] for row in records["row"].tolist()]
    return Points(series, model, fleet.maker, fleet.variant, fleet.twin.model_version, units, records, offsets)


def _alert(fleet: Fleet, change: np.void) -> Alert:
    alert = UnitAlert(int(change["alert"]))
    unit = fleet.names[int(change["row"])]
    transition = Transition.OPENED if change["opened"] else Transition.RESOLVED
    time_us = int(change["time_us"])
    name = str(alert.name).lower()
    unit_of_value, check = ADVICE[alert]
    return Alert(
        id=f"{unit}/{name}/{time_us}/{transition}",
        unit=unit,
        variant=fleet.variant,
        maker=fleet.maker,
        alert=name,
        transition=transition,
        time_us=time_us,
        value=_known(change["value"]),
        limit=_known(change["limit"]),
        unit_of_value=unit_of_value,
        check=check,
        model_version=fleet.twin.model_version,
    )


def _known(value: float) -> float | None:
    return None if isnan(value) else float(value)
