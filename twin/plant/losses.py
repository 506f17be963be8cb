"""Losses of machine, inverter and gear at one operating point, and where they become heat."""

import math

from twin.jit import kernel
from twin.plant.electrics import COPPER_PER_K, RPM_TO_RAD_S, fluxes, references, torque_current, voltages
from twin.plant.gear import drag_torque, mesh_loss, viscosity
from twin.plant.inverter import SLOW_HZ, fast_turning, slow_turning
from twin.plant.layout import (
    CONDUCTOR,
    END,
    GEARS,
    HOUSING,
    INVERTER,
    OIL,
    ROTOR,
    SLOT,
    TEETH,
    YOKE,
    Floats,
    Record,
)

(I_D, I_Q, U_D, U_Q, I_F, U_F, DC_W, JUNCTION_C, SWING_K, FIRST_INVERTER_C, SECOND_INVERTER_C, _HIGH_C, _LOW_C) = range(
    13
)
"""Places in the ``point`` array."""
POINT = 13


@kernel
def iron_loss(m: Record, frequency_hz: float, stator_wb: float) -> float:
    """Bertotti's three terms [W] at the mean flux density, which saturates at 1.8 T."""
    if frequency_hz == 0.0:
        return 0.0
    density_t = 1.8 * math.tanh(m.iron_flux_density_t * stator_wb / m.nominal_flux_wb / 1.8)
    hysteresis = m.iron_hysteresis_w * frequency_hz * density_t**1.8
    wave = frequency_hz * density_t
    total_w: float = hysteresis + m.iron_eddy_w * wave * wave + m.iron_excess_w * wave * math.sqrt(wave)
    return total_w


@kernel
def brush_drop(m: Record, field_a: float) -> float:
    """Voltage [V] over both brushes: a film that saturates with the current."""
    drop_v: float = m.brush_drop_v * (1.0 - math.exp(-field_a / 1.5))
    return drop_v


@kernel
def copper_and_rotor(m: Record, speed_rpm: float, torque_nm: float, temps_c: Floats, heat_w: Floats, p: Floats) -> None:
    """Heat of stator copper and of the rotor: field winding, magnets or cage."""
    frequency_hz = m.pole_pairs * abs(speed_rpm) / 60.0
    square = p[I_D] * p[I_D] + p[I_Q] * p[I_Q]
    copper_w = 1.5 * m.systems * m.phase_resistance_20c_ohm * square
    skin = m.ac_share_1khz * (frequency_hz / 1000.0) ** m.ac_exponent
    hot = 1.0 + COPPER_PER_K * (temps_c[END] - 20.0)
    # Shorted turns carry a current of their own, driven by the flux, in one place of the end winding.
    heat_w[END] = copper_w * (m.end_winding_share * (hot + 0.3 * skin / hot) + m.turn_short * hot)
    hot = 1.0 + COPPER_PER_K * (temps_c[SLOT] - 20.0)
    heat_w[SLOT] = (1.0 - m.end_winding_share) * copper_w * (hot + skin / hot)

    krpm = speed_rpm / 1000.0
    eddy_w = m.rotor_eddy_w_per_krpm2 * krpm * krpm * (0.3 + abs(torque_nm) / m.max_torque_nm)
    hot = 1.0 + COPPER_PER_K * (temps_c[CONDUCTOR] - 20.0)
    cage_w = 1.5 * m.systems * m.cage_resistance_20c_ohm * hot * p[I_Q] * p[I_Q]
    drop_v = brush_drop(m, p[I_F])
    field_w = m.field_resistance_20c_ohm * hot * p[I_F] * p[I_F]
    p[U_F] = m.field_resistance_20c_ohm * hot * p[I_F] + drop_v
    heat_w[CONDUCTOR] = field_w + cage_w + m.rotor_conductor_share * eddy_w
    heat_w[ROTOR] = drop_v * p[I_F] + (1.0 - m.rotor_conductor_share) * eddy_w


@kernel
def inverters(
    m: Record, state: Record, slow: bool, peak_a: float, active: float, dc_factor: float, field_hz: float,
    step_s: float, decay: Floats, p: Floats,
) -> float:  # fmt: skip
    """Loss of the power modules of all inverters [W]; junctions into ``p``. Two systems share the current unequally."""
    base_c, total_w, seen = state.temps_c[INVERTER], 0.0, p[_HIGH_C : _LOW_C + 1]
    p[JUNCTION_C], p[SECOND_INVERTER_C] = -1e9, math.nan
    for system in range(int(m.systems)):
        own_a = peak_a * (1.0 + m.imbalance if system == 0 else 1.0 - m.imbalance)
        if slow:
            total_w += slow_turning(
                m, state, system, base_c, own_a, active, dc_factor, field_hz, step_s, decay[1], seen
            )
        else:
            turning_hz = max(field_hz, SLOW_HZ)
            total_w += fast_turning(
                m, state, system, base_c, own_a, active, dc_factor, turning_hz, step_s, decay[0], seen
            )
        p[FIRST_INVERTER_C + system] = seen[0]
        if seen[0] > p[JUNCTION_C]:
            p[JUNCTION_C], p[SWING_K] = seen[0], seen[0] - seen[1]
    if slow:
        state.angle_rad = (state.angle_rad + 2.0 * math.pi * field_hz * step_s) % (2.0 * math.pi)
    return total_w


@kernel
def losses(
    m: Record,
    state: Record,
    speed_rpm: float,
    torque_nm: float,
    dc_voltage_v: float,
    step_s: float,
    decay: Floats,
    heat_w: Floats,
    groups_w: Floats,
    p: Floats,
) -> None:
    """Fill ``heat_w`` (nodes), ``groups_w`` (LOSSES) [W] and the operating ``point``; junctions move by one sample.

    ``decay``: (2, 2, 4), of a whole sample and of a hundredth of a second.
    """
    temps_c = state.temps_c
    heat_w[:] = 0.0
    working = abs(speed_rpm) > 1.0 or torque_nm != 0.0
    p[:] = 0.0
    if working:
        p[I_D], p[I_F] = references(m, speed_rpm, torque_nm, dc_voltage_v)
        p[I_F] *= m.field_need  # shorted turns: the controller makes the flux with more current
        i_q = torque_current(m, abs(torque_nm), p[I_D], p[I_F] / m.field_need, temps_c[CONDUCTOR])
        p[I_Q] = i_q if torque_nm * speed_rpm >= 0.0 else -i_q
    copper_and_rotor(m, speed_rpm, torque_nm, temps_c, heat_w, p)
    flux_field_a = p[I_F] / m.field_need
    psi_d, psi_q = fluxes(m, p[I_D], p[I_Q], flux_field_a, temps_c[CONDUCTOR])
    frequency_hz = m.pole_pairs * abs(speed_rpm) / 60.0
    iron_w = iron_loss(m, frequency_hz, math.hypot(psi_d, psi_q))
    heat_w[TEETH] = 0.58 * iron_w
    heat_w[YOKE] = 0.42 * iron_w

    p[U_D], p[U_Q] = voltages(m, speed_rpm, p[I_D], p[I_Q], flux_field_a, temps_c[CONDUCTOR], temps_c[SLOT])
    peak_a = math.hypot(p[I_D], p[I_Q])
    shaft_w = torque_nm * speed_rpm * RPM_TO_RAD_S
    machine_w = shaft_w + heat_w[END] + heat_w[SLOT] + iron_w
    active = max(-1.0, min(1.0, 4.0 * machine_w / (3.0 * m.systems * dc_voltage_v * max(peak_a, 1.0))))
    factor = (dc_voltage_v / m.switching_voltage_v) ** m.switching_exponent
    if not working:
        factor = 0.0  # the gates are off
    slip_hz = m.cage_resistance_20c_ohm * p[I_Q] / max(2.0 * math.pi * m.d_inductance_h * max(p[I_D], 1.0), 1e-6)
    field_hz = abs(frequency_hz + slip_hz)
    slow = working and field_hz < SLOW_HZ
    heat_w[INVERTER] = inverters(m, state, slow, peak_a, active, factor, field_hz, step_s, decay, p)
    heat_w[INVERTER] += m.inverter_fixed_w

    thick = viscosity(m, temps_c[OIL])
    mesh_w = mesh_loss(m, speed_rpm, torque_nm, thick)
    bearing_nm, churned_nm = drag_torque(m, speed_rpm, thick, m.oil_level)
    omega = abs(speed_rpm) * RPM_TO_RAD_S
    heat_w[GEARS] = mesh_w + 0.5 * bearing_nm * omega
    heat_w[HOUSING] += 0.5 * bearing_nm * omega
    heat_w[OIL] = churned_nm * omega

    groups_w[0] = heat_w[END] + heat_w[SLOT]
    groups_w[1] = iron_w
    groups_w[2] = heat_w[CONDUCTOR] + heat_w[ROTOR]
    groups_w[3] = heat_w[INVERTER]
    groups_w[4] = mesh_w + (bearing_nm + churned_nm) * omega
    p[DC_W] = shaft_w + groups_w[0] + groups_w[1] + groups_w[2] + groups_w[3]
