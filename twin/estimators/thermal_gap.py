"""The thermal filter across a gap (physics 2.1). Short: the unit went on. Long: no losses, many seconds by squaring."""

import math
from typing import Any

from twin.estimators import consider, junction, readings, reference, rotor, soak, thermal
from twin.estimators.trip import MOVING_RPM
from twin.jit import kernel
from twin.layout import (
    COPPER_AC20_J,
    COPPER_DC20_J,
    COVERED_S,
    END_WINDING,
    FIELD20_J,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    N_CORRECTING,
    N_NODES,
    N_SECOND,
    N_SENSORS,
    ROTOR,
    ROTOR_J,
    SPEED_RPM_S,
)
from twin.physics.thermal import hold, multiply, multiply_transposed, network, times_vector

LOAD_S = 5.0
"""How long a load lasts: before that, a short gap was as the trip has been so far."""
LEVEL_S = 20.0
"""The same where no load is known: half of ten minutes at the trip's mean may be wrong, as a town after a motorway."""
KNOWN_S = 60.0
"""Least of a trip that tells what it has been like."""
DOUBT = 0.7
"""How wrong the heat of a short gap is: SD, of the sample's after it and the trip's mean together; of one alone, 1."""
SHAPE = 0.2
"""How wrong a long gap's heat is of each node by itself: pump, air and coolant are not known."""
COOLANT_S = 600.0
"""Time in which the coolant of a driving unit warms up: by ``start_common_sd_k``, as of a unit never heard of."""
IDLE_SHARE = 0.2
"""Of the limits of current: a gentle drive, of a unit that has said nothing of its load."""
_LIKE = (SPEED_RPM_S, IRON_J, INVERTER_J, GEAR_J, COPPER_DC20_J, COPPER_AC20_J, FIELD20_J)


@kernel
def _known(row: Any) -> bool:
    """Whether the trip tells what the unit is usually under."""
    return bool(row.trip_open == 1 and row.trip[COVERED_S] >= KNOWN_S)


@kernel
def stand_in(row: Any, work: Any, seconds: float, before_s: float) -> None:
    """For the filter, fill ``seconds`` of the running second that no sample covers, ``before_s`` the one in ``work``.
    Infinity is for the trip's mean alone, as far as it is known.

    The expectation of a load that comes and goes: the sample's, the less of it the longer before, else the trip's mean.
    A unit that stands before and after has stood meanwhile.
    """
    second, trip = row.second, row.trip
    share = 1.0
    field20_j = second[FIELD20_J]
    stood = row.moving == 0 and work.speed_rpm <= MOVING_RPM
    if _known(row) and not (stood and before_s < math.inf):
        share = math.exp(-before_s / LOAD_S)
        for k in _LIKE:
            second[k] += (1.0 - share) * seconds * trip[k] / trip[COVERED_S]
    second[COVERED_S] += seconds
    row.filled_s = float(row.filled_s) + seconds
    second[SPEED_RPM_S] += share * work.speed_rpm * seconds
    second[IRON_J] += share * work.iron_w * seconds
    second[INVERTER_J] += share * work.inverter_w * seconds
    second[GEAR_J] += share * work.gear_w * seconds
    second[COPPER_DC20_J] += share * work.copper_dc20_w * seconds
    second[COPPER_AC20_J] += share * work.copper_ac20_w * seconds
    second[FIELD20_J] += share * work.field20_w * seconds
    # as warm as the field winding is now, not as it was in the trip; brushes or magnets as in the sample
    second[ROTOR_J] += (second[FIELD20_J] - field20_j) * row.field_factor
    second[ROTOR_J] += (work.rotor_w - work.field20_w * row.field_factor) * seconds


@kernel
def empty(row: Any) -> None:
    """Begin a second."""
    for k in range(N_SECOND):
        row.second[k] = 0.0
    row.filled_s = 0.0


@kernel
def _heating(par: Any, row: Any, work: Any) -> None:
    """Heat [K/s] of all nodes by what stands in the running second, or a gentle drive's; into the network, too."""
    second = row.second
    if second[COPPER_DC20_J] == 0.0:
        second[COPPER_DC20_J] = 1.5 * par.phase_resistance_ohm * (IDLE_SHARE * par.current_limit_a) ** 2
        second[FIELD20_J] = par.field_resistance_ohm * (IDLE_SHARE * par.field_current_limit_a) ** 2
        second[ROTOR_J] = second[FIELD20_J] * row.field_factor
    thermal.add_losses(par, row, work)


@kernel
def doubt(par: Any, row: Any, work: Any, seconds: int) -> None:
    """After ``seconds`` that were filled: all heat was wrong by one factor, so errors of the nodes go together.

    That of the gear, which goes with speed, has a factor of its own. A load that lasts ``LOAD_S`` to either side
    averages out over a long stretch; while none is sent, one that lasts ``LEVEL_S``; that of one sample alone lasts for
    all of it. What is left of each second's heat is wrong; the rotor's own error and what the winding's sensor may put
    right grow with it.

    ``work`` has the transition of the last second.
    """
    heat_k, spare = work.vector[0], work.vector[1]
    stand_in(row, work, 1.0, 0.0)
    end_s, lasts_s = float(seconds), LOAD_S
    if row.unloaded_s > 0.0:
        # what was wrong longer ago than any node remembers is wrong no more
        end_s, lasts_s = min(float(row.unloaded_s), max(par.slowest_s, float(seconds))), LEVEL_S
    squared_s = end_s + max(end_s - float(seconds), 0.0)
    if _known(row):
        squared_s = DOUBT * DOUBT * min(squared_s, 4.0 * lasts_s)
        stand_in(row, work, 1.0, math.inf)
    _heating(par, row, work)
    hot_k = par.hot_spot_k_w * row.second[FIELD20_J] * row.field_factor / par.hot_spot_s
    hot_kept = math.exp(-1.0 / par.hot_spot_s)
    empty(row)
    work.noise[:] = 0.0
    for part in range(2):
        for i in range(N_NODES):
            heat_k[i] = work.gear_k_s[i] if part == 0 else work.heating_k_s[i] - work.gear_k_s[i]
        for _ in range(seconds):
            times_vector(work.transition, heat_k, spare)
            if part == 1:
                hot_k *= hot_kept
            row.rotor_error_k2 += squared_s * (spare[ROTOR] + part * hot_k) ** 2
            for i in range(N_NODES):
                heat_k[i] = spare[i]
                for j in range(N_NODES):
                    work.noise[i, j] += squared_s * spare[i] * spare[j]
    consider.load(row, work)
    for i in range(N_NODES):
        for j in range(N_NODES):
            work.covariance[i, j] += work.noise[i, j]
    consider.store(row, work)
    thermal.expect_claim(par, row, work.noise)


@kernel
def _common(row: Any, work: Any, pattern: Any, sd: float) -> None:
    """One error of all nodes together: ``pattern`` [K] times a factor of that ``sd``; the rotor's thermometer, too."""
    for i in range(N_NODES):
        for j in range(N_NODES):
            work.covariance[i, j] += sd * pattern[i] * sd * pattern[j]
    row.rotor_error_k2 += sd * pattern[ROTOR] * sd * pattern[ROTOR]


@kernel
def usual(row: Any, work: Any, drives: bool) -> None:
    """Fill ``work`` with the load of a unit that does not say it: the mean of its trip, none if it does not drive.

    The trip may be over: whether a tick has closed it, with what was pending, makes no difference.
    """
    trip, pending = work.trip, 1.0 if row.moving == 1 else 0.0
    for k in range(N_SECOND):
        trip[k] = row.trip[k] + pending * row.part[k]
    share = 1.0 / trip[COVERED_S] if drives and trip[COVERED_S] > 0.0 else 0.0
    work.speed_rpm = share * trip[SPEED_RPM_S]
    work.iron_w = share * trip[IRON_J]
    work.inverter_w = share * trip[INVERTER_J]
    work.gear_w = share * trip[GEAR_J]
    work.copper_dc20_w = share * trip[COPPER_DC20_J]
    work.copper_ac20_w = share * trip[COPPER_AC20_J]
    work.field20_w = share * trip[FIELD20_J]
    work.rotor_w = share * trip[ROTOR_J]


@kernel
def _warm(par: Any, row: Any, work: Any, seconds: float, inlet_c: float) -> None:
    """Into ``work.vector[2]``: by how much [K] the last trip's mean load would have warmed the nodes meanwhile."""
    usual(row, work, True)
    network(par, work, par.nominal_flow_l_min, work.speed_rpm, inlet_c, inlet_c)
    stand_in(row, work, 1.0, math.inf)
    _heating(par, row, work)
    empty(row)
    s, warmed_k = work.scratch[7], work.vector[2]
    hold(work.system[:], seconds, work.transition[:], s, work.scratch)
    times_vector(s, work.heating_k_s[:], warmed_k)
    for i in range(N_NODES):
        warmed_k[i] *= seconds


@kernel
def step(par: Any, row: Any, work: Any, seconds: int, moved: bool) -> None:
    """Whole seconds without samples: pump and losses off; matrix powers by squaring, so any gap costs the same.

    After ``parked_s`` nothing of the past is left: the next readings start the filter at the soak temperature.
    ``moved``: the samples about it say so, and perhaps the unit did all the time. What that would have warmed it by is
    then an error of all nodes together.
    """
    if row.ready == 0 or seconds <= 0:
        return
    for k in range(N_SENSORS):
        row.reading_age_s[k] += float(seconds)
    soak.rest(row, seconds)
    rotor.gap(par, row, seconds)
    junction.gap(par, row, float(seconds))
    if float(seconds) > par.parked_s:
        row.ready, row.soaked = 0, (2 if moved else 1)
        return
    ambient_temp_c = readings.ambient(par, row)
    if moved:
        _warm(par, row, work, float(seconds), ambient_temp_c)
    network(par, work, 0.0, 0.0, ambient_temp_c, ambient_temp_c)
    power, noise, s = work.transition[:], work.noise[:], work.scratch[7]
    hold(work.system[:], 1.0, power, s, work.scratch)
    drift, gain, spare = work.slope_k_s[:], work.gain[:], work.vector[0]
    times_vector(s, work.forcing[:], drift)
    for i in range(N_NODES):
        for j in range(N_NODES):
            noise[i, j] = 0.0
            gain[i, j] = 0.0  # no losses, no inlet: what was wrong dies away with the heat
        noise[i, i] = par.process_noise_k2_s[i]
    consider.load(row, work)
    left = seconds
    while left > 0:
        if left % 2 == 1:
            times_vector(power, row.temp_c[:], spare)
            for i in range(N_NODES):
                row.temp_c[i] = spare[i] + drift[i]
            reference.gap(row, power, drift, work.vector[1], spare)
            consider.predict(row, power, gain, noise, work)
        left //= 2
        _square(work, power, noise, drift, spare)
    if moved:
        warmed_k, together = work.vector[2], work.vector[3]
        _common(row, work, warmed_k, DOUBT)
        for i in range(N_NODES):
            work.covariance[i, i] += (SHAPE * warmed_k[i]) ** 2
            together[i] = par.start_common_sd_k * (1.0 - math.exp(-float(seconds) / COOLANT_S))
        _common(row, work, together, 1.0)
        if DOUBT * warmed_k[END_WINDING] > par.start_node_sd_k:
            row.filter_age_s = -float(seconds)  # it settles anew, and no sensor is to blame for how far it was off
    consider.store(row, work)
    for k in range(N_CORRECTING):
        row.sensor_lag_k[k] = 0.0  # caught up: a gap is longer than the lag
    row.reference_s += float(seconds)
    row.filter_age_s += float(seconds)
    row.reset_age_s += float(seconds)


@kernel
def _square(work: Any, power: Any, noise: Any, drift: Any, spare: Any) -> None:
    """Twice the time: Phi <- Phi Phi, drift <- Phi drift + drift, Q <- Phi Q Phi' + Q."""
    first, second, third = work.scratch[4], work.scratch[5], work.scratch[6]
    times_vector(power, drift, spare)
    multiply(power, noise, first)
    multiply_transposed(first, power, second, third)
    multiply(power, power, first)
    for i in range(N_NODES):
        drift[i] += spare[i]
        for j in range(N_NODES):
            noise[i, j] += 0.5 * (second[i, j] + second[j, i])
    for i in range(N_NODES):
        for j in range(N_NODES):
            power[i, j] = first[i, j]
