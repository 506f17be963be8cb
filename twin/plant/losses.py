"""Currents and losses of machine, inverter and gear, from shaft torque and speed.

A phasor picture with torque flux, field weakening and switch-by-switch inverter loss; no Park components.
"""

import math

from twin.jit import kernel
from twin.plant.layout import CONDUCTOR, END, GEARS, INVERTER, OIL, ROTOR, SLOT, TEETH, YOKE, Floats, Record

_COPPER_K = 0.00393
_RPM_TO_RAD_S = 2.0 * math.pi / 60.0


@kernel
def operating_point(m: Record, speed_rpm: float, torque_nm: float, dc_voltage_v: float) -> tuple[float, float, float]:
    """Phase current [A rms], stator flux [Wb rms] and torque flux [Wb rms] that make a torque at a voltage.

    Torque = 3 p psi I. Above base speed an excited machine takes its flux back, magnets are opposed with current.
    """
    limit_wb = 0.95 * dc_voltage_v / math.sqrt(6.0) / max(m.pole_pairs * abs(speed_rpm) * _RPM_TO_RAD_S, 1.0)
    load = math.sqrt(abs(torque_nm) / m.max_torque_nm)
    flux_wb = m.torque_flux_wb * (m.flux_floor + (1.0 - m.flux_floor) * load)
    active_a = 0.0
    stator_wb = flux_wb
    for _ in range(4):
        active_a = abs(torque_nm) / (3.0 * m.pole_pairs * flux_wb)
        stator_wb = math.hypot(flux_wb, m.inductance_h * active_a)
        if m.weakening_by_current == 0.0 and stator_wb > limit_wb:
            flux_wb *= limit_wb / stator_wb
    opposing_a = 0.0
    if stator_wb > limit_wb:
        if m.weakening_by_current > 0.0:
            opposing_a = (stator_wb - limit_wb) / m.inductance_h
        stator_wb = limit_wb
    return math.hypot(active_a, opposing_a), stator_wb, flux_wb


@kernel
def iron_loss(m: Record, frequency_hz: float, stator_wb: float) -> float:
    """Bertotti's three terms [W] at the mean flux density, which saturates at 1.8 T."""
    density_t = 1.8 * math.tanh(m.iron_flux_density_t * stator_wb / m.torque_flux_wb / 1.8)
    hysteresis = m.iron_hysteresis_w * frequency_hz * density_t**1.8
    eddy = m.iron_eddy_w * (frequency_hz * density_t) ** 2
    total_w: float = hysteresis + eddy + m.iron_excess_w * (frequency_hz * density_t) ** 1.5
    return total_w


@kernel
def inverter_loss(
    m: Record,
    current_rms_a: float,
    phase_rms_v: float,
    shaft_power_w: float,
    dc_voltage_v: float,
    inverter_temp_c: float,
) -> float:
    """Six transistors and diodes under sinusoidal PWM: conduction by modulation and power factor, switching [W]."""
    peak_a = math.sqrt(2.0) * current_rms_a
    modulation = min(2.0 * math.sqrt(2.0) * phase_rms_v / dc_voltage_v, 1.15)
    apparent_w = 3.0 * phase_rms_v * current_rms_a
    power_factor = max(-1.0, min(1.0, shaft_power_w / apparent_w)) if apparent_w > 1.0 else 0.0
    line, square = modulation * power_factor / 8.0, modulation * power_factor / (3.0 * math.pi)
    half = 1.0 / (2.0 * math.pi)
    transistor = (half + line) * m.transistor_threshold_v * peak_a + (
        0.125 + square
    ) * m.transistor_slope_ohm * peak_a**2
    diode = (half - line) * m.diode_threshold_v * peak_a + (0.125 - square) * m.diode_slope_ohm * peak_a**2
    load = peak_a / 450.0
    switched = (1.0 - m.recovery_share) * load + m.recovery_share * load**0.6
    switching = m.switching_frequency_hz / math.pi * m.switching_energy_j * switched * (dc_voltage_v / 400.0) ** 1.35
    warm = 1.0 + 0.0025 * (inverter_temp_c - 60.0)
    total_w: float = m.inverter_fixed_w + 6.0 * (transistor + diode + switching * warm)
    return total_w


@kernel
def viscosity(m: Record, oil_temp_c: float) -> float:
    """Kinematic viscosity of the oil [mm2/s]: Vogel's law through its values at 40 and 100 degC."""
    position = (1.0 / (max(oil_temp_c, -30.0) + 95.0) - 1.0 / 135.0) / (1.0 / 195.0 - 1.0 / 135.0)
    ratio = m.oil_viscosity_100c_mm2_s / m.oil_viscosity_40c_mm2_s
    viscosity_mm2_s: float = m.oil_viscosity_40c_mm2_s * ratio**position
    return viscosity_mm2_s


@kernel
def gear_loss(m: Record, speed_rpm: float, shaft_power_w: float, oil_temp_c: float) -> tuple[float, float]:
    """Loss in the meshes and by drag in bearings and oil [W, W]; drag follows viscosity, meshes hardly do."""
    thick = viscosity(m, oil_temp_c) / viscosity(m, 80.0)
    mesh = m.gear_mesh_share_80c * thick**-0.05 * abs(shaft_power_w)
    drag_nm = m.gear_drag_80c_nm * thick**0.45 * (0.6 + 0.4 * (abs(speed_rpm) / 5000.0) ** 0.8)
    return mesh, drag_nm * abs(speed_rpm) * _RPM_TO_RAD_S


@kernel
def losses(
    m: Record,
    speed_rpm: float,
    torque_nm: float,
    dc_voltage_v: float,
    temps_c: Floats,
    heat_w: Floats,
    groups_w: Floats,
) -> tuple[float, float, float]:
    """Fill ``heat_w`` (nodes) and ``groups_w`` (copper, iron, rotor, inverter, gear) [W].

    Returns field current [A], field voltage [V] and DC power [W].
    """
    current, stator_wb, flux_wb = operating_point(m, speed_rpm, torque_nm, dc_voltage_v)
    frequency_hz = m.pole_pairs * abs(speed_rpm) / 60.0
    shaft_w = torque_nm * speed_rpm * _RPM_TO_RAD_S
    heat_w[:] = 0.0

    copper_w = 3.0 * m.phase_resistance_20c_ohm * current**2
    skin = m.ac_share_1khz * (frequency_hz / 1000.0) ** m.ac_exponent
    hot = 1.0 + _COPPER_K * (temps_c[END] - 20.0)
    heat_w[END] = m.end_winding_share * copper_w * (hot + 0.3 * skin / hot)
    hot = 1.0 + _COPPER_K * (temps_c[SLOT] - 20.0)
    heat_w[SLOT] = (1.0 - m.end_winding_share) * copper_w * (hot + skin / hot)

    iron_w = iron_loss(m, frequency_hz, stator_wb) if frequency_hz > 0.0 else 0.0
    heat_w[TEETH] = 0.58 * iron_w
    heat_w[YOKE] = 0.42 * iron_w

    field_a = 0.0
    field_v = 0.0
    if m.field_resistance_20c_ohm > 0.0 and (abs(speed_rpm) > 30.0 or torque_nm != 0.0):
        field_a = m.field_current_floor_a + m.field_current_span_a * flux_wb / m.torque_flux_wb
        resistance = m.field_resistance_20c_ohm * (1.0 + _COPPER_K * (temps_c[CONDUCTOR] - 20.0))
        field_v = resistance * field_a + m.brush_drop_v
    eddy_w = m.rotor_eddy_w_per_krpm2 * (speed_rpm / 1000.0) ** 2 * (0.3 + abs(torque_nm) / m.max_torque_nm)
    heat_w[CONDUCTOR] = max(field_v - m.brush_drop_v, 0.0) * field_a + m.rotor_conductor_share * eddy_w
    heat_w[ROTOR] = m.brush_drop_v * field_a + (1.0 - m.rotor_conductor_share) * eddy_w

    phase_v = 2.0 * math.pi * frequency_hz * stator_wb + m.phase_resistance_20c_ohm * current
    heat_w[INVERTER] = inverter_loss(m, current, phase_v, shaft_w, dc_voltage_v, temps_c[INVERTER])

    mesh_w, drag_w = gear_loss(m, speed_rpm, shaft_w, temps_c[OIL])
    heat_w[GEARS] = mesh_w + 0.5 * drag_w
    heat_w[OIL] = 0.5 * drag_w

    groups_w[0] = heat_w[END] + heat_w[SLOT]
    groups_w[1] = iron_w
    groups_w[2] = heat_w[CONDUCTOR] + heat_w[ROTOR]
    groups_w[3] = heat_w[INVERTER]
    groups_w[4] = mesh_w + drag_w
    return field_a, field_v, shaft_w + groups_w[0] + groups_w[1] + groups_w[2] + groups_w[3]
