"""Temperature and flow readings: averaged over each second of event time, the last one remembered with its age."""

import math
from typing import Any

from twin.estimators import soak
from twin.jit import kernel
from twin.layout import AMBIENT_SENSOR, N_CORRECTING, N_SENSORS

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
def ambient(par: Any, row: Any) -> float:
    """The last outside air temperature known, however old: better than the assumed one."""
    known = row.reading[AMBIENT_SENSOR]
    temp_c: float = known if known == known else par.assumed_ambient_temp_c
    return temp_c
