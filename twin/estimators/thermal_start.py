"""How the thermal filter starts: at a cold start, after a soak, after a reset."""

import math
from typing import Any

from twin.estimators import consider, readings, reference, rotor, soak
from twin.jit import kernel
from twin.layout import AMBIENT_SENSOR, COOLANT_IN_SENSOR, N_CONSIDER, N_CORRECTING, N_NODES, SENSOR_ERROR

UNIT_SD_K = 0.7
"""Of the temperature all sensors agree on after a soak: their offsets, and what the night left of differences."""


@kernel
def step(par: Any, row: Any) -> None:
    """One temperature for all nodes, and a covariance that says they err together (physics 2.2: common-mode P0).

    After a soak the unit is where its sensors agree, else where coolant and air are; at a cold start it is near the
    coolant, else near its sensors.
    """
    soaked = row.soaked == 1
    total, count = 0.0, 0.0
    unit_c = soak.step(par, row) if soaked else math.nan
    known = unit_c == unit_c
    if soaked and not known:
        for sensor in (COOLANT_IN_SENSOR, AMBIENT_SENSOR):
            if row.reading_age_s[sensor] <= readings.GRACE_S:
                total, count = total + row.reading[sensor], count + 1.0
    common_sd_k = par.soak_sd_k if count > 0.0 else par.start_common_sd_k
    if known:
        total, count, common_sd_k = unit_c, 1.0, UNIT_SD_K
    for sensor in (COOLANT_IN_SENSOR, 1, 0, 2):
        if count == 0.0 and row.reading_age_s[sensor] <= readings.GRACE_S:
            total, count = row.reading[sensor], 1.0
    if count == 0.0:
        total, count = readings.ambient(par, row) + (0.0 if soaked else par.assumed_coolant_rise_k), 1.0
        common_sd_k = math.hypot(par.assumed_coolant_sd_k, readings.ambient_sd(par, row))
    elif soaked and row.reading_age_s[AMBIENT_SENSOR] > readings.AIR_KEPT_S:
        row.reading[AMBIENT_SENSOR] = total / count  # a soaked unit is as warm as the air
    for i in range(N_NODES):
        row.temp_c[i] = total / count
        for j in range(i + 1):
            row.covariance[consider.place(i) - j] = common_sd_k**2
        row.covariance[consider.place(i)] += par.start_node_sd_k**2
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
