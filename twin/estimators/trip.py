"""Trips: driving between two stops longer than five minutes, summed over exactly its samples.

What happens after a movement waits in ``row.stop``: it belongs to the trip only if the vehicle moves again in time.
"""

import math
from typing import Any

from twin.estimators import efficiency, health, load_matrix, rotor
from twin.estimators.outputs import TRIPS, Outputs
from twin.jit import kernel
from twin.layout import COVERED_S, DISTANCE_M, END_WINDING, N_MAXIMA, N_SECOND, N_SUMS, OIL

MOVING_RPM = 30.0
"""Motor speed that counts as movement: 0.1 m/s at the wheel, above the noise of a resting resolver."""
STOP_US = 5 * 60 * 1_000_000


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
    for k in range(N_MAXIMA):
        row.trip_maxima[k] = max(row.trip_maxima[k], row.stop_maxima[k])
        row.stop_maxima[k] = -math.inf


@kernel
def _open(row: Any, time_us: int) -> None:
    row.trip_open = 1
    row.trip_start_us = time_us
    row.trip_segment = row.segment
    row.trip_validity = row.thermal_validity
    for k in range(N_SUMS):
        row.trip[k] = 0.0
        row.stop[k] = 0.0
    for k in range(N_MAXIMA):
        row.trip_maxima[k] = -math.inf
        row.stop_maxima[k] = -math.inf


@kernel
def step(row: Any, day: Any, work: Any, time_us: int) -> bool:
    """Note whether the sample in ``work`` moves; to be called before its sums are added. True: a trip begins."""
    moving = 1 if work.speed_rpm > MOVING_RPM else 0
    if moving != row.moving:
        flush(row, day)
        row.moving = moving
    maxima = row.trip_maxima if moving == 1 else row.stop_maxima
    if work.switch_peak_c == work.switch_peak_c:
        maxima[5] = max(maxima[5], work.switch_peak_c)
        maxima[6] = max(maxima[6], work.diode_peak_c)
    if moving == 0:
        return False
    begins = row.trip_open == 0
    if begins:
        _open(row, time_us)
    elif row.last_moved_us != row.time_us:
        _join_stop(row)
    row.last_moved_us = time_us
    row.trip_maxima[3] = max(row.trip_maxima[3], work.torque_nm)
    row.trip_maxima[4] = max(row.trip_maxima[4], work.speed_rpm)
    return bool(begins)


@kernel
def close_second(row: Any) -> None:
    """Highest temperatures so far, of the trip or of the stop that may become part of it."""
    maxima = row.trip_maxima if row.moving == 1 else row.stop_maxima
    maxima[0] = max(maxima[0], row.temp_c[END_WINDING])
    maxima[1] = max(maxima[1], rotor.temp_c(row))
    maxima[2] = max(maxima[2], row.temp_c[OIL])
    if row.moving == 1:
        row.trip_validity = row.thermal_validity


@kernel
def _known(value: float) -> float:
    return value if value > -math.inf else math.nan


@kernel
def publish_maxima(maxima: Any, point: Any) -> None:
    """Write what was highest into a trip or day; NaN where nothing was seen."""
    point.max_end_winding_temp_c = _known(maxima[0])
    point.max_rotor_temp_c = _known(maxima[1])
    point.max_oil_temp_c = _known(maxima[2])
    point.max_torque_nm = _known(maxima[3])
    point.max_motor_speed_rpm = _known(maxima[4])
    point.max_switch_temp_c = _known(maxima[5])
    point.max_diode_temp_c = _known(maxima[6])


@kernel
def close(par: Any, row: Any, day: Any, index: int, frame: int, out: Outputs) -> None:
    """Emit the open trip. It is complete: the last movement is more than STOP_US ago, whoever noticed it."""
    load_matrix.publish(par, day, index, frame, row.time_us, out)
    health.step(par, row, day, index, frame, out)
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
    efficiency.publish(par, sums, trip)
    trip.end_us = row.last_moved_us
    publish_maxima(row.trip_maxima, trip)
    row.trip_open = 0
    row.moving = 0
    for k in range(N_SUMS):
        row.trip[k] = 0.0
