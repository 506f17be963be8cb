"""The thermal filter across a gap: pump and losses off, whole seconds at once by squaring (physics 2.1)."""

from typing import Any

from twin.estimators import consider, junction, readings, reference, rotor, soak
from twin.jit import kernel
from twin.layout import N_CORRECTING, N_NODES, N_SENSORS
from twin.physics.thermal import hold, multiply, multiply_transposed, network, times_vector


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
