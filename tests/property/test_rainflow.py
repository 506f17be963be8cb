"""Rainflow counting for any series and any way it is cut."""

import numpy as np
import pylife.stress.rainflow as pylife_rainflow
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cycles import counted, pylife_pairs
from twin.physics.rainflow import cycle_range

VALUES = st.integers(-20, 20).map(float) | st.floats(-500.0, 500.0, width=32)
SERIES = st.lists(VALUES, min_size=2, max_size=120).map(np.array)
ALL = settings(max_examples=200, deadline=None)


@ALL
@given(SERIES, st.lists(st.integers(0, 120), max_size=6))
def test_cuts_change_no_bit_of_cycles_residue_and_state(series: np.ndarray, cuts: list[int]) -> None:
    whole, pieces = counted(series, hysteresis=1.0), counted(series, hysteresis=1.0, cuts=tuple(cuts))
    assert whole.cycles.tobytes() == pieces.cycles.tobytes()
    assert whole.halves.tobytes() == pieces.halves.tobytes()
    assert whole.state == pieces.state


@ALL
@given(SERIES, st.lists(st.integers(0, 120), max_size=6))
def test_cuts_change_no_bit_of_a_residue_that_overflows(series: np.ndarray, cuts: list[int]) -> None:
    whole, pieces = counted(series, slots=6), counted(series, cuts=tuple(cuts), slots=6)
    assert whole.cycles.tobytes() == pieces.cycles.tobytes()
    assert whole.state == pieces.state


@ALL
@given(SERIES)
def test_the_cycles_are_those_of_pylife(series: np.ndarray) -> None:
    detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
    detector.process(series)
    assert counted(series).pairs() == pylife_pairs(detector)


@ALL
@given(SERIES, st.sampled_from([0.5, 2.0, 7.0]))
def test_hysteresis_leaves_out_small_cycles_and_changes_no_other(series: np.ndarray, hysteresis: float) -> None:
    series = np.concatenate(([-1_000.0], series, [2_000.0]))  # a start that is an extreme, an end that closes all
    large = [cycle for cycle in counted(series).cycles if cycle_range(cycle) > hysteresis]
    kept = counted(series, hysteresis=hysteresis)
    assert sorted(kept.pairs()) == sorted((cycle.start, cycle.end) for cycle in large)


@ALL
@given(SERIES)
def test_every_excursion_is_counted_once(series: np.ndarray) -> None:
    """A full cycle is two halves of its range: their sum is the way from turning point to turning point."""
    found = counted(series)
    way = 2.0 * sum(map(cycle_range, found.cycles)) + sum(map(cycle_range, found.halves))
    assert np.isclose(way, np.abs(np.diff(series)).sum(), rtol=1e-12, atol=1e-9)
