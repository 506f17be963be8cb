"""ROW: what is remembered of a unit between frames, estimator by estimator, and its byte budget."""

import numpy as np

from twin.layout.drift import LOSS_COLUMNS, N_MINUTE, RESOLVER_COLUMNS, ROTOR_COLUMNS
from twin.layout.places import (
    DELAY_SLOTS,
    FOSTER_TERMS,
    N_CONSIDER,
    N_CORRECTING,
    N_FIT_SAMPLED,
    N_LASTING,
    N_MAXIMA,
    N_MAXIMUM_SDS,
    N_NODES,
    N_SENSORS,
    N_WATCHED,
    SAMPLED_BACK,
)
from twin.layout.sums import N_SECOND, N_SUMS
from twin.layout.wear import BEARINGS, FAST_SLOTS, N_SUMMED, SLOW_SLOTS
from twin.physics.rainflow import record

ROW = np.dtype(
    [
        # time and segment, 104 bytes
        ("identity", np.uint64),
        ("segment", np.int64),
        ("time_us", np.int64),  # last sample used
        ("closed_us", np.int64),  # end of the last completed second
        ("emitted_us", np.int64),  # time of the last state point
        ("ahead_us", np.int32),  # by which a later sample, without speed or torque, has been taken in, too
        ("started", np.int16),  # 1 after the first sample
        ("moving", np.int16),  # what `part` covers: driving or standing
        ("unloaded_s", np.float32),  # filled since the last sample with speed and torque
        ("skipped", np.int32),  # samples at or before the last one: trimmed overlap
        ("alerts", np.int32),
        ("thermal_validity", np.int32),
        ("new_implausible", np.int32),  # counted since the last sample used
        ("new_gaps", np.int32),
        ("resets", np.int32),  # parts of the row begun anew because a number was not finite
        ("wear_resets", np.int32),  # of them, of the damage sums: what was worn before is lost
        ("day", np.int64),  # UTC day of the newest part of a DAY, and how many parts that day has
        ("day_parts", np.int32),
        ("filled_s", np.float32),  # of the running second, by what stands in for samples in a gap
        ("odometer_km", np.float64),  # last one given; NaN: none yet
        ("odometer_m", np.float64),  # driven since
        ("new_missing_m", np.float64),  # counted since the last sample used
        # plausibility, efficiency: sums of (second, state point, trip, stop since the last movement), 1,368 bytes
        ("part", np.float64, (N_SUMS,)),  # since the last completed second or change of moving
        ("second", np.float64, (N_SECOND,)),
        ("interval", np.float64, (N_SUMS,)),  # since the last state point
        ("trip", np.float64, (N_SUMS,)),
        ("stop", np.float64, (N_SUMS,)),
        # trip, 124 bytes
        ("trip_open", np.int32),
        ("trip_start_us", np.int64),
        ("last_moved_us", np.int64),
        ("trip_segment", np.int32),
        ("trip_validity", np.int32),
        ("trip_maxima", np.float32, (N_MAXIMA + N_MAXIMUM_SDS,)),
        ("stop_maxima", np.float32, (N_MAXIMA + N_MAXIMUM_SDS,)),
        # delay line of torque and DC power, 392 bytes
        ("delay_time_us", np.int64, (DELAY_SLOTS,)),
        ("delay_power_w", np.float32, (DELAY_SLOTS, 4)),  # shaft, mechanical, electrical, DC
        ("delay_newest", np.int32),
        ("delay_used", np.int32),
        # readings, 180 bytes
        ("reading_sum", np.float64, (N_SENSORS,)),
        ("reading_count", np.float32, (N_SENSORS,)),
        ("reading", np.float64, (N_SENSORS,)),  # mean of the last second with a reading; NaN: never
        ("reading_age_s", np.float32, (N_SENSORS,)),
        ("nis_sum", np.float64, (N_CORRECTING,)),  # since the last state point
        ("nis_count", np.float32, (N_CORRECTING,)),
        # thermal filter, 944 bytes
        ("temp_c", np.float64, (N_NODES,)),
        ("covariance", np.float64, (N_NODES * (N_NODES + 1) // 2,)),  # lower triangle, row by row
        ("cross", np.float32, (N_NODES, N_CONSIDER)),  # covariance of nodes with considered errors
        ("consider", np.float64, (N_CONSIDER,)),  # variance of the considered errors
        ("filter_age_s", np.float64),  # since the filter's last start
        ("ready", np.int16),  # 1 while the filter runs
        ("soaked", np.int16),  # 1: parked so long that the next readings start the filter; 2: or under way all the time
        ("inlet_source", np.int32),  # whose error consider[COOLANT_IN_ERROR] is: 0 by air, 1 measured, 2 by outlet
        ("reset_age_s", np.float64),  # since the last reset; inf: never
        ("sensor_lag_k", np.float64, (N_CORRECTING,)),  # how far a sensor is behind its node
        ("rejected", np.int32, (N_CORRECTING,)),  # readings gated in a row
        ("reinitialised", np.int32, (N_CORRECTING,)),  # how often the gate gave in
        ("suspect_s", np.float64),  # accepted winding readings still wanted before the sensor is trusted again
        ("suspicions", np.float64),  # how often it became suspect, forgotten within half an hour
        ("still_c", np.float32, (N_WATCHED,)),  # reading that has not changed
        ("still_s", np.float32, (N_WATCHED,)),  # for so long
        ("still_from_c", np.float32, (N_WATCHED,)),  # what it should follow, when it began
        ("claimed_w", np.float64),  # heat its readings add to the balance, mean over two minutes
        ("passed_w", np.float64),  # heat that passes the winding, mean over two minutes
        # offsets of the correcting sensors and the inlet's, 36 bytes
        ("offset_k", np.float32, (N_CORRECTING,)),  # reading less temperature
        ("offset_k2", np.float32, (N_CORRECTING,)),  # its variance when it was learned; inf: never
        ("offset_age_s", np.float32),  # parked since then
        ("inlet_offset_k", np.float32),  # learned with them; NaN: it gave no reading
        ("rested_s", np.float32),  # without samples, until the filter starts
        # rotor thermometer, 208 bytes
        ("rotor_excess_k", np.float64),  # field winding over the rotor's node
        ("rotor_excess_sum", np.float32),  # in the running window, by the weight of each sample
        ("rotor_rejected", np.int32),  # readings gated in a row
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
        ("field_age_s", np.float32),  # since the field current was measured
        ("field_doubt", np.float32),  # SD of the field's loss, as a share, by what stands in for it
        # junction temperatures, 192 bytes; [switch, diode]
        ("foster_k", np.float64, (2, FOSTER_TERMS)),  # rise of each term, mean over a turn of the field
        ("ripple_k", np.float64, (2, FOSTER_TERMS)),  # peak of a turn over it
        ("junction_peak_c", np.float64, (2,)),  # since the last state point
        ("base_c", np.float64),  # under the devices; NaN: not known yet
        ("plate_k", np.float64),  # cold plate over the coolant
        ("module_k", np.float64),  # what the module's sensor adds to coolant and cold plate
        ("module_sum_c", np.float64),  # base by the module's sensor, in the running second
        ("module_count", np.float64),
        ("junction_age_s", np.float64),  # since it began anew because it was not finite; inf: never
        # fit of unit and variant, 180 bytes
        ("fit_squared", np.float32, (N_CORRECTING,)),  # mean normalised squared errors over ten minutes of driving
        ("fit_error", np.float32, (N_FIT_SAMPLED,)),  # mean signed relative errors, as long
        ("fit_sum", np.float32, (N_FIT_SAMPLED,)),  # in the running second: errors,
        ("fit_model", np.float32, (N_FIT_SAMPLED,)),  # what they are relative to,
        ("fit_count", np.float32, (N_FIT_SAMPLED,)),  # samples
        ("segment_driven_s", np.float64),
        # residuals that last, 48 bytes
        ("balance_sds", np.float32),  # of the last ten seconds; NaN: they tell nothing
        ("legs_sds", np.float32),  # of the last minute
        ("over_s", np.int16, (N_LASTING,)),  # over the limit in this trip, less what was not
        ("fine_s", np.int16, (N_LASTING,)),  # well below, until now
        ("trips_in_row", np.int8, (N_LASTING,)),  # over the limit; negative: well below
        # sampling, 64 bytes
        ("averaged", np.int8),  # 1: samples are means, so peaks are lost and damage cannot be counted
        ("sampling_declared", np.int8),  # 1: the sender says so
        ("sampling_found", np.int8),  # POINT or AVERAGED, 0: cannot be told
        ("sampled_in_row", np.int8),  # equal steps in a row, negative: unequal ones
        ("sampled_step_us", np.int32),
        ("sampled_us", np.int64),  # last sample taken
        ("sampled_torque", np.int16, (SAMPLED_BACK,)),  # of it and those before [0.1 Nm]
        ("sampled_rpm", np.int16, (SAMPLED_BACK,)),
        ("sampled_sum", np.float32, (7,)),  # of squared increments, forgotten within an hour or two of driving
        ("sampled_steps", np.float32),
        # damage, 1,888 bytes: turning points that no cycle has closed, then what the unit has worn since first heard of
        ("junction_flow", record(FAST_SLOTS)),
        ("torque_flow", record(FAST_SLOTS)),
        ("winding_flow", record(SLOW_SLOTS)),
        ("coolant_flow", record(SLOW_SLOTS)),
        ("interval_us", np.int32),  # between the last two samples that follow each other
        ("cooled", np.int32),  # 1: after a long gap the first completed second tells how far the unit has cooled
        ("wear", np.float64, (N_SUMMED,)),  # consumed life; 1 is the end by the law
        ("wear_m", np.float64),  # distance and driving time of it, and of that with averaged samples
        ("wear_s", np.float64),
        ("averaged_s", np.float64),
        ("told_us", np.int64),  # last sample a health point was put out for
        ("load_turns", np.float64, (4 + len(BEARINGS),)),  # in the running second: turns by powers of torque
        ("pull_a", np.float64),  # highest -i_d in it
        ("magnets_hot_s", np.float64),  # time above the limit of the rotor's temperature
        # slow parameters, 232 bytes: reference network, sums of the running minute and of the running ten seconds
        ("reference_c", np.float32, (N_NODES,)),  # the variant's network for this unit's losses and coolant, open loop
        ("reference_gear_k", np.float32, (N_NODES,)),  # what of it is by the gear's loss
        ("reference_start_c", np.float32),
        ("reference_s", np.float32),  # since it started
        ("rested", np.int32),  # 1: it started after a rest that all sensors confirm
        ("minute", np.float32, (N_MINUTE,)),
        ("rotor_window", np.float32, (1 + ROTOR_COLUMNS,)),  # samples, observation, columns that are measured
        ("resolver_window", np.float32, (2 + RESOLVER_COLUMNS,)),  # samples, observation, columns
        ("loss_window", np.float32, (1 + LOSS_COLUMNS,)),  # seconds, observation, columns but the constant
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
DELIVERY_BYTES = 128
"""Byte budget of a unit, and what of it the delivery part takes without the frames that wait; tests hold both."""
