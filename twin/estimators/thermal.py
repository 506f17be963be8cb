"""Temperatures of eight nodes by a Kalman filter, once per second of event time (physics 2, 4.2)."""

import math
from typing import Any

from schemas.results import Validity
from twin.estimators import consider, fit, readings, rotor, thermal_start
from twin.jit import kernel
from twin.layout import (
    COOLANT_IN_ERROR,
    COOLANT_IN_SENSOR,
    COOLANT_OUT,
    COPPER_AC20_J,
    COPPER_DC20_J,
    END_WINDING,
    FIELD20_J,
    FLOW_SENSOR,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    N_CONSIDER,
    N_CORRECTING,
    N_NODES,
    OIL,
    ROTOR,
    ROTOR_J,
    SLOT_WINDING,
    SPEED_RPM_S,
)
from twin.physics.thermal import add_copper, add_iron, hold, network, times_vector

GATE = 8.81
"""chi-squared(1) at 99.7 %, with the slow error of the model (physics 2.2): a reading beyond is ignored."""
MOST_GATED = 10
"""Readings gated in a row; the next one is believed and its node starts anew."""
TRUST_AGAIN_S = 60.0
FORGIVEN_S = 1800.0
"""Time constant with which suspicions are forgotten: a mean of a few in an hour is a sensor to look at."""
LAG_SHARE_SD = 0.5
"""Of the lag of a sensor: 4-10 s where one number stands (physics 2.4)."""
COLDEST_SANE_C, HOTTEST_SANE_C = -100.0, 600.0

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_WARMING_UP = int(Validity.WARMING_UP)
_NO_COOLANT_TEMP = int(Validity.NO_COOLANT_TEMP)
_NO_WINDING_SENSOR = int(Validity.NO_WINDING_SENSOR)
_WINDING_SENSOR_REJECTED = int(Validity.WINDING_SENSOR_REJECTED)
_FILTER_RESET = int(Validity.FILTER_RESET)

WINDING_SENSOR = 0
_NODE_OF_SENSOR = (END_WINDING, COOLANT_OUT, OIL)


@kernel
def widen(par: Any, row: Any) -> None:
    """Another hardware, software or parameter set: what was learned stays, less certain."""
    if row.ready == 1:
        for i in range(N_NODES):
            row.covariance[i, i] += par.start_node_sd_k**2
    rotor.forget(row)


@kernel
def discrepancy_variance(par: Any, row: Any, node: int) -> float:
    """Slow error of the model [K2], which no filter sees (physics 2.2): a part that is always there, and a share of the
    rise over the coolant, because wrong losses and conductances err in proportion to it."""
    grown_k = par.discrepancy_share[node] * (row.temp_c[node] - row.temp_c[COOLANT_OUT])
    variance: float = par.discrepancy_k[node] ** 2 + grown_k * grown_k
    return variance


@kernel
def _inlet(par: Any, row: Any) -> float:
    """Coolant inlet temperature: measured, or guessed from the air with its own large considered error."""
    known = row.reading_age_s[COOLANT_IN_SENSOR] <= readings.GRACE_S
    if known != (row.inlet_known == 1):
        row.inlet_known = 1 if known else 0
        sd_k = par.offset_sd_k[COOLANT_IN_ERROR] if known else par.assumed_coolant_sd_k
        row.consider[COOLANT_IN_ERROR] = sd_k**2
        for i in range(N_NODES):
            row.cross[i, COOLANT_IN_ERROR] = 0.0
    temp_c: float = row.reading[COOLANT_IN_SENSOR] if known else readings.ambient(par, row) + par.assumed_coolant_rise_k
    return temp_c


@kernel
def _add_losses(par: Any, row: Any, work: Any) -> None:
    """Mean losses of the second into the rate matrix, forcing and heating rates."""
    second = row.second
    for i in range(N_NODES):
        work.heating_k_s[i] = 0.0
    add_copper(par, work, row.temp_c, second[COPPER_DC20_J], second[COPPER_AC20_J], second[FIELD20_J])
    brush_or_magnet_w = max(second[ROTOR_J] - second[FIELD20_J] * row.field_factor, 0.0)
    add_iron(par, work, row.temp_c, second[IRON_J], brush_or_magnet_w)
    for i in range(N_NODES):
        heat_w = par.gear_share[i] * second[GEAR_J] + par.inverter_share[i] * second[INVERTER_J]
        if i == ROTOR:
            heat_w += rotor.excess_heat_w(par, row)
        rate = heat_w / par.capacity_j_k[i]
        work.forcing[i] += rate
        work.heating_k_s[i] += rate


@kernel
def _predict(par: Any, row: Any, work: Any) -> None:
    """One second: x+ = x + dt S (A x + b), and its covariance."""
    flow_l_min = par.nominal_flow_l_min
    if row.reading_age_s[FLOW_SENSOR] <= readings.GRACE_S:
        flow_l_min = row.reading[FLOW_SENSOR]
    network(par, work, flow_l_min, row.second[SPEED_RPM_S], _inlet(par, row), readings.ambient(par, row))
    _add_losses(par, row, work)
    s = work.scratch[7]
    system, transition, noise = work.system[:], work.transition[:], work.noise[:]
    hold(system, 1.0, transition, s, work.scratch)
    rate, gain, slope_k_s = work.vector[0], work.vector[1], work.slope_k_s[:]
    times_vector(system, row.temp_c[:], rate)
    for i in range(N_NODES):
        rate[i] += work.forcing[i]
    times_vector(s, rate, slope_k_s)
    times_vector(s, work.inlet[:], gain)
    for i in range(N_NODES):
        row.temp_c[i] += slope_k_s[i]
        for j in range(N_NODES):
            noise[i, j] = 0.0
        # wrong losses heat a node at a wrong rate as long as their error lasts: 2 (scale rate)^2 tau
        rate_k_s = par.loss_scale_sd * work.heating_k_s[i]
        noise[i, i] = par.process_noise_k2_s[i] + 2.0 * par.loss_correlation_s * rate_k_s * rate_k_s
    for k in range(N_CORRECTING):
        lag_s = par.lag_s[k]
        row.sensor_lag_k[k] = (row.sensor_lag_k[k] + slope_k_s[_NODE_OF_SENSOR[k]]) * lag_s / (1.0 + lag_s)
    consider.predict(row, transition, gain, noise, work)


@kernel
def _correct(par: Any, row: Any, work: Any, sensor: int, node: int) -> None:
    """One sensor's reading of this second: gate, update, or after too many gated ones start its node anew."""
    lag_k = row.sensor_lag_k[sensor]
    noise_variance = par.noise_sd_k[sensor] ** 2 + (LAG_SHARE_SD * lag_k) ** 2
    innovation = row.reading[sensor] - (row.temp_c[node] - lag_k)
    variance = consider.innovation_variance(row, node, sensor, noise_variance)
    row.nis_sum[sensor] += innovation * innovation / variance
    row.nis_count[sensor] += 1.0
    squared = innovation * innovation / (variance + discrepancy_variance(par, row, node))
    if row.filter_age_s >= par.warm_up_s and row.moving == 1:
        fit.thermal(row, sensor, squared)
    if squared > GATE:
        row.rejected[sensor] += 1
        if row.rejected[sensor] <= MOST_GATED:
            return
        row.reinitialised[sensor] += 1
        row.covariance[node, node] += par.start_common_sd_k**2
        if sensor == WINDING_SENSOR and row.filter_age_s >= par.warm_up_s:  # before, the filter is the suspect
            row.suspect_s = TRUST_AGAIN_S
            row.suspicions += 1.0
    elif sensor == WINDING_SENSOR:
        row.suspect_s = max(row.suspect_s - 1.0, 0.0)
    row.rejected[sensor] = 0
    consider.update(row, node, sensor, innovation, noise_variance, work)


@kernel
def _sane(row: Any) -> bool:
    total = 0.0
    for i in range(N_NODES):
        if not (row.temp_c[i] > COLDEST_SANE_C and row.temp_c[i] < HOTTEST_SANE_C and row.covariance[i, i] > 0.0):
            return False
        for j in range(N_NODES):
            total += row.covariance[i, j]
        for c in range(N_CONSIDER):
            total += row.cross[i, c]
    return math.isfinite(total)


@kernel
def step(par: Any, row: Any, work: Any) -> None:
    """Close one second: ``row.second`` holds its energies [J], that is its mean losses [W]."""
    readings.close_second(row)
    if row.reading_age_s[WINDING_SENSOR] > readings.GRACE_S:
        row.suspect_s = 0.0  # gone, so nothing is left to mistrust
    if row.ready == 0:
        thermal_start.step(par, row)
    else:
        _predict(par, row, work)
        for k in range(N_CORRECTING):
            if row.reading_age_s[k] == 0.0:
                _correct(par, row, work, k, _NODE_OF_SENSOR[k])
        rotor.step(par, row, work, row.covariance[ROTOR, ROTOR] + discrepancy_variance(par, row, ROTOR))
        row.suspicions -= row.suspicions / FORGIVEN_S
        row.filter_age_s += 1.0
        row.reset_age_s += 1.0
        if not _sane(row):
            thermal_start.step(par, row)
            row.resets += 1
            row.reset_age_s = 0.0
    share, alpha = par.end_winding_share, par.copper_temp_coefficient
    winding_temp_c = share * row.temp_c[END_WINDING] + (1.0 - share) * row.temp_c[SLOT_WINDING]
    row.copper_factor = 1.0 + alpha * (winding_temp_c - 20.0)
    row.ac_copper_factor = row.copper_factor**-par.ac_temp_exponent
    row.field_factor = 1.0 + par.rotor_temp_coefficient * (rotor.temp_c(row) - 20.0)


@kernel
def validity(par: Any, row: Any) -> int:
    """The first reason why the temperatures are not what they could be."""
    if row.ready == 0:
        return _NO_DATA
    if row.reset_age_s < par.warm_up_s:
        return _FILTER_RESET
    if row.filter_age_s < par.warm_up_s:
        return _WARMING_UP
    if row.suspect_s > 0.0:
        return _WINDING_SENSOR_REJECTED
    if row.reading_age_s[COOLANT_IN_SENSOR] > readings.GRACE_S:
        return _NO_COOLANT_TEMP
    if row.reading_age_s[WINDING_SENSOR] > readings.GRACE_S:
        return _NO_WINDING_SENSOR
    return _VALID
