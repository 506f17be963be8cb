"""Temperature and flow readings: averaged over each second of event time, the last one remembered with its age."""

import math
from typing import Any

from twin.estimators import soak
from twin.jit import kernel
from twin.layout import AMBIENT_SENSOR, COOLANT_IN_SENSOR, COOLANT_OUT_SENSOR, FLOW_SENSOR, N_CORRECTING, N_SENSORS

AIR_KEPT_S = 3_600.0
"""How long a reading of the outside air is as good as a new one."""
AIR_CHANGE_SD_K = 5.0
"""Of an older one, or of the air that a unit has rested in: a soak's 3 K, and what a day's air changes."""
GRACE_S = 30.0
"""How long a reading stands in for one that is missing; then the sensor counts as absent."""


@kernel
def step(par: Any, row: Any, sample: Any) -> None:
    """Add the sample's readings to the means of the running second."""
    flow_l_min = sample.coolant_flow_l_min
    if flow_l_min != flow_l_min:
        flow_l_min = sample.pump_duty * par.pump_flow_l_min
    readings = (
        sample.winding_temp_c,
        sample.coolant_out_temp_c,
        sample.oil_temp_c,
        sample.coolant_in_temp_c,
        sample.ambient_temp_c,
        flow_l_min,
    )
    for k in range(N_SENSORS):
        if readings[k] == readings[k]:
            row.reading_sum[k] += readings[k]
            row.reading_count[k] += 1.0


@kernel
def close_second(par: Any, row: Any) -> None:
    """Means of the second, without the offsets that are known; ``reading_age_s`` 0 marks those that are new."""
    for k in range(N_SENSORS):
        row.reading_age_s[k] += 1.0
        if row.reading_count[k] > 0.0 and math.isfinite(row.reading_sum[k]):
            row.reading[k] = row.reading_sum[k] / row.reading_count[k]
            row.reading_age_s[k] = 0.0
            if k < N_CORRECTING:
                row.reading[k] -= soak.applied_k(par, row, k)
        row.reading_sum[k] = 0.0
        row.reading_count[k] = 0.0


@kernel
def hold(row: Any) -> None:
    """Before a second without samples in which the unit goes on: coolant that is known comes as it came."""
    for k in (COOLANT_OUT_SENSOR, COOLANT_IN_SENSOR, FLOW_SENSOR):
        if row.reading_age_s[k] <= GRACE_S:
            row.reading_age_s[k] = min(row.reading_age_s[k], GRACE_S - 1.0)


@kernel
def ambient(par: Any, row: Any) -> float:
    """The last outside air temperature known, however old: better than the assumed one."""
    known = row.reading[AMBIENT_SENSOR]
    temp_c: float = known if known == known else par.assumed_ambient_temp_c
    return temp_c


@kernel
def ambient_sd(par: Any, row: Any) -> float:
    """SD [K] of ``ambient``; 0 where it is measured: an error of the sensor is small beside the wind's."""
    if row.reading_age_s[AMBIENT_SENSOR] <= AIR_KEPT_S:
        return 0.0
    known = row.reading[AMBIENT_SENSOR] == row.reading[AMBIENT_SENSOR]
    return float(AIR_CHANGE_SD_K if known else par.assumed_ambient_sd_k)


@kernel
def flow_known(row: Any) -> bool:
    """Whether the flow of the coolant is measured, or its pump's duty known."""
    return bool(row.reading_age_s[FLOW_SENSOR] <= GRACE_S)


@kernel
def flow(par: Any, row: Any) -> float:
    """Flow of the coolant [l/min]; where it is not known, as much as pumps give most of the time."""
    flow_l_min: float = row.reading[FLOW_SENSOR] if flow_known(row) else par.assumed_flow_share * par.nominal_flow_l_min
    return flow_l_min
