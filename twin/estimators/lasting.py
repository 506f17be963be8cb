"""What must last before anyone is told of it: values that cannot be, and residuals of the physics (physics 7.1).

A condition counts in a trip once it was there for a minute more than it was not; a residual has to in some trips in a
row. All is well again after as many trips that each end with a minute below a share of the limit: neither a hill nor a
bad contact makes an alert flap. Event time on the move, so a parked unit changes nothing.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import soak
from twin.jit import kernel
from twin.layout import (
    COOLANT_IN_ERROR,
    COOLANT_IN_SENSOR,
    COOLANT_OUT,
    COOLANT_OUT_SENSOR,
    END_WINDING,
    IMPLAUSIBLE,
    LASTING_BALANCE,
    LASTING_COOLANT,
    LASTING_IMPLAUSIBLE,
    LASTING_LEGS,
    N_CORRECTING,
    N_LASTING,
    N_WATCHED,
    OIL,
    SENSOR_ERROR,
)

RISE_SHARE_SD = 0.5
"""Of the coolant's rise in the unit: flow and loss may both be wrong."""
SETTLED_S = 1_800.0
"""After a start that was no rest the reference network needs so long to forget what it assumed."""
MOST_TRIPS = 100
_NODES = (END_WINDING, COOLANT_OUT, OIL)


@kernel
def restart(row: Any) -> None:
    """Another identity: what lasted so far is another unit's."""
    for k in range(N_LASTING):
        row.over_s[k] = row.fine_s[k] = row.trips_in_row[k] = 0
    forget(row)


@kernel
def forget(row: Any) -> None:
    """What the last window and minute said holds no longer."""
    row.balance_sds = row.legs_sds = math.nan


@kernel
def balance(par: Any, row: Any, apart_kw: float, power_kw: float, loss_kw: float, krpm: float) -> None:
    """Ten seconds of the DC side against the model [SD]: gains, offsets, other consumers and losses together."""
    gains = math.hypot(
        math.hypot(par.voltage_gain_sd, par.current_gain_sd), math.hypot(par.torque_gain_sd, par.speed_gain_sd)
    )
    offset_kw = 1e-3 * math.hypot(par.current_offset_sd_a * par.dc_voltage_v, par.auxiliary_sd_w)
    torque_kw = par.torque_offset_sd_nm * krpm * (2.0 * math.pi / 60.0)
    sd_kw = math.hypot(math.hypot(gains * power_kw, par.loss_scale_sd * loss_kw), math.hypot(offset_kw, torque_kw))
    row.balance_sds = abs(apart_kw) / sd_kw


@kernel
def legs(row: Any, largest_k: float, sd_k: float) -> None:
    """A minute's largest distance of a leg's sensor from the mean of the three [SD]."""
    row.legs_sds = largest_k / sd_k


@kernel
def _contradiction(par: Any, row: Any) -> float:
    """Outlet against inlet and the heat between them [SD]; NaN where one is not known."""
    known = row.reading_age_s[COOLANT_OUT_SENSOR] == 0.0 and row.reading_age_s[COOLANT_IN_SENSOR] == 0.0
    if row.ready == 0 or not known or not (row.rested == 1 or row.reference_s >= SETTLED_S):
        return math.nan
    reference_c, inlet_c = float(row.reference_c[COOLANT_OUT]), row.reading[COOLANT_IN_SENSOR]
    apart_k = row.reading[COOLANT_OUT_SENSOR] + soak.applied_k(par, row, COOLANT_OUT_SENSOR) - reference_c
    sensors_k: float = math.hypot(par.consider_sd[SENSOR_ERROR + COOLANT_OUT_SENSOR], par.consider_sd[COOLANT_IN_ERROR])
    sds: float = abs(apart_k) / math.hypot(sensors_k, RISE_SHARE_SD * (reference_c - inlet_c))
    return sds


@kernel
def _moved_k(row: Any, sensor: int) -> float:
    """How far what a sensor should follow has moved since its reading last changed."""
    outlet_c = float(row.reading[COOLANT_OUT_SENSOR])
    now_c = outlet_c if sensor == COOLANT_IN_SENSOR else float(row.reference_c[_NODES[sensor]])
    return abs(now_c - float(row.still_from_c[sensor]))


@kernel
def still(row: Any) -> None:
    """Note for how long each temperature sensor has said the same to the last bit; one second with new readings."""
    for sensor in range(N_WATCHED):
        if row.reading_age_s[sensor] != 0.0:
            continue
        if np.float32(row.reading[sensor]) != row.still_c[sensor]:
            row.still_c[sensor], row.still_s[sensor] = np.float32(row.reading[sensor]), 0.0
            outlet_c = row.reading[COOLANT_OUT_SENSOR]
            row.still_from_c[sensor] = outlet_c if sensor == COOLANT_IN_SENSOR else row.reference_c[_NODES[sensor]]
        row.still_s[sensor] += 1.0


@kernel
def value(par: Any, row: Any, rule: int) -> float:
    """What one of ``LASTING`` is held against its limit; NaN: it cannot be judged now."""
    if rule < N_CORRECTING:
        settled = row.ready == 1 and row.filter_age_s >= par.warm_up_s
        judged = settled and row.reading_age_s[rule] == 0.0 and row.unloaded_s == 0.0  # only then is it added to
        return float(row.fit_squared[rule]) if judged else math.nan
    if rule == LASTING_COOLANT:
        return _contradiction(par, row)
    if rule == LASTING_BALANCE:
        return float(row.balance_sds)
    if rule == LASTING_LEGS:
        return float(row.legs_sds)
    if rule == LASTING_IMPLAUSIBLE:
        return 1.0 if row.second[IMPLAUSIBLE] > 0.0 else 0.0
    longest_s, seen = 0.0, False
    for sensor in range(N_WATCHED):
        seen = seen or row.reading_age_s[sensor] == 0.0
        if row.ready == 1 and row.reading_age_s[sensor] == 0.0 and _moved_k(row, sensor) > par.still_moved_k:
            longest_s = max(longest_s, float(row.still_s[sensor]))
    return longest_s if seen else math.nan


@kernel
def close_second(par: Any, row: Any) -> None:
    """Look at the second just completed, before its sums are gone; only on the move."""
    if row.moving == 0:
        return
    for rule in range(N_LASTING):
        x, limit = value(par, row, rule), par.lasting_limit[rule]
        if x != x:
            continue
        if row.over_s[rule] < par.lasting_s:
            row.over_s[rule] = row.over_s[rule] + 1 if x > limit else max(row.over_s[rule] - 1, 0)
        row.fine_s[rule] = min(row.fine_s[rule] + 1, par.lasting_s) if x < par.lasting_calm_share * limit else 0


@kernel
def close_trip(par: Any, row: Any) -> None:
    """A trip counts for one side or, not judged long enough, for none."""
    for rule in range(N_LASTING):
        trips = row.trips_in_row[rule]
        if row.over_s[rule] >= par.lasting_s:
            row.trips_in_row[rule] = min(max(trips, 0) + 1, MOST_TRIPS)
        elif row.fine_s[rule] >= par.lasting_s:
            row.trips_in_row[rule] = max(min(trips, 0) - 1, -MOST_TRIPS)
        row.over_s[rule] = row.fine_s[rule] = 0


@kernel
def opens(par: Any, row: Any, rule: int) -> bool:
    """Whether it has lasted long enough, with the running trip."""
    needed = 1 if rule >= LASTING_IMPLAUSIBLE else par.lasting_trips
    return bool(row.over_s[rule] >= par.lasting_s and max(row.trips_in_row[rule], 0) + 1 >= needed)


@kernel
def resolves(par: Any, row: Any, rule: int) -> bool:
    """Whether all has been well for as many trips."""
    return bool(row.trips_in_row[rule] <= -par.lasting_trips)


@kernel
def shown(par: Any, row: Any, rule: int) -> tuple[float, float]:
    """What people are told of it: value and limit."""
    if rule == LASTING_IMPLAUSIBLE:
        return float(row.over_s[rule]), float(par.lasting_s)
    return value(par, row, rule), float(par.lasting_limit[rule])
