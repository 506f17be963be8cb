"""Whether the unit is the variant it says it is: does what it measures fit the twin at all (physics 9.3)?

Each check is a normalised squared error (NIS), averaged over ten minutes of driving; the sum of the means is judged.
Spreads are those between healthy units of a variant, so that scatter is no news and another machine is.
"""

from typing import Any

from twin.jit import kernel
from twin.layout import (
    FIT_FIELD,
    FIT_GEAR,
    FIT_TORQUE,
    FIT_VOLTAGE,
    N_CORRECTING,
    N_FIT,
    N_FIT_SAMPLED,
)
from twin.physics.losses import rotor_flux

MEAN_S = 600.0
"""Time constant of the means: no hill and no single sensor glitch lifts one over the limit."""
MOST = 16.0
"""An error beyond four standard deviations counts as four: one check alone can just convince."""
LIMIT = 12.0
"""Open above: healthy units of the simulator, which has other physics, reach 10; other platforms 12 .. 60."""
CALM = 6.0
"""Resolve below."""
JUDGED_S = 72_000.0
"""A wrong variant is wrong from the first drive: after twenty hours in a segment a misfit is a fault, not a mix-up."""

GEAR_SHARE_SD, GEAR_SD_M_S, GEAR_LEAST_M_S = (
    0.05,
    0.5,
    5.0,
)  # tyres of all vehicles with it; wheel slip; below slip rules
VOLTAGE_SHARE_SD = 0.12  # state of charge and load
TORQUE_SHARE_SD, TORQUE_SD_NM = 0.2, 8.0  # saturation, which the variant's constants leave out
FIELD_SD_A = 0.5


@kernel
def sample(par: Any, row: Any, values: Any, speed_m_s: float, moving: bool) -> None:
    """Add what one sample says; ``speed_m_s``: wheel speed by motor, gear and tyre."""
    if not moving:
        return
    if speed_m_s > GEAR_LEAST_M_S and values.vehicle_speed_km_h == values.vehicle_speed_km_h:
        error = abs(values.vehicle_speed_km_h) / 3.6 - speed_m_s
        sd = GEAR_SHARE_SD * speed_m_s
        _add(row, FIT_GEAR, error * error / (sd * sd + GEAR_SD_M_S * GEAR_SD_M_S))
    if values.dc_voltage_v > 0.0:
        error = values.dc_voltage_v / par.dc_voltage_v - 1.0
        _add(row, FIT_VOLTAGE, error * error / (VOLTAGE_SHARE_SD * VOLTAGE_SHARE_SD))
    if values.field_current_a == values.field_current_a and par.field_resistance_ohm == 0.0:
        error = values.field_current_a / FIELD_SD_A
        _add(row, FIT_FIELD, error * error)
    if values.i_d_a == values.i_d_a and values.i_q_a == values.i_q_a:
        _torque(par, row, values)


@kernel
def _torque(par: Any, row: Any, values: Any) -> None:
    """Torque by the currents and the variant's constants (physics 3.1) against the torque reported."""
    field_a = 0.0
    if par.cage_resistance_ohm > 0.0:
        field_a = values.i_d_a
    elif par.field_flux_h > 0.0:
        field_a = values.field_current_a
    if field_a != field_a:
        return
    flux_wb = rotor_flux(par, field_a)
    flux_wb += (par.d_inductance_h - par.q_inductance_h) * values.i_d_a
    error = 1.5 * par.pole_pairs * flux_wb * values.i_q_a - values.torque_nm
    sd = TORQUE_SHARE_SD * values.torque_nm
    _add(row, FIT_TORQUE, error * error / (sd * sd + TORQUE_SD_NM * TORQUE_SD_NM))


@kernel
def _add(row: Any, check: int, squared: float) -> None:
    row.fit_sum[check - N_CORRECTING] += min(squared, MOST)
    row.fit_count[check - N_CORRECTING] += 1.0


@kernel
def thermal(row: Any, sensor: int, squared: float) -> None:
    """One reading of a temperature sensor against the thermal filter, ``squared`` and normalised."""
    row.fit[sensor] += (min(squared, MOST) - row.fit[sensor]) / MEAN_S


@kernel
def close_second(row: Any, driven_s: float) -> None:
    """Means of the second into the slow means; a check that could not be made keeps its mean."""
    row.segment_driven_s += driven_s
    for k in range(N_FIT_SAMPLED):
        if row.fit_count[k] > 0.0:
            check = N_CORRECTING + k
            row.fit[check] += (row.fit_sum[k] / row.fit_count[k] - row.fit[check]) / MEAN_S
        row.fit_sum[k] = 0.0
        row.fit_count[k] = 0.0


@kernel
def restart(row: Any) -> None:
    """Another identity may be another variant: judge anew."""
    row.segment_driven_s = 0.0
    for k in range(N_FIT):
        row.fit[k] = 0.0


@kernel
def misfit(row: Any) -> float:
    """Sum of the slow means; what is not measured adds nothing."""
    total = 0.0
    for k in range(N_FIT):
        total += row.fit[k]
    return total
