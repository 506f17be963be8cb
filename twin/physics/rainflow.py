"""Streaming four-point rainflow counting; what is not closed yet stays in the record for ever (physics 5.1).

For the last four turning points A, B, C, D the pair B, C is a closed cycle when |B - C| is larger neither than |A - B|
nor than |C - D|. D may still move outward, so a cycle closes at the very sample that passes it: nothing depends on how
samples are cut into calls. Resetting at each trip would lose the largest cycle, the one from cold to warm.
"""

import math
from typing import Any

import numpy as np

from twin.jit import kernel

SLOTS = 64
"""Turning points kept of a fast quantity; 31 was the most in the torque of real trips."""


def record(slots: int) -> np.dtype[Any]:
    """State of one quantity, zeroed at the start: 32 + 8 bytes a slot. Values have the wire's resolution, float32.

    ``slots``: turning points kept, 4 .. 64. A full residue closes a pair before its time, counted in ``overflows``.
    """
    return np.dtype(
        [
            ("value", np.float32, (slots,)),  # turning points; the last is the extreme so far of the running excursion
            ("since_s", np.float32, (slots,)),  # time from the slot before; of the last slot it is in last_since_s
            ("last_since_s", np.float64),
            ("last_us", np.int64),  # time of the last slot
            ("bridges", np.int64),  # one bit a slot: it was found after missing data
            ("count", np.int32),
            ("overflows", np.int32),
        ]
    )


RAINFLOW = record(SLOTS)

CYCLE = np.dtype(
    [
        ("time_us", np.int64),  # of the sample that closed it
        ("start", np.float64),
        ("end", np.float64),
        ("rise_s", np.float64),  # duration of the rising half; of a falling half of the residue that of the fall
        ("count", np.float64),  # 1, or 0.5 for a half of the residue
        ("bridged", np.int64),  # 1: one of its ends was found after missing data
    ]
)
"""One counted cycle between two turning points, in order of time."""


@kernel
def cycle_range(cycle: Any) -> float:
    """Range, never negative."""
    return float(abs(cycle.end - cycle.start))


@kernel
def cycle_mean(cycle: Any) -> float:
    """Mean of the two turning points."""
    return float(0.5 * (cycle.start + cycle.end))


@kernel
def cycle_low(cycle: Any) -> float:
    """Lower turning point."""
    return float(min(cycle.start, cycle.end))


@kernel
def _bridged(state: Any, slot: int) -> int:
    bit: int = (state.bridges >> np.int64(slot)) & 1
    return bit


@kernel
def _mark(state: Any, slot: int, bridged: int) -> None:
    bit = np.int64(1) << np.int64(slot)
    state.bridges = state.bridges | bit if bridged else state.bridges & ~bit


@kernel
def _hand_out(state: Any, first: int, rise_s: float, time_us: int, cycle: Any) -> None:
    cycle.time_us = time_us
    cycle.start = state.value[first]
    cycle.end = state.value[first + 1]
    cycle.rise_s = rise_s
    cycle.count = 1.0
    cycle.bridged = _bridged(state, first) | _bridged(state, first + 1)


@kernel
def _close_passed(state: Any, time_us: int, cycles: Any, used: int) -> int:
    """Hand out the pairs that the last slot has passed; ``used`` and what it becomes: cycles handed out so far."""
    while state.count >= 4:
        last = state.count - 1
        a, b = np.float64(state.value[last - 3]), np.float64(state.value[last - 2])
        c, d = np.float64(state.value[last - 1]), np.float64(state.value[last])
        inner = abs(b - c)
        if inner > abs(a - b) or inner > abs(c - d):
            break
        rise_s = np.float64(state.since_s[last - 1]) if c > b else state.last_since_s
        _hand_out(state, last - 2, rise_s, time_us, cycles[used])
        _mark(state, last - 2, _bridged(state, last))
        used += 1
        state.last_since_s += np.float64(state.since_s[last - 1]) + np.float64(state.since_s[last - 2])
        state.value[last - 2] = state.value[last]
        state.count -= 2
    return used


@kernel
def _make_room(state: Any, time_us: int, cycles: Any, used: int) -> int:
    """Close the smallest pair of a full residue, whose ranges grow and then shrink: its first or its last pair."""
    state.overflows += 1
    value, since_s = state.value, state.since_s
    first = len(value) - 2
    if abs(np.float64(value[1]) - value[0]) < abs(np.float64(value[first + 1]) - value[first]):
        first = 0
    rise_s = np.float64(since_s[first + 1])
    _hand_out(state, first, rise_s, time_us, cycles[used])
    if first == 0:
        for k in range(len(value) - 2):
            value[k] = value[k + 2]
            since_s[k] = since_s[k + 2]
        state.bridges >>= 2
    else:
        state.last_since_s = np.float64(since_s[first]) + rise_s
    state.count = len(value) - 2
    return used + 1


@kernel
def quiet(state: Any, value: float, time_us: int, hysteresis: float) -> bool:
    """Take a sample that neither turns nor closes, as most do; False, with nothing done: ``step`` must take it."""
    x = np.float64(np.float32(value))
    if not math.isfinite(x):
        return True
    if state.count < 2:
        return False
    last = state.count - 1
    tip, before = np.float64(state.value[last]), np.float64(state.value[last - 1])
    if not (x - tip) * (tip - before) > 0.0:
        return bool(abs(x - tip) <= hysteresis)
    if last >= 3:
        first, second = np.float64(state.value[last - 3]), np.float64(state.value[last - 2])
        inner = abs(second - before)
        if inner <= abs(before - x) and inner <= abs(first - second):
            return False
    state.last_since_s += (time_us - state.last_us) * 1e-6
    state.value[last] = x
    state.last_us = time_us
    return True


@kernel
def step(state: Any, value: float, time_us: int, hysteresis: float, cycles: Any, used: int, bridged: int = 0) -> int:
    """Take one sample; what is not finite is no sample.

    state: of dtype ``record``. hysteresis: reversals up to this size are noise, 0 for none. cycles: records with the
    fields of CYCLE, from ``used`` on at least half as many free as the state has slots. bridged: 1 when data are
    missing since the sample before. Returns ``used`` plus the cycles that closed.
    """
    x = np.float64(np.float32(value))
    if not math.isfinite(x) or (bridged == 0 and quiet(state, value, time_us, hysteresis)):
        return used
    if state.count == 0:
        state.value[0] = x
        state.last_us = time_us
        state.count = 1
        return used
    last = state.count - 1
    moved = x - np.float64(state.value[last])
    if state.count > 1 and moved * (np.float64(state.value[last]) - np.float64(state.value[last - 1])) > 0.0:
        state.last_since_s += (time_us - state.last_us) * 1e-6
        bridged |= _bridged(state, last)
    elif abs(moved) > hysteresis:
        state.since_s[last] = state.last_since_s
        state.last_since_s = 0.0
        if state.count == len(state.value):
            used = _make_room(state, time_us, cycles, used)
        state.last_since_s += (time_us - state.last_us) * 1e-6
        state.count += 1
    else:
        return used
    state.value[state.count - 1] = x
    state.last_us = time_us
    _mark(state, state.count - 1, bridged)
    return _close_passed(state, time_us, cycles, used)


@kernel
def residue(state: Any, cycles: Any, used: int) -> int:
    """Hand out what is not closed as half cycles, for display; the state stays. Needs as many free as slots."""
    for k in range(state.count - 1):
        rise_s = np.float64(state.since_s[k + 1]) if k + 2 < state.count else state.last_since_s
        _hand_out(state, k, rise_s, state.last_us, cycles[used])
        cycles[used].count = 0.5
        used += 1
    return used
