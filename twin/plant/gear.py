"""Gear, bearings and oil: mesh friction after Niemann, bearings after SKF, churning after Changenet (physics 3.2)."""

import math

from twin.jit import kernel
from twin.plant.electrics import RPM_TO_RAD_S
from twin.plant.layout import Record

_MEAN_DIAMETER_MM = 60.0


@kernel
def viscosity(m: Record, oil_temp_c: float) -> float:
    """Kinematic viscosity of the oil [mm2/s]: Vogel's law through its values at 40 and 100 degC."""
    position = (1.0 / (max(oil_temp_c, -30.0) + 95.0) - 1.0 / 135.0) / (1.0 / 195.0 - 1.0 / 135.0)
    ratio = m.oil_viscosity_100c_mm2_s / m.oil_viscosity_40c_mm2_s
    viscosity_mm2_s: float = m.oil_viscosity_40c_mm2_s * ratio**position
    return viscosity_mm2_s


@kernel
def mesh_loss(m: Record, speed_rpm: float, torque_nm: float, viscosity_mm2_s: float) -> float:
    """Loss of the meshes [W]: friction falls with speed and viscosity, rises with load; reference 5,000 rpm, 10 mm2/s.

    Pitting roughens one flank only: ``drive_flank`` counts when driving, not in regeneration.
    """
    power_w = abs(torque_nm * speed_rpm) * RPM_TO_RAD_S
    if power_w < 1.0:
        return 0.0
    load = max(abs(torque_nm) / m.max_torque_nm, 0.02) * 3.0
    pace = max(abs(speed_rpm), 200.0) / 5000.0
    mixed = 1.0 / (1.0 + viscosity_mm2_s / 10.0)  # share of the load that roughness carries, half at the reference
    friction: float = m.gear_mesh_share * (load / pace) ** 0.12 * (0.9 + 0.2 * mixed)
    flank: float = m.drive_flank if torque_nm * speed_rpm > 0.0 else 1.0
    return friction * flank * power_w


@kernel
def drag_torque(m: Record, speed_rpm: float, viscosity_mm2_s: float, oil_level: float) -> tuple[float, float]:
    """Drag of bearings with seals, and of churned oil [Nm, Nm], at the rotor shaft."""
    rpm = abs(speed_rpm)
    if rpm < 1.0:
        return 0.0, 0.0
    product = viscosity_mm2_s * rpm
    rolling = (product / 50_000.0) ** 0.6
    boundary = math.exp(-2.6e-8 * product**1.4 * _MEAN_DIAMETER_MM)
    sliding = boundary * 0.15 + (1.0 - boundary) * 0.05
    bearings = m.bearing_nm * m.bearing_wear * (0.35 + 0.45 * rolling + 4.0 * sliding)
    churned = m.churning_nm * (rpm / 5000.0) ** 0.6 * (viscosity_mm2_s / 10.0) ** 0.2 * max(oil_level, 0.0) ** 1.2
    return bearings, churned
