"""The thermal filter across a gap (physics 2.1). Short: the unit went on. Long: no losses, many seconds by squaring."""

import math
from typing import Any

from twin.estimators import consider, junction, readings, reference, rotor, soak, thermal
from twin.jit import kernel
from twin.layout import (
    COPPER_AC20_J,
    COPPER_DC20_J,
    COVERED_S,
    FIELD20_J,
    GEAR_J,
    INVERTER_J,
    IRON_J,
    N_CORRECTING,
    N_NODES,
    N_SECOND,
    N_SENSORS,
    ROTOR_J,
    SPEED_RPM_S,
)
from twin.physics.thermal import hold, multiply, multiply_transposed, network, times_vector

LOAD_S = 5.0
"""How long a load lasts: before that, a short gap was as the trip has been so far."""
KNOWN_S = 60.0
"""Least of a trip that tells what it has been like."""
DOUBT = 0.7
"""How wrong the heat of a short gap is: SD, of the sample's after it and the trip's mean together."""
_LIKE = (SPEED_RPM_S, IRON_J, INVERTER_J, GEAR_J, COPPER_DC20_J, COPPER_AC20_J, FIELD20_J)


@kernel
def stand_in(row: Any, work: Any, seconds: float, before_s: float) -> None:
    """For the filter, fill ``seconds`` of the running second that no sample covers, ``before_s`` the one in ``work``.

    The expectation of a load that comes and goes: the sample's, the less of it the longer before, else the trip's mean.
    """
    second, trip = row.second, row.trip
    share = 1.0
    field20_j = second[FIELD20_J]
    if row.trip_open == 1 and trip[COVERED_S] >= KNOWN_S:
        share = math.exp(-before_s / LOAD_S)
        for k in _LIKE:
            second[k] += (1.0 - share) * seconds * trip[k] / trip[COVERED_S]
    second[COVERED_S] += seconds
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
def doubt(par: Any, row: Any, work: Any, seconds: int) -> None:
    """After ``seconds`` that were filled: all heat was wrong by one factor, so errors of the nodes go together.

    A load that lasts ``LOAD_S`` to either side averages out over a long stretch.
    """
    if row.ready == 0:
        return
    stand_in(row, work, 1.0, 0.0)
    stand_in(row, work, 1.0, math.inf)
    thermal.add_losses(par, row, work)
    for k in range(N_SECOND):
        row.second[k] = 0.0
    wrong_s = DOUBT * min(float(seconds), math.sqrt(4.0 * LOAD_S * float(seconds)))
    consider.load(row, work)
    for i in range(N_NODES):
        for j in range(N_NODES):
            work.covariance[i, j] += wrong_s * work.heating_k_s[i] * wrong_s * work.heating_k_s[j]
    consider.store(row, work)


@kernel
def step(par: Any, row: Any, work: Any, seconds: int) -> None:
    """Whole seconds without samples: pump and losses off; matrix powers by squaring, so any gap costs the same.

    After ``parked_s`` nothing of the past is left: the next readings start the filter at the soak temperature.
    """
    if row.ready == 0 or seconds <= 0:
        return
    for k in range(N_SENSORS):
        row.reading_age_s[k] += float(seconds)
    soak.rest(row, seconds)
    rotor.gap(par, row, seconds)
    junction.gap(par, row, float(seconds))
    if float(seconds) > par.parked_s:
        row.ready, row.soaked = 0, 1
        return
    ambient_temp_c = readings.ambient(par, row)
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
