"""The two verbs of the simulated unit: drive through seconds of a trip, rest through seconds of standing."""

import math

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.plant.electrics import torque_of
from twin.plant.faults import present, wear_rate
from twin.plant.gear import drag_torque, viscosity
from twin.plant.inverter import FINE_STEPS_PER_S, decays
from twin.plant.layout import (
    CHANNELS,
    CONDUCTOR,
    END,
    INVERTER,
    JACKET,
    LINKS,
    LOOP,
    NODES,
    OIL,
    SLOT,
    Floats,
    Record,
)
from twin.plant.losses import (
    DC_W,
    FIRST_INVERTER_C,
    I_D,
    I_F,
    I_Q,
    JUNCTION_C,
    POINT,
    SECOND_INVERTER_C,
    SWING_K,
    U_D,
    U_F,
    U_Q,
    losses,
)
from twin.plant.noise import below
from twin.plant.sensors import lag_shares, read, settle
from twin.plant.thermal import capacities, conductances, flow, integrate
from twin.plant.vehicle import choose_stretch, motion, shaft_torque
from twin.plant.weather import air_temp_c, anomaly

_THERMAL_STEP_S = 0.25
REST_STEP_S = 3.0
_CHARGE_HEAT_W = 500.0
_CHARGE_FLOW = 0.35
_RAD_S_TO_RPM = 60.0 / (2.0 * math.pi)
_FADE_K = 15.0
_RESTART_K = 15.0
_WETTING_SD, _DRAG_SD = 0.125, 0.035
_WETTING_PERSISTENCE, _DRAG_PERSISTENCE = 0.6, 0.6
"""SD of the logarithm and correlation from day to day. Of them a unit's daily conductance has the 2.8 % and the
correlation of 0.35 of physics 7.2 and 9.1, as ``tests.benchmarks.plant`` shows: the film in the channels is a third
of the way from winding to coolant.
"""
_WETTING, _DRAG = 701, 702
DERATE_WINDING, DERATE_JUNCTION, DERATE_WORN, SHUT_DOWN = 1, 2, 4, 8
_WORN, _WORN_LIMIT = (
    0.95,
    0.2,
)  # consumed life from which the controller protects the unit, and what it leaves at the end
LIMP_S = 300
"""So long a failed unit still moves the vehicle out of the traffic; then it is silent."""


@kernel
def pump_duty(m: Record, state: Record) -> float:
    """Duty of the coolant pump: a base flow, more as the coolant behind the unit warms."""
    duty: float = max(0.45, min(1.0, 0.45 + 0.03 * (state.temps_c[JACKET] - m.thermostat_open_c)))
    return duty


@kernel
def rest(
    m: Record, climate: Record, region_key: np.uint64, charge_from_s: int, charge_to_s: int, state: Record, until_s: int
) -> None:
    """Let the unit stand, switched off, until a UTC second; while the vehicle charges warm coolant circulates."""
    capacity = capacities(m)
    link_w_k = np.empty(LINKS.shape[0])
    heat_w = np.zeros(len(NODES))
    while state.time_s < until_s:
        charging = charge_from_s <= state.time_s < charge_to_s
        stretch_s = min(60, until_s - state.time_s)
        air = air_temp_c(climate, region_key, state.time_s)
        litres = flow(m, _CHARGE_FLOW, state.temps_c[LOOP]) if charging else 0.0
        heat_w[LOOP] = _CHARGE_HEAT_W if charging else 0.0
        housing, loop, stream = conductances(m, state.temps_c, 0.0, litres, 0.5, link_w_k)
        steps = math.ceil(stretch_s / (1.0 if charging else REST_STEP_S))
        state.heat_in_j += heat_w[LOOP] * stretch_s
        state.heat_out_j += integrate(
            capacity, link_w_k, housing, loop, stream, air, heat_w, stretch_s / steps, steps, state.temps_c
        )
        state.time_s += stretch_s
    state.rise_k[:] = 0.0
    state.junction_temp_c = state.temps_c[INVERTER]
    state.part = 0


@kernel
def wander(m: Record, key: np.uint64, day: int) -> None:
    """No two days of a sound unit are alike: air in the coolant, dirt, oil and grease come and go over days."""
    m.wetting *= math.exp(_WETTING_SD * anomaly(below(key, _WETTING), day, _WETTING_PERSISTENCE))
    m.bearing_wear *= math.exp(_DRAG_SD * anomaly(below(key, _DRAG), day, _DRAG_PERSISTENCE))


@kernel
def over_hard_limit(m: Record, state: Record) -> float:
    """How far the part nearest to its hard limit is above it [K]; below: negative."""
    temps = state.temps_c
    winding = max(temps[END], temps[SLOT]) - m.winding_trip_c
    inverter = max(temps[INVERTER] - m.inverter_trip_c, state.junction_temp_c - m.junction_trip_c)
    inside = max(temps[CONDUCTOR] - m.rotor_trip_c, temps[OIL] - m.oil_trip_c)
    over_k: float = max(winding, inverter, inside)
    return over_k


@kernel
def limited_torque(m: Record, state: Record, torque_nm: float) -> tuple[float, int]:
    """Torque after derating and its reasons: the limit fades out over 15 K above a temperature limit, and when worn.

    Above a hard limit of any part there is none, until that part has cooled by 15 K.
    """
    hot_winding = (state.temps_c[END] - m.winding_limit_c) / _FADE_K
    hot_junction = (state.junction_temp_c - m.junction_limit_c) / _FADE_K
    worn = min(1.0, (state.wear_shown.max() - _WORN) / (1.0 - _WORN))
    limit = m.max_torque_nm * max(0.1, 1.0 - max(hot_winding, hot_junction, 0.0))
    limit *= 1.0 - (1.0 - _WORN_LIMIT) * max(worn, 0.0)
    reasons = (DERATE_WINDING if hot_winding > 0.0 else 0) + (DERATE_JUNCTION if hot_junction > 0.0 else 0)
    reasons += DERATE_WORN if worn > 0.0 else 0
    over_k = over_hard_limit(m, state)
    state.shut_down = over_k > 0.0 or (state.shut_down and over_k > -_RESTART_K)
    if state.shut_down:
        return 0.0, reasons + SHUT_DOWN
    return max(-limit, min(limit, torque_nm)), reasons


@kernel
def observe(m: Record, base: Record, state: Record, rpm: float, torque_nm: float, p: Floats, out: Floats) -> None:
    """What the controller believes of its machine: in its own angle, by its own current sensors, with sound fluxes."""
    cosine, sine = math.cos(m.resolver_rad), math.sin(m.resolver_rad)
    gain = 1.0 + m.phase_gain
    i_d = gain * (p[I_D] * cosine + p[I_Q] * sine)
    i_q = gain * (p[I_Q] * cosine - p[I_D] * sine)
    out[0] = rpm
    out[1] = torque_nm
    if m.resolver_rad != 0.0 or m.phase_gain != 0.0 or m.magnet_flux_wb != base.magnet_flux_wb:
        temp_c, field_a = state.temps_c[CONDUCTOR], p[I_F] / m.field_need
        true = torque_of(m, p[I_D], p[I_Q], field_a, temp_c)
        out[1] += torque_of(base, i_d, i_q, field_a, temp_c) - true
    out[4] = i_d
    out[5] = i_q
    out[6] = p[U_D] * cosine + p[U_Q] * sine
    out[7] = p[U_Q] * cosine - p[U_D] * sine
    out[8] = p[I_F]
    out[9] = p[U_F]
    out[10] = m.switching_frequency_hz


@kernel
def sense(
    m: Record, state: Record, air: float, litres: float, duty: float, volts: float, reasons: int, rpm: float,
    p: Floats, out: Floats,
) -> None:  # fmt: skip
    """True values at the places of the other sensors."""
    temps = state.temps_c
    out[2] = volts
    out[3] = p[DC_W] / volts
    out[11] = 0.8 * temps[END] + 0.2 * temps[SLOT]  # the sensor sits on the cold side of the end winding
    for leg in range(3):  # of the first inverter; a second one has no channels in the contract
        rise = 0.0
        for term in range(4):
            rise += 0.5 * (state.rise_k[leg, 0, term] + state.rise_k[leg, 1, term])
        out[12 + leg] = temps[INVERTER] + m.module_sensor_share * rise
    out[15] = temps[LOOP]
    out[16] = temps[JACKET]
    out[17] = temps[OIL]
    out[18] = air
    out[19] = litres
    out[20] = duty
    out[21] = m.isolation_ohm * math.exp(-(temps[END] - 20.0) / 60.0)
    out[22] = m.vibration_m_s2 * (0.2 + 0.8 * rpm / 5000.0)
    out[23] = m.vibration_kurtosis
    out[24] = reasons
    out[25] = state.speed_m_s * 3.6


@kernel
def drive(
    healthy: Record,
    healthy_sensors: Floats,
    fitted: NDArray[np.bool_],
    faults: Record,
    climate: Record,
    key: np.uint64,
    vehicle_key: np.uint64,
    region_key: np.uint64,
    built_s: int,
    boldness: float,
    trip: Record,
    cycle: Floats,
    rate: int,
    state: Record,
    present_m: Record,
    sensors: Floats,
    samples: Floats,
    truth: Record,
) -> int:
    """Drive len(samples) samples of a trip from the state's time on, ``rate`` (1 or 10) a second; how many were driven.

    healthy, present_m: (1,) parameter records, the second is scratch as ``sensors`` is; faults: (k,) FAULT; cycle:
    (seconds,) speed [m/s] or empty; samples: (n, signals) float64, filled with readings (NaN where no sensor is
    fitted); truth: (n,) TRUTH. Any cut of a trip into calls gives the same bits. A unit that has failed drives on for
    ``LIMP_S`` and stops for good.
    """
    step_s = 1.0 / rate
    thermal_steps = 1 if rate > 1 else int(1.0 / _THERMAL_STEP_S)
    capacity = np.zeros(len(NODES))
    link_w_k = np.empty(LINKS.shape[0])
    heat_w = np.zeros(len(NODES))
    groups_w = np.zeros(5)
    p = np.zeros(POINT)
    true_values = np.zeros(len(CHANNELS))
    shares = np.zeros(len(CHANNELS))
    lag_shares(healthy_sensors, step_s, shares)
    decay = np.zeros((2, 2, 4))
    decays(healthy[0], step_s, decay[0])
    decays(healthy[0], 1.0 / FINE_STEPS_PER_S, decay[1])
    temps = state.temps_c
    air = 0.0
    bits = 0
    for index in range(samples.shape[0]):
        now = state.time_s
        m = present_m[0]
        if index == 0 or (now % 60 == 0 and state.part == 0):
            if now % 60 == 0 and state.part == 0:
                state.wear_shown[:] = state.wear
                if state.failed_s == 0 and state.wear.max() >= 1.0:
                    state.failed_s = now
            if state.failed_s > 0 and now >= state.failed_s + LIMP_S:
                return index
            minute = now - now % 60
            air = air_temp_c(climate, region_key, minute)
            bits = present(healthy, healthy_sensors, faults, state.wear_shown, minute, present_m, sensors)
            wander(m, key, minute // 86_400)
            capacity[:] = capacities(m)
            lost_j_k = healthy[0].oil_capacity_j_k * (state.oil_level - m.oil_level)
            state.heat_out_j += lost_j_k * temps[OIL]
            state.oil_level = m.oil_level
        if state.part == 0 and not cycle.size:
            choose_stretch(vehicle_key, trip, state)
        rpm, force, acceleration = motion(m, vehicle_key, boldness, trip, state, cycle, step_s)
        bearing_nm, churned_nm = drag_torque(m, rpm, viscosity(m, temps[OIL]), m.oil_level)
        torque = shaft_torque(m, force, rpm, bearing_nm + churned_nm)
        torque, reasons = limited_torque(m, state, torque)
        volts = m.battery_voltage_v - m.battery_resistance_ohm * state.dc_current_a / m.axle_share
        losses(m, state, rpm, torque, volts, step_s, decay, heat_w, groups_w, p)
        duty = pump_duty(m, state)
        litres = flow(m, duty, temps[LOOP])
        housing, loop, stream = conductances(m, temps, rpm, litres, state.speed_m_s, link_w_k)

        observe(m, healthy[0], state, rpm, torque, p, true_values)
        sense(m, state, air, litres, duty, volts, reasons, rpm, p, true_values)
        if now == trip.start_s and state.part == 0:
            settle(state, true_values)
        samples[index, :] = np.nan
        counter = now * 10 + state.part
        read(sensors, shares, fitted, key, now - built_s, counter, state, true_values, samples[index])
        record(truth[index], state, groups_w, torque, torque * rpm / _RAD_S_TO_RPM, p, bits)

        for position in range(faults.shape[0]):
            fault = faults[position]
            if fault.life_s > 0.0 and now >= fault.onset_s:
                rate_of_wear = wear_rate(fault.kind, m, state, rpm, torque, p[I_F], p[JUNCTION_C])
                state.wear[position] += rate_of_wear * step_s / fault.life_s
        state.heat_in_j += heat_w.sum() * step_s
        state.heat_out_j += integrate(
            capacity, link_w_k, housing, loop, stream, air, heat_w, step_s / thermal_steps, thermal_steps, temps
        )
        state.dc_current_a = p[DC_W] / volts
        state.junction_temp_c = p[JUNCTION_C]
        state.distance_m += max(0.0, state.speed_m_s + 0.5 * acceleration * step_s) * step_s
        state.speed_m_s = max(0.0, state.speed_m_s + acceleration * step_s)
        state.part += 1
        if state.part == rate:
            state.part = 0
            state.time_s = now + 1
    length: int = samples.shape[0]
    return length


@kernel
def record(
    truth: Record, state: Record, groups_w: Floats, torque_nm: float, shaft_w: float, p: Floats, bits: int
) -> None:
    """Write one sample of truth."""
    truth.time_s = state.time_s
    truth.part = state.part
    truth.distance_m = state.distance_m
    truth.temps_c[:] = state.temps_c
    truth.copper_loss_w = groups_w[0]
    truth.iron_loss_w = groups_w[1]
    truth.rotor_loss_w = groups_w[2]
    truth.inverter_loss_w = groups_w[3]
    truth.gear_loss_w = groups_w[4]
    truth.shaft_power_w = shaft_w
    truth.dc_power_w = p[DC_W]
    truth.torque_nm = torque_nm
    truth.junction_temp_c = p[JUNCTION_C]
    truth.inverter_junction_temp_c[0] = p[FIRST_INVERTER_C]
    truth.inverter_junction_temp_c[1] = p[SECOND_INVERTER_C]
    truth.junction_swing_k = p[SWING_K]
    truth.damage = state.wear_shown.max()
    truth.faults = bits
