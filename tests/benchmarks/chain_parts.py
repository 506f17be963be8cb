"""What each estimator costs a sample, by itself: the loop with it less the loop without."""

import time
from typing import Any

import numpy as np

from tests import drives
from twin.estimators import (
    damage,
    delay,
    drift,
    efficiency,
    fit,
    fit_machine,
    heal,
    junction,
    load_matrix,
    loss_scale,
    losses,
    plausibility,
    readings,
    rotor,
    sampling,
    trip,
)
from twin.jit import kernel
from twin.layout import N_SIGNALS, SAMPLE
from twin.layout.finite import in_words
from twin.layout.views import as_parameters, as_values
from twin.twin import Twin
from twin.variants import load

PARTS = (
    "plausibility",
    "losses",
    "delay",
    "junction",
    "trip",
    "damage",
    "fit",
    "efficiency",
    "loss_scale",
    "load_matrix",
    "sampling",
    "readings",
    "rotor",
    "drift",
    "heal",
)
PERIOD_US, MINUTE_US = 100_000, 60_000_000
DRIVE, ROUNDS, REPEATS = 6_000, 10, 7


@kernel
def _run(
    part: int, parameters: Any, rows: Any, days: Any, works: Any, values: Any, clean: Any, clean_values: Any
) -> None:
    """Every sample of ``values`` (n, N_SIGNALS) at 10 Hz through one of ``PARTS``; -1: through none.

    ``heal`` looks once a minute, as ahead of each state.
    """
    par, row, day = parameters[0], rows[0], days[0]
    work, sample, dt_s = works[0], clean[0], PERIOD_US * 1e-6
    for at in range(len(values)):
        time_us = row.time_us + PERIOD_US
        for k in range(N_SIGNALS):
            clean_values[0, k] = values[at, k]
        work.torque_nm, work.speed_rpm = abs(sample.torque_nm), abs(sample.motor_speed_rpm)
        work.shaft_nm, work.shaft_w = sample.torque_nm, 0.1 * sample.torque_nm * sample.motor_speed_rpm
        work.mechanical_w = work.shaft_w
        if part == 0:
            plausibility.step(par, values, at, clean_values)
        elif part == 1:
            losses.step(par, row, sample, True, work)
        elif part == 2:
            delay.step(par, row, time_us, work)
        elif part == 3:
            junction.step(par, row, sample, work, PERIOD_US)
        elif part == 4:
            trip.step(row, day, work, time_us)
        elif part == 5:
            damage.sample(par, row, work, time_us, PERIOD_US)
            damage.cover(par, row, work, dt_s)
        elif part == 6:
            fit.sample(par, row, sample, work.wheel_m_s, True)
            fit_machine.sample(par, row, sample, True)
        elif part == 7:
            efficiency.step(row, work, dt_s)
        elif part == 8:
            loss_scale.step(row, work, dt_s)
        elif part == 9:
            load_matrix.step(par, day, work, sample.torque_nm, dt_s)
        elif part == 10:
            sampling.step(row, sample, time_us)
        elif part == 11:
            readings.step(par, row, sample)
        elif part == 12:
            rotor.sample(par, row, sample)
        elif part == 13:
            drift.sample(par, row, day, sample, work)
        elif part == 14 and time_us // MINUTE_US != row.time_us // MINUTE_US:
            heal.step(par, row, day, 0)
        row.time_us = time_us


def parts_ns(variant: str) -> dict[str, float]:
    """Estimator -> ns of process time per sample; damage and temperatures of each second are not in it."""
    twin = Twin(load(variant))
    rows = twin.new_rows()
    rows.add()
    samples = drives.drive(DRIVE)
    twin.step(rows, drives.frames(DRIVE), drives.times(DRIVE), samples)
    parameters, values = as_parameters(twin.variant.parameters), as_values(samples)
    clean_values = np.full((1, N_SIGNALS), np.nan)
    clean = clean_values.view(SAMPLE).reshape(1).view(np.recarray)
    works = np.zeros(1, twin.work.dtype).view(np.recarray)
    works[0] = twin.work
    start, days = rows.records[:1].copy(), in_words(rows.days)
    spent_s = dict.fromkeys(range(-1, len(PARTS)), np.inf)
    for _ in range(REPEATS):
        for part in spent_s:
            again = in_words(start.copy())
            before_s = time.process_time()
            for _ in range(ROUNDS):
                _run(part, parameters, again, days, works, values, clean, clean_values)
            spent_s[part] = min(spent_s[part], time.process_time() - before_s)
    return {name: 1e9 * (spent_s[at] - spent_s[-1]) / (DRIVE * ROUNDS) for at, name in enumerate(PARTS)}
