"""Whether the unit is the variant it says it is: does what it measures fit the twin at all (physics 9.3)?

What single samples tell (gear and tyre, battery, the electrics of the machine) is kept as signed relative errors,
averaged over ten minutes of driving: noise, transients and hills average out, and what is left is held against the
spread between healthy units and their variant's file. Temperatures are normalised squared errors of the thermal
filter, averaged alike. The sum of the squares, each limited, is judged.
"""

from typing import Any

import numpy as np

from twin.estimators import windows
from twin.jit import kernel
from twin.layout import (
    FIT_FLUX_D,
    FIT_FLUX_Q,
    FIT_FREQUENCY,
    FIT_GEAR,
    FIT_VOLTAGE,
    N_CORRECTING,
    N_FIT,
    N_FIT_SAMPLED,
)
from twin.physics.losses import M_S_PER_KM_H

MEAN_S = 600.0
"""Time constant of the means: no hill and no single sensor glitch lifts one over the limit."""
MOST = 16.0
"""A mean beyond four standard deviations counts as four: one check alone can just convince."""
MOST_TEMPERATURE = 3.0
"""Temperatures support the other checks: alone, a wrong sensor or a cooling fault looks the same."""
LIMIT = 10.0
"""Open above: healthy units of the simulator, which has other physics, reach 9 (benchmark ``variants``)."""
CALM = 5.0
"""Resolve below."""
JUDGED_S = 72_000.0
"""A wrong variant is wrong from the first drive: after twenty hours in a segment a misfit is a fault, not a mix-up."""
LARGEST = 6.0
"""Standard deviations of one second: a minute of nonsense does not speak for ten."""
GEAR_LEAST_M_S = 5.0
"""Below, slip and the resolution of the speeds rule."""

SPREADS = (
    0.010,  # gear: wear of the tyre and pressure, beyond the wheels of all vehicles
    0.12,  # voltage: state of charge, load, batteries of other vehicles
    0.10,  # frequency: firmware
    0.25,  # no_field: there is none
    0.06,  # flux_d
    0.08,  # flux_q less flux_d: saturation, which the variant's constants leave out
    0.06,  # torque
    0.25,  # i_d: another strategy of the controller
    0.05,  # field: saturation
    0.10,  # field_resistance: rotor 15 K warmer or colder than the stator winding, brushes worn or new
)
"""Standard deviation of the mean relative error between healthy units and the file of their variant."""


@kernel
def sample(par: Any, row: Any, values: Any, speed_m_s: float, moving: bool) -> None:
    """Add what one sample says of gear, battery and inverter; ``speed_m_s``: wheel speed by motor, gear and tyre."""
    if not moving:
        return
    if speed_m_s > GEAR_LEAST_M_S and values.vehicle_speed_km_h == values.vehicle_speed_km_h:
        add(row, FIT_GEAR, abs(values.vehicle_speed_km_h) * M_S_PER_KM_H - speed_m_s, speed_m_s, GEAR_LEAST_M_S)
    if values.dc_voltage_v > 0.0:
        add(row, FIT_VOLTAGE, values.dc_voltage_v - par.dc_voltage_v, par.dc_voltage_v, par.dc_voltage_v)
    if values.switching_frequency_hz > 0.0:
        nominal_hz = par.switching_frequency_hz
        add(row, FIT_FREQUENCY, values.switching_frequency_hz - nominal_hz, nominal_hz, nominal_hz)


@kernel
def add(row: Any, check: int, error: float, model: float, full: float) -> None:
    """Measured minus model, in the direction of the model; from ``full`` on the sample has full weight."""
    weight = 1.0 / full
    windows.add(row.fit_sum, check, (error if model > 0.0 else -error) * weight)
    windows.add(row.fit_model, check, abs(model) * weight)
    windows.add(row.fit_count, check, 1.0)


@kernel
def thermal(row: Any, sensor: int, squared: float) -> None:
    """One reading of a temperature sensor against the thermal filter, ``squared`` and normalised."""
    windows.add(row.fit_squared, sensor, (min(squared, MOST) - np.float64(row.fit_squared[sensor])) / MEAN_S)


@kernel
def close_second(par: Any, row: Any, driven_s: float) -> None:
    """Means of the second into the slow means, by their weight; a check that could not be made keeps its mean."""
    row.segment_driven_s += driven_s
    for k in range(N_FIT_SAMPLED):
        if row.fit_model[k] > 0.0:
            model, most = np.float64(row.fit_model[k]), LARGEST * SPREADS[k]
            error = windows.mean(row.fit_sum, k, model)
            if k == FIT_GEAR:  # a wheel of any of the variant's vehicles is as good as another
                error = max(error - (par.most_wheel_share - 1.0), 0.0) + min(error - (par.least_wheel_share - 1.0), 0.0)
            error = max(-most, min(most, error))
            weight = min(1.0, model / np.float64(row.fit_count[k]))
            windows.add(row.fit_error, k, weight * (error - np.float64(row.fit_error[k])) / MEAN_S)
        row.fit_sum[k] = row.fit_model[k] = row.fit_count[k] = 0.0


@kernel
def restart(row: Any) -> None:
    """Another identity may be another variant: judge anew."""
    row.segment_driven_s = 0.0
    for k in range(N_CORRECTING):
        row.fit_squared[k] = 0.0
    for k in range(N_FIT_SAMPLED):
        row.fit_error[k] = 0.0


@kernel
def check(row: Any, number: int) -> float:
    """One of the ``FIT`` checks: squared error in squared standard deviations, limited."""
    if number < N_CORRECTING:
        excess = max(np.float64(row.fit_squared[number]) - 1.0, 0.0)  # 1 is what is to be expected
        return min(excess, MOST_TEMPERATURE)
    place = number - N_CORRECTING
    error = np.float64(row.fit_error[place])
    if place == FIT_FLUX_Q:  # saliency: size of the machine and gain of the sensors cancel, the winding is left
        error -= np.float64(row.fit_error[FIT_FLUX_D])
    deviations = float(error / SPREADS[place])
    return min(deviations * deviations, MOST)


@kernel
def misfit(row: Any) -> float:
    """Sum of all checks; what is not measured adds nothing."""
    total = 0.0
    for number in range(N_FIT):
        total += check(row, number)
    return total
