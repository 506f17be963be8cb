"""How the thermal filter starts: at a cold start, after a soak, after a reset."""

import math
from typing import Any

from twin.estimators import consider, readings, reference, rotor, soak
from twin.jit import kernel
from twin.layout import (
    AMBIENT_SENSOR,
    COOLANT_IN_SENSOR,
    COOLANT_OUT,
    COOLANT_OUT_SENSOR,
    N_CONSIDER,
    N_CORRECTING,
    N_NODES,
    OIL_SENSOR,
    ROTOR,
    SENSOR_ERROR,
    WINDING_SENSOR,
)

UNIT_SD_K = 0.7
"""Of the temperature all sensors agree on after a soak: their offsets, and what the night left of differences."""
HALF_AS_WARM, WARMTH_SD = 0.5, 0.7
"""A unit that may have driven on for hours, over its coolant: of what it was before. That holds cold and as before."""


@kernel
def step(par: Any, row: Any) -> None:
    """One temperature for all nodes, and a covariance that says they err together (physics 2.2: common-mode P0).

    After a soak the unit is where its sensors agree, else where coolant and air are; at a cold start it is near the
    coolant, else near its sensors. After hours in which it may have been under way it may be as warm as it was, too.
    """
    soaked, total, count = row.soaked >= 1, 0.0, 0.0
    unit_c, unit_sd_k = math.nan, math.inf
    if soaked:
        unit_c, unit_sd_k = soak.step(par, row)
    known = unit_c == unit_c
    rest_c = rotor.rest_temp_c(row)
    under_way = row.soaked == 2 and not known and rest_c != rest_c
    soaked = soaked and not under_way
    if soaked and not known:
        for sensor in (COOLANT_IN_SENSOR, AMBIENT_SENSOR):
            if row.reading_age_s[sensor] <= readings.GRACE_S:
                total, count = total + row.reading[sensor], count + 1.0
    common_sd_k = par.soak_sd_k if count > 0.0 else par.start_common_sd_k
    if known:
        total, count, common_sd_k = unit_c, 1.0, max(UNIT_SD_K, unit_sd_k)
    for sensor in (COOLANT_IN_SENSOR, COOLANT_OUT_SENSOR, WINDING_SENSOR, OIL_SENSOR):
        if count == 0.0 and row.reading_age_s[sensor] <= readings.GRACE_S:
            total, count = row.reading[sensor], 1.0
    if count == 0.0:
        total, count = readings.ambient(par, row) + (0.0 if soaked else par.assumed_coolant_rise_k), 1.0
        common_sd_k = math.hypot(par.assumed_coolant_sd_k, readings.ambient_sd(par, row))
    elif soaked and row.reading_age_s[AMBIENT_SENSOR] > readings.AIR_KEPT_S:
        row.reading[AMBIENT_SENSOR] = total / count  # a soaked unit is as warm as the air
    coolant_c = row.temp_c[COOLANT_OUT]
    for i in range(N_NODES):
        row.temp_c[i] = row.temp_c[i] - coolant_c if under_way else 0.0
        for j in range(i + 1):
            warmth_k2 = WARMTH_SD * row.temp_c[i] * WARMTH_SD * row.temp_c[j]
            row.covariance[consider.place(i) - i + j] = common_sd_k**2 + warmth_k2
        row.covariance[consider.place(i)] += par.start_node_sd_k**2
    if under_way:  # how warm it was may be long ago, and no other sensor tells of it
        row.covariance[consider.place(ROTOR)] += par.start_common_sd_k**2
    for i in range(N_NODES):
        row.temp_c[i] = total / count + HALF_AS_WARM * row.temp_c[i]
        for c in range(N_CONSIDER):
            row.cross[i, c] = 0.0
    for c in range(N_CONSIDER):
        row.consider[c] = par.consider_sd[c] ** 2
    for k in range(N_CORRECTING):
        row.consider[SENSOR_ERROR + k] = soak.error_variance(par, row, k)
    row.inlet_source = 1
    for k in range(N_CORRECTING):
        row.rejected[k] = 0
        row.sensor_lag_k[k] = 0.0
    rested = rotor.start(par, row)
    reference.start(row, rested)
    row.ready = 1
    row.soaked = 0
    row.filter_age_s = par.warm_up_s if soaked else 0.0
