"""Trips: driving between two stops longer than five minutes, summed over exactly its samples.

What happens after a movement waits in ``row.stop``: it belongs to the trip only if the vehicle moves again in time.
"""

import math
from typing import Any

from twin.estimators import efficiency, health, lasting, load_matrix, maxima
from twin.estimators.outputs import TRIPS, Outputs
from twin.jit import kernel
from twin.layout import COVERED_S, DISTANCE_M, N_SECOND, N_SUMS, RESETS

MOVING_RPM = 30.0
"""Motor speed that counts as movement: 0.1 m/s at the wheel, above the noise of a resting resolver."""
STOP_US = 5 * 60 * 1_000_000


@kernel
def _drop(row: Any) -> None:
    """What is not finite is not shared out: a second is lost and counted, not the trip and the day."""
    total = 0.0
    for k in range(N_SUMS):
        total += row.part[k]
    if math.isfinite(total):
        return
    for k in range(N_SUMS):
        if not math.isfinite(row.part[k]):
            row.part[k] = 0.0
    row.part[RESETS] += 1.0
    row.resets += 1


@kernel
def flush_day(row: Any, day: Any) -> None:
    """The day's share, while one is open."""
    if day.open == 1:
        if row.moving == 1:
            day.driving_s += row.part[COVERED_S]
        for k in range(N_SUMS):
            day.sums[k] += row.part[k]


@kernel
def flush(row: Any, day: Any) -> None:
    """Share out what was summed since the last completed second or change of movement."""
    _drop(row)
    flush_day(row, day)
    row.odometer_m += row.part[DISTANCE_M]
    for k in range(N_SUMS):
        value = row.part[k]
        row.part[k] = 0.0
        if k < N_SECOND:
            row.second[k] += value
        row.interval[k] += value
        if row.moving == 1:
            row.trip[k] += value
        else:
            row.stop[k] += value


@kernel
def _join_stop(row: Any) -> None:
    """The vehicle moves again in time: the stop was part of the trip."""
    for k in range(N_SUMS):
        row.trip[k] += row.stop[k]
        row.stop[k] = 0.0
    maxima.join(row.trip_maxima, row.stop_maxima)


@kernel
def _open(row: Any, time_us: int) -> None:
    row.trip_open = 1
    row.trip_start_us = time_us
    row.trip_segment = row.segment
    row.trip_validity = row.thermal_validity
    for k in range(N_SUMS):
        row.trip[k] = 0.0
        row.stop[k] = 0.0
    maxima.clear(row.trip_maxima)
    maxima.clear(row.stop_maxima)


@kernel
def step(row: Any, day: Any, work: Any, time_us: int) -> bool:
    """Note whether the sample in ``work`` moves; to be called before its sums are added. True: a trip begins."""
    moving = 1 if work.speed_rpm > MOVING_RPM else 0
    if moving != row.moving:
        flush(row, day)
        row.moving = moving
    maxima.sample(row, work, row.trip_maxima if moving == 1 else row.stop_maxima)
    if moving == 0:
        return False
    begins = row.trip_open == 0
    if begins:
        _open(row, time_us)
    elif row.last_moved_us != row.time_us:
        _join_stop(row)
    row.last_moved_us = time_us
    maxima.load(work, row.trip_maxima)
    return bool(begins)


@kernel
def stand(row: Any, day: Any) -> None:
    """Note that the unit stands by a sample without torque."""
    if row.moving == 1:
        flush(row, day)
        row.moving = 0


@kernel
def go_on(row: Any, day: Any, time_us: int) -> None:
    """Note that the unit of an open trip moves by a sample without torque."""
    if row.moving == 0:
        flush(row, day)
        row.moving = 1
        _join_stop(row)
    row.last_moved_us = time_us


@kernel
def close_second(par: Any, row: Any) -> None:
    """Highest temperatures so far, of the trip or of the stop that may become part of it."""
    maxima.close_second(par, row, row.trip_maxima if row.moving == 1 else row.stop_maxima)
    if row.moving == 1:
        row.trip_validity = row.thermal_validity


@kernel
def close(par: Any, row: Any, day: Any, index: int, frame: int, out: Outputs) -> None:
    """Emit the open trip. It is complete: the last movement is more than STOP_US ago, whoever noticed it."""
    load_matrix.publish(par, day, index, frame, row.time_us, out)
    health.step(par, row, day, index, frame, out)
    lasting.close_trip(par, row)
    sums = row.trip
    if row.moving == 1:  # samples of a second that never completed
        for k in range(N_SUMS):
            sums[k] += row.part[k]
    trip = out.trips[out.cursor[TRIPS]]
    out.trip_frames[out.cursor[TRIPS]] = frame
    out.cursor[TRIPS] += 1
    trip.row = index
    trip.time_us = row.trip_start_us
    trip.segment = row.trip_segment
    trip.thermal_validity = row.trip_validity
    efficiency.publish(par, row, sums, out.loss_sd_j, trip)
    trip.end_us = row.last_moved_us
    maxima.publish(row.trip_maxima, trip)
    row.trip_open = 0
    row.moving = 0  # the sums stay until the next trip: what this unit's load is like
