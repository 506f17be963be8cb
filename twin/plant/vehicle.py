"""Driver, road and longitudinal dynamics: what speed and torque the drive unit sees."""

import math

import numpy as np

from twin.jit import kernel
from twin.plant.layout import Floats, Record
from twin.plant.noise import below, uniform

_G = 9.81
_RAD_S_TO_RPM = 60.0 / (2.0 * math.pi)
_STANDING_S = 12
_PARKING_S = 70  # the last stretch of a trip: slow down, stop, switch off


@kernel
def choose_stretch(key: np.uint64, trip: Record, state: Record) -> None:
    """Choose target speed and length of the next stretch of road: a pure function of (vehicle, second)."""
    now = state.time_s
    if now == trip.start_s:
        state.target_m_s = 0.0
        state.stretch_end_s = now + _STANDING_S
    elif now >= trip.end_s - _PARKING_S:
        state.target_m_s = 0.0
        state.stretch_end_s = trip.end_s
    elif now >= state.stretch_end_s:
        draw = below(key, now)
        kind = uniform(draw, now, 1)
        pace = uniform(draw, now, 2)
        length = uniform(draw, now, 3)
        if 0.0 < state.target_m_s < 16.0 and uniform(draw, now, 4) < trip.stops:  # a traffic light, a delivery
            state.target_m_s = 0.0
            duration_s = 6.0 + 35.0 * length
        elif kind < trip.city_share:
            state.target_m_s = (24.0 + 30.0 * pace) / 3.6
            duration_s = 15.0 + 60.0 * length
        elif kind < trip.city_share + trip.motorway_share:
            state.target_m_s = (100.0 + 32.0 * pace) / 3.6
            duration_s = 120.0 + 300.0 * length
        else:
            state.target_m_s = (60.0 + 40.0 * pace) / 3.6
            duration_s = 45.0 + 150.0 * length
        state.stretch_end_s = min(now + int(duration_s), trip.end_s - _PARKING_S)


@kernel
def slope(key: np.uint64, distance_m: float) -> float:
    """Gradient of the road at a place: waves of hills with phases of the vehicle's region."""
    near, far = uniform(key, 0, 11), uniform(key, 0, 12)
    waves = 0.020 * math.sin(distance_m / 310.0 + 6.2832 * near) + 0.016 * math.sin(distance_m / 890.0 + 6.2832 * far)
    return waves


@kernel
def wanted_acceleration(key: np.uint64, boldness: float, trip: Record, state: Record, cycle: Floats) -> float:
    """What the driver asks for [m/s2]: to follow the cycle if there is one, else the target speed in traffic."""
    now = state.time_s
    if cycle.size:
        second = now - trip.start_s
        there = min(second + 1, cycle.size - 1)
        behind: float = (cycle[there] - state.speed_m_s) / (1.0 - 0.1 * state.part)
        return behind
    # Traffic: a wave of the wanted speed, one value each five seconds.
    wanted = state.target_m_s * (1.0 + 0.06 * (uniform(key, now // 5, 21) - 0.5))
    eager: float = (wanted - state.speed_m_s) / 3.5
    return max(-1.7, min(boldness, eager))


@kernel
def motion(
    m: Record, key: np.uint64, boldness: float, trip: Record, state: Record, cycle: Floats, step_s: float
) -> tuple[float, float, float]:
    """Motor speed [rpm], force of all driven wheels [N] and acceleration [m/s2] of this sample.

    Road load as certified, F = A + B v + C v2, plus weight and slope. Limits belong to the vehicle, so that both units
    of a pair see the same drive; regeneration limits leave the rest to the friction brake.
    """
    speed = state.speed_m_s
    rpm = speed / m.wheel_radius_m * m.gear_ratio * _RAD_S_TO_RPM
    acceleration = wanted_acceleration(key, boldness, trip, state, cycle)
    if speed < 0.05 and acceleration <= 0.05:
        return 0.0, 0.0, -speed / step_s
    road = m.road_a_n + m.road_b_n_s_m * speed + m.road_c_n_s2_m2 * speed * speed
    if not cycle.size:
        road += m.mass_kg * _G * trip.hills * slope(key, state.distance_m)
    force = 1.03 * m.mass_kg * acceleration + road  # 3 %: what turns must be turned faster, too
    highest = min(m.max_force_n, m.max_vehicle_power_w / max(speed, 1.0))
    if force > highest:
        acceleration -= (force - highest) / (1.03 * m.mass_kg)
        force = highest
    fade = max(0.0, min(1.0, speed / 3.0))  # regeneration fades out before standstill
    if force < 0.0:
        force *= m.regen_share
    lowest = -min(m.regen_force_n, m.regen_vehicle_power_w / max(speed, 1.0)) * fade
    return rpm, max(force, lowest), acceleration


@kernel
def shaft_torque(m: Record, force_n: float, speed_rpm: float, drag_nm: float) -> float:
    """Torque [Nm] at the rotor shaft for this unit's share of the wheel force, gear losses included."""
    torque = force_n * m.axle_share * m.wheel_radius_m / m.gear_ratio
    torque *= 1.0 + m.gear_mesh_share if torque > 0.0 else 1.0 - m.gear_mesh_share
    if speed_rpm > 0.0:
        torque += drag_nm
    limit: float = min(m.max_torque_nm, m.max_power_w / max(speed_rpm / _RAD_S_TO_RPM, 1.0))
    delivered: float = max(-limit, min(limit, torque))
    return delivered
