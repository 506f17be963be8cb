"""From what the twins say to what the sinks take: names for rows, offsets for frames, alerts as models."""

from collections.abc import Sequence
from math import isnan

import numpy as np

from schemas.alerts import ADVICE, Alert, Transition, UnitAlert
from schemas.results import EduState, EduTrip
from streams.frames import Frame
from streams.results import Output, Points
from streams.units import Fleet
from twin.twin import Results


def add_results(output: Output, fleet: Fleet, results: Results, frames: Sequence[Frame], offset: int) -> set[int]:
    """Append results of one step or tick to the output; the rows that have any.

    ``frames``: of the step, to which the results' frame indices point; ``offset``: of the tick, for index -1.
    """
    rows: set[int] = set()
    if not (len(results.states) or len(results.trips) or len(results.alerts)):
        return rows
    offsets = np.fromiter((frame.record.offset for frame in frames), np.int64, len(frames))
    offsets = np.append(offsets, offset)
    for measurement, model, records, causes in (
        ("edu_state", EduState, results.states, results.state_frames),
        ("edu_trip", EduTrip, results.trips, results.trip_frames),
    ):
        if len(records):
            of = records["row"].tolist()
            rows.update(of)
            units = [fleet.names[row] for row in of]
            output.points.append(
                Points(
                    measurement,
                    model,
                    fleet.maker,
                    fleet.variant,
                    fleet.twin.model_version,
                    units,
                    records,
                    offsets[causes],
                )
            )
    for change in results.alerts:
        rows.add(int(change["row"]))
        output.alerts.append(_alert(fleet, change))
    return rows


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
