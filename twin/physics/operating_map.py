"""Table of operating points: for each speed and torque the currents of least loss the inverter can supply.

Made once per variant with numpy: a grid over (i_d, i_f) is narrowed step by step around its best point; i_q follows
from the torque equation T = 1.5 p (psi i_q + (L_d - L_q) i_d i_q) (physics 3.1). An induction machine in rotor-flux
coordinates obeys the same equations with i_d in the place of i_f: the stator magnetises the rotor.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.layout import MAP_SPEEDS, MAP_TORQUES
from twin.physics.junction import device_terms
from twin.physics.losses import ac_copper_share, cage_loss20, iron_loss, rotor_flux

Array = NDArray[np.float64]

COPPER_TEMP_C = 80.0
GRID_D, GRID_F, ZOOMS, NARROW = 25, 11, 7, 0.35
EXCESS_W = 1e6  # weight of breaking a limit: any feasible point beats any other


def python(function: Any) -> Any:
    """A kernel's plain Python, which also takes arrays."""
    return getattr(function, "py_func", function)


def _total_loss(par: Any, speed_rpm: Array, torque_nm: Array, i_d: Array, i_f: Array) -> tuple[Array, Array]:
    """Loss [W] incl. a penalty for broken limits, and i_q, for arrays that broadcast."""
    psi = python(rotor_flux)(par, i_f)
    flux = psi + (par.d_inductance_h - par.q_inductance_h) * i_d
    flux = np.where(np.abs(flux) < 1e-6, 1e-6, flux)
    i_q = torque_nm / (1.5 * par.pole_pairs * flux)
    current_squared = i_d * i_d + i_q * i_q
    current = np.sqrt(current_squared)
    warm = 1.0 + par.copper_temp_coefficient * (COPPER_TEMP_C - 20.0)
    copper = (
        1.5
        * par.phase_resistance_ohm
        * current_squared
        * (warm + ac_share(par, speed_rpm) * warm**-par.ac_temp_exponent)
    )
    field = par.field_resistance_ohm * warm * i_f * i_f + par.brush_drop_v * np.abs(i_f)
    iron = python(iron_loss)(par, speed_rpm, i_d, i_q, psi)
    cage = python(cage_loss20)(par, i_q) * (1.0 + par.rotor_temp_coefficient * (COPPER_TEMP_C - 20.0))
    shaft = torque_nm * speed_rpm * (2.0 * np.pi / 60.0)
    power = shaft + copper + iron + cage
    switch_w, diode_w, _, _ = python(device_terms)(
        par, current, power, par.dc_voltage_v, par.switching_frequency_hz, 0.0, 0.0
    )
    inverter = par.inverters * (6.0 * (switch_w + diode_w) + par.inverter_fixed_loss_w)

    electrical_rad_s = par.pole_pairs * speed_rpm * (2.0 * np.pi / 60.0)
    resistance = par.phase_resistance_ohm * warm
    u_d = resistance * i_d - electrical_rad_s * par.q_inductance_h * i_q
    u_q = resistance * i_q + electrical_rad_s * (par.d_inductance_h * i_d + psi)
    voltage = np.sqrt(u_d * u_d + u_q * u_q) / (par.modulation_limit * par.dc_voltage_v / np.sqrt(3.0))
    excess = np.maximum(voltage - 1.0, 0.0) + np.maximum(current / par.current_limit_a - 1.0, 0.0)
    wrong_side = np.where(flux < 0.0, 1.0, 0.0)
    loss: Array = copper + field + iron + cage + inverter + EXCESS_W * (excess + wrong_side)
    return loss, i_q


def ac_share(par: Any, speed_rpm: Array) -> Array:
    share: Array = python(ac_copper_share)(par, speed_rpm)
    return share


def operating_map(par: Any) -> Array:
    """(MAP_SPEEDS, MAP_TORQUES, 3) currents i_d, i_q, i_f [A] at speed and torque in the steps of ``par``.

    Beyond the envelope the point that breaks the limits least is kept, so that the table has no cliffs.
    """
    speed = (np.arange(MAP_SPEEDS) * par.map_speed_step_rpm)[:, None, None, None]
    torque = (np.arange(MAP_TORQUES) * par.map_torque_step_nm)[None, :, None, None]
    shape = (MAP_SPEEDS, MAP_TORQUES, 1, 1)
    limit_f = float(par.field_current_limit_a)
    induction = par.cage_resistance_ohm > 0.0
    lowest_d = par.cage_least_current_a if induction else -par.current_limit_a
    d_mid, d_half = np.zeros(shape), float(par.current_limit_a)
    f_mid, f_half = np.full(shape, 0.5 * limit_f), 0.5 * limit_f
    grid_f = np.linspace(-1.0, 1.0, GRID_F if limit_f > 0.0 else 1)[None, None, None, :]
    grid_d = np.linspace(-1.0, 1.0, GRID_D)[None, None, :, None]
    for _ in range(ZOOMS):
        i_d = np.clip(d_mid + d_half * grid_d, lowest_d, par.current_limit_a)
        i_f = i_d if induction else np.clip(f_mid + f_half * grid_f, 0.0, limit_f)
        loss, _ = _total_loss(par, speed, torque, i_d, i_f)
        best = np.argmin(loss.reshape(MAP_SPEEDS, MAP_TORQUES, -1), axis=2)
        at_d, at_f = np.unravel_index(best, (grid_d.shape[2], grid_f.shape[3]))
        d_mid = np.take_along_axis(i_d[:, :, :, 0], at_d[:, :, None], axis=2)[..., None]
        f_mid = d_mid if induction else np.take_along_axis(i_f[:, :, 0, :], at_f[:, :, None], axis=2)[..., None]
        d_half, f_half = d_half * NARROW, f_half * NARROW
    _, i_q = _total_loss(par, speed, torque, d_mid, f_mid)
    return np.concatenate([d_mid, i_q, f_mid], axis=3)[:, :, 0, :]
