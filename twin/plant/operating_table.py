"""The controller's table, made once per machine: d and field current of least loss for each speed and torque."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.plant.electrics import RPM_TO_RAD_S, fluxes
from twin.plant.losses import iron_loss

SPEEDS, TORQUES = 28, 18
D_CANDIDATES, F_CANDIDATES = 61, 31
_HOT = 1.3  # copper at 100 degC
_ROTOR_TEMP_C = 70.0


def python(function: Any) -> Any:
    """A kernel's plain Python, which also takes arrays."""
    return getattr(function, "py_func", function)


def table(m: Any) -> NDArray[np.float64]:
    """(SPEEDS, TORQUES, 2) d and field current [A] at the battery's voltage; speed axis to 1.15 x maximum speed.

    Brute force over a grid of candidates; where the voltage does not suffice for the torque, the point closest to it.
    """
    induction = m.magnet_flux_wb == 0.0 and m.mutual_h == 0.0
    d_a = np.linspace(0.05, 1.0, D_CANDIDATES) if induction else np.linspace(-0.95, 0.15, D_CANDIDATES)
    d_a = d_a * m.max_current_a * (0.6 if induction else 1.0)
    f_a = np.linspace(m.field_floor_a, m.field_max_a, F_CANDIDATES) if m.mutual_h > 0.0 else np.zeros(1)
    d, f = np.meshgrid(d_a, f_a, indexing="ij")
    found = np.zeros((SPEEDS, TORQUES, 2))
    for j in range(TORQUES):
        torque_nm = max(j / (TORQUES - 1) * m.max_torque_nm, 0.5)
        q = torque_current_of_arrays(m, torque_nm, d, f)
        psi_d, psi_q = python(fluxes)(m, d, q, f, _ROTOR_TEMP_C)
        flux_wb = np.hypot(psi_d, psi_q)
        made = 1.5 * m.systems * m.pole_pairs * (psi_d * q - psi_q * d)
        current = np.hypot(d, q)
        lacking = np.maximum(1.0 - made / torque_nm, 0.0) + np.maximum(current / m.max_current_a - 1.0, 0.0)
        copper = 1.5 * m.systems * (m.phase_resistance_20c_ohm * current**2 + m.cage_resistance_20c_ohm * q**2) * _HOT
        field = m.field_resistance_20c_ohm * _HOT * f * f + m.brush_drop_v * f
        inverter = m.systems * 3.0 * current * 1.0
        for i in range(SPEEDS):
            speed_rpm = i / (SPEEDS - 1) * 1.15 * m.max_speed_rpm
            omega = m.pole_pairs * speed_rpm * RPM_TO_RAD_S
            limit_wb = 0.96 * m.battery_voltage_v / np.sqrt(3.0) / max(omega, 1.0)
            frequency_hz = m.pole_pairs * speed_rpm / 60.0
            iron = _iron_of_arrays(m, frequency_hz, flux_wb)
            excess = np.maximum(flux_wb / limit_wb - 1.0, 0.0)
            cost = copper + field + inverter + iron + 1e6 * (excess + lacking)
            best = np.unravel_index(int(np.argmin(cost)), cost.shape)
            found[i, j] = d[best], f[best]
    return found


def torque_current_of_arrays(m: Any, torque_nm: float, d: NDArray[Any], f: NDArray[Any]) -> NDArray[np.float64]:
    """The q current [A] of each candidate, shape of ``d``: the kernel's substitution, written out for arrays."""
    q = np.full(d.shape, 1.0)
    for _ in range(12):
        psi_d, psi_q = python(fluxes)(m, d, q, f, _ROTOR_TEMP_C)
        lever = np.maximum(psi_d - psi_q / q * d, 1e-4)
        found = torque_nm / (1.5 * m.systems * m.pole_pairs * lever)
        q = np.clip(0.8 * found + 0.2 * q, 1e-3, 1.5 * m.max_current_a)
    return q


def _iron_of_arrays(m: Any, frequency_hz: float, flux_wb: NDArray[Any]) -> NDArray[np.float64]:
    levels = np.linspace(0.0, float(flux_wb.max()), 40)
    known = [python(iron_loss)(m, frequency_hz, float(level)) for level in levels]
    loss_w: NDArray[np.float64] = np.interp(flux_wb, levels, known)
    return loss_w
