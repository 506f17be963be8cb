"""The state point: how the unit was at the end of its last completed second, and sums since the point before."""

import math
from typing import Any

from twin.estimators import consider, efficiency, junction, loss_sd, rotor, sampling, soak
from twin.estimators.outputs import STATES, Outputs
from twin.jit import kernel
from twin.layout import (
    COOLANT_IN_ERROR,
    COOLANT_OUT,
    COPPER_J,
    COVERED_S,
    END_WINDING,
    GEAR_J,
    HOUSING,
    INVERTER_J,
    IRON_J,
    N_CORRECTING,
    N_NODES,
    N_SUMS,
    OIL,
    ROTOR_J,
    SAMPLES,
    SLOT_WINDING,
    SPEED_RPM_S,
    TEETH,
    TORQUE_NM_S,
    YOKE,
)
from twin.physics.junction import DIODE, SWITCH


@kernel
def _temperatures(par: Any, row: Any, point: Any, sd_k: Any) -> None:
    for i in range(N_NODES):
        sd_k[i] = math.sqrt(consider.node_variance(par, row, i))
    point.end_winding_temp_c = row.temp_c[END_WINDING]
    point.end_winding_temp_sd_k = sd_k[END_WINDING]
    point.slot_winding_temp_c = row.temp_c[SLOT_WINDING]
    point.slot_winding_temp_sd_k = sd_k[SLOT_WINDING]
    point.teeth_temp_c = row.temp_c[TEETH]
    point.teeth_temp_sd_k = sd_k[TEETH]
    point.yoke_temp_c = row.temp_c[YOKE]
    point.yoke_temp_sd_k = sd_k[YOKE]
    _rotor(par, row, point)
    point.oil_temp_c = row.temp_c[OIL]
    point.oil_temp_sd_k = sd_k[OIL]
    point.housing_temp_c = row.temp_c[HOUSING]
    point.housing_temp_sd_k = sd_k[HOUSING]
    point.coolant_out_temp_c = row.temp_c[COOLANT_OUT]
    point.coolant_out_temp_sd_k = sd_k[COOLANT_OUT]
    point.measured_winding_temp_c = row.reading[0] + soak.applied_k(par, row, 0)
    _offsets(par, row, point)
    point.winding_nis = row.nis_sum[0] / row.nis_count[0] if row.nis_count[0] > 0.0 else math.nan
    point.coolant_out_nis = row.nis_sum[1] / row.nis_count[1] if row.nis_count[1] > 0.0 else math.nan
    point.oil_nis = row.nis_sum[2] / row.nis_count[2] if row.nis_count[2] > 0.0 else math.nan


@kernel
def _offsets(par: Any, row: Any, point: Any) -> None:
    """As learned at the last soak; with what may have drifted since in the SD."""
    point.winding_offset_k, point.winding_offset_sd_k = soak.told(par, row, 0)
    point.coolant_out_offset_k, point.coolant_out_offset_sd_k = soak.told(par, row, 1)
    point.oil_offset_k, point.oil_offset_sd_k = soak.told(par, row, 2)


@kernel
def _rotor(par: Any, row: Any, point: Any) -> None:
    """The node, what its winding is above it, and what the thermometer says of both."""
    point.rotor_temp_c = rotor.temp_c(row)
    point.rotor_temp_sd_k = math.sqrt(row.rotor_error_k2)
    point.rotor_validity = rotor.validity(par, row)
    point.rotor_reference = math.nan
    point.rotor_reference_sd = math.nan
    if row.rotor_offset_k2 < math.inf:
        point.rotor_reference = 1.0 + par.rotor_slope * row.rotor_offset_k
        point.rotor_reference_sd = abs(par.rotor_slope) * math.sqrt(row.rotor_offset_k2)
    point.rotor_nis = row.rotor_nis_sum / row.rotor_nis_count if row.rotor_nis_count > 0.0 else math.nan


@kernel
def _junction(row: Any, point: Any) -> None:
    """Now, and the highest since the point before."""
    inlet_sd_k = math.sqrt(row.consider[COOLANT_IN_ERROR])
    point.junction_validity = junction.validity(row)
    point.switch_temp_c = junction.temp_c(row, SWITCH)
    point.diode_temp_c = junction.temp_c(row, DIODE)
    point.switch_temp_sd_k = junction.sd_k(row, inlet_sd_k, point.switch_temp_c)
    point.diode_temp_sd_k = junction.sd_k(row, inlet_sd_k, point.diode_temp_c)
    point.switch_peak_temp_c = max(row.junction_peak_c[SWITCH], point.switch_temp_c + junction.ripple_k(row, SWITCH))
    point.diode_peak_temp_c = max(row.junction_peak_c[DIODE], point.diode_temp_c + junction.ripple_k(row, DIODE))
    point.switch_peak_temp_sd_k = junction.sd_k(row, inlet_sd_k, point.switch_peak_temp_c)
    point.diode_peak_temp_sd_k = junction.sd_k(row, inlet_sd_k, point.diode_peak_temp_c)
    row.junction_peak_c[:] = -math.inf


@kernel
def step(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """Emit the state at ``row.closed_us`` and begin a new interval; nothing where that point is out already."""
    if row.closed_us <= row.emitted_us:
        return
    point = out.states[out.cursor[STATES]]
    out.state_frames[out.cursor[STATES]] = frame
    out.cursor[STATES] += 1
    sums = row.interval
    point.row = index
    point.time_us = row.closed_us
    point.segment = row.segment
    point.thermal_validity = row.thermal_validity
    efficiency.publish(par, row, sums, out.loss_sd_j, point)
    covered_s = sums[COVERED_S] if sums[COVERED_S] > 0.0 else math.nan
    point.motor_speed_rpm = sums[SPEED_RPM_S] / covered_s
    point.torque_nm = sums[TORQUE_NM_S] / covered_s
    point.copper_loss_w = sums[COPPER_J] / covered_s
    point.iron_loss_w = sums[IRON_J] / covered_s
    point.rotor_loss_w = sums[ROTOR_J] / covered_s
    point.inverter_loss_w = sums[INVERTER_J] / covered_s
    point.gear_loss_w = sums[GEAR_J] / covered_s
    point.copper_loss_sd_w = out.loss_sd_j[loss_sd.COPPER] / covered_s
    point.iron_loss_sd_w = out.loss_sd_j[loss_sd.IRON] / covered_s
    point.rotor_loss_sd_w = out.loss_sd_j[loss_sd.ROTOR] / covered_s
    point.inverter_loss_sd_w = out.loss_sd_j[loss_sd.INVERTER] / covered_s
    point.gear_loss_sd_w = out.loss_sd_j[loss_sd.GEAR] / covered_s
    _temperatures(par, row, point, out.sd_k)
    _junction(row, point)
    point.sampling_validity = sampling.validity(row)
    point.alerts = row.alerts
    row.emitted_us = row.closed_us
    for k in range(N_SUMS):
        row.interval[k] = 0.0
    row.rotor_nis_sum = row.rotor_nis_count = 0.0
    for k in range(N_CORRECTING):
        row.nis_sum[k] = 0.0
        row.nis_count[k] = 0.0


@kernel
def step_pending(par: Any, row: Any, index: int, frame: int, out: Outputs) -> None:
    """Emit the state that would otherwise wait for the next minute, if anything was summed for it."""
    if row.interval[SAMPLES] > 0.0:
        step(par, row, index, frame, out)
