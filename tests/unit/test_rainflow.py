"""Rainflow against the ASTM E1049 example and pyLife's four-point detector, on random series and real torque."""

from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pylife.stress.rainflow as pylife_rainflow
import pytest
from numpy.typing import NDArray

from tests.cycles import counted, pylife_pairs
from tests.data import reference_data
from twin.physics.rainflow import CYCLE, RAINFLOW, SLOTS, cycle_low, cycle_mean, cycle_range, record, residue, step

ASTM = np.array([-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0])


def test_the_astm_example_comes_out_exactly() -> None:
    found = counted(ASTM)
    counts: Counter[float] = Counter()
    for cycle in [*found.cycles, *found.halves]:
        counts[cycle_range(cycle)] += cycle["count"]
    assert counts == {3.0: 0.5, 4.0: 1.5, 6.0: 0.5, 8.0: 1.0, 9.0: 0.5}
    folder = reference_data("reliability")
    assert list(np.loadtxt(folder / "astm_e1049_rainflow_input.csv", skiprows=1)) == list(ASTM)
    expected = np.loadtxt(folder / "astm_e1049_rainflow_expected.csv", skiprows=1, delimiter=",")
    assert sorted(counts.items()) == [tuple(line) for line in expected]


def test_a_closed_cycle_says_when_between_what_and_how_long_it_rose() -> None:
    # rises 20 -> 80 in 3 s, falls to 50 in 5 s, passes 80 after 2 s more: the cycle 80 -> 50 rose for those 2 s
    times_s = np.array([0.0, 3.0, 8.0, 10.0])
    found = counted(np.array([20.0, 80.0, 50.0, 90.0]), (times_s * 1e6).astype(np.int64))
    (cycle,) = found.cycles
    assert (cycle.time_us, cycle.start, cycle.end, cycle.rise_s, cycle["count"]) == (10_000_000, 80.0, 50.0, 2.0, 1.0)
    assert (cycle_range(cycle), cycle_mean(cycle), cycle_low(cycle)) == (30.0, 65.0, 50.0)
    (half,) = found.halves
    assert (half.start, half.end, half.rise_s, half["count"]) == (20.0, 90.0, 10.0, 0.5)
    found = counted(np.array([80.0, 20.0, 50.0, 10.0]), (times_s * 1e6).astype(np.int64))
    assert [(cycle.start, cycle.end, cycle.rise_s) for cycle in found.cycles] == [(20.0, 50.0, 5.0)]


def test_1000_random_series_close_the_cycles_of_pylife_in_its_order() -> None:
    random = np.random.default_rng(20261124)
    for number in range(1_000):
        series = random.normal(size=random.integers(2, 400)).cumsum() if number % 2 else random.normal(size=120)
        if number % 3 == 0:
            series = np.round(series)  # plateaus and equal ranges
        series = series.astype(np.float32).astype(np.float64)
        found = counted(series)
        assert found.overflows == 0
        detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
        detector.process(series)
        assert found.pairs() == pylife_pairs(detector)
        if len(np.unique(series)) > 1:
            assert list(found.turning_points) == list(detector.residuals[-len(found.turning_points) :])


@pytest.mark.data
@pytest.mark.parametrize("name", ["tripA", "tripB"])
def test_torque_of_every_real_trip_closes_the_cycles_of_pylife(name: str) -> None:
    for torque_nm in real_torques(name):
        detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
        for piece in np.array_split(torque_nm, 7):
            detector.process(piece)
        found = counted(torque_nm)
        assert found.overflows == 0
        assert len(found.cycles) > 200
        assert found.pairs() == pylife_pairs(detector)


def real_torques(name: str) -> list[NDArray[np.float64]]:
    """Motor torque of each trip, as float32 like on the wire."""
    table = pq.read_table(reference_data("bmw-i3-trips") / f"{name}.parquet")
    column = next(column for column in table.column_names if "Torque" in column)
    key = next(column for column in table.column_names if "trip" in column.lower())
    trips, torque_nm = table[key].to_numpy(), table[column].to_numpy().astype(np.float32).astype(np.float64)
    return [torque_nm[trips == trip] for trip in np.unique(trips)]


def test_what_is_no_number_and_what_is_noise_is_no_turning_point() -> None:
    series = np.array([0.0, np.nan, 50.0, 49.0, 50.5, np.inf, 20.0, 21.0, 20.5, 60.0])
    assert counted(series, hysteresis=2.0).pairs() == [(50.5, 20.0)]
    assert counted(series).pairs() == [(50.0, 49.0), (21.0, 20.5), (50.5, 20.0)]


def test_a_full_residue_closes_its_smallest_pair_and_counts_that() -> None:
    sizes = np.arange(1.0, SLOTS + 11.0)
    growing = sizes * (-1.0) ** np.arange(len(sizes))
    found = counted(growing)
    assert [cycle_range(cycle) for cycle in found.cycles] == [3.0, 7.0, 11.0, 15.0, 19.0]
    assert found.overflows == 5
    assert list(found.turning_points) == list(growing[10:])
    found = counted(growing[::-1])  # shrinking: the newest pair goes whenever the 65th point comes
    assert found.overflows == len(found.cycles) == 5
    assert list(found.turning_points[: SLOTS - 2]) == list(growing[::-1][: SLOTS - 2])


def test_a_cycle_with_an_end_found_after_missing_data_says_so() -> None:
    state = np.zeros(1, RAINFLOW).view(np.recarray)[0]
    cycles = np.zeros(SLOTS, CYCLE).view(np.recarray)
    used = 0
    # 15 is found after a gap: 70 fell to it, 75 rose from it
    for k, value in enumerate((10.0, 90.0, 30.0, 40.0, 20.0, 70.0, 15.0, 50.0, 20.0, 75.0, 5.0)):
        used = step(state, value, k * 1_000_000, 0.0, cycles, used, 1 if value == 15.0 else 0)
    found = [(cycle.start, cycle.end, cycle.bridged) for cycle in cycles[:used]]
    assert found == [(30.0, 40.0, 0), (20.0, 70.0, 0), (50.0, 20.0, 0), (15.0, 75.0, 1)]


def test_a_gap_is_remembered_through_an_overflow() -> None:
    sizes = np.arange(SLOTS + 10.0, 0.0, -1.0) * (-1.0) ** np.arange(SLOTS + 10)
    for crossed in (SLOTS // 2, SLOTS - 3, SLOTS - 1, SLOTS + 3):
        state = np.zeros(1, RAINFLOW).view(np.recarray)[0]
        cycles = np.zeros(4 * SLOTS, CYCLE).view(np.recarray)
        used = 0
        for k, value in enumerate((*sizes, 1_000.0)):
            used = step(state, value, k, 0.0, cycles, used, 1 if k == crossed else 0)
        assert state.overflows > 0
        assert sum(cycle.bridged for cycle in cycles[:used]) == 1


def test_counting_goes_on_after_an_overflow_as_if_the_pair_had_closed_by_itself() -> None:
    shrinking = np.arange(SLOTS + 10.0, 0.0, -1.0) * (-1.0) ** np.arange(SLOTS + 10)
    series = np.append(shrinking, 2 * SLOTS)
    detector = pylife_rainflow.FourPointDetector(recorder=pylife_rainflow.FullRecorder())
    detector.process(series)
    found = counted(series)
    assert found.overflows > 0
    assert len(found.cycles) == len(pylife_pairs(detector))


def test_a_small_record_counts_the_same_until_it_is_full() -> None:
    random = np.random.default_rng(8)
    series = np.round(random.normal(size=3_000).cumsum(), 3)
    whole, small, tiny = (counted(series, slots=slots) for slots in (SLOTS, 32, 6))
    assert whole.overflows == small.overflows == 0 < tiny.overflows
    assert whole.cycles.tobytes() == small.cycles.tobytes()
    assert len(tiny.turning_points) <= 6
    way = 2.0 * sum(map(cycle_range, tiny.cycles)) + sum(map(cycle_range, tiny.halves))
    assert way == pytest.approx(
        2.0 * sum(map(cycle_range, whole.cycles)) + sum(map(cycle_range, whole.halves)), rel=0.1
    )


def test_the_state_is_half_a_kilobyte() -> None:
    assert RAINFLOW.itemsize == 544
    assert record(32).itemsize == 288


def test_an_empty_record_has_no_residue() -> None:
    state = np.zeros(1, RAINFLOW).view(np.recarray)[0]
    cycles = np.zeros(SLOTS, CYCLE).view(np.recarray)
    assert residue(state, cycles, 0) == 0
    assert step(state, np.nan, 5, 0.0, cycles, 3) == 3
    assert not state.tobytes().strip(b"\0")
