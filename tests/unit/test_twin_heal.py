"""A number that is not finite, wherever it stands in a unit: that unit alone is healed, counts it and says so."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives
from twin.layout import DAY, DISTANCE_M, RESETS, ROW
from twin.layout.finite import DAY_WORDS, ROW_WORDS, Words, as_words, floats
from twin.twin import Results, Rows, Twin, empty_frames
from twin.variants import load

FIRST_S, THEN_S = 150.5, 200.0
UNITS, POISONED = 3, 1
HELD = {f"row.{name}" for name, *_ in floats(ROW)} | {f"day.{name}" for name, *_ in floats(DAY)}
RUNNING = {
    *("second", "pull_a", "load_turns", "fit_sum", "fit_model", "fit_count", "still_c", "still_s", "suspect_s"),
    *("field_doubt", "reading_sum", "reading_count", "module_sum_c", "module_count", "rotor_weight", "rotor_sum"),
    *("rotor_current_sum_a", "rotor_excess_sum", "rotor_current_sum_a2", "rotor_product_sum"),
    *("minute", "rotor_window", "resolver_window", "loss_window", "unloaded_s", "filled_s"),
}
"""Of a second or a window that is void with it, or written anew, before anybody looks: nothing is lost."""
MOST_M = 50.0
"""More than the fastest second of the drive."""
WORN = {"row.wear", "row.wear_m", "row.wear_s", "row.averaged_s", "row.magnets_hot_s"}
RATIOS = ("efficiency", "regen_efficiency", "loss_ratio")


@cache
def twin() -> Twin:
    return Twin(load("bmw-gen5-rear"))


def batch(seconds: float, before_s: float) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.void]]:
    count = int(10 * seconds)
    frames = empty_frames(UNITS)
    frames["row"], frames["count"], frames["identity"] = np.arange(UNITS), count, 1
    frames["first"] = np.arange(UNITS) * count
    samples = [drives.drive(int(10 * (before_s + seconds)), phase=float(unit))[-count:] for unit in range(UNITS)]
    times_us = drives.times(count, start_us=drives.START_US + int(before_s * drives.SECOND_US))
    return frames, np.tile(times_us, UNITS), np.concatenate(samples)


@cache
def begun() -> tuple[bytes, bytes]:
    rows = twin().new_rows()
    for _ in range(UNITS):
        rows.add()
    twin().step(rows, *batch(FIRST_S, 0))
    return rows.records.tobytes(), rows.days.tobytes()


def restored() -> Rows:
    rows = twin().new_rows()
    for _ in range(UNITS):
        rows.add()
    rows.records[:] = np.frombuffer(begun()[0], ROW)
    rows.days[:] = np.frombuffer(begun()[1], DAY)
    return rows


def go_on(rows: Rows) -> Results:
    return twin().step(rows, *batch(THEN_S, FIRST_S))


def poison(records: NDArray[np.void], path: str, value: float) -> None:
    """Write ``value`` into a field of one unit; of an array into its first place."""
    target = np.asarray(records)[POISONED : POISONED + 1]
    for name in path.split(".")[1:]:
        target = target[name]
    target[(0,) * target.ndim] = value


def of(results: Results, unit: int) -> list[bytes]:
    series = (results.states, results.trips, results.alerts, results.loads, results.healths)
    return [records[records["row"] == unit].tobytes() for records in series]


def wrong(records: NDArray[np.void], words: Words) -> NDArray[np.bool_]:
    found = as_words(records)
    bad = (words.exponent != 0) & (found & words.exponent == words.exponent) & (words.absent == 0)
    return bad.any(axis=1)


@cache
def sound() -> tuple[Rows, Results]:
    rows = restored()
    return rows, go_on(rows)


def test_a_sound_unit_is_left_alone() -> None:
    rows, results = sound()
    assert not rows.records["resets"].any()
    assert not results.states["resets"].any()
    assert not wrong(rows.records, ROW_WORDS).any()
    assert not wrong(rows.days, DAY_WORDS).any()


def test_no_units_are_no_words() -> None:
    assert as_words(np.zeros(0, ROW)).shape == (0, len(ROW_WORDS.exponent))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("path", sorted(HELD))
def test_what_is_not_finite_is_healed_in_its_unit_alone_and_counted(path: str, value: float) -> None:
    healthy_rows, healthy = sound()
    rows = restored()
    poison(rows.records if path.startswith("row.") else rows.days, path, value)
    results = go_on(rows)
    for unit in range(UNITS):
        if unit != POISONED:
            assert rows.records[unit].tobytes() == healthy_rows.records[unit].tobytes()
            assert of(results, unit) == of(healthy, unit)
    assert not wrong(rows.records, ROW_WORDS)[POISONED]
    assert not wrong(rows.days, DAY_WORDS)[POISONED]
    states = results.states[results.states["row"] == POISONED]
    expected = set().union(*(absent(state) for state in healthy.states[healthy.states["row"] == POISONED]))
    for state in states:
        assert absent(state) <= expected, absent(state) - expected
    for name in results.loads.dtype.names or ():
        assert not np.isinf(results.loads[name]).any(), name
    if not healed_without_loss(path, value):
        assert states["resets"][0] >= 1, "a loss that nobody is told of"
    row, usual = rows.records[POISONED], healthy_rows.records[POISONED]
    assert row["resets"] == states["resets"].sum() + row["interval"][RESETS] + row["part"][RESETS]
    assert row["wear_resets"] == (path in WORN)
    if path != "row.trip":
        assert abs(row["trip"][DISTANCE_M] - usual["trip"][DISTANCE_M]) < MOST_M
    if path != "day.sums":
        day_m = rows.days["sums"][:, DISTANCE_M]
        assert abs(day_m[POISONED] - healthy_rows.days["sums"][POISONED, DISTANCE_M]) < MOST_M
    for name in ("foster_k", "plate_k", "module_k"):
        if path == f"row.{name}":
            assert set(states["junction_validity"].tolist()) == {int(Validity.FILTER_RESET)}


def absent(state: np.void) -> set[str]:
    """Fields that are no numbers; a ratio with a validity that says why and an NIS without readings may be."""
    names = {name for name in state.dtype.names or () if not np.isfinite(state[name]) and not name.endswith("_nis")}
    return {name for name in names if all(not name.startswith(of) or state[f"{of}_validity"] == 0 for of in RATIOS)}


def healed_without_loss(path: str, value: float) -> bool:
    """Where the value says "none yet", or is overwritten before anything reads it."""
    name = path.removeprefix("row.").removeprefix("day.")
    dtype, words = (ROW, ROW_WORDS) if path.startswith("row.") else (DAY, DAY_WORDS)
    for field, offset, kind, _ in floats(dtype):
        if field == name and words.absent[offset // 4 + kind.itemsize // 4 - 1] != 0:
            return True
    return path.startswith("row.") and name in RUNNING


def test_a_filter_that_begins_anew_says_so_and_knows_the_unit_by_its_sensors() -> None:
    rows = restored()
    poison(rows.records, "row.claimed_w", np.nan)
    states = go_on(rows).states
    first = states[states["row"] == POISONED][0]
    assert first["thermal_validity"] == Validity.FILTER_RESET
    assert first["resets"] == 1
    assert abs(first["end_winding_temp_c"] - 50.0) < 20.0


def test_damage_that_is_lost_says_so_for_good_and_begins_with_its_distance() -> None:
    rows = restored()
    poison(rows.records, "row.wear", np.nan)
    go_on(rows)
    late = twin().tick(rows, int(rows.records["time_us"][0]) + 3_600 * drives.SECOND_US)
    healths = late.healths[late.healths["row"] == POISONED]
    assert set(healths["validity"].tolist()) == {int(Validity.FILTER_RESET)}
    assert np.all(healths["driving_h"] * 3_600.0 < THEN_S)
    others = late.healths[late.healths["row"] != POISONED]
    assert int(Validity.FILTER_RESET) not in others["validity"].tolist()
    trips = late.trips[late.trips["row"] == POISONED]
    assert trips["resets"].tolist() == [1]
