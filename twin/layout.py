"""Record types the kernels work on. Named fields; in compiled code as fast as plain arrays.

SAMPLE and FRAME go in; STATE, TRIP and ALERT come out; ROW is what is remembered of a unit between frames;
PARAMETERS is what a variant's units share; WORK is scratch that carries nothing from one sample to the next.
"""

from types import UnionType
from typing import Any, get_args

import numpy as np

from schemas.results import TAGS, EduState, EduTrip, Result
from schemas.signals import SIGNALS

MEAN_SAMPLED = 1
NOT_READY = 2

SAMPLE = np.dtype([(signal.name, np.float64) for signal in SIGNALS])
"""One time step of all signals; absent or missing is NaN. A (n, len(SIGNALS)) float64 array views n of them."""

FRAME = np.dtype(
    [
        ("row", np.int64),  # index of the unit's row
        ("first", np.int64),  # index of the frame's first sample
        ("count", np.int64),  # number of samples
        ("identity", np.uint64),  # hash of the identity: a change starts a new segment
        ("gaps", np.int64),  # frames known to be missing just before this one
        ("odometer_km", np.float64),  # NaN: not given
        ("flags", np.int64),  # MEAN_SAMPLED | NOT_READY
    ]
)
"""One frame of a batch; its samples are ``samples[first:first + count]`` at ``times_us`` of the same indices."""


def result_dtype(model: type[Result]) -> np.dtype[Any]:
    """Record type of a result: ``row`` (index of the unit's row), then the model's numbers in their order.

    Tags and ``model_version`` are known outside the kernels and left out. int and enum -> int64, float -> float64.
    """
    fields: list[tuple[str, Any]] = [("row", np.int64)]
    for name, field in model.model_fields.items():
        if name in TAGS or name == "model_version":
            continue
        kind = field.annotation
        kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
        fields.append((name, np.float64 if float in kinds else np.int64))
    return np.dtype(fields)


STATE = result_dtype(EduState)
TRIP = result_dtype(EduTrip)

ALERT = np.dtype(
    [
        ("row", np.int64),
        ("time_us", np.int64),  # end of the second in which the condition changed
        ("alert", np.int64),  # one bit of schemas.alerts.UnitAlert
        ("opened", np.int64),  # 1 opened, 0 resolved
        ("value", np.float64),
        ("limit", np.float64),
    ]
)
"""A change of one alert of one unit."""

# --- sums: everything integrated over event time; all are linear in time, so cutting an interval changes nothing ---

SUMS = (
    "covered_s",
    "samples",
    "implausible",
    "gaps",
    "distance_m",
    "speed_rpm_s",
    "torque_nm_s",
    "copper_j",
    "iron_j",
    "rotor_j",
    "inverter_j",
    "gear_j",
    "copper_dc20_j",  # copper losses as they were at 20 degC: the thermal filter adds the temperature
    "copper_ac20_j",
    "field20_j",
    "drive_s",
    "drive_torque_nm_s",
    "drive_j",
    "drive_model_dc_j",
    "regen_s",
    "regen_torque_nm_s",
    "regen_j",
    "regen_model_dc_j",
    "drive_balance_s",  # balance: only where the DC side is known, at its time (delay line)
    "drive_balance_j",
    "dc_drive_j",
    "drive_voltage_v_s",
    "drive_speed_rad",
    "regen_balance_s",
    "regen_balance_j",
    "dc_regen_j",
    "balance_s",  # driving, braking and rolling
    "balance_mechanical_j",
    "balance_model_j",
    "balance_dc_j",
    "balance_speed_rad",
)
N_SUMS = len(SUMS)
(
    COVERED_S,
    SAMPLES,
    IMPLAUSIBLE,
    GAPS,
    DISTANCE_M,
    SPEED_RPM_S,
    TORQUE_NM_S,
    COPPER_J,
    IRON_J,
    ROTOR_J,
    INVERTER_J,
    GEAR_J,
    COPPER_DC20_J,
    COPPER_AC20_J,
    FIELD20_J,
    DRIVE_S,
    DRIVE_TORQUE_NM_S,
    DRIVE_J,
    DRIVE_MODEL_DC_J,
    REGEN_S,
    REGEN_TORQUE_NM_S,
    REGEN_J,
    REGEN_MODEL_DC_J,
    DRIVE_BALANCE_S,
    DRIVE_BALANCE_J,
    DC_DRIVE_J,
    DRIVE_VOLTAGE_V_S,
    DRIVE_SPEED_RAD,
    REGEN_BALANCE_S,
    REGEN_BALANCE_J,
    DC_REGEN_J,
    BALANCE_S,
    BALANCE_MECHANICAL_J,
    BALANCE_MODEL_J,
    BALANCE_DC_J,
    BALANCE_SPEED_RAD,
) = range(N_SUMS)

# --- thermal network ---

NODES = ("end_winding", "slot_winding", "teeth", "yoke", "rotor", "oil", "housing", "coolant_out")
N_NODES = len(NODES)
END_WINDING, SLOT_WINDING, TEETH, YOKE, ROTOR, OIL, HOUSING, COOLANT_OUT = range(N_NODES)
AMBIENT = N_NODES
COOLANT_IN = N_NODES + 1
"""Far ends of edges that lead to the outside air and straight to the coolant inlet."""
MAX_EDGES = 24

SENSOR_ERRORS = ("winding_sensor", "coolant_out_sensor", "oil_sensor")
N_CONSIDER = N_NODES + len(SENSOR_ERRORS)
"""Errors known in size and not estimated (Schmidt). First one that drives each node: its heat balance is wrong by a
share of the heat that passes it; the coolant outlet's is that of the inlet temperature. Then offsets of sensors."""
COOLANT_IN_ERROR, SENSOR_ERROR = COOLANT_OUT, N_NODES

SENSORS = ("winding", "coolant_out", "oil", "coolant_in", "ambient", "flow")
"""Readings averaged over a second. The first three correct the filter, the others are its inputs."""
N_SENSORS = len(SENSORS)
N_CORRECTING = 3
COOLANT_IN_SENSOR, AMBIENT_SENSOR, FLOW_SENSOR = 3, 4, 5

FIT = (
    "winding",
    "coolant_out",
    "oil",
    "gear",
    "voltage",
    "frequency",
    "no_field",
    "flux_d",
    "flux_q",
    "torque",
    "i_d",
    "field",
    "field_resistance",
)
"""Checks whether the unit is of its variant: three temperature sensors, then what can be told from single samples."""
N_FIT = len(FIT)
N_FIT_SAMPLED = N_FIT - N_CORRECTING
(
    FIT_GEAR,
    FIT_VOLTAGE,
    FIT_FREQUENCY,
    FIT_NO_FIELD,
    FIT_FLUX_D,
    FIT_FLUX_Q,
    FIT_TORQUE,
    FIT_I_D,
    FIT_FIELD,
    FIT_FIELD_RESISTANCE,
) = range(N_FIT_SAMPLED)
"""Places of the sampled ones in ``fit_error`` and the sums behind it."""

MAXIMA = ("end_winding", "rotor", "oil", "torque", "speed", "switch", "diode")
N_MAXIMA = len(MAXIMA)
FOSTER_TERMS = 4
RIPPLE_POINTS = 65
DELAY_SLOTS = 16

ROW = np.dtype(
    [
        # time and segment, 88 bytes
        ("identity", np.uint64),
        ("segment", np.int64),
        ("time_us", np.int64),  # last sample used
        ("closed_us", np.int64),  # end of the last completed second
        ("emitted_us", np.int64),  # time of the last state point
        ("started", np.int64),  # 1 after the first sample
        ("skipped", np.int64),  # samples at or before time_us: trimmed overlap
        ("moving", np.int64),  # what `part` covers: driving or standing
        ("alerts", np.int64),
        ("thermal_validity", np.int64),
        ("new_implausible", np.int64),  # counted since the last sample used
        ("new_gaps", np.int64),
        ("resets", np.int64),  # restarts of the filter because a number was not finite
        # plausibility, efficiency: sums of (second, state point, trip, stop since the last movement), 5 x 288 bytes
        ("part", np.float64, (N_SUMS,)),  # since the last completed second or change of moving
        ("second", np.float64, (N_SUMS,)),
        ("interval", np.float64, (N_SUMS,)),  # since the last state point
        ("trip", np.float64, (N_SUMS,)),
        ("stop", np.float64, (N_SUMS,)),
        # trip, 168 bytes
        ("trip_open", np.int64),
        ("trip_start_us", np.int64),
        ("last_moved_us", np.int64),
        ("trip_segment", np.int64),
        ("trip_validity", np.int64),
        ("trip_maxima", np.float64, (N_MAXIMA,)),
        ("stop_maxima", np.float64, (N_MAXIMA,)),
        # delay line of torque and DC power, 656 bytes
        ("delay_time_us", np.int64, (DELAY_SLOTS,)),
        ("delay_power_w", np.float64, (DELAY_SLOTS, 4)),  # shaft, mechanical, electrical, DC
        ("delay_newest", np.int64),
        ("delay_used", np.int64),
        # readings, 240 bytes
        ("reading_sum", np.float64, (N_SENSORS,)),
        ("reading_count", np.float64, (N_SENSORS,)),
        ("reading", np.float64, (N_SENSORS,)),  # mean of the last second with a reading; NaN: never
        ("reading_age_s", np.float64, (N_SENSORS,)),
        ("nis_sum", np.float64, (N_CORRECTING,)),  # since the last state point
        ("nis_count", np.float64, (N_CORRECTING,)),
        # thermal filter, 1,528 bytes
        ("temp_c", np.float64, (N_NODES,)),
        ("covariance", np.float64, (N_NODES, N_NODES)),
        ("cross", np.float64, (N_NODES, N_CONSIDER)),  # covariance of nodes with considered errors
        ("consider", np.float64, (N_CONSIDER,)),  # variance of the considered errors
        ("filter_age_s", np.float64),  # since the filter's last start
        ("ready", np.int64),  # 1 while the filter runs
        ("soaked", np.int64),  # 1: parked so long that the next readings start the filter
        ("reset_age_s", np.float64),  # since the last reset; inf: never
        ("inlet_known", np.int64),  # whether consider[COOLANT_IN_ERROR] is a sensor's or a guess's
        ("sensor_lag_k", np.float64, (N_CORRECTING,)),  # how far a sensor is behind its node
        ("rejected", np.int64, (N_CORRECTING,)),  # readings gated in a row
        ("reinitialised", np.int64, (N_CORRECTING,)),  # how often the gate gave in
        ("suspect_s", np.float64),  # accepted winding readings still wanted before the sensor is trusted again
        ("suspicions", np.float64),  # how often it became suspect, forgotten within half an hour
        ("still_c", np.float64),  # reading of the winding that has not changed
        ("still_s", np.float64),  # for so long
        ("claimed_w", np.float64),  # heat its readings add to the balance, mean over two minutes
        ("passed_w", np.float64),  # heat that passes the winding, mean over two minutes
        # rotor thermometer, 200 bytes
        ("rotor_excess_k", np.float64),  # field winding over the rotor's node
        ("rotor_sum", np.float64),  # in the running window: of voltage by current, or of flux
        ("rotor_weight", np.float64),
        ("rotor_current_sum_a", np.float64),  # of i_f, or of i_d
        ("rotor_current_sum_a2", np.float64),
        ("rotor_product_sum", np.float64),  # of i_d and flux
        ("rotor_d_square", np.float64),  # about the means of their windows, forgotten within hours: i_d^2, i_d flux
        ("rotor_d_product", np.float64),
        ("rotor_age_s", np.float64),  # since the last reading used; inf: never
        ("rotor_error_k", np.float64),  # slow error of the model, as the thermometer sees it
        ("rotor_error_k2", np.float64),  # variance of the rotor's temperature
        ("rotor_error_cross_k", np.float64),  # its covariance with the considered error of the thermometer
        ("rotor_rejected", np.int64),  # readings gated in a row
        ("rotor_nis_sum", np.float64),  # since the last state point
        ("rotor_nis_count", np.float64),
        (
            "rotor_offset_k",
            np.float64,
        ),  # the unit's against the variant's resistance or flux, as a temperature at 20 degC
        ("rotor_offset_k2", np.float64),  # its variance; inf: not learned
        ("rotor_learn_s", np.float64),  # > 0: after a rest, learning goes on for so long
        ("rotor_learn_sum_k", np.float64),
        ("rotor_learn_k2", np.float64),
        ("rotor_learn_weight", np.float64),
        ("rotor_learn_count", np.float64),
        ("rotor_lesson_a", np.float64),  # field current at the last lesson; inf: none
        ("rotor_rest_c", np.float64),  # temperature of the rest
        ("rotor_rise_k", np.float64),  # of the rotor's node since, by the model
        # junction temperatures, 184 bytes; [switch, diode]
        ("foster_k", np.float64, (2, FOSTER_TERMS)),  # rise of each term, mean over a turn of the field
        ("ripple_k", np.float64, (2, FOSTER_TERMS)),  # peak of a turn over it
        ("junction_peak_c", np.float64, (2,)),  # since the last state point
        ("base_c", np.float64),  # under the devices; NaN: not known yet
        ("plate_k", np.float64),  # cold plate over the coolant
        ("module_k", np.float64),  # what the module's sensor adds to coolant and cold plate
        ("module_sum_c", np.float64),  # base by the module's sensor, in the running second
        ("module_count", np.float64),
        # fit of unit and variant, 352 bytes
        ("fit_squared", np.float64, (N_CORRECTING,)),  # mean normalised squared errors over ten minutes of driving
        ("fit_error", np.float64, (N_FIT_SAMPLED,)),  # mean signed relative errors, as long
        ("fit_sum", np.float64, (N_FIT_SAMPLED,)),  # in the running second: errors,
        ("fit_model", np.float64, (N_FIT_SAMPLED,)),  # what they are relative to,
        ("fit_count", np.float64, (N_FIT_SAMPLED,)),  # samples
        ("segment_driven_s", np.float64),
        # factors of the losses of the next second, by temperature, 48 bytes
        ("copper_factor", np.float64),  # R(T) / R(20 degC) of the winding
        ("field_factor", np.float64),  # the same of the field winding
        ("ac_copper_factor", np.float64),  # AC loss of the winding over that at 20 degC
        ("flux_factor", np.float64),  # flux of the magnets over that at 20 degC; 1 without magnets
        ("mesh_factor", np.float64),  # of the gear, over that at the temperature its losses are stated at
        ("drag_factor", np.float64),  # the same of its viscous drag
    ]
)
"""What is remembered of a unit: the estimate part, bit-equal for any cut of its samples into frames and batches.

The delivery part (sequence bitmap, held frames, counters) belongs to ``streams.order`` and is stored beside it.
"""
ROW_BYTES = 6 * 1024
DELIVERY_BYTES = 1024
"""Byte budget of a unit, and what of it is kept free for the delivery part; a test holds ROW to the difference."""

N_SIGNALS = len(SIGNALS)
MAP_SPEEDS = 33
MAP_TORQUES = 33
I_D, I_Q, I_F = 0, 1, 2
IRON_MAP_CURRENTS = 65
IRON_MAP_SPEEDS = 33

PARAMETERS = np.dtype(
    [
        # plausibility
        ("low", np.float64, (N_SIGNALS,)),
        ("high", np.float64, (N_SIGNALS,)),
        ("hold_limit_us", np.int64),  # a sample speaks for at most this time before it
        # machine; resistances at 20 degC
        ("pole_pairs", np.float64),
        ("phase_resistance_ohm", np.float64),
        ("copper_temp_coefficient", np.float64),
        (
            "ac_copper_share",
            np.float64,
            (4,),
        ),  # AC over DC copper loss: of n, n^2, n^3, n^4, n = speed / reference speed
        ("ac_temp_exponent", np.float64),  # AC loss falls with this power of the resistance
        ("reference_speed_rpm", np.float64),
        ("d_inductance_h", np.float64),
        ("q_inductance_h", np.float64),
        ("magnet_flux_wb", np.float64),  # 0 for an EESM
        # flux = field_flux_h i_f / sqrt(1 + (i_f / sat)^2); 0 for magnets; of a cage i_f is the magnetising i_d
        ("field_flux_h", np.float64),
        ("field_saturation_a", np.float64),
        ("field_resistance_ohm", np.float64),
        ("brush_drop_v", np.float64),  # both brushes
        ("brush_drop_sd_v", np.float64),
        ("hot_spot_k_w", np.float64),  # field winding over the rotor's node, per loss in it
        ("hot_spot_s", np.float64),
        ("rotor_time_s", np.float64),  # of the rotor on its surroundings, at reference speed
        ("rotor_slope", np.float64),  # 1/K at 20 degC of field resistance or magnet flux
        ("rotor_spread", np.float64),  # of it between units
        ("rotor_offset_sd_k", np.float64),
        ("rotor_noise_sd_k", np.float64),  # of a window; 0: no thermometer
        ("field_current_limit_a", np.float64),
        ("cage_resistance_ohm", np.float64),  # of an induction machine, seen by i_q; 0: another machine
        ("cage_least_current_a", np.float64),  # magnetising current kept while ready
        ("rotor_temp_coefficient", np.float64),  # of field winding or cage
        ("current_limit_a", np.float64),
        ("hysteresis_w", np.float64),  # W / (Wb^2 Hz)
        ("eddy_w", np.float64),  # W / (Wb^2 Hz^2)
        ("slot_harmonics_w", np.float64),  # at reference_speed_rpm, quadratic in speed
        ("load_harmonics_w", np.float64),  # W / (A^2 Hz^2), amplitude
        ("magnet_loss_w", np.float64),  # at reference_speed_rpm, quadratic in speed
        # share of the iron loss in the stator: constant, of n, of i, of n i; i = current / reference current
        ("stator_iron", np.float64, (4,)),
        ("stator_iron_current_a", np.float64),  # amplitude
        ("iron_temp_coefficient", np.float64),  # of iron and magnet loss, about the reference of each node
        ("iron_reference_temp_c", np.float64, (N_NODES,)),
        # measured iron loss [W] over current amplitude, negative while braking, and speed
        ("iron_map_current_a", np.float64),  # the map reaches from minus to plus
        ("iron_map_speed_rpm", np.float64),  # and from 0 to this; 0: no map, the loss is worked out
        ("iron_map", np.float64, (IRON_MAP_CURRENTS, IRON_MAP_SPEEDS)),
        # inverter, of each if there are two
        ("inverters", np.float64),  # 1 or 2, sharing the current
        ("dc_voltage_v", np.float64),  # nominal; used when the DC voltage is not measured
        ("modulation_limit", np.float64),
        ("switch_voltage_v", np.float64),
        ("switch_resistance_ohm", np.float64),
        ("diode_voltage_v", np.float64),
        ("diode_resistance_ohm", np.float64),
        ("switching_energy_j", np.float64),
        ("switching_current_a", np.float64),
        ("switching_voltage_v", np.float64),
        ("switching_exponent", np.float64),
        ("switching_frequency_hz", np.float64),
        ("dead_time_s", np.float64),  # body diodes carry the current meanwhile; 0 for an IGBT
        ("body_diode_voltage_v", np.float64),
        ("recovery_share", np.float64),  # of the switching energy, in the diode
        ("device_reference_c", np.float64),  # junction temperature the voltages, resistances and energies hold at
        ("threshold_slope", np.float64),  # 1/K
        ("resistance_slope", np.float64),
        ("switching_slope", np.float64),
        ("foster_k_w", np.float64, (2, FOSTER_TERMS)),  # switch, diode
        ("foster_s", np.float64, (2, FOSTER_TERMS)),
        ("plate_k_w", np.float64),  # base over coolant, per loss of one inverter at nominal flow
        ("plate_s", np.float64),
        ("sensor_share", np.float64),  # of the mean rise of the switches, seen by the module's sensor
        ("ripple_top_hz", np.float64),
        ("ripple_k_w", np.float64, (RIPPLE_POINTS, 2, FOSTER_TERMS)),
        ("inverter_fixed_loss_w", np.float64),
        # gear
        ("gear_ratio", np.float64),
        ("wheel_radius_m", np.float64),
        ("least_wheel_share", np.float64),  # smallest and largest wheel of its vehicles against wheel_radius_m
        ("most_wheel_share", np.float64),
        ("mesh_loss_share", np.float64),
        ("drag_torque_nm", np.float64),
        ("viscous_drag_nm_s", np.float64),
        ("churning_share", np.float64),  # of the viscous drag
        ("oil_viscosity_mm2_s", np.float64, (3,)),  # at 40, at 100 degC, and where the gear's losses are stated
        # where the losses go
        ("end_winding_share", np.float64),
        ("iron_share", np.float64, (N_NODES,)),
        ("gear_share", np.float64, (N_NODES,)),
        ("inverter_share", np.float64, (N_NODES,)),
        # thermal network
        ("capacity_j_k", np.float64, (N_NODES,)),
        ("edges", np.int64),
        ("edge_from", np.int64, (MAX_EDGES,)),
        ("edge_to", np.int64, (MAX_EDGES,)),  # a node, AMBIENT or COOLANT_IN
        ("edge_w_k", np.float64, (MAX_EDGES,)),
        ("edge_flow_exponent", np.float64, (MAX_EDGES,)),
        ("edge_speed_gain", np.float64, (MAX_EDGES,)),  # G = edge_w_k (1 + gain n) / resistance
        # resistance over that of standstill and coolant at 0 degC: 1 + of n, of T, of n T, of exp(-n / scale) - 1
        ("edge_resistance", np.float64, (MAX_EDGES, 5)),
        ("coolant_j_l_k", np.float64),  # rho c of the coolant
        ("nominal_flow_l_min", np.float64),
        ("pump_flow_l_min", np.float64),  # at full duty
        ("coolant_thinning_per_k", np.float64),
        ("coolant_thin_temp_c", np.float64),
        ("assumed_ambient_temp_c", np.float64),
        ("assumed_coolant_rise_k", np.float64),
        ("assumed_coolant_sd_k", np.float64),
        ("process_noise_k2_s", np.float64, (N_NODES,)),
        ("discrepancy_k", np.float64, (N_NODES,)),
        ("consider_sd", np.float64, (N_CONSIDER,)),  # of the heat through a node 1; inlet and sensors K
        ("noise_sd_k", np.float64, (N_CORRECTING,)),
        ("lag_s", np.float64, (N_CORRECTING,)),
        ("start_common_sd_k", np.float64),
        ("start_node_sd_k", np.float64),
        ("soak_sd_k", np.float64),
        ("parked_s", np.float64),
        ("loss_correlation_s", np.float64),  # how long an error of the losses keeps its sign
        ("warm_up_s", np.float64),
        # efficiency
        ("torque_delay_us", np.int64),  # a torque reported at t belongs to t - delay
        ("dc_window_us", np.int64),  # a DC power reported at t is the mean over this time before it
        ("torque_gain", np.float64),  # true over reported torque
        ("torque_offset_nm", np.float64),
        ("torque_dead_zone_nm", np.float64),  # reported torque is that much nearer to zero than the true one
        ("power_floor_w", np.float64),
        ("torque_floor_nm", np.float64),
        ("loss_scale_sd", np.float64),
        ("voltage_gain_sd", np.float64),
        ("current_gain_sd", np.float64),
        ("current_offset_sd_a", np.float64),
        ("torque_gain_sd", np.float64),
        ("torque_offset_sd_nm", np.float64),
        ("speed_gain_sd", np.float64),
        ("auxiliary_w", np.float64),  # other consumers behind the DC current sensor
        ("auxiliary_moving_w", np.float64),  # more on the move
        ("auxiliary_sd_w", np.float64),
        # alerts
        ("temp_limit_c", np.float64, (3,)),  # winding, rotor, oil
        ("junction_limit_c", np.float64),
        ("alert_hysteresis_k", np.float64),
        # operating points of least loss at the nominal DC voltage
        ("map_speed_step_rpm", np.float64),
        ("map_torque_step_nm", np.float64),
        ("map", np.float64, (MAP_SPEEDS, MAP_TORQUES, 3)),  # |speed|, |torque| -> I_D, I_Q, I_F
    ]
)
"""Parameters of a variant, frozen. SI units unless the name says otherwise."""

_MATRIX = (N_NODES, N_NODES)
WORK = np.dtype(
    [
        # losses of one sample
        ("copper_dc20_w", np.float64),
        ("copper_ac20_w", np.float64),
        ("copper_w", np.float64),
        ("iron_w", np.float64),
        ("field20_w", np.float64),
        ("rotor_w", np.float64),
        ("inverter_w", np.float64),
        ("gear_w", np.float64),
        # powers of one sample
        ("speed_rpm", np.float64),
        ("torque_nm", np.float64),
        ("speed_m_s", np.float64),
        ("wheel_m_s", np.float64),  # the same by motor, gear and tyre
        ("shaft_w", np.float64),
        ("mechanical_w", np.float64),  # at the half-shafts
        ("electrical_w", np.float64),  # on the DC side, by the loss model
        ("dc_w", np.float64),  # measured; NaN: not known
        ("balance_shaft_w", np.float64),  # the four at one time, by the delay line
        ("balance_mechanical_w", np.float64),
        ("balance_electrical_w", np.float64),
        ("balance_dc_w", np.float64),
        ("dc_voltage_v", np.float64),
        # power devices of one sample
        ("field_hz", np.float64),  # electrical frequency of the stator
        ("switch_w", np.float64),
        ("diode_w", np.float64),
        ("switch_temp_c", np.float64),  # after the sample: mean over a turn, and its hottest moment
        ("diode_temp_c", np.float64),
        ("switch_peak_c", np.float64),
        ("diode_peak_c", np.float64),
        ("kept_us", np.int64),  # interval of ``kept``
        ("kept", np.float64, (2, FOSTER_TERMS)),
        # thermal step
        ("system", np.float64, _MATRIX),
        ("transition", np.float64, _MATRIX),
        ("noise", np.float64, _MATRIX),
        ("scratch", np.float64, (8, *_MATRIX)),
        ("forcing", np.float64, (N_NODES,)),
        ("inlet", np.float64, (N_NODES,)),
        ("exposure", np.float64, (N_NODES,)),  # heat that passes each node [K/s]
        ("vector", np.float64, (4, N_NODES)),
        ("seen", np.float64, (N_CONSIDER,)),
        ("gain", np.float64, _MATRIX),
        ("claim_w", np.float64),  # heat by this second's reading of the winding
        ("moved", np.float64, (N_NODES, N_CONSIDER)),
        ("slope_k_s", np.float64, (N_NODES,)),
        ("heating_k_s", np.float64, (N_NODES,)),  # by losses alone
    ]
)
"""Scratch of one call."""
