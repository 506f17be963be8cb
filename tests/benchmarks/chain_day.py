"""What the day costs a sample at 10 Hz: load matrix, maxima, sums of the second, hours at temperature, quarters."""

import time
from typing import Any

import numpy as np

from tests import drives
from twin.estimators import daily, load_matrix, outputs, trip
from twin.jit import kernel
from twin.layout import DAY, WORK
from twin.layout.finite import in_words
from twin.layout.fresh import fresh_row
from twin.variants import load

HZ, UNITS, SECONDS, REPEATS = 10, 200, 10, 40
OMEGA = 2.0 * np.pi / 60.0


@kernel
def _run(parameters: Any, rows: Any, days: Any, works: Any, samples: Any, on: bool, outs: Any) -> None:
    """Frames of ten seconds of every unit in turn; ``on`` False: the loops around it only."""
    par, work, out = parameters[0], works[0], outs[0]
    for index in range(len(rows)):
        row, day = rows[index], days[index]
        for second in range(SECONDS):
            for k in range(HZ):
                torque_nm, speed_rpm = samples[(index + second * HZ + k) % len(samples)]
                work.torque_nm = abs(torque_nm)
                work.speed_rpm = speed_rpm
                work.shaft_w = torque_nm * speed_rpm * OMEGA
                if on:
                    daily.begin(row, day)
                    daily.step(row, day, work)
                    load_matrix.step(par, day, work, torque_nm, 1.0 / HZ)
            row.closed_us += 1_000_000
            if on:
                trip.flush_day(row, day)
                daily.close_second(par, row, day)
                daily.pass_time(par, row, day, index, 0, out)
        out.cursor[:] = 0


def day_ns() -> float:
    """ns per sample of 200 units in turn, processor time, least of many rounds."""
    parameters = load("bmw-gen5-rear").parameters.reshape(1).view(np.recarray)
    rows: Any = np.repeat(fresh_row(), UNITS).view(np.recarray)
    rows["moving"] = rows["ready"] = 1
    rows["temp_c"] = 60.0
    rows["closed_us"] = drives.START_US
    days = in_words(np.zeros(UNITS, DAY))
    works = np.zeros(1, WORK).view(np.recarray)
    drive = drives.drive(6_000)
    samples = np.stack([drive["torque_nm"], drive["motor_speed_rpm"]], axis=1)
    outs = outputs.allocate()
    spent_s = {True: np.inf, False: np.inf}
    for _ in range(REPEATS):
        for on in spent_s:
            before_s = time.process_time()
            _run(parameters, rows, days, works, samples, on, outs)
            spent_s[on] = min(spent_s[on], time.process_time() - before_s)
    return float(1e9 * (spent_s[True] - spent_s[False]) / (UNITS * SECONDS * HZ))
