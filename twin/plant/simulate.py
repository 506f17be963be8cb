"""The two verbs of the simulated unit: drive through seconds of a trip, rest through seconds of standing."""

import math

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.plant.layout import CHANNELS, END, INVERTER, JACKET, LINKS, LOOP, NODES, OIL, SLOT, Floats, Record
from twin.plant.losses import gear_loss, losses
from twin.plant.sensors import read, settle
from twin.plant.thermal import capacities, conductances, flow, integrate
from twin.plant.vehicle import choose_stretch, motion
from twin.plant.weather import air_temp_c

_STEPS_PER_SECOND = 4
_REST_STEP_S = 2
_RAD_S_TO_RPM = 60.0 / (2.0 * math.pi)


@kernel
def pump_duty(m: Record, state: Record) -> float:
    """Duty of the coolant pump: a base flow, more as the coolant behind the unit warms."""
    duty: float = max(0.45, min(1.0, 0.45 + 0.03 * (state.temps_c[JACKET] - m.thermostat_open_c)))
    return duty


@kernel
def rest(m: Record, region_key: np.uint64, state: Record, until_s: int) -> None:
    """Let the unit stand, switched off, until a UTC second: no losses, no coolant flow."""
    capacity = capacities(m)
    link_w_k = np.empty(LINKS.shape[0])
    heat_w = np.zeros(len(NODES))
    while state.time_s < until_s:
        stretch_s = min(60, until_s - state.time_s)
        air = air_temp_c(region_key, state.time_s)
        housing, loop, stream = conductances(m, state.temps_c, 0.0, 0.0, 0.5, link_w_k)
        steps = max(1, stretch_s // _REST_STEP_S)
        state.heat_out_j += integrate(
            capacity, link_w_k, housing, loop, stream, air, heat_w, stretch_s / steps, steps, state.temps_c
        )
        state.time_s += stretch_s


@kernel
def drive(
    m: Record,
    sensors: Floats,
    fitted: NDArray[np.bool_],
    key: np.uint64,
    region_key: np.uint64,
    boldness: float,
    trip: Record,
    state: Record,
    samples: Floats,
    truth: Record,
) -> None:
    """Drive len(samples) seconds of a trip from the state's time on.

    samples: (n, signals) float64, filled with readings (NaN where no sensor is fitted); truth: (n,) TRUTH.
    Any cut of a trip into calls gives the same bits.
    """
    capacity = capacities(m)
    link_w_k = np.empty(LINKS.shape[0])
    heat_w = np.zeros(len(NODES))
    groups_w = np.zeros(5)
    true_values = np.zeros(len(CHANNELS))
    temps = state.temps_c
    for index in range(samples.shape[0]):
        now = state.time_s
        air = air_temp_c(region_key, now)
        choose_stretch(key, trip, state)
        speed_rad_s = max(state.speed_m_s / m.wheel_radius_m * m.gear_ratio, 1.0)
        _, drag_w = gear_loss(m, speed_rad_s * _RAD_S_TO_RPM, 0.0, temps[OIL])
        rpm, torque, acceleration = motion(m, key, boldness, state, drag_w / speed_rad_s)
        volts = m.battery_voltage_v - m.battery_resistance_ohm * state.dc_current_a
        field_a, field_v, dc_w = losses(m, rpm, torque, volts, temps, heat_w, groups_w)
        duty = pump_duty(m, state)
        litres = flow(m, duty, temps[LOOP])
        housing, loop, stream = conductances(m, temps, rpm, litres, state.speed_m_s, link_w_k)

        true_values[0] = rpm
        true_values[1] = torque
        true_values[2] = volts
        true_values[3] = dc_w / volts
        true_values[4] = field_a
        true_values[5] = field_v
        true_values[6] = 0.8 * temps[END] + 0.2 * temps[SLOT]  # the sensor sits on the cold side of the end winding
        true_values[7] = temps[INVERTER]
        true_values[8] = temps[LOOP]
        true_values[9] = temps[JACKET]
        true_values[10] = temps[OIL]
        true_values[11] = air
        true_values[12] = litres
        true_values[13] = duty
        true_values[14] = state.speed_m_s * 3.6
        if now == trip.start_s:
            settle(state, true_values)
        samples[index, :] = np.nan
        read(sensors, fitted, key, state, true_values, samples[index])
        record(truth[index], state, groups_w, torque * rpm / _RAD_S_TO_RPM, dc_w)

        state.heat_in_j += heat_w.sum()
        state.heat_out_j += integrate(
            capacity, link_w_k, housing, loop, stream, air, heat_w, 1.0 / _STEPS_PER_SECOND, _STEPS_PER_SECOND, temps
        )
        state.dc_current_a = dc_w / volts
        state.distance_m += max(0.0, state.speed_m_s + 0.5 * acceleration)
        state.speed_m_s = max(0.0, state.speed_m_s + acceleration)
        state.time_s = now + 1


@kernel
def record(truth: Record, state: Record, groups_w: Floats, shaft_w: float, dc_w: float) -> None:
    """Write one second of truth."""
    truth.time_s = state.time_s
    truth.distance_m = state.distance_m
    truth.temps_c[:] = state.temps_c
    truth.copper_loss_w = groups_w[0]
    truth.iron_loss_w = groups_w[1]
    truth.rotor_loss_w = groups_w[2]
    truth.inverter_loss_w = groups_w[3]
    truth.gear_loss_w = groups_w[4]
    truth.shaft_power_w = shaft_w
    truth.dc_power_w = dc_w
