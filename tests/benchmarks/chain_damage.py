"""Cost of damage alone: turning points, laws of closed cycles, turns at torque, and what is done each second."""

import time
from typing import Any

import numpy as np

from tests import drives
from twin.estimators import damage, outputs
from twin.jit import kernel
from twin.layout import END_WINDING, SPEED_RPM_S, WORK
from twin.twin import Twin
from twin.variants import load

DRIVE, ROUNDS, REPEATS = 6_000, 20, 5


@kernel
def _samples(par: Any, row: Any, day: Any, work: Any, traces: Any, count: int, outs: Any) -> None:
    """``traces``: (n, 4) junction [degC], torque [Nm], speed [rpm], i_d [A] at 10 Hz, over and over."""
    out = outs[0]
    for k in range(count):
        at = k % len(traces)
        torque_nm = traces[at, 1]
        work.switch_peak_c, work.shaft_nm, work.torque_nm = traces[at, 0], torque_nm, abs(torque_nm)
        work.speed_rpm, work.i_d_a = traces[at, 2], traces[at, 3]
        row.time_us += 100_000
        turned = damage.sample(par, row, work, row.time_us, 100_000)
        if turned != 0:
            damage.turn(par, row, day, work, row.time_us, turned, 0, 0, out)
            out.cursor[:] = 0
        damage.cover(par, row, work, 0.1)
        row.second[SPEED_RPM_S] += 0.1 * work.speed_rpm
        if k % 10 == 9:
            row.temp_c[END_WINDING] = work.switch_peak_c  # which swings more than a winding does
            damage.close_second(par, row, day, work, 0, 0, out)
            row.closed_us += 1_000_000
            row.second[SPEED_RPM_S] = 0.0
            out.cursor[:] = 0


def damage_ns(variant: str) -> float:
    """ns of process time per sample at 10 Hz."""
    twin = Twin(load(variant))
    rows = twin.new_rows()
    rows.add()
    samples = drives.drive(DRIVE)
    twin.step(rows, drives.frames(DRIVE), drives.times(DRIVE), samples)
    torque_nm = samples["torque_nm"]
    rise_k = 8e-4 * torque_nm**2 * (0.7 + 0.3 * np.sin(np.arange(DRIVE) / 7.0))
    columns = (60.0 + rise_k, torque_nm, samples["motor_speed_rpm"], -0.5 * np.abs(torque_nm))
    traces = np.ascontiguousarray(np.stack(columns, axis=1))
    par, outs = twin.variant.parameters.view(np.recarray)[0], outputs.allocate()
    work: Any = np.zeros(1, WORK).view(np.recarray)[0]
    work.oil_viscosity_mm2_s = 15.0
    spent_s = []
    for _ in range(REPEATS):
        before_s = time.process_time()
        _samples(par, rows.records[0], rows.days[0], work, traces, DRIVE * ROUNDS, outs)
        spent_s.append(time.process_time() - before_s)
    return 1e9 * min(spent_s) / (DRIVE * ROUNDS)
