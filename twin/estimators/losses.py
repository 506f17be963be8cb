"""Powers and losses of one sample, at the temperatures estimated for the second before (physics 3)."""

import math
from typing import Any

import numpy as np

from twin.estimators import junction, rotor
from twin.jit import kernel
from twin.layout import END_WINDING, OIL, SLOT_WINDING
from twin.physics.junction import DIODE, SWITCH, device_losses
from twin.physics.losses import (
    HZ_PER_RPM,
    M_S_PER_KM_H,
    TWO_PI,
    ac_copper_share,
    cage_loss20,
    gear_loss,
    iron_loss,
    magnet_loss,
    measured_iron_loss,
    oil_factors,
    operating_point,
    rotor_flux,
    stator_iron_share,
    unit_oil_viscosity,
    warm_current,
)

RESTING_RPM, RESTING_NM = 30.0, 1.0
"""Below both of them the car stands at rest: noise of a resting resolver, steps of the torque."""
HOTTEST_DEVICE_C = 200.0
"""Beyond what a device survives its loss rises no more: impossible currents then cannot run away."""


@kernel
def true_torque(par: Any, reported_nm: float, speed_rpm: float) -> float:
    """Torque [Nm] behind a reported one: gain, offset along the rotation, what truncation towards zero takes off."""
    dead_nm = par.torque_dead_zone_nm
    truncated_nm = min(max(reported_nm, -dead_nm), dead_nm)
    return float(par.torque_gain * reported_nm + par.torque_offset_nm * np.sign(speed_rpm) + truncated_nm)


@kernel
def other_consumers(par: Any, speed_rpm: float, torque_nm: float) -> float:
    """Power [W] the DC current sensor sees beside the drive's: more on the move, by pump and steering."""
    if abs(speed_rpm) < RESTING_RPM and abs(torque_nm) < RESTING_NM:
        return float(par.auxiliary_w)
    return float(par.auxiliary_w + par.auxiliary_moving_w)


@kernel
def _device_temp(par: Any, row: Any, device: int) -> float:
    """Junction temperature [degC] the device loses at; where its parameters hold, until one is known."""
    temp_c = junction.temp_c(row, device)
    if temp_c != temp_c:
        temp_c = par.device_reference_c
    return min(temp_c, HOTTEST_DEVICE_C)


@kernel
def _field_current(par: Any, row: Any, sample: Any, table_a: float) -> float:
    """Measured; else by the table or by its voltage and the unit's resistance, whichever is surer."""
    if sample.field_current_a == sample.field_current_a:
        return float(sample.field_current_a)
    row.field_doubt = par.table_field_sd
    by_voltage_sd = abs(par.rotor_slope) * math.sqrt(rotor.offset_variance(par, row))
    if sample.field_voltage_v == sample.field_voltage_v and by_voltage_sd < par.table_field_sd:
        row.field_doubt = by_voltage_sd
        resistance_ohm = par.field_resistance_ohm * (1.0 + par.rotor_slope * row.rotor_offset_k) * row.field_factor
        return float(max(sample.field_voltage_v - par.brush_drop_v, 0.0) / resistance_ohm)
    return float(par.table_field_share * table_a)


@kernel
def step(par: Any, row: Any, sample: Any, powered: bool, work: Any) -> None:
    """Fill the losses and powers in ``work`` [W]. Measured currents win over the table of operating points.

    An inverter that is not ready carries no current: magnets aside, the machine then has gear losses only.
    """
    speed_rpm, torque_nm = sample.motor_speed_rpm, true_torque(par, sample.torque_nm, sample.motor_speed_rpm)
    speed_rad_s = speed_rpm * (TWO_PI / 60.0)
    i_d = i_q = i_f = 0.0
    if powered:
        i_d, i_q, i_f = operating_point(par, speed_rpm, torque_nm)
        if par.magnet_flux_wb > 0.0:
            i_q = warm_current(par, i_d, i_q, row.flux_factor)
    if sample.i_d_a == sample.i_d_a and sample.i_q_a == sample.i_q_a:
        i_d, i_q = sample.i_d_a, sample.i_q_a
    if par.cage_resistance_ohm > 0.0:
        i_f = abs(i_d)  # what magnetises an induction machine
    elif par.field_resistance_ohm > 0.0:
        i_f = _field_current(par, row, sample, i_f)
    dc_voltage_v = par.dc_voltage_v
    if sample.dc_voltage_v > 0.5 * par.dc_voltage_v:
        dc_voltage_v = sample.dc_voltage_v
    frequency_hz = par.switching_frequency_hz
    if sample.switching_frequency_hz > 0.0:
        frequency_hz = sample.switching_frequency_hz

    current_squared = i_d * i_d + i_q * i_q
    work.copper_dc20_w = 1.5 * par.phase_resistance_ohm * current_squared
    work.copper_ac20_w = work.copper_dc20_w * ac_copper_share(par, speed_rpm)
    work.copper_w = work.copper_dc20_w * row.copper_factor + work.copper_ac20_w * row.ac_copper_factor
    current_a = math.sqrt(current_squared)
    if par.iron_map_speed_rpm > 0.0:
        iron_w = measured_iron_loss(par, speed_rpm, current_a if torque_nm >= 0.0 else -current_a)
    else:
        flux_wb = rotor_flux(par, i_f)
        if par.iron_temp_coefficient == 0.0:  # else that is how the iron loss falls
            flux_wb *= row.flux_factor
        iron_w = iron_loss(par, speed_rpm, i_d, i_q, flux_wb)
    work.iron_w = stator_iron_share(par, speed_rpm, current_a) * iron_w
    cage20_w = cage_loss20(par, i_q)
    work.field20_w = par.field_resistance_ohm * i_f * i_f + cage20_w
    work.rotor_w = work.field20_w * row.field_factor + par.brush_drop_v * abs(i_f) + magnet_loss(par, speed_rpm)
    work.rotor_w += iron_w - work.iron_w
    work.shaft_w = torque_nm * speed_rad_s
    work.inverter_w = 0.0
    # all but the field winding is fed through the stator
    stator_w = work.shaft_w + work.copper_w + iron_w + cage20_w * row.field_factor + magnet_loss(par, speed_rpm)
    field_hz = par.pole_pairs * speed_rpm * HZ_PER_RPM
    if par.cage_resistance_ohm > 0.0 and i_f > 0.0:
        slip_rad_s = par.cage_resistance_ohm * row.field_factor * i_q / rotor_flux(par, i_f)
        field_hz += math.copysign(slip_rad_s / TWO_PI, torque_nm)  # the torque pulls the rotor after the field
    work.field_hz = abs(field_hz)
    work.switch_w = work.diode_w = work.switch_square_w = work.diode_square_w = 0.0
    if powered:
        switch_c, diode_c = _device_temp(par, row, SWITCH), _device_temp(par, row, DIODE)
        work.switch_w, work.diode_w, work.switch_square_w, work.diode_square_w = device_losses(
            par, current_a, stator_w, dc_voltage_v, frequency_hz, switch_c, diode_c
        )
        work.inverter_w = par.inverters * (6.0 * (work.switch_w + work.diode_w) + par.inverter_fixed_loss_w)
    work.gear_w = gear_loss(par, speed_rad_s, work.shaft_w, row.mesh_factor, row.drag_factor)
    work.mechanical_w = work.shaft_w - work.gear_w
    work.electrical_w = work.shaft_w + work.copper_w + work.iron_w + work.rotor_w + work.inverter_w

    work.speed_rpm = abs(speed_rpm)
    work.torque_nm = abs(torque_nm)
    work.shaft_nm = torque_nm
    work.i_d_a = i_d
    work.wheel_m_s = abs(speed_rad_s) / par.gear_ratio * par.wheel_radius_m
    work.speed_m_s = work.wheel_m_s
    if sample.vehicle_speed_km_h == sample.vehicle_speed_km_h:
        work.speed_m_s = abs(sample.vehicle_speed_km_h) * M_S_PER_KM_H
    work.dc_voltage_v = dc_voltage_v
    other_w = other_consumers(par, speed_rpm, sample.torque_nm)
    work.dc_w = sample.dc_voltage_v * sample.dc_current_a - other_w


@kernel
def lost(work: Any) -> bool:
    """Whether what ``step`` left in ``work`` is no number: a factor of ``close_second`` or a junction was none."""
    return not math.isfinite(work.electrical_w + work.gear_w)


@kernel
def close_second(par: Any, row: Any, work: Any) -> None:
    """What the temperatures at the end of a second make of the losses in the next."""
    share, alpha = par.end_winding_share, par.copper_temp_coefficient
    winding_temp_c = share * row.temp_c[END_WINDING] + (1.0 - share) * row.temp_c[SLOT_WINDING]
    rotor_warm_k = rotor.temp_c(row) - 20.0
    row.copper_factor = 1.0 + alpha * (winding_temp_c - 20.0)
    row.ac_copper_factor = row.copper_factor**-par.ac_temp_exponent
    row.field_factor = 1.0 + par.rotor_temp_coefficient * rotor_warm_k
    if par.magnet_flux_wb > 0.0:
        row.flux_factor = 1.0 + par.rotor_slope * rotor_warm_k
    work.oil_viscosity_mm2_s = unit_oil_viscosity(par, row.temp_c[OIL])
    row.mesh_factor, row.drag_factor = oil_factors(par, work.oil_viscosity_mm2_s)
