"""What voltages, currents and excitation say about which machine this is (physics 3.1), for ``fit``."""

from typing import Any

from twin.estimators.fit import add
from twin.jit import kernel
from twin.layout import (
    FIT_FIELD,
    FIT_FIELD_RESISTANCE,
    FIT_FLUX_D,
    FIT_FLUX_Q,
    FIT_I_D,
    FIT_NO_FIELD,
    FIT_TORQUE,
)
from twin.physics.losses import TWO_PI, operating_point, rotor_flux

FULL_SHARE = 0.1
"""A voltage, torque or current of a tenth of the largest has full weight; less says less about the machine."""
FULL_FIELD_A = 2.0  # and half the full torque: below, the table's straight lines cut the steep rise of the field
FULL_FIELD_V = 8.0
"""Below, the drop of the brushes is not a constant."""


@kernel
def sample(par: Any, row: Any, values: Any, moving: bool) -> None:
    """Add what one sample says, driving forward; what is not measured is not judged."""
    if not moving or values.motor_speed_rpm <= 0.0:
        return
    d_known = values.i_d_a == values.i_d_a and values.i_q_a == values.i_q_a
    f_known = values.field_current_a == values.field_current_a
    if not (d_known or f_known):
        return
    if f_known and par.field_resistance_ohm == 0.0:
        add(row, FIT_NO_FIELD, values.field_current_a, 1.0, 1.0)
    i_d, i_q, i_f = operating_point(par, values.motor_speed_rpm, values.torque_nm)
    full_nm = FULL_SHARE * par.map_torque_step_nm * (par.map.shape[1] - 1)
    loaded = abs(values.torque_nm) > 0.5 * full_nm
    if f_known and par.field_resistance_ohm > 0.0:
        if loaded and not d_known:  # else its flux is seen, and that says more than the controller's choice
            add(row, FIT_FIELD, values.field_current_a - i_f, i_f, FULL_FIELD_A)
        _field_resistance(par, row, values)
        i_f = values.field_current_a
    if d_known:
        if par.cage_resistance_ohm > 0.0:
            i_f = abs(values.i_d_a)
        if loaded:
            add(row, FIT_I_D, values.i_d_a - i_d, abs(i_d) + abs(i_q), FULL_SHARE * par.current_limit_a)
        _fluxes(par, row, values, i_f, full_nm)


@kernel
def _field_resistance(par: Any, row: Any, values: Any) -> None:
    """Voltage of the field winding as warm as the stator's: an estimate of the rotor may already rest on it."""
    if values.field_voltage_v == values.field_voltage_v:
        model_v = par.field_resistance_ohm * row.copper_factor * values.field_current_a
        add(row, FIT_FIELD_RESISTANCE, values.field_voltage_v - par.brush_drop_v - model_v, model_v, FULL_FIELD_V)


@kernel
def _fluxes(par: Any, row: Any, values: Any, i_f: float, full_nm: float) -> None:
    """Torque and stationary voltages by the currents and the variant's constants."""
    i_d, i_q = values.i_d_a, values.i_q_a
    flux_d_wb = rotor_flux(par, i_f) + par.d_inductance_h * i_d
    flux_q_wb = par.q_inductance_h * i_q
    torque_nm = 1.5 * par.pole_pairs * (flux_d_wb * i_q - flux_q_wb * i_d)
    add(row, FIT_TORQUE, values.torque_nm - torque_nm, torque_nm, full_nm)
    if values.u_d_v == values.u_d_v and values.u_q_v == values.u_q_v:
        omega = par.pole_pairs * values.motor_speed_rpm * (TWO_PI / 60.0)
        ohm = par.phase_resistance_ohm * row.copper_factor
        full_v = FULL_SHARE * par.dc_voltage_v
        # weakened, little is left of the flux; the error is still one of its two parts
        parts_v = omega * (rotor_flux(par, i_f) + par.d_inductance_h * abs(i_d))
        add(row, FIT_FLUX_D, values.u_q_v - ohm * i_q - omega * flux_d_wb, parts_v, full_v)
        add(row, FIT_FLUX_Q, -(values.u_d_v - ohm * i_d) - omega * flux_q_wb, omega * flux_q_wb, full_v)
