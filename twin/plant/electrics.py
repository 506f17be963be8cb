"""Currents, fluxes and voltages of the machine: one saturating two-axis picture for all four kinds.

Excited: field flux by its current. Magnets: flux by temperature. Induction: no rotor flux of its own; the d current
magnetises and the d axis saturates. Six-phase: two equal three-phase systems. Amplitudes, per system.
"""

import math
from typing import Any

import numpy as np

from twin.jit import kernel
from twin.plant.layout import Record

RPM_TO_RAD_S = 2.0 * math.pi / 60.0
COPPER_PER_K = 0.00393


@kernel
def fluxes(m: Record, i_d_a: Any, i_q_a: Any, i_f_a: Any, rotor_temp_c: float) -> tuple[Any, Any]:
    """Stator flux linkages [Wb] of the d and q axis; numbers or arrays."""
    loaded = i_q_a / m.max_current_a
    cross = 1.0 - m.cross_saturation * loaded * loaded
    excited = i_f_a / m.field_saturation_a
    rotor = m.magnet_flux_wb * (1.0 - 0.0012 * (rotor_temp_c - 20.0))
    rotor = (rotor + m.mutual_h * i_f_a / np.sqrt(1.0 + excited * excited)) * cross
    d = i_d_a / m.d_saturation_a
    q = i_q_a / m.q_saturation_a
    psi_d = rotor + m.d_inductance_h * i_d_a / np.sqrt(1.0 + d * d)
    psi_q = m.q_inductance_h * i_q_a / np.sqrt(1.0 + q * q)
    return psi_d, psi_q


@kernel
def torque_of(m: Record, i_d_a: Any, i_q_a: Any, i_f_a: Any, rotor_temp_c: float) -> Any:
    """Air-gap torque [Nm] of currents: cross product of flux and current."""
    psi_d, psi_q = fluxes(m, i_d_a, i_q_a, i_f_a, rotor_temp_c)
    return 1.5 * m.systems * m.pole_pairs * (psi_d * i_q_a - psi_q * i_d_a)


@kernel
def torque_current(m: Record, torque_nm: Any, i_d_a: Any, i_f_a: Any, rotor_temp_c: float) -> Any:
    """The q current [A] that makes a torque >= 0 beside given d and field currents; by substitution."""
    i_q_a = 0.0 * torque_nm + 1.0
    for _ in range(7):
        psi_d, psi_q = fluxes(m, i_d_a, i_q_a, i_f_a, rotor_temp_c)
        lever = np.maximum(psi_d - psi_q / i_q_a * i_d_a, 1e-4)
        found = torque_nm / (1.5 * m.systems * m.pole_pairs * lever)
        i_q_a = np.minimum(np.maximum(0.8 * found + 0.2 * i_q_a, 1e-3), 1.5 * m.max_current_a)
    return i_q_a


@kernel
def references(m: Record, speed_rpm: float, torque_nm: float, dc_voltage_v: float) -> tuple[float, float]:
    """The controller's calibrated table: d and field current [A, A] for a torque at a speed and a voltage."""
    speeds, torques = m.table.shape[0], m.table.shape[1]
    reach = abs(speed_rpm) * m.battery_voltage_v / max(dc_voltage_v, 50.0)
    x = min(reach / (1.15 * m.max_speed_rpm), 0.9999) * (speeds - 1)
    y = min(abs(torque_nm) / m.max_torque_nm, 0.9999) * (torques - 1)
    i, j = int(x), int(y)
    u, v = x - i, y - j
    d = (1 - u) * ((1 - v) * m.table[i, j, 0] + v * m.table[i, j + 1, 0])
    d += u * ((1 - v) * m.table[i + 1, j, 0] + v * m.table[i + 1, j + 1, 0])
    f = (1 - u) * ((1 - v) * m.table[i, j, 1] + v * m.table[i, j + 1, 1])
    f += u * ((1 - v) * m.table[i + 1, j, 1] + v * m.table[i + 1, j + 1, 1])
    return d, f


@kernel
def voltages(
    m: Record, speed_rpm: float, i_d_a: float, i_q_a: float, i_f_a: float, rotor_temp_c: float, winding_temp_c: float
) -> tuple[float, float]:
    """Steady terminal voltages [V] of the d and q axis."""
    psi_d, psi_q = fluxes(m, i_d_a, i_q_a, i_f_a, rotor_temp_c)
    omega = m.pole_pairs * speed_rpm * RPM_TO_RAD_S
    resistance = m.phase_resistance_20c_ohm * (1.0 + COPPER_PER_K * (winding_temp_c - 20.0))
    return resistance * i_d_a - omega * psi_q, resistance * i_q_a + omega * psi_d
