"""PARAMETERS: what a variant's units share."""

import numpy as np

from twin.layout.places import FOSTER_TERMS, MAX_EDGES, N_CONSIDER, N_CORRECTING, N_LASTING, N_NODES, RIPPLE_POINTS
from twin.layout.samples import N_SIGNALS
from twin.layout.wear import BEARINGS, COUNTED, N_BY_HEAT, N_COMPONENTS

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
        ("slowest_s", np.float64),  # slowest time constant of the network, with nominal flow at reference speed
        ("rotor_slope", np.float64),  # 1/K at 20 degC of field resistance or magnet flux
        ("rotor_spread", np.float64),  # of it between units
        ("rotor_offset_sd_k", np.float64),
        ("rotor_noise_sd_k", np.float64),  # of a window; 0: no thermometer
        ("field_current_limit_a", np.float64),
        ("table_field_share", np.float64),  # of the table's field current that is used, where it is not measured
        ("table_field_sd", np.float64),  # of the field's loss then, as a share
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
        ("ripple_k_w", np.float64, (RIPPLE_POINTS, 2, FOSTER_TERMS, 2)),  # by half waves, by squared ones
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
        ("inlet_by_outlet_sd_k", np.float64),
        ("assumed_flow_share", np.float64),  # of the nominal one, where it is not measured
        ("assumed_flow_sd", np.float64),  # of the heat to the coolant then, as a share
        ("assumed_ambient_temp_c", np.float64),
        ("assumed_ambient_sd_k", np.float64),
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
        ("part_loss_sd", np.float64, (5,)),  # of copper, iron, rotor, inverter, gear
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
        ("lasting_s", np.int64),
        ("lasting_trips", np.int64),
        ("lasting_calm_share", np.float64),
        ("lasting_limit", np.float64, (N_LASTING,)),
        ("still_moved_k", np.float64),
        # damage
        ("hysteresis", np.float64, (len(COUNTED),)),  # reversals up to this size are noise
        ("module_law", np.int64),  # of twin.physics.power_module.LAWS
        ("thickness_factor", np.float64),
        ("foot_current_a", np.float64),
        ("blocking_voltage_v", np.float64),
        ("wire_um", np.float64),
        ("cips08_k", np.float64),
        ("swing_k", np.float64),  # winding: so many cycles of this range are its life
        ("swing_cycles", np.float64),
        ("swing_exponent", np.float64),
        ("arrhenius_h", np.float64, (N_BY_HEAT,)),  # life
        ("arrhenius_c", np.float64, (N_BY_HEAT,)),  # at this temperature
        ("arrhenius_ev", np.float64, (N_BY_HEAT,)),
        ("seal_m_s", np.float64),  # sliding speed the seal's life holds at
        ("seal_m", np.float64),  # diameter
        ("ring_m", np.float64),  # diameter of the slip rings
        ("brush_mm", np.float64),  # worn per 100,000 km of sliding; 0: no brushes
        ("brush_usable_mm", np.float64),
        ("load_top_nm", np.float64),  # torques of tooth and bearing damage are shares of it
        ("pitting_top", np.float64),  # damage of a turn of the motor at that torque
        ("bending_top", np.float64),
        ("bearing_kind", np.int64, (len(BEARINGS),)),  # of twin.physics.bearings.KINDS
        ("bearing_top", np.float64, (len(BEARINGS),)),  # damage of a turn of the motor at that torque, a_iso 1
        ("bearing_load", np.float64, (len(BEARINGS),)),  # load at that torque over the rating
        ("bearing_fatigue", np.float64, (len(BEARINGS),)),  # e_C C_u over the rating
        ("bearing_mm", np.float64, (len(BEARINGS),)),  # pitch diameter
        ("bearing_turns", np.float64, (len(BEARINGS),)),  # per turn of the motor
        ("knee_a_m", np.float64),  # of the magnets at 20 degC; 0: no magnets
        ("knee_coefficient", np.float64),  # 1/K
        ("idle_a_m", np.float64),
        ("remanence_coefficient", np.float64),
        ("pull_a_m_a", np.float64),  # field per ampere of -i_d
        ("laws", np.int64, (N_COMPONENTS,)),  # of schemas.components.Law
        ("wears", np.int64, (N_COMPONENTS,)),  # 1: the unit has this component
        ("design_per_m", np.float64, (N_COMPONENTS,)),  # damage by the design profile, per metre of its distance
        # operating points of least loss at the nominal DC voltage
        ("map_speed_step_rpm", np.float64),
        ("map_torque_step_nm", np.float64),
        ("map", np.float64, (MAP_SPEEDS, MAP_TORQUES, 3)),  # |speed|, |torque| -> I_D, I_Q, I_F
    ]
)
"""Parameters of a variant, frozen. SI units unless the name says otherwise."""
