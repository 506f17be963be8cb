"""The day: begun by its first movement, closed by the next UTC day, another segment, or a tick six hours after its end.

Sums of a second that is not complete wait in ``row.part``. A part of the day begins without what waits there and ends
with it, so whatever closes a part early changes nothing in the row and counts nothing twice.
"""

import math
from typing import Any

from twin.estimators import drift, efficiency, health, load_matrix, loss_sd, maxima, readings, soak
from twin.estimators.efficiency import J_PER_WH
from twin.estimators.outputs import DAYS, Outputs
from twin.jit import kernel
from twin.layout import (
    AMBIENT_SENSOR,
    COPPER_J,
    COVERED_S,
    DAY_US,
    DISTANCE_M,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    MISSING_M,
    MISSING_S,
    N_SUMS,
    ROTOR_J,
)

QUARTER_US = 15 * 60 * 1_000_000


@kernel
def nothing_seen(day: Any) -> None:
    """Highest values and least margin of a day that just begins."""
    maxima.clear(day.maxima)
    day.knee_margin_a_m = math.inf


@kernel
def begin(row: Any, day: Any) -> None:
    """Begin a part of the day of the running second, if the vehicle moves and none is open."""
    if day.open == 1 or row.moving == 0:
        return
    number = row.closed_us // DAY_US
    if row.day != number:
        row.day = number
        row.day_parts = 0
    day.open = 1
    day.day = number
    day.part = row.day_parts
    day.segment = row.segment
    day.start_us = row.closed_us
    day.validity = row.thermal_validity
    day.quarter_us = row.closed_us // QUARTER_US * QUARTER_US
    day.driving_s = -row.part[COVERED_S]
    for k in range(N_SUMS):
        day.sums[k] = -row.part[k]
    nothing_seen(day)
    row.day_parts += 1


@kernel
def step(row: Any, day: Any, work: Any) -> None:
    """Highest values of the sample in ``work``; torque and speed on the move, as for a trip."""
    if day.open == 0:
        return
    maxima.sample(row, work, day.maxima)
    if row.moving == 1:
        maxima.load(work, day.maxima)


@kernel
def close_second(par: Any, row: Any, day: Any) -> None:
    """Highest temperatures so far, and hours at temperature."""
    if day.open == 0:
        return
    maxima.close_second(par, row, day.maxima)
    if row.moving == 1:
        day.validity = row.thermal_validity
        if row.reading_age_s[AMBIENT_SENSOR] <= readings.GRACE_S:
            day.air_c_s += row.reading[AMBIENT_SENSOR]
            day.air_s += 1.0
    load_matrix.close_second(row, day)


@kernel
def pass_time(par: Any, row: Any, day: Any, index: int, frame: int, out: Outputs) -> None:
    """After ``row.closed_us`` moved on: the loads of a quarter of an hour that is over, and a day that is over."""
    if day.open == 0:
        return
    quarter_us = row.closed_us // QUARTER_US * QUARTER_US
    if quarter_us != day.quarter_us:
        load_matrix.publish(par, day, index, frame, day.quarter_us + QUARTER_US, out)
        day.quarter_us = quarter_us
    if row.closed_us // DAY_US != day.day:
        close(par, row, day, index, frame, out)


@kernel
def close(par: Any, row: Any, day: Any, index: int, frame: int, out: Outputs) -> None:
    """Put the unit's part out, as a point and as it is, and empty it; nothing where none is open."""
    if day.open == 0:
        return
    load_matrix.publish(par, day, index, frame, row.time_us, out)
    health.step(par, row, day, index, frame, out)
    if row.moving == 1:
        day.driving_s += row.part[COVERED_S]
    for k in range(N_SUMS):
        day.sums[k] += row.part[k]
    point = out.days[out.cursor[DAYS]]
    point.row = index
    _publish(par, row, day, out.loss_sd_j, point)
    drift.publish(par, day, out.fit, point)
    out.day_parts[out.cursor[DAYS]] = day
    out.day_frames[out.cursor[DAYS]] = frame
    out.cursor[DAYS] += 1
    for k in range(len(day.words)):
        day.words[k] = 0


@kernel
def _offset(row: Any, sensor: int) -> tuple[float, float]:
    """Offset [K] as of the last soak that taught it, and its SD; NaN: none has."""
    if row.offset_k2[sensor] == math.inf:
        return math.nan, math.nan
    return float(row.offset_k[sensor]), math.sqrt(row.offset_k2[sensor])


@kernel
def _publish(par: Any, row: Any, day: Any, loss_sd_j: Any, point: Any) -> None:
    sums = day.sums
    point.time_us = day.day * DAY_US + day.part
    point.segment = day.segment
    point.thermal_validity = day.validity
    efficiency.publish(par, row, sums, loss_sd_j, point)
    point.end_us = row.time_us
    maxima.publish(day.maxima, point)
    point.day = day.day
    point.part = day.part
    point.start_us = day.start_us
    point.trips = day.trips
    point.driving_s = day.driving_s
    point.missing_s = sums[MISSING_S]
    if sums[DISTANCE_M] > 0.0:
        point.missing_s = max(sums[MISSING_S], sums[MISSING_M] / sums[DISTANCE_M] * day.driving_s)
    point.coverage = math.nan
    if day.driving_s + point.missing_s > 0.0:
        point.coverage = day.driving_s / (day.driving_s + point.missing_s)
    point.ambient_temp_c = day.air_c_s / day.air_s if day.air_s > 0.0 else math.nan
    point.copper_loss_wh = sums[COPPER_J] / J_PER_WH
    point.iron_loss_wh = sums[IRON_J] / J_PER_WH
    point.rotor_loss_wh = sums[ROTOR_J] / J_PER_WH
    point.inverter_loss_wh = sums[INVERTER_J] / J_PER_WH
    point.gear_loss_wh = sums[GEAR_J] / J_PER_WH
    point.copper_loss_sd_wh = loss_sd_j[loss_sd.COPPER] / J_PER_WH
    point.iron_loss_sd_wh = loss_sd_j[loss_sd.IRON] / J_PER_WH
    point.rotor_loss_sd_wh = loss_sd_j[loss_sd.ROTOR] / J_PER_WH
    point.inverter_loss_sd_wh = loss_sd_j[loss_sd.INVERTER] / J_PER_WH
    point.gear_loss_sd_wh = loss_sd_j[loss_sd.GEAR] / J_PER_WH
    point.winding_offset_k, point.winding_offset_sd_k = _offset(row, 0)
    point.coolant_out_offset_k, point.coolant_out_offset_sd_k = _offset(row, 1)
    point.oil_offset_k, point.oil_offset_sd_k = _offset(row, 2)
    point.coolant_in_offset_k = row.inlet_offset_k
    inlet_known = row.inlet_offset_k == row.inlet_offset_k
    point.coolant_in_offset_sd_k = soak.inlet_sd_k(par, row) if inlet_known else math.nan
