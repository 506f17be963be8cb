"""Temperatures of eight nodes by a Kalman filter, once per second of event time (physics 2, 4.2)."""

import math
from typing import Any

from schemas.results import Validity
from twin.estimators import consider, fit, junction, lasting, readings, reference, rotor, soak, thermal_start
from twin.jit import kernel
from twin.layout import (
    COOLANT_IN_ERROR,
    COOLANT_IN_SENSOR,
    COOLANT_OUT,
    COOLANT_OUT_SENSOR,
    COPPER_AC20_J,
    COPPER_DC20_J,
    END_WINDING,
    FIELD20_J,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    N_CONSIDER,
    N_CORRECTING,
    N_NODES,
    OIL,
    OIL_SENSOR,
    ROTOR,
    ROTOR_J,
    SENSOR_ERROR,
    SLOT_WINDING,
    SPEED_RPM_S,
    WINDING_SENSOR,
)
from twin.physics.thermal import add_copper, add_iron, hold, network, times_vector

GATE = 8.81
"""chi-squared(1) at 99.7 %: a reading beyond is ignored."""
GATE_OFFSET = 2.0
"""Standard deviations of a sensor's offset that pass on top: the gate is there for spikes, not for a bad sensor."""
MOST_GATED = 10
"""Readings gated in a row; the next one is believed and its node starts anew."""
TRUST_AGAIN_S = 60.0
FORGIVEN_S = 1800.0
"""Time constant with which suspicions are forgotten: a mean of a few in an hour is a sensor to look at."""
CLAIM_S = 120.0
CLAIM_SHARE, CLAIM_W = 0.6, 120.0
CLAIM_SDS = 2.0
"""Of what a gap has made doubtful, which are no claim."""
STILL_S, STILL_SHARE, STILL_W = 120.0, 0.15, 40.0
"""Heat the winding's sensor may add to the balance: half of the cooling lost is less, a sensor 40 K off is more.
One that reads the same to the last bit for minutes gets little credit."""
LAG_SHARE_SD = 0.5
"""Of the lag of a sensor: 4-10 s where one number stands (physics 2.4)."""
COLDEST_SANE_C, HOTTEST_SANE_C = -100.0, 600.0

_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_WARMING_UP = int(Validity.WARMING_UP)
_NO_COOLANT_TEMP = int(Validity.NO_COOLANT_TEMP)
_NO_WINDING_SENSOR = int(Validity.NO_WINDING_SENSOR)
_NO_OIL_SENSOR = int(Validity.NO_OIL_SENSOR)
_NO_LOAD = int(Validity.NO_LOAD)
_WINDING_SENSOR_REJECTED = int(Validity.WINDING_SENSOR_REJECTED)
_FILTER_RESET = int(Validity.FILTER_RESET)

INLET_BY_AIR, INLET_MEASURED, INLET_BY_OUTLET = range(3)
UNKNOWN_INLET_K2_S = 0.5**2
"""Of the outlet in a second, as the inlet is only known by it: more than its sensor's noise, so the reading leads."""
LEAST_FLOW_SHARE = 0.1
"""Of the nominal flow, below which coolant that hardly moves says little of the coolant before the unit."""
_NODE_OF_SENSOR = (END_WINDING, COOLANT_OUT, OIL)


@kernel
def widen(par: Any, row: Any) -> None:
    """Another hardware, software or parameter set: what was learned stays, less certain."""
    if row.ready == 1:
        for i in range(N_NODES):
            row.covariance[consider.place(i)] += par.start_node_sd_k**2
    soak.doubt(row)
    rotor.forget(row)


@kernel
def _inlet(par: Any, row: Any, work: Any) -> float:
    """Coolant inlet temperature with its considered error: measured, else by the outlet's, else guessed from the air.

    By the outlet's: its reading, from which ``_before_unit`` takes what the unit adds.
    """
    source, sd_k = INLET_BY_AIR, math.hypot(par.assumed_coolant_sd_k, readings.ambient_sd(par, row))
    temp_c = readings.ambient(par, row) + par.assumed_coolant_rise_k
    if row.reading_age_s[COOLANT_IN_SENSOR] <= readings.GRACE_S:
        source, sd_k, temp_c = INLET_MEASURED, par.consider_sd[COOLANT_IN_ERROR], row.reading[COOLANT_IN_SENSOR]
    elif row.reading_age_s[COOLANT_OUT_SENSOR] <= readings.GRACE_S:
        source, sd_k, temp_c = INLET_BY_OUTLET, par.inlet_by_outlet_sd_k, row.reading[COOLANT_OUT_SENSOR]
    if source != row.inlet_source:
        row.inlet_source = source
        row.consider[COOLANT_IN_ERROR] = sd_k**2
        for i in range(N_NODES):
            work.cross[i, COOLANT_IN_ERROR] = 0.0
    return float(temp_c)


@kernel
def _before_unit(par: Any, row: Any, work: Any, outlet_c: float) -> float:
    """The inlet temperature that keeps the outlet at ``outlet_c``, which stands in forcing so far (physics 4.2).

    The coolant passes the unit in seconds, so its balance tells how much warmer it becomes in there.
    """
    heat_k_s = work.forcing[COOLANT_OUT] + work.system[COOLANT_OUT, COOLANT_OUT] * outlet_c
    for j in range(N_NODES):
        if j != COOLANT_OUT:
            heat_k_s += work.system[COOLANT_OUT, j] * row.temp_c[j]
    passing = LEAST_FLOW_SHARE * par.coolant_j_l_k * par.nominal_flow_l_min / 60.0 / par.capacity_j_k[COOLANT_OUT]
    rise_k = heat_k_s / max(work.inlet[COOLANT_OUT], passing)
    for i in range(N_NODES):
        work.forcing[i] -= work.inlet[i] * rise_k
    return float(outlet_c - rise_k)


@kernel
def add_losses(par: Any, row: Any, work: Any) -> None:
    """Mean losses of the second into the rate matrix, forcing and heating rates."""
    second = row.second
    for i in range(N_NODES):
        work.heating_k_s[i] = work.loss_slope[i] = 0.0
    add_copper(par, work, row.temp_c, second[COPPER_DC20_J], second[COPPER_AC20_J], second[FIELD20_J])
    brush_or_magnet_w = max(second[ROTOR_J] - second[FIELD20_J] * row.field_factor, 0.0)
    add_iron(par, work, row.temp_c, second[IRON_J], brush_or_magnet_w)
    for i in range(N_NODES):
        gear_w = par.gear_share[i] * second[GEAR_J]
        work.gear_k_s[i] = gear_w / par.capacity_j_k[i]
        heat_w = gear_w + par.inverter_share[i] * second[INVERTER_J]
        if i == ROTOR:
            heat_w += rotor.excess_heat_w(par, row)
        rate = heat_w / par.capacity_j_k[i]
        work.forcing[i] += rate
        work.heating_k_s[i] += rate


@kernel
def _expose(row: Any, work: Any) -> None:
    """Heat that passes each node, as a rate of its temperature [K/s]: what a wrong balance of the node is a share of.

    Half of what its losses, its neighbours and the outside bring and take. Before copper changes the rate matrix.
    """
    a, temp_c = work.system, row.temp_c
    for i in range(N_NODES):
        passed, balance = 0.0, work.forcing[i]
        for j in range(N_NODES):
            passed += abs(a[i, j] * (temp_c[j] - temp_c[i]))
            balance += a[i, j] * temp_c[i]
        work.exposure[i] = 0.5 * (passed + abs(balance))


@kernel
def _less_sure(par: Any, row: Any, work: Any, node: int, wrong_k_s: float) -> None:
    """What stands in for a signal heats the node at a rate that may be so wrong, as long as the balance of it is."""
    share_sd = math.sqrt(row.consider[node])
    if share_sd > 0.0:
        work.exposure[node] = math.hypot(work.exposure[node], wrong_k_s / share_sd)


@kernel
def _doubt_substitutes(par: Any, row: Any, work: Any) -> None:
    """Air, flow and field current that are not measured: what the balances they stand in owe to them (physics 4.2)."""
    air_sd_k = readings.ambient_sd(par, row)
    if air_sd_k > 0.0:
        for i in range(N_NODES):
            if work.air[i] > 0.0:
                _less_sure(par, row, work, i, work.air[i] * air_sd_k)
    if not readings.flow_known(row):
        for i in range(N_NODES):
            rate = work.system[i, COOLANT_OUT]
            if i != COOLANT_OUT and rate > 0.0:
                given_k_s = rate * abs(row.temp_c[i] - row.temp_c[COOLANT_OUT])
                _less_sure(par, row, work, i, par.assumed_flow_sd * given_k_s)
    if rotor.field_unknown(par, row):
        field_w = row.second[FIELD20_J] * row.field_factor
        _less_sure(par, row, work, ROTOR, row.field_doubt * field_w / par.capacity_j_k[ROTOR])


@kernel
def _predict(par: Any, row: Any, work: Any) -> None:
    """One second: x+ = x + dt S (A x + b), and its covariance."""
    flow_l_min = readings.flow(par, row)
    inlet_c = _inlet(par, row, work)
    network(par, work, flow_l_min, row.second[SPEED_RPM_S], inlet_c, readings.ambient(par, row))
    _expose(row, work)
    add_losses(par, row, work)
    if row.inlet_source == INLET_BY_OUTLET:
        inlet_c = _before_unit(par, row, work, inlet_c)
    work.inlet_c = inlet_c
    junction.close_second(par, row, inlet_c)
    s = work.scratch[7]
    system, transition, noise = work.system[:], work.transition[:], work.noise[:]
    hold(system, 1.0, transition, s, work.scratch)
    rate, gain, slope_k_s = work.vector[0], work.gain[:], work.slope_k_s[:]
    times_vector(system, row.temp_c[:], rate)
    for k in range(N_NODES):
        rate[k] += work.forcing[k]
        work.exposure[k] += 0.5 * work.heating_k_s[k]
    _doubt_substitutes(par, row, work)
    reference.step(row, work, s, rate)
    times_vector(s, rate, slope_k_s)
    times_vector(s, work.inlet[:], rate)
    for i in range(N_NODES):
        row.temp_c[i] += slope_k_s[i]
        for j in range(N_NODES):
            noise[i, j] = 0.0
            gain[i, j] = s[i, j] * work.exposure[j]
        gain[i, COOLANT_IN_ERROR] = 0.0 if row.inlet_source == INLET_BY_OUTLET else rate[i]
        # wrong losses heat a node at a wrong rate as long as their error lasts: 2 (scale rate)^2 tau
        rate_k_s = par.loss_scale_sd * work.heating_k_s[i]
        noise[i, i] = par.process_noise_k2_s[i] + 2.0 * par.loss_correlation_s * rate_k_s * rate_k_s
    if row.inlet_source == INLET_BY_OUTLET:  # of the outlet its own sensor knows, and nothing else
        noise[COOLANT_OUT, COOLANT_OUT] += UNKNOWN_INLET_K2_S
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
    offset = SENSOR_ERROR + sensor
    variance = consider.innovation_variance(row, work, node, offset, noise_variance)
    row.nis_sum[sensor] += innovation * innovation / variance
    row.nis_count[sensor] += 1.0
    slow_k2 = par.discrepancy_k[node] ** 2 + (GATE_OFFSET * par.consider_sd[offset]) ** 2
    squared = innovation * innovation / (variance + slow_k2)
    if row.filter_age_s >= par.warm_up_s and row.moving == 1 and row.unloaded_s == 0.0:
        fit.thermal(row, sensor, squared)
    if squared > GATE:
        row.rejected[sensor] += 1
        if row.rejected[sensor] <= MOST_GATED:
            return
        row.reinitialised[sensor] += 1
        work.covariance[node, node] += par.start_common_sd_k**2
        if sensor == WINDING_SENSOR and row.filter_age_s >= par.warm_up_s:  # before, the filter is the suspect
            row.suspect_s = TRUST_AGAIN_S
            row.suspicions += 1.0
    elif sensor == WINDING_SENSOR:
        row.suspect_s = max(row.suspect_s - 1.0, 0.0)
    row.rejected[sensor] = 0
    consider.update(row, node, offset, innovation, noise_variance, work)
    if sensor == WINDING_SENSOR:
        for i in (END_WINDING, SLOT_WINDING):
            work.claim_w += work.vector[1][i] * innovation * par.capacity_j_k[i]


@kernel
def expect_claim(par: Any, row: Any, doubt_k2: Any) -> None:
    """Let the winding's sensor put right what a gap has made doubtful; ``doubt_k2``: covariance of the nodes by it."""
    doubted_j = 0.0
    for node in (END_WINDING, SLOT_WINDING):
        doubted_j += par.capacity_j_k[node] * math.sqrt(doubt_k2[node, node])
    row.passed_w += CLAIM_SDS * doubted_j / (CLAIM_SHARE * CLAIM_S)


@kernel
def _check_claim(par: Any, row: Any, work: Any) -> None:
    """A winding sensor that is off pulls the filter along, and heat goes in or out that nothing makes or takes."""
    passed_w = 0.0
    for node in (END_WINDING, SLOT_WINDING):
        passed_w += work.exposure[node] * par.capacity_j_k[node]
    row.passed_w += (passed_w - row.passed_w) / CLAIM_S
    row.claimed_w += (work.claim_w - row.claimed_w) / CLAIM_S
    limit_w = CLAIM_SHARE * row.passed_w + CLAIM_W
    if row.still_s[WINDING_SENSOR] > STILL_S:
        limit_w = STILL_SHARE * row.passed_w + STILL_W
    judged = row.filter_age_s >= par.warm_up_s and row.reading_age_s[WINDING_SENSOR] <= readings.GRACE_S
    if row.unloaded_s > 0.0:  # the heat it adds may be of the load that is not known
        row.claimed_w = 0.0
    if judged and abs(row.claimed_w) > limit_w:
        row.suspect_s = TRUST_AGAIN_S
        row.suspicions += 4.0 / CLAIM_S


@kernel
def _sane(row: Any, work: Any) -> bool:
    totals = work.vector[0]  # column by column: each waits for its own sum only
    for j in range(N_NODES):
        totals[j] = 0.0
    for i in range(N_NODES):
        if not (row.temp_c[i] > COLDEST_SANE_C and row.temp_c[i] < HOTTEST_SANE_C and work.covariance[i, i] > 0.0):
            return False
        for j in range(N_NODES):
            totals[j] += work.covariance[i, j] + work.cross[i, j]
        for c in range(N_NODES, N_CONSIDER):
            totals[c - N_NODES] += work.cross[i, c]
    total = 0.0
    for j in range(N_NODES):
        total += totals[j]
    return math.isfinite(total)


@kernel
def step(par: Any, row: Any, work: Any) -> bool:
    """Close one second: ``row.second`` holds its energies [J], that is its mean losses [W].

    True: the filter had to begin anew; to be counted by ``heal.step``.
    """
    readings.close_second(par, row)
    lasting.still(row)
    if row.reading_age_s[WINDING_SENSOR] > readings.GRACE_S:
        row.suspect_s = 0.0  # gone, so nothing is left to mistrust
    if row.ready == 0:
        thermal_start.step(par, row)
        junction.close_second(par, row, _inlet(par, row, work))
    else:
        consider.load(row, work)
        _predict(par, row, work)
        work.claim_w = 0.0
        for k in range(N_CORRECTING):
            if row.reading_age_s[k] == 0.0:
                _correct(par, row, work, k, _NODE_OF_SENSOR[k])
        rotor.step(par, row, work, work.covariance[ROTOR, ROTOR] + par.discrepancy_k[ROTOR] ** 2)
        _check_claim(par, row, work)
        row.suspicions -= row.suspicions / FORGIVEN_S
        row.filter_age_s += 1.0
        row.reset_age_s += 1.0
        if _sane(row, work):
            consider.store(row, work)
        else:
            thermal_start.step(par, row)
            row.reset_age_s = 0.0
            return True
    return False


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
    if row.unloaded_s > readings.GRACE_S:
        return _NO_LOAD
    if row.reading_age_s[COOLANT_IN_SENSOR] > readings.GRACE_S:
        return _NO_COOLANT_TEMP
    if row.reading_age_s[WINDING_SENSOR] > readings.GRACE_S:
        return _NO_WINDING_SENSOR
    if row.reading_age_s[OIL_SENSOR] > readings.GRACE_S and par.gear_share[OIL] > 0.0:  # else there is no oil
        return _NO_OIL_SENSOR
    return _VALID
