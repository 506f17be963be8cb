"""Driver, road and longitudinal dynamics: what speed and torque the drive unit sees."""

import math

import numpy as np

from twin.jit import kernel
from twin.plant.layout import Record
from twin.plant.noise import below, uniform

_G = 9.81
_AIR_KG_M3 = 1.2
_RAD_S_TO_RPM = 60.0 / (2.0 * math.pi)
_STANDING_S = 12
_PARKING_S = 70  # the last stretch of a trip: slow down, stop, switch off


@kernel
def choose_stretch(key: np.uint64, trip: Record, state: Record) -> None:
    """Choose target speed and length of the next stretch of road: a pure function of (unit, second)."""
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
        if 0.0 < state.target_m_s < 16.0 and uniform(draw, now, 4) < 0.5:  # a traffic light
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
    """Gradient of the road at a place: two waves of hills with phases of the unit's region."""
    near, far = uniform(key, 0, 11), uniform(key, 0, 12)
    waves = 0.020 * math.sin(distance_m / 310.0 + 6.2832 * near) + 0.016 * math.sin(distance_m / 890.0 + 6.2832 * far)
    return waves


@kernel
def motion(m: Record, key: np.uint64, boldness: float, state: Record, drag_nm: float) -> tuple[float, float, float]:
    """Motor speed [rpm], shaft torque [Nm] and acceleration [m/s2] of this second.

    Longitudinal balance of physics 9.1; torque and power limits cut the acceleration, regeneration limits leave the
    rest to the friction brake.
    """
    speed, now = state.speed_m_s, state.time_s
    rpm = speed / m.wheel_radius_m * m.gear_ratio * _RAD_S_TO_RPM
    if speed < 0.05 and state.target_m_s == 0.0:
        return 0.0, 0.0, -speed
    # Traffic: a wave of the wanted speed, one value each five seconds.
    wanted = state.target_m_s * (1.0 + 0.06 * (uniform(key, now // 5, 21) - 0.5))
    acceleration = max(-1.7, min(boldness, (wanted - speed) / 3.5))
    weight = m.mass_kg * _G
    resistance = weight * (m.rolling_resistance + slope(key, state.distance_m))
    resistance += 0.5 * _AIR_KG_M3 * m.drag_area_m2 * speed * speed
    force = m.mass_kg * acceleration + resistance
    torque = force * m.wheel_radius_m / m.gear_ratio
    torque *= 1.0 + m.gear_mesh_share_80c if torque > 0.0 else 1.0 - m.gear_mesh_share_80c
    torque += drag_nm
    angular = max(rpm / _RAD_S_TO_RPM, 1.0)
    highest = min(m.max_torque_nm, m.max_power_w / angular)
    if torque > highest:
        acceleration -= (torque - highest) * m.gear_ratio / m.wheel_radius_m / m.mass_kg
        torque = highest
    fade = max(0.0, min(1.0, speed / 3.0))  # regeneration fades out before standstill
    lowest = -min(m.regen_torque_nm, m.regen_power_w / angular) * fade
    return rpm, max(torque, lowest), acceleration
