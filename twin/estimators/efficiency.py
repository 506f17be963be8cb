"""Energies, and efficiency by model and by power balance; driving and braking apart, weighted by energy (physics 3.3).

Mechanical power is taken at the half-shafts: shaft power less the gear loss. Driving: it leaves the unit. Braking: the
motor takes power from the gear. What is neither (gear drag while coasting) is a loss only.
"""

import math
from typing import Any

from schemas.results import Validity
from twin.estimators import loss_ratio, loss_sd
from twin.estimators.loss_ratio import LEAST_S
from twin.jit import kernel
from twin.layout import (
    BALANCE_DC_J,
    BALANCE_MECHANICAL_J,
    BALANCE_MODEL_J,
    BALANCE_S,
    BALANCE_SPEED_RAD,
    COPPER_AC20_J,
    COPPER_DC20_J,
    COPPER_J,
    COVERED_S,
    DC_DRIVE_J,
    DC_REGEN_J,
    DISTANCE_M,
    DRIVE_BALANCE_J,
    DRIVE_BALANCE_S,
    DRIVE_J,
    DRIVE_MODEL_DC_J,
    DRIVE_S,
    DRIVE_SPEED_RAD,
    DRIVE_TORQUE_NM_S,
    DRIVE_VOLTAGE_V_S,
    FIELD20_J,
    GAPS,
    GEAR_J,
    IMPLAUSIBLE,
    INVERTER_J,
    IRON_J,
    REGEN_BALANCE_J,
    REGEN_BALANCE_S,
    REGEN_J,
    REGEN_MODEL_DC_J,
    REGEN_S,
    REGEN_TORQUE_NM_S,
    RESETS,
    ROTOR_J,
    SAMPLES,
    SPEED_RPM_S,
    TORQUE_NM_S,
)
from twin.physics.losses import TWO_PI

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_BELOW_POWER_FLOOR = int(Validity.BELOW_POWER_FLOOR)
_NO_DC_SIDE = int(Validity.NO_DC_SIDE)
_BALANCE_UNCERTAIN = int(Validity.BALANCE_UNCERTAIN)
MOST_SD = 0.15
"""An efficiency less certain says nothing."""
J_PER_WH = 3600.0


@kernel
def step(row: Any, work: Any, dt_s: float) -> None:
    """Add what the sample in ``work`` says about the ``dt_s`` before it."""
    part = row.part
    part[COVERED_S] += dt_s
    part[DISTANCE_M] += work.speed_m_s * dt_s
    part[SPEED_RPM_S] += work.speed_rpm * dt_s
    part[TORQUE_NM_S] += work.torque_nm * dt_s
    part[COPPER_J] += work.copper_w * dt_s
    part[IRON_J] += work.iron_w * dt_s
    part[ROTOR_J] += work.rotor_w * dt_s
    part[INVERTER_J] += work.inverter_w * dt_s
    part[GEAR_J] += work.gear_w * dt_s
    part[COPPER_DC20_J] += work.copper_dc20_w * dt_s
    part[COPPER_AC20_J] += work.copper_ac20_w * dt_s
    part[FIELD20_J] += work.field20_w * dt_s
    if work.mechanical_w > 0.0:
        part[DRIVE_S] += dt_s
        part[DRIVE_TORQUE_NM_S] += work.torque_nm * dt_s
        part[DRIVE_J] += work.mechanical_w * dt_s
        part[DRIVE_MODEL_DC_J] += work.electrical_w * dt_s
    elif work.shaft_w < 0.0:
        part[REGEN_S] += dt_s
        part[REGEN_TORQUE_NM_S] += work.torque_nm * dt_s
        part[REGEN_J] -= work.mechanical_w * dt_s
        part[REGEN_MODEL_DC_J] -= work.electrical_w * dt_s
    if work.balance_dc_w == work.balance_dc_w:
        _balance(part, work, dt_s)


@kernel
def _balance(part: Any, work: Any, dt_s: float) -> None:
    """Add both sides of the power balance, brought to one time by the delay line."""
    mechanical_j, dc_j = work.balance_mechanical_w * dt_s, work.balance_dc_w * dt_s
    speed_rad = work.speed_rpm * (TWO_PI / 60.0) * dt_s
    part[BALANCE_S] += dt_s
    part[BALANCE_MECHANICAL_J] += mechanical_j
    part[BALANCE_MODEL_J] += work.balance_electrical_w * dt_s
    part[BALANCE_DC_J] += dc_j
    part[BALANCE_SPEED_RAD] += speed_rad
    if mechanical_j > 0.0:
        part[DRIVE_BALANCE_S] += dt_s
        part[DRIVE_BALANCE_J] += mechanical_j
        part[DC_DRIVE_J] += dc_j
        part[DRIVE_VOLTAGE_V_S] += work.dc_voltage_v * dt_s
        part[DRIVE_SPEED_RAD] += speed_rad
    elif work.balance_shaft_w < 0.0:
        part[REGEN_BALANCE_S] += dt_s
        part[REGEN_BALANCE_J] -= mechanical_j
        part[DC_REGEN_J] -= dc_j


@kernel
def above_floor(par: Any, energy_j: float, torque_nm_s: float, time_s: float) -> bool:
    """Whether energy, mean power and mean torque of the interval carry an efficiency at all."""
    enough = energy_j >= par.power_floor_w * max(time_s, LEAST_S)
    return time_s > 0.0 and enough and torque_nm_s >= par.torque_floor_nm * time_s


@kernel
def possible(efficiency: float, sd: float) -> bool:
    """Whether an efficiency is one: certain enough, and between 0 and 1 as far as its SD can tell. NaN is not."""
    return sd <= MOST_SD and efficiency > 0.0 and efficiency < 1.0 + 2.0 * sd


@kernel
def balance_sd(par: Any, dc_j: float, voltage_v_s: float, seconds: float, mean_torque_nm: float) -> float:
    """Relative SD of a power balance by gains, offsets and other consumers (physics 3.4): none averages out."""
    variance = par.voltage_gain_sd**2 + par.current_gain_sd**2 + par.torque_gain_sd**2 + par.speed_gain_sd**2
    current_offset = par.current_offset_sd_a * voltage_v_s / dc_j
    torque_offset = par.torque_offset_sd_nm / mean_torque_nm
    auxiliary = par.auxiliary_sd_w * seconds / dc_j
    return math.sqrt(variance + current_offset**2 + torque_offset**2 + auxiliary**2)


@kernel
def publish(par: Any, row: Any, sums: Any, loss_sd_j: Any, point: Any) -> None:
    """Write counts, energies and efficiencies of the summed interval into a state, trip or day.

    ``loss_sd_j``: (5,), becomes the SDs of the parts of its loss. A validity says why an efficiency is missing.
    """
    point.samples = int(sums[SAMPLES])
    point.implausible = int(sums[IMPLAUSIBLE])
    point.gaps = int(sums[GAPS])
    point.resets = int(sums[RESETS])
    point.duration_s = sums[COVERED_S]
    point.distance_km = sums[DISTANCE_M] / 1000.0
    point.drive_energy_wh = sums[DRIVE_J] / J_PER_WH
    point.regen_energy_wh = sums[REGEN_J] / J_PER_WH
    loss_j = sums[COPPER_J] + sums[IRON_J] + sums[ROTOR_J] + sums[INVERTER_J] + sums[GEAR_J]
    point.loss_energy_wh = loss_j / J_PER_WH
    sd_j = loss_sd.step(par, row, sums, loss_sd_j)
    point.loss_energy_sd_wh = sd_j / J_PER_WH
    loss_share_sd = sd_j / loss_j if loss_j > 0.0 else par.loss_scale_sd
    point.dc_drive_energy_wh = math.nan
    point.dc_regen_energy_wh = math.nan
    if sums[DRIVE_BALANCE_S] > 0.0:
        point.dc_drive_energy_wh = sums[DC_DRIVE_J] / J_PER_WH
    if sums[REGEN_BALANCE_J] > 0.0:
        point.dc_regen_energy_wh = sums[DC_REGEN_J] / J_PER_WH

    loss_ratio.publish(par, sums, point)

    _driving(par, sums, loss_share_sd, point)
    _braking(par, sums, loss_share_sd, point)


@kernel
def _driving(par: Any, sums: Any, loss_share_sd: float, point: Any) -> None:
    """Mechanical over electrical energy, by the model and by the balance."""
    point.efficiency_model = point.efficiency_model_sd = math.nan
    point.efficiency_balance = point.efficiency_balance_sd = math.nan
    point.efficiency_validity = _BELOW_POWER_FLOOR if sums[SAMPLES] > 0.0 else _NO_DATA
    if not above_floor(par, sums[DRIVE_J], sums[DRIVE_TORQUE_NM_S], sums[DRIVE_S]):
        return
    efficiency = sums[DRIVE_J] / sums[DRIVE_MODEL_DC_J]
    sd = efficiency * (1.0 - efficiency) * loss_share_sd
    if possible(efficiency, sd):
        point.efficiency_model = efficiency
        point.efficiency_model_sd = sd
    point.efficiency_validity = _NO_DC_SIDE if sums[DRIVE_BALANCE_S] == 0.0 else _BALANCE_UNCERTAIN
    if sums[DRIVE_BALANCE_J] >= par.power_floor_w * LEAST_S and sums[DC_DRIVE_J] > 0.0:
        balance = sums[DRIVE_BALANCE_J] / sums[DC_DRIVE_J]
        torque_nm = sums[DRIVE_BALANCE_J] / sums[DRIVE_SPEED_RAD]
        voltage_v_s, seconds = sums[DRIVE_VOLTAGE_V_S], sums[DRIVE_BALANCE_S]
        sd = balance * balance_sd(par, sums[DC_DRIVE_J], voltage_v_s, seconds, torque_nm)
        if possible(balance, sd):
            point.efficiency_balance = balance
            point.efficiency_balance_sd = sd
            point.efficiency_validity = _VALID


@kernel
def _braking(par: Any, sums: Any, loss_share_sd: float, point: Any) -> None:
    """Electrical over mechanical energy, by the same rules."""
    point.regen_efficiency_model = point.regen_efficiency_model_sd = math.nan
    point.regen_efficiency_balance = point.regen_efficiency_balance_sd = math.nan
    point.regen_efficiency_validity = _BELOW_POWER_FLOOR if sums[SAMPLES] > 0.0 else _NO_DATA
    if not above_floor(par, sums[REGEN_J], sums[REGEN_TORQUE_NM_S], sums[REGEN_S]):
        return
    efficiency = sums[REGEN_MODEL_DC_J] / sums[REGEN_J]
    sd = (1.0 - efficiency) * loss_share_sd
    if possible(efficiency, sd):
        point.regen_efficiency_model = efficiency
        point.regen_efficiency_model_sd = sd
    point.regen_efficiency_validity = _NO_DC_SIDE if sums[REGEN_BALANCE_S] == 0.0 else _BALANCE_UNCERTAIN
    if sums[REGEN_BALANCE_J] >= par.power_floor_w * LEAST_S and sums[DC_REGEN_J] > 0.0:
        balance = sums[DC_REGEN_J] / sums[REGEN_BALANCE_J]
        torque_nm, seconds = sums[REGEN_TORQUE_NM_S] / sums[REGEN_S], sums[REGEN_BALANCE_S]
        voltage_v_s = par.dc_voltage_v * seconds
        sd = balance * balance_sd(par, sums[DC_REGEN_J], voltage_v_s, seconds, torque_nm)
        if possible(balance, sd):
            point.regen_efficiency_balance = balance
            point.regen_efficiency_balance_sd = sd
            point.regen_efficiency_validity = _VALID
