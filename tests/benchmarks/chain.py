"""Cost of the twin alone, in processor time: the whole chain and each estimator per sample, the thermal filter per
second against filterpy.

``python -m tests.benchmarks.chain [--json]``
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter

from tests import drives
from tests.benchmarks.chain_damage import damage_ns
from tests.benchmarks.chain_day import day_ns
from tests.benchmarks.chain_parts import parts_ns
from tests.benchmarks.report import Row, at_least, at_most, progress, run
from twin.estimators import consider, drift, loss_scale, reference, thermal
from twin.jit import kernel
from twin.layout import (
    COOLANT_OUT,
    COPPER_DC20_J,
    END_WINDING,
    N_CORRECTING,
    N_NODES,
    N_SENSORS,
    OIL,
    SPEED_RPM_S,
    WORK,
)
from twin.layout.fresh import fresh_row
from twin.twin import Twin, empty_frames
from twin.variants import load

VARIANT = "bmw-gen5-rear"
UNITS, ROUNDS, SAMPLES = 200, 10, 100
REPEATS = 5
SAMPLES_PER_S = 10
FILTER_SECONDS, PEER_SECONDS = 20_000, 600


def best(measure: Callable[[], float]) -> float:
    """Least of several: what the machine can do when nothing else disturbs it."""
    return min(measure() for _ in range(REPEATS))


def chain_ns(hz: float) -> float:
    """ns per sample of Twin.step: frames of 100 samples and 16 signals, units in turn."""
    twin = Twin(load(VARIANT))
    rows = twin.new_rows()
    for _ in range(UNITS):
        rows.add()
    frames = empty_frames(UNITS)
    frames["row"] = np.arange(UNITS)
    frames["first"] = np.arange(UNITS) * SAMPLES
    frames["count"] = SAMPLES
    frames["identity"] = 1
    whole = [drives.drive(SAMPLES * ROUNDS * REPEATS + SAMPLES, hz=hz, phase=float(unit)) for unit in range(8)]
    start_us = drives.START_US

    def batch(number: int) -> tuple[Any, Any]:
        part = slice(number * SAMPLES, (number + 1) * SAMPLES)
        samples = np.concatenate([whole[unit % len(whole)][part] for unit in range(UNITS)])
        one = drives.times(SAMPLES, hz=hz, start_us=start_us + round(number * SAMPLES * 1e6 / hz))
        return np.tile(one, UNITS), samples

    twin.step(rows, frames, *batch(0))
    number = 1

    def measure() -> float:
        nonlocal number
        spent_s = 0.0
        for _ in range(ROUNDS):
            times_us, samples = batch(number)
            number += 1
            before_s = time.process_time()
            twin.step(rows, frames, times_us, samples)
            spent_s += time.process_time() - before_s
        return 1e9 * spent_s / (ROUNDS * UNITS * SAMPLES)

    return best(measure)


@kernel
def _filter_seconds(parameters: Any, rows: Any, works: Any, readings: Any, seconds: int) -> None:
    par, row, work = parameters[0], rows[0], works[0]
    for second in range(seconds):
        row.second[COPPER_DC20_J] = 200.0
        row.second[SPEED_RPM_S] = 6_000.0
        for k in range(N_SENSORS):
            row.reading_sum[k] = readings[second % len(readings), k]
            row.reading_count[k] = 1.0
        thermal.step(par, row, work)


def filter_us() -> tuple[float, float, float]:
    """us per second of event time of this filter and of filterpy's EKF with the same readings; and |dT| [K].

    What a plain EKF cannot do is switched off (considered errors, sensor lag, copper loss that follows the
    temperature, process noise that follows the losses), and it is handed the transition matrix, which this filter
    works out anew each second.
    """
    parameters = load(VARIANT).parameters.copy().view(np.recarray)
    parameters["consider_sd"] = 0.0
    parameters["copper_temp_coefficient"] = 0.0
    parameters["lag_s"] = 0.0
    parameters["loss_correlation_s"] = 0.0
    parameters["noise_sd_k"] = 5.0  # so wide that neither has anything to gate
    par: Any = parameters[0]
    works = np.zeros(1, WORK).view(np.recarray)
    readings = 60.0 + np.sin(np.arange(60 * N_SENSORS).reshape(60, N_SENSORS))
    readings[:, N_CORRECTING:] = (55.0, 15.0, 8.0)
    rows = fresh_row().view(np.recarray)
    _filter_seconds(parameters, rows, works, readings, 2)
    start = rows.copy()

    def measure() -> float:
        before_s = time.process_time()
        _filter_seconds(parameters, rows, works, readings, FILTER_SECONDS)
        return 1e6 * (time.process_time() - before_s) / FILTER_SECONDS

    own_us = best(measure)
    rows[:] = start
    _filter_seconds(parameters, rows, works, readings, PEER_SECONDS)
    ekf = ExtendedKalmanFilter(dim_x=N_NODES, dim_z=1)
    consider.load(start[0], works[0])
    ekf.x, ekf.P = start[0].temp_c.reshape(-1, 1).copy(), works[0].covariance.copy()
    ekf.F, ekf.B = works[0].transition.copy(), np.eye(N_NODES)
    ekf.Q = np.diag(par.process_noise_k2_s)
    drift = (works[0].scratch[7] @ works[0].forcing).reshape(-1, 1)
    rows_of = [np.eye(N_NODES)[[node]] for node in (END_WINDING, COOLANT_OUT, OIL)]
    before_s = time.process_time()
    for second in range(PEER_SECONDS):
        ekf.predict(drift)
        for k, h in enumerate(rows_of):
            z = np.array([[readings[second % len(readings), k]]])
            ekf.update(z, lambda _, h=h: h, lambda x, h=h: h @ x, R=par.noise_sd_k[k] ** 2)
    peer_us = 1e6 * (time.process_time() - before_s) / PEER_SECONDS
    return own_us, peer_us, float(np.max(np.abs(ekf.x[:, 0] - rows[0].temp_c)))


@kernel
def _drift_seconds(parameters: Any, rows: Any, days: Any, works: Any, samples: Any, seconds: int) -> None:
    par, row, day, work = parameters[0], rows[0], days[0], works[0]
    for second in range(seconds):
        for k in range(SAMPLES_PER_S):
            drift.sample(par, row, day, samples[(second * SAMPLES_PER_S + k) % len(samples)], work)
            loss_scale.step(row, work, 1.0 / SAMPLES_PER_S)
        reference.step(row, work, work.scratch[7], work.vector[0])
        drift.close_second(par, row, day, work)
        row.closed_us += 1_000_000


def drift_ns() -> float:
    """ns per sample at 10 Hz of the statistics of slow parameters, the reference network with them."""
    twin = Twin(load(VARIANT))
    rows = twin.new_rows()
    rows.add()
    whole = drives.drive(SAMPLES * REPEATS * SAMPLES_PER_S, hz=float(SAMPLES_PER_S))
    twin.step(rows, drives.frames(len(whole)), drives.times(len(whole), hz=float(SAMPLES_PER_S)), whole)
    parameters = load(VARIANT).parameters.view(np.recarray)
    works = np.zeros(1, WORK).view(np.recarray)
    works[0] = twin.work
    samples = whole.view(np.recarray)
    row = rows.records[:1].view(np.recarray)
    row["rested"] = 1
    day = rows.days[:1].view(np.recarray)
    _drift_seconds(parameters, row, day, works, samples, 1)

    def measure() -> float:
        before_s = time.process_time()
        _drift_seconds(parameters, row, day, works, samples, FILTER_SECONDS)
        return 1e9 * (time.process_time() - before_s) / (FILTER_SECONDS * SAMPLES_PER_S)

    return best(measure)


def rows() -> list[Row]:
    """The figures, also for the throughput benchmark."""
    progress("chain: twin alone, 10 Hz and 100 Hz")
    at_10_hz, at_100_hz = chain_ns(10.0), chain_ns(100.0)
    fast_ns = (100.0 * at_100_hz - 10.0 * at_10_hz) / 90.0  # both hold the slow part, 10 and 100 samples to each
    slow_us = (at_10_hz - fast_ns) * 10.0 / 1e3
    progress("chain: estimator by estimator")
    parts = [Row(f"chain_ns.{name}", ns, "ns") for name, ns in parts_ns(VARIANT).items()]
    progress("chain: slow parameters")
    slow_ns = drift_ns()
    progress("chain: damage")
    wear_ns = damage_ns(VARIANT)
    progress("chain: thermal filter and filterpy")
    own_us, peer_us, apart_k = filter_us()
    return [
        *parts,
        at_most("chain_ns_per_sample", at_10_hz, "ns", 600.0),
        at_most("chain_fast_ns_per_sample", fast_ns, "ns", 250.0),
        at_most("chain_slow_us_per_second", slow_us, "us", 3.5),
        at_most("chain_day_ns_per_sample", day_ns(), "ns", 30.0),
        at_most("slow_parameters_ns_per_sample", slow_ns, "ns", 75.0, 150.0, "ns with damage"),
        at_most("damage_ns_per_sample", wear_ns, "ns", 75.0, 150.0, "ns with slow parameters"),
        at_most("thermal_filter_us_per_step", own_us, "us", 3.5, peer_us, "us filterpy EKF, 8 states"),
        at_least("chain_ratio_filterpy", peer_us / own_us, "x", 30.0),
        at_most("thermal_filter_apart_filterpy", apart_k, "K", 1e-9),
    ]


if __name__ == "__main__":
    run("chain", rows)
