"""Slow parameters: windows of ten seconds and of a minute into the day's statistics, and the day's estimates.

Windows lie on a grid fixed in event time; what a gap or another segment interrupts is void.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import (
    condition,
    cooling,
    drag,
    field,
    lasting,
    loss_scale,
    magnets,
    missing,
    module,
    residual,
    resolver,
    windows,
)
from twin.estimators.regression import Fit
from twin.jit import kernel
from twin.layout import (
    COOLANT_IN_SENSOR,
    COOLANT_OUT,
    COOLANT_OUT_SENSOR,
    COPPER_J,
    COVERED_S,
    END_WINDING,
    GEAR_J,
    HOUSING,
    INVERTER_J,
    IRON_J,
    OIL,
    OIL_SENSOR,
    ROTOR_J,
    SPEED_RPM_S,
    WINDING_SENSOR,
)
from twin.layout.drift import (
    HEAT_W,
    HOUSING_REFERENCE_C,
    INLET_C,
    LOSS_W,
    OIL_C,
    OIL_GEAR_K,
    OIL_REFERENCE_C,
    OIL_SECONDS,
    OUTLET_K,
    OUTLET_SECONDS,
    PLATE_K,
    SECONDS,
    SPEED_RPM,
    WINDING_C,
    WINDING_LEVER,
    WINDING_REFERENCE_C,
)

FRESH_S = 3.0
SECOND_US = 1_000_000


@kernel
def restart(row: Any) -> None:
    """Void what is running."""
    row.minute[:] = 0.0
    row.rotor_window[:] = 0.0
    row.resolver_window[:] = 0.0
    row.loss_window[:] = 0.0
    lasting.forget(row)


@kernel
def sample(par: Any, row: Any, day: Any, values: Any, work: Any) -> None:
    """One sample."""
    if day.open == 1 and row.moving == 1:
        condition.sample(par, row, day, values)
    module.sample(par, row, values, work)
    resolver.sample(par, row, values)
    if par.field_resistance_ohm > 0.0:
        field.sample(par, row, values)
    elif par.magnet_flux_wb > 0.0:
        magnets.sample(par, row, values)


@kernel
def _minute(row: Any, work: Any, second: int) -> None:
    """Add the second to the running minute."""
    settled = row.ready == 1 and (row.rested == 1 or row.reference_s >= lasting.SETTLED_S)
    ages_s, sums, minute = row.reading_age_s, row.second, row.minute
    if not settled or ages_s[WINDING_SENSOR] > FRESH_S or ages_s[COOLANT_IN_SENSOR] > FRESH_S:
        return
    if min(sums[COVERED_S], missing.seen_s(row)) < 0.999:
        return
    windows.add(minute, SECONDS, 1.0)
    windows.add(minute, WINDING_C, row.reading[WINDING_SENSOR])
    windows.add(minute, WINDING_LEVER, (second - 29.5) * row.reading[WINDING_SENSOR])
    windows.add(minute, WINDING_REFERENCE_C, np.float64(row.reference_c[END_WINDING]))
    windows.add(minute, HOUSING_REFERENCE_C, np.float64(row.reference_c[HOUSING]))
    windows.add(minute, INLET_C, work.inlet_c)
    machine_w = sums[COPPER_J] + sums[IRON_J] + sums[ROTOR_J]
    windows.add(minute, HEAT_W, machine_w)
    windows.add(minute, LOSS_W, machine_w + sums[INVERTER_J] + sums[GEAR_J])
    windows.add(minute, SPEED_RPM, sums[SPEED_RPM_S])
    windows.add(minute, PLATE_K, module.plate_k(row, work))
    if ages_s[COOLANT_OUT_SENSOR] <= FRESH_S:
        windows.add(minute, OUTLET_SECONDS, 1.0)
        windows.add(minute, OUTLET_K, row.reading[COOLANT_OUT_SENSOR] - np.float64(row.reference_c[COOLANT_OUT]))
    if ages_s[OIL_SENSOR] <= FRESH_S:
        windows.add(minute, OIL_SECONDS, 1.0)
        windows.add(minute, OIL_C, row.reading[OIL_SENSOR])
        windows.add(minute, OIL_REFERENCE_C, np.float64(row.reference_c[OIL]))
        windows.add(minute, OIL_GEAR_K, np.float64(row.reference_gear_k[OIL]))


@kernel
def close_second(par: Any, row: Any, day: Any, work: Any) -> None:
    """Close one second; ``row.closed_us`` is still its start. Only a day that has begun takes anything."""
    number = row.closed_us // SECOND_US
    _minute(row, work, number % 60)
    if (number + 1) % 10 == 0:
        row.balance_sds = math.nan
        if day.open == 1:
            _close_window(par, row, day)
        row.rotor_window[:] = 0.0
        row.resolver_window[:] = 0.0
        row.loss_window[:] = 0.0
    if (number + 1) % 60 == 0:
        row.legs_sds = math.nan
        if day.open == 1:
            cooling.close_minute(par, row, day)
            drag.close_minute(row, day)
            module.close_minute(row, day)
            residual.close_minute(par, row, day)
        row.minute[:] = 0.0


@kernel
def _close_window(par: Any, row: Any, day: Any) -> None:
    if par.field_resistance_ohm > 0.0:
        field.close_window(par, row, day)
    elif par.magnet_flux_wb > 0.0:
        magnets.close_window(par, row, day)
    resolver.close_window(row, day)
    loss_scale.close_window(par, row, day)


@kernel
def publish(par: Any, day: Any, fit: Fit, point: Any) -> None:
    """Write the day's estimates: functions of its statistics alone."""
    cooling.publish(par, day, fit, point)
    drag.publish(par, day, fit, point)
    module.publish(par, day, fit, point)
    field.publish(par, day, fit, point)
    magnets.publish(par, day, fit, point)
    resolver.publish(par, day, fit, point)
    loss_scale.publish(par, day, fit, point)
    condition.publish(day, fit, point)
    residual.publish(day, fit, point)
