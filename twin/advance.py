"""The order of a twin: what happens for each frame, sample and second. It stands here and nowhere else.

A second is (n, n + 1] of event time. A sample speaks for the time since the one before it, at most ``hold_limit_us``;
longer is a gap. In a short one the unit went on, as far as temperatures are asked; in a long one it rested. Everything
pending lives in the row, so it does not matter where the samples are cut into frames.
"""

import math
from typing import Any

import numpy as np

from twin.estimators import (
    alerts,
    daily,
    damage,
    delay,
    drift,
    efficiency,
    fit,
    fit_machine,
    heal,
    junction,
    lasting,
    load_matrix,
    loss_scale,
    losses,
    missing,
    plausibility,
    readings,
    rotor,
    sampling,
    state,
    thermal,
    thermal_gap,
    trip,
)
from twin.estimators.outputs import FRAME, SAMPLE_IN_FRAME, Outputs, has_room
from twin.jit import kernel
from twin.layout import DAY_US, GAPS, IMPLAUSIBLE, MISSING_S, NOT_READY, SAMPLES

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
LIGHT_US = 60 * SECOND_US
"""Standing at a traffic light: who stood longer before a gap has parked."""
TICK_STATE_US = 2 * MINUTE_US
TICK_TRIP_US = 15 * MINUTE_US
TICK_DAY_US = 6 * 60 * MINUTE_US


@kernel
def _second_start(time_us: int) -> int:
    """Start of the second that ends at or contains ``time_us``."""
    return (time_us - 1) // SECOND_US * SECOND_US


@kernel
def _close_second(par: Any, row: Any, day: Any, index: int, frame: int, work: Any, out: Outputs) -> None:
    trip.flush(row, day)
    fit.close_second(par, row, float(row.moving))
    if thermal.step(par, row, work):
        heal.step(par, row, day, 1)
    drift.close_second(par, row, day, work)
    losses.close_second(par, row, work)
    lasting.close_second(par, row)
    daily.close_second(par, row, day)
    damage.close_second(par, row, day, work, index, frame, out)
    thermal_gap.empty(row)
    row.closed_us += SECOND_US
    daily.pass_time(par, row, day, index, frame, out)
    validity, open_alerts = row.thermal_validity, row.alerts
    row.thermal_validity = thermal.validity(par, row)
    trip.close_second(par, row)
    alerts.step(par, row, index, frame, out)
    changed = row.thermal_validity != validity or row.alerts != open_alerts
    if changed:
        heal.step(par, row, day, 0)
        row.thermal_validity = thermal.validity(par, row)
    if changed or row.closed_us % MINUTE_US == 0:
        state.step(par, row, index, frame, out)


@kernel
def _go_on(par: Any, row: Any, day: Any, work: Any, seconds: int, sure: bool) -> None:
    """Seconds without samples in which the unit went on as the sample in ``work`` says; ``sure``: beyond doubt."""
    ran = row.ready == 1
    for left in range(seconds, 0, -1):
        readings.hold(row)
        thermal_gap.stand_in(row, work, 1.0, float(left))
        if thermal.step(par, row, work):
            heal.step(par, row, day, 1)
        losses.close_second(par, row, work)
        thermal_gap.empty(row)
        row.closed_us += SECOND_US
    if ran and row.ready == 1 and not sure:
        thermal_gap.doubt(par, row, work, seconds)


@kernel
def _bridge(
    par: Any,
    row: Any,
    day: Any,
    index: int,
    frame: int,
    time_us: int,
    short: bool,
    moves: bool,
    stood: bool,
    work: Any,
    out: Outputs,
) -> None:
    """Cross a gap: complete the second it began in, then whole seconds, without losses unless it is ``short``.

    ``moves``: at its end. ``stood``: samples without torque say that it did.
    """
    if _second_start(time_us) // MINUTE_US != row.closed_us // MINUTE_US:
        state.step_pending(par, row, index, frame, out)
    start_us = _second_start(time_us)
    if start_us // DAY_US != day.day:
        daily.close(par, row, day, index, frame, out)  # just as a tick would have
    if row.time_us > row.closed_us:
        if short:
            thermal_gap.stand_in(
                row, work, (row.closed_us + SECOND_US - row.time_us) * 1e-6, (time_us - row.time_us) * 1e-6
            )
        _close_second(par, row, day, index, frame, work, out)
    drift.restart(row)
    if time_us - row.time_us - row.ahead_us > par.hold_limit_us:
        rotor.void(row)  # else the samples in between came, only without speed or torque
    seconds = (start_us - row.closed_us) // SECOND_US
    if short:
        _go_on(par, row, day, work, seconds, stood)
    else:
        stood_us = row.time_us - row.last_moved_us
        thermal_gap.step(par, row, work, seconds, stood_us == 0 or (moves and stood_us < LIGHT_US))
    row.closed_us = max(row.closed_us, start_us)
    daily.pass_time(par, row, day, index, frame, out)


@kernel
def _goes_on(row: Any, interval_us: int) -> bool:
    """Whether a unit that says nothing for so long goes on as it was."""
    return bool(row.trip_open == 1 or interval_us < junction.BRIDGED_US)


@kernel
def _cover(par: Any, row: Any, day: Any, sample: Any, work: Any, dt_us: int) -> None:
    """What the sample says about a stretch of the time before it, within one second."""
    efficiency.step(row, work, dt_us * 1e-6)
    loss_scale.step(row, work, dt_us * 1e-6)
    load_matrix.step(par, day, work, sample.torque_nm, dt_us * 1e-6)
    damage.cover(par, row, work, dt_us * 1e-6)


@kernel
def _sample(
    par: Any,
    row: Any,
    day: Any,
    index: int,
    frame: int,
    time_us: int,
    sample: Any,
    powered: bool,
    work: Any,
    out: Outputs,
) -> None:
    """One plausible sample with speed and torque, later than the last, as far as it is not done for every sample."""
    from_us = row.time_us
    if row.started == 0:
        row.started = 1
        row.closed_us = row.emitted_us = _second_start(time_us)
        from_us = time_us
    if row.trip_open == 1 and time_us - row.last_moved_us > trip.STOP_US:
        trip.close(par, row, day, index, frame, out)
    interval_us, missing_s = time_us - from_us, 0.0
    short = interval_us > par.hold_limit_us and _goes_on(row, interval_us)
    if short:
        losses.step(par, row, sample, powered, work)
    if interval_us > par.hold_limit_us:
        moves = abs(sample.motor_speed_rpm) > trip.MOVING_RPM
        _bridge(par, row, day, index, frame, time_us, short, moves, False, work, out)
        if row.trip_open == 1:
            missing_s = interval_us * 1e-6
        from_us = time_us
        if not short:
            damage.gap(par, row, day, time_us, index, frame, out)
            interval_us = 0
    row.part[IMPLAUSIBLE] += row.new_implausible
    row.part[GAPS] += row.new_gaps
    row.new_implausible = row.new_gaps = 0
    row.unloaded_s = 0.0
    missing.take(row)
    losses.step(par, row, sample, powered, work)
    if losses.lost(work):
        heal.step(par, row, day, 0)
        losses.step(par, row, sample, powered, work)
    if short:
        thermal_gap.stand_in(row, work, (time_us - row.closed_us) * 1e-6, 0.0)
    delay.step(par, row, time_us, work)
    junction.step(par, row, sample, work, interval_us)  # in a short gap its ladder was under this load, too
    if junction.lost(row, work):
        heal.step(par, row, day, 0)
        junction.step(par, row, sample, work, 0)
    begins = trip.step(row, day, work, time_us)
    daily.begin(row, day)
    row.part[MISSING_S] += missing_s  # of the day it ends in
    if begins:
        day.trips += 1
    daily.step(row, day, work)
    turned = damage.sample(par, row, work, time_us, -1 if short else time_us - from_us)
    if turned != 0:
        damage.turn(par, row, day, work, time_us, turned, index, frame, out)
    fit.sample(par, row, sample, work.wheel_m_s, row.moving == 1)
    fit_machine.sample(par, row, sample, row.moving == 1)
    end_us = row.closed_us + SECOND_US
    while time_us > end_us:
        _cover(par, row, day, sample, work, end_us - from_us)
        _close_second(par, row, day, index, frame, work, out)
        daily.begin(row, day)
        from_us = end_us
        end_us += SECOND_US
    _cover(par, row, day, sample, work, time_us - from_us)
    row.part[SAMPLES] += 1.0
    sampling.step(row, sample, time_us)


@kernel
def _unloaded(
    par: Any, row: Any, day: Any, index: int, frame: int, time_us: int, sample: Any, work: Any, out: Outputs
) -> None:
    """A plausible sample without speed or torque, later than the last: its readings count, its load is not known.

    Within the hold limit the next sample speaks for its time, too. Beyond, it ends a gap and its time is missing.
    A unit that says it stands, as while it charges, has no load.
    """
    if row.started == 0:
        row.started = 1
        row.closed_us = row.emitted_us = _second_start(time_us)
        row.time_us = time_us
    interval_us = time_us - row.time_us
    if interval_us > par.hold_limit_us:
        if row.trip_open == 1 and time_us - row.last_moved_us > trip.STOP_US:
            trip.close(par, row, day, index, frame, out)
        goes_on, moves = _goes_on(row, interval_us), abs(sample.motor_speed_rpm) > trip.MOVING_RPM
        stands = abs(sample.motor_speed_rpm) <= trip.MOVING_RPM  # neither, if it does not say
        stands = stands and interval_us - row.ahead_us <= par.hold_limit_us
        if stands:
            trip.stand(row, day)
        if goes_on:
            thermal_gap.usual(row, work, row.trip_open == 1 and not stands)
            row.unloaded_s = np.float32(0.0) if stands else row.unloaded_s + np.float32(interval_us * 1e-6)
        _bridge(par, row, day, index, frame, time_us, goes_on, moves, stands, work, out)
        daily.begin(row, day)
        if goes_on:
            thermal_gap.stand_in(row, work, (time_us - row.closed_us) * 1e-6, 0.0 if stands else math.inf)
        else:
            damage.gap(par, row, day, time_us, index, frame, out)
        if row.trip_open == 1:
            row.part[MISSING_S] += interval_us * 1e-6
            if moves:
                trip.go_on(row, day, time_us)
        row.time_us = time_us
    row.part[SAMPLES] += 1.0
    row.part[IMPLAUSIBLE] += row.new_implausible
    row.new_implausible = 0
    row.ahead_us = time_us - row.time_us
    junction.step(par, row, sample, work, 0)


@kernel
def _begin_frame(par: Any, row: Any, day: Any, index: int, number: int, frame: Any, time_us: int, out: Outputs) -> None:
    """Missing frames are counted; another identity is another segment, and the unit is known a little less well.

    ``time_us``: of the frame's first sample.
    """
    row.new_gaps += frame.gaps
    sampling.begin_frame(row, frame)
    missing.odometer(row, frame.odometer_km, time_us)
    if row.segment == 0:
        row.segment = 1
        row.identity = frame.identity
    elif row.identity != frame.identity:
        state.step_pending(par, row, index, number, out)
        daily.close(par, row, day, index, number, out)
        row.segment += 1
        row.identity = frame.identity
        thermal.widen(par, row)
        sampling.restart(row)
        drift.restart(row)
        fit.restart(row)
        lasting.restart(row)


@kernel
def _something_is_due(par: Any, row: Any, time_us: int) -> bool:
    """Whether a sample of this time puts out a minute, a day, or what a gap or a long stop ends."""
    if time_us // MINUTE_US != row.time_us // MINUTE_US or time_us - row.time_us > par.hold_limit_us:
        return True
    return bool(row.trip_open == 1 and time_us - row.last_moved_us > trip.STOP_US)


@kernel
def advance(
    parameters: Any,
    rows: Any,
    days: Any,
    frames: Any,
    times_us: Any,
    values: Any,
    clean: Any,
    clean_values: Any,
    works: Any,
    outs: Any,
) -> bool:
    """Run all frames, from where the cursor says; False when an output array is full: empty it and call again.

    ``rows`` and ``days``: ROW and DAY of the units, at the same indices, both ``with_words``. A sample is given
    records only: an array handed on costs two locked counts of its owners in each call.
    ``values``: (n, len(SIGNALS)) float64 view of the samples; ``clean``: one SAMPLE and ``clean_values`` its view;
    ``outs``: (1,) OUTPUTS.
    """
    par, work, sample, out = parameters[0], works[0], clean[0], outs[0]
    cursor = out.cursor
    for number in range(cursor[FRAME], len(frames)):
        frame = frames[number]
        row, day = rows[frame.row], days[frame.row]
        powered = frame["flags"] & NOT_READY == 0  # .flags is numpy's own when not compiled
        if not has_room(out):
            return False
        if cursor[SAMPLE_IN_FRAME] == 0:
            if row.identity != frame.identity:
                heal.step(par, row, day, 0)
            _begin_frame(par, row, day, frame.row, number, frame, times_us[frame.first], out)
        for at in range(frame.first + cursor[SAMPLE_IN_FRAME], frame.first + frame.count):
            if not has_room(out):
                cursor[SAMPLE_IN_FRAME] = at - frame.first
                return False
            if row.started == 1 and times_us[at] <= row.time_us + row.ahead_us:
                row.skipped += 1
                continue
            if _something_is_due(par, row, times_us[at]):
                heal.step(par, row, day, 0)
            row.new_implausible += plausibility.step(par, values, at, clean_values)
            loaded = sample.motor_speed_rpm == sample.motor_speed_rpm and sample.torque_nm == sample.torque_nm
            if loaded:
                _sample(par, row, day, frame.row, number, times_us[at], sample, powered, work, out)
            else:
                _unloaded(par, row, day, frame.row, number, times_us[at], sample, work, out)
            readings.step(par, row, sample)
            rotor.sample(par, row, sample)
            if loaded:
                drift.sample(par, row, day, sample, work)
                row.time_us, row.ahead_us = times_us[at], 0
                if row.time_us == row.closed_us + SECOND_US:
                    _close_second(par, row, day, frame.row, number, work, out)
        cursor[SAMPLE_IN_FRAME] = 0
        cursor[FRAME] = number + 1
    return True


@kernel
def tick(
    parameters: Any,
    rows: Any,
    days: Any,
    which: Any,
    times_us: Any,
    nobody: int,
    outs: Any,
) -> bool:
    """Put out what silent units keep back, from ``cursor[FRAME]`` on; False when an output array is full.

    ``which``: (n,) int64, indices of the rows; ``times_us``: (n,) int64, what is now for each of them;
    ``nobody``: frame number of the results, -1; ``outs``: (1,) OUTPUTS.
    """
    par, out = parameters[0], outs[0]
    for at in range(out.cursor[FRAME], len(which)):
        if not has_room(out):
            return False
        out.cursor[FRAME] = at + 1
        index = which[at]
        row, day = rows[index], days[index]
        if row.started == 0:
            continue
        state_due = row.time_us < times_us[at] - TICK_STATE_US and row.interval[SAMPLES] > 0.0
        trip_due = row.trip_open == 1 and row.time_us < times_us[at] - TICK_TRIP_US
        day_due = day.open == 1 and (day.day + 1) * DAY_US < times_us[at] - TICK_DAY_US
        if state_due or trip_due or day_due:
            heal.step(par, row, day, 0)
        if state_due:
            state.step_pending(par, row, index, nobody, out)
        if trip_due:
            trip.close(par, row, day, index, nobody, out)
        if day_due:
            daily.close(par, row, day, index, nobody, out)
    return True
