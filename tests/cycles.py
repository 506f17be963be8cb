"""Rainflow counting of whole series, by ours and by pyLife's detector."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel
from twin.physics.rainflow import CYCLE, SLOTS, record, residue, step


class Counted(NamedTuple):
    """Closed cycles in their order, the residue as halves, its turning points, and how often it was full."""

    cycles: Any
    halves: Any
    turning_points: NDArray[np.float32]
    overflows: int
    state: bytes

    def pairs(self) -> list[tuple[float, float]]:
        """(start, end) of each closed cycle."""
        return [(float(cycle["start"]), float(cycle["end"])) for cycle in self.cycles]


@kernel
def _count(state: Any, values: Any, times_us: Any, hysteresis: float, cycles: Any, used: int) -> int:
    for k in range(len(values)):
        used = step(state, values[k], times_us[k], hysteresis, cycles, used)
    return used


def counted(
    values: NDArray[np.float64],
    times_us: NDArray[np.int64] | None = None,
    hysteresis: float = 0.0,
    cuts: tuple[int, ...] = (),
    slots: int = SLOTS,
) -> Counted:
    """Count a series in the pieces between ``cuts``; the state goes through bytes from piece to piece."""
    if times_us is None:
        times_us = np.arange(len(values)) * 100_000
    cycles = np.zeros(len(values) + 2 * SLOTS, CYCLE).view(np.recarray)
    kind = record(slots)
    states = np.zeros(1, kind).view(np.recarray)
    used = 0
    edges = [0, *sorted(cuts), len(values)]
    for first, end in pairwise(edges):
        states = np.frombuffer(bytearray(states.tobytes()), kind).view(np.recarray)
        used = _count(states[0], values[first:end], times_us[first:end], hysteresis, cycles, used)
    state = states[0]
    halves = np.zeros(SLOTS, CYCLE).view(np.recarray)
    n_halves = residue(state, halves, 0)
    return Counted(cycles[:used], halves[:n_halves], state.value[: state.count], int(state.overflows), state.tobytes())


def pylife_pairs(detector: Any) -> list[tuple[float, float]]:
    """(from, to) of each loop pyLife's detector has recorded."""
    return [
        (float(a), float(b)) for a, b in zip(detector.recorder.values_from, detector.recorder.values_to, strict=True)
    ]
