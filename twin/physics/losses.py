"""Losses of machine, inverter and gear at one operating point (physics 3.1, 3.2).

Currents are amplitudes of the dq frame (amplitude-invariant), losses in W. The same functions work on numbers in
kernels and on arrays when the table of operating points is made (``twin.physics.operating_map``).
"""

import math
from typing import Any

import numpy as np

from twin.jit import kernel
from twin.physics.bearings import oil_viscosity

TWO_PI = 2.0 * math.pi
HZ_PER_RPM = 1.0 / 60.0
M_S_PER_KM_H = 1.0 / 3.6
MESH_EXPONENT, CHURNING_EXPONENT, ROLLING_EXPONENT = -0.05, 0.21, 2.0 / 3.0
"""Of the oil's viscosity: tooth friction by Niemann, churning by Changenet, rolling bearings by Palmgren."""
COLDEST_OIL_C = -20.0
"""Below, rolling bearings starve and churned oil warms its own film: no more drag."""


@kernel
def ac_copper_share(par: Any, speed_rpm: Any) -> Any:
    """AC over DC copper loss at 20 degC: eddy currents in the bars, with the square of speed where these are thin."""
    n = abs(speed_rpm) / par.reference_speed_rpm
    share = par.ac_copper_share
    return (share[0] + (share[1] + (share[2] + share[3] * n) * n) * n) * n


@kernel
def rotor_flux(par: Any, field_current_a: Any) -> Any:
    """Flux linkage [Wb] of magnets, of the saturating field winding, or of a cage magnetised by i_d."""
    saturation = field_current_a / par.field_saturation_a
    return par.magnet_flux_wb + par.field_flux_h * field_current_a / np.sqrt(1.0 + saturation * saturation)


@kernel
def iron_loss(par: Any, speed_rpm: Any, i_d_a: Any, i_q_a: Any, rotor_flux_wb: Any) -> Any:
    """Machine-level Bertotti form: stator flux squared times (hysteresis f + eddy f^2), and harmonics (physics 3.2).

    Harmonics of the slots are there without load, those of the current's field grow with its square; both with f^2.
    """
    frequency_hz = par.pole_pairs * abs(speed_rpm) * HZ_PER_RPM
    n = abs(speed_rpm) / par.reference_speed_rpm
    flux_d = par.d_inductance_h * i_d_a + rotor_flux_wb
    flux_q = par.q_inductance_h * i_q_a
    flux_squared = flux_d * flux_d + flux_q * flux_q
    harmonics_w = par.slot_harmonics_w * n * n
    harmonics_w = harmonics_w + par.load_harmonics_w * (i_d_a * i_d_a + i_q_a * i_q_a) * frequency_hz * frequency_hz
    return flux_squared * (par.hysteresis_w + par.eddy_w * frequency_hz) * frequency_hz + harmonics_w


@kernel
def measured_iron_loss(par: Any, speed_rpm: float, current_a: float) -> float:
    """Iron loss of the map, bilinear; ``current_a`` negative while braking. Beyond the rim it is as at the rim."""
    table = par.iron_map
    currents, speeds = table.shape[0] - 1, table.shape[1] - 1
    line = min(max(0.5 * (current_a / par.iron_map_current_a + 1.0), 0.0), 1.0) * currents
    column = min(abs(speed_rpm) / par.iron_map_speed_rpm, 1.0) * speeds
    i, j = min(int(line), currents - 1), min(int(column), speeds - 1)
    u, v = line - i, column - j
    slow_w = (1.0 - u) * table[i, j] + u * table[i + 1, j]
    fast_w = (1.0 - u) * table[i, j + 1] + u * table[i + 1, j + 1]
    return float((1.0 - v) * slow_w + v * fast_w)


@kernel
def stator_iron_share(par: Any, speed_rpm: float, current_a: float) -> float:
    """Share of the iron loss that arises in the stator; the rest is in the rotor (physics 2.2)."""
    n, i = abs(speed_rpm) / par.reference_speed_rpm, current_a / par.stator_iron_current_a
    share = par.stator_iron
    return float(min(max(share[0] + share[1] * n + (share[2] + share[3] * n) * i, 0.0), 1.0))


@kernel
def magnet_loss(par: Any, speed_rpm: Any) -> Any:
    """Eddy currents in the magnets by slot and switching ripple; 0 for a machine without magnets."""
    relative_speed = abs(speed_rpm) / par.reference_speed_rpm
    return par.magnet_loss_w * relative_speed * relative_speed


@kernel
def cage_loss20(par: Any, i_q_a: Any) -> Any:
    """Slip loss of an induction rotor at 20 degC; 0 without a cage.

    Inverse-gamma circuit: slip times air-gap power, with slip frequency R i_q / psi, is 1.5 R i_q^2 (physics 3.2).
    """
    return 1.5 * par.cage_resistance_ohm * i_q_a * i_q_a


@kernel
def unit_oil_viscosity(par: Any, oil_temp_c: float) -> float:
    """Viscosity [mm2/s] of the unit's oil at this temperature."""
    return oil_viscosity(max(oil_temp_c, COLDEST_OIL_C), par.oil_viscosity_mm2_s[0], par.oil_viscosity_mm2_s[1])


@kernel
def oil_factors(par: Any, viscosity_mm2_s: float) -> tuple[float, float]:
    """Mesh loss and viscous drag at this viscosity of the oil over those stated (physics 3.2)."""
    thick = math.log(viscosity_mm2_s / par.oil_viscosity_mm2_s[2])
    churning, rolling = math.exp(CHURNING_EXPONENT * thick), math.exp(ROLLING_EXPONENT * thick)
    return math.exp(MESH_EXPONENT * thick), rolling + par.churning_share * (churning - rolling)


@kernel
def gear_loss(par: Any, speed_rad_s: float, shaft_w: float, mesh_factor: float, drag_factor: float) -> float:
    """Mesh loss in proportion to the power, sliding of bearings and seals, and viscous drag (physics 3.2)."""
    speed = abs(speed_rad_s)
    drag_nm = par.drag_torque_nm + par.viscous_drag_nm_s * drag_factor * speed
    return float(par.mesh_loss_share * mesh_factor * abs(shaft_w) + drag_nm * speed)


@kernel
def warm_current(par: Any, i_d_a: float, i_q_a: float, flux_factor: float) -> float:
    """i_q [A] that makes the torque of the table's currents with the flux that warm magnets have (physics 3.2)."""
    cold_wb = par.magnet_flux_wb + (par.d_inductance_h - par.q_inductance_h) * i_d_a
    warm_wb = cold_wb - (1.0 - flux_factor) * par.magnet_flux_wb
    return float(i_q_a * cold_wb / max(warm_wb, 0.5 * cold_wb))


@kernel
def operating_point(par: Any, speed_rpm: float, torque_nm: float) -> tuple[float, float, float]:
    """(i_d, i_q, i_f) [A] of least loss from the table, bilinear; beyond its rim the rim's cell goes on."""
    column = abs(speed_rpm) / par.map_speed_step_rpm
    line = abs(torque_nm) / par.map_torque_step_nm
    table = par.map
    i = min(int(column), table.shape[0] - 2)
    j = min(int(line), table.shape[1] - 2)
    u = min(column - i, 1.0)
    v = min(line - j, 1.0)
    w00, w10, w01, w11 = (1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v
    i_d = w00 * table[i, j, 0] + w10 * table[i + 1, j, 0] + w01 * table[i, j + 1, 0] + w11 * table[i + 1, j + 1, 0]
    i_q = w00 * table[i, j, 1] + w10 * table[i + 1, j, 1] + w01 * table[i, j + 1, 1] + w11 * table[i + 1, j + 1, 1]
    i_f = w00 * table[i, j, 2] + w10 * table[i + 1, j, 2] + w01 * table[i, j + 1, 2] + w11 * table[i + 1, j + 1, 2]
    return i_d, (i_q if torque_nm >= 0.0 else -i_q), i_f
