"""Frames that are lost and telemetry that is slow: the estimate is less sure, not wrong (physics 2.1)."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.loads import LoadKind
from schemas.results import Validity
from tests import drives, simulated
from tests.drives import SECOND_US, START_US
from tests.wearing import HOUR_US, Unit
from twin.estimators import consider
from twin.layout import END_WINDING, ROTOR, SAMPLE
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit, Surroundings
from twin.twin import Twin
from twin.variants import load

REAR = Twin(load("bmw-gen5-rear"))
Keep = Callable[[NDArray[np.int64]], NDArray[np.bool_]]


def _frames_lost(times_s: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Three of ten frames of ten seconds do not arrive."""
    frames = times_s // 10 - times_s[0] // 10
    return (np.random.default_rng(1).random(int(frames[-1]) + 1) >= 0.3)[frames]


def _all(times_s: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.ones(len(times_s), bool)


def _every_10_s(times_s: NDArray[np.int64]) -> NDArray[np.bool_]:
    return times_s % 10 == 0


def _errors(keep: Keep, node: str) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """(n,) error and SD [K] of the node's temperature at whole minutes of six units, and how many alerts there were."""
    errors, sds, alerts = [], [], 0
    for number in range(6):
        samples, truth = simulated.week("bmw-gen5-rear", number, simulated.SUMMER, 1)
        kept = keep(truth["time_s"])
        results = simulated.estimate(REAR, samples[kept], truth[kept])[0]
        states = results.states
        states = states[(states["time_us"] % (60 * SECOND_US) == 0) & (states["thermal_validity"] == Validity.VALID)]
        errors.append(states[f"{node}_temp_c"] - simulated.true_temps_c(truth, node, states["time_us"]))
        sds.append(states[f"{node}_temp_sd_k"])
        alerts += len(results.alerts)
    return np.concatenate(errors), np.concatenate(sds), alerts


@pytest.mark.parametrize(("node", "worse"), [("end_winding", 1.5), ("rotor", 2.5), ("oil", 1.2)])
@pytest.mark.parametrize(("keep", "share"), [(_frames_lost, 0.7), (_every_10_s, 0.6)])
def test_gaps_in_a_drive_neither_cool_the_unit_nor_blame_its_sensors(
    keep: Keep, share: float, node: str, worse: float
) -> None:
    whole_k = np.sqrt(np.mean(_errors(_all, node)[0] ** 2))
    error_k, sd_k, alerts = _errors(keep, node)
    assert len(error_k) > 150
    assert alerts == 0
    assert np.sqrt(np.mean(error_k**2)) < worse * whole_k + 0.3
    assert np.mean(np.abs(error_k) < 1.645 * sd_k) > share


CRUISE = {"motor_speed_rpm": 6_000.0, "torque_nm": 100.0}
MILD = {"coolant_in_temp_c": 40.0, "ambient_temp_c": 20.0}


def _cruise(gap_s: int, **signals: float) -> Any:
    """The row after ten minutes of driving, ``gap_s`` without samples, and half a second more."""
    samples = drives.constant(6_005, **CRUISE, **(signals or MILD))
    times_us = drives.times(6_005)
    times_us[6_000:] += gap_s * SECOND_US
    rows = REAR.new_rows()
    rows.add()
    REAR.step(rows, drives.frames(len(samples)), times_us, samples)
    return rows.records[0]


def _whole_cruise(gap_s: int, **signals: float) -> Any:
    """The same without the gap."""
    count = 6_005 + 10 * gap_s
    rows = REAR.new_rows()
    rows.add()
    REAR.step(rows, drives.frames(count), drives.times(count), drives.constant(count, **CRUISE, **(signals or MILD)))
    return rows.records[0]


@pytest.mark.parametrize("gap_s", [6, 25, 100, 290])
def test_a_unit_that_cruises_goes_on_in_a_short_gap(gap_s: int) -> None:
    whole, broken = _whole_cruise(gap_s), _cruise(gap_s)
    assert broken["closed_us"] == whole["closed_us"]
    # field and iron losses of the trip's mean are those of a colder rotor
    np.testing.assert_allclose(broken["temp_c"], whole["temp_c"], atol=0.1 if gap_s <= 100 else 0.5)
    place = consider.place(END_WINDING)
    assert broken["covariance"][place] > whole["covariance"][place] + 0.01 * min(gap_s, 100)
    assert broken["part"][0] + broken["interval"][0] + broken["trip"][0] <= 601.0  # nothing is made up for energies


@pytest.mark.parametrize(("inlet_c", "air_c"), [(65.0, -10.0), (30.0, 35.0)])
def test_coolant_comes_as_it_came_in_a_short_gap(inlet_c: float, air_c: float) -> None:
    signals = {"coolant_in_temp_c": inlet_c, "ambient_temp_c": air_c, "coolant_flow_l_min": 5.0}
    whole, broken = _whole_cruise(110, **signals), _cruise(110, **signals)
    np.testing.assert_allclose(broken["temp_c"], whole["temp_c"], atol=0.1)
    assert broken["base_c"] == pytest.approx(whole["base_c"], abs=0.1)
    assert broken["inlet_source"] == 1


def test_coolant_that_was_not_known_is_not_made_up_by_a_short_gap() -> None:
    assert _cruise(110, ambient_temp_c=20.0)["inlet_source"] == 0


def test_coolant_that_is_known_by_the_outlet_comes_as_it_came_in_a_short_gap() -> None:
    signals = {"coolant_out_temp_c": 65.0, "ambient_temp_c": -10.0, "coolant_flow_l_min": 5.0}
    whole, broken = _whole_cruise(110, **signals), _cruise(110, **signals)
    assert broken["inlet_source"] == 2
    np.testing.assert_allclose(broken["temp_c"], whole["temp_c"], atol=0.5)


@pytest.mark.parametrize("gap_s", [25, 100])
def test_junctions_go_on_under_the_load_that_comes_after_a_short_gap(gap_s: int) -> None:
    samples = drives.constant(
        6_002, motor_speed_rpm=6_000.0, torque_nm=250.0, coolant_in_temp_c=40.0, ambient_temp_c=20.0
    )
    samples["torque_nm"][6_000:] = 10.0
    times_us = drives.times(6_002)
    times_us[6_000:] += gap_s * SECOND_US
    rows = REAR.new_rows()
    rows.add()
    REAR.step(rows, drives.frames(6_000), times_us[:6_000], samples[:6_000])
    loaded_k = rows.records["foster_k"][0].sum()
    REAR.step(rows, drives.frames(2), times_us[6_000:], samples[6_000:])
    assert loaded_k > 10.0
    assert 0.0 < rows.records["foster_k"][0].sum() < 0.3 * loaded_k


def test_a_long_gap_is_a_rest() -> None:
    before, after = _cruise(0), _cruise(301)
    assert after["temp_c"][END_WINDING] < before["temp_c"][END_WINDING] - 5.0
    assert after["closed_us"] == START_US + 901 * SECOND_US


@cache
def _cold_drive(number: int) -> tuple[NDArray[Any], Any]:
    """(n,) SAMPLE and TRUTH of one drive of five hours in winter."""
    place = Surroundings(number, number % 3, customer=("motorway", "city", "mountain")[number % 3])
    unit = SimulatedUnit(machine("bmw-gen5-rear"), 31, number, simulated.WINTER * DAY_S, place)
    trip = next(unit.trips(simulated.WINTER, 3))
    trip.end_s = trip.start_s + 5 * 3_600
    unit.start(trip)
    parts = [unit.go_on(trip, 3_600) for _ in range(5)]
    samples = np.ascontiguousarray(np.concatenate([part.samples for part in parts])).view(SAMPLE)
    return samples.reshape(len(samples)), np.concatenate([part.truth for part in parts])


@pytest.mark.parametrize("gap_s", [1_200, 3 * 3_600])
def test_after_an_outage_under_way_a_unit_may_be_as_warm_as_it_was(gap_s: int) -> None:
    errors_sd, validity = [], []
    for number in range(6):
        samples, truth = _cold_drive(number)
        moving = np.abs(samples["motor_speed_rpm"]) > 500.0
        first, last = (
            int(np.flatnonzero(moving)[np.searchsorted(np.flatnonzero(moving), at)]) for at in (3_600, 3_600 + gap_s)
        )
        kept = np.ones(len(samples), bool)
        kept[first + 1 : last] = False
        kept[last + 1_500 :] = False
        states = simulated.estimate(REAR, samples[kept], truth[kept])[0].states
        after = states[states["time_us"] > truth["time_s"][last] * SECOND_US]
        validity.append(after["thermal_validity"][0])
        after = after[after["time_us"] > (truth["time_s"][last] + 120) * SECOND_US]
        error_k = after["rotor_temp_c"] - simulated.true_temps_c(truth, "rotor", after["time_us"])
        errors_sd.append(error_k / after["rotor_temp_sd_k"])
    assert np.mean(np.abs(np.concatenate(errors_sd)) < 1.645) > 0.9
    assert np.max([np.abs(errors).max() for errors in errors_sd]) < 2.5
    assert Validity.VALID not in validity


def _seconds_of(keep: Keep, variant: str) -> tuple[Any, NDArray[Any]]:
    """Results of a unit's winter day with some of its seconds, and the errors of its winding where it is VALID [K]."""
    twin = Twin(load(variant))
    samples, truth = simulated.week(variant, 0, simulated.WINTER, 1)
    kept = keep(truth["time_s"])
    results = simulated.estimate(twin, samples[kept], truth[kept])[0]
    states = results.states[results.states["thermal_validity"] == Validity.VALID]
    return results, states["end_winding_temp_c"] - simulated.true_temps_c(truth, "end_winding", states["time_us"])


@pytest.mark.parametrize(
    ("variant", "lost_s"), [("bmw-gen5-rear", 150), ("bmw-gen5-rear", 240), ("bmw-i3", 150), ("mini-eesm", 150)]
)
def test_minutes_lost_again_and_again_blame_no_healthy_sensor(variant: str, lost_s: int) -> None:
    results, error_k = _seconds_of(lambda times_s: (times_s - times_s[0]) % (60 + lost_s) < 60, variant)
    assert len(results.alerts) == 0
    assert len(error_k) > 0.6 * len(results.states)
    assert np.sqrt(np.mean(error_k**2)) < 2.0


def _stages(*stages: tuple[int, float, float, dict[str, float]]) -> Unit:
    """A unit of ``bmw-gen5-rear`` after samples at one load each: how many, at which rate [Hz], after which gap [s]."""
    unit, end_us = Unit(REAR), START_US
    for count, hz, gap_s, signals in stages:
        times_us = drives.times(count, hz=hz, start_us=end_us + round(gap_s * SECOND_US))
        unit.drive(drives.constant(count, **MILD, **signals), times_us)
        end_us = int(times_us[-1])
    return unit


STANDING = {"motor_speed_rpm": 0.0, "torque_nm": 0.0}
MOTORWAY = {"motor_speed_rpm": 9_000.0, "torque_nm": 120.0}


def test_a_unit_that_stands_before_and_after_a_gap_has_stood_meanwhile() -> None:
    before = ((6_000, 10.0, 0.0, MOTORWAY), (100, 10.0, 0.0, STANDING))
    broken = _stages(*before, (10, 10.0, 119.0, STANDING)).row
    whole = _stages(*before, (1_200, 10.0, 0.0, STANDING)).row
    np.testing.assert_allclose(broken["temp_c"], whole["temp_c"], atol=0.1)
    place = consider.place(END_WINDING)
    assert broken["covariance"][place] > whole["covariance"][place] + 9.0  # nobody saw it


def test_the_rotor_is_as_little_known_after_a_gap_as_its_heat() -> None:
    seen = _stages((6_000, 10.0, 0.0, MOTORWAY)).row
    for gap_s in (10, 60, 290):
        row = _stages((6_000, 10.0, 0.0, MOTORWAY), (5, 10.0, gap_s, MOTORWAY)).row
        added_k2 = row["covariance"][consider.place(ROTOR)] - seen["covariance"][consider.place(ROTOR)]
        assert row["rotor_error_k2"] - seen["rotor_error_k2"] > added_k2 > 0.0


@pytest.mark.parametrize("period_s", [10, 100])
def test_one_sample_of_full_load_in_a_while_wakes_nobody(period_s: int) -> None:
    """Of the mix at 1 Hz the winding is at 96 degC."""
    town, full = {"motor_speed_rpm": 3_000.0, "torque_nm": 40.0}, {"motor_speed_rpm": 4_500.0, "torque_nm": 400.0}
    cycle = ((4, 1.0 / period_s, 0.0, town), (1, 1.0 / period_s, 0.0, full))
    unit = _stages((600, 10.0, 0.0, town), *(cycle * 10), (1, 1.0, 0.0, town))
    assert len(unit.of("alerts")) == 0
    assert unit.row["temp_c"][END_WINDING] > 60.0


def test_the_first_sample_after_a_rest_knows_no_junction_of_the_drive_before() -> None:
    unit = _stages((3_000, 10.0, 0.0, MOTORWAY | {"inverter_temp_1_c": 95.0}))
    cold = {"coolant_in_temp_c": -10.0, "ambient_temp_c": -10.0, "winding_temp_c": -10.0, "inverter_temp_1_c": -10.0}
    times_us = drives.times(900, start_us=START_US + 9 * HOUR_US)
    unit.drive(drives.constant(900, motor_speed_rpm=500.0, torque_nm=5.0, **cold), times_us)
    unit.tick(START_US + 20 * HOUR_US)
    morning = unit.of("trips")[1]
    assert morning["max_switch_temp_c"] < 0.0
    states = unit.of("states")
    assert (states["switch_peak_temp_c"][states["time_us"] > START_US + 8 * HOUR_US] < 0.0).all()


def test_what_a_unit_wears_in_a_trip_with_gaps_is_no_parking() -> None:
    load_ = {"motor_speed_rpm": 8_000.0, "torque_nm": 220.0}
    whole = _stages((1_200, 10.0, 0.0, load_), (24_000, 1.0, 0.0, load_))
    broken = _stages((1_200, 10.0, 0.0, load_), *[(60, 1.0, 60.0, load_)] * 40)
    for unit in (whole, broken):
        loads = unit.of("loads")
        assert (loads["bridged"] == 0).all()
    assert broken.wear["solder"] == whole.wear["solder"]
    assert len(broken.cycles(LoadKind.JUNCTION_CYCLE)) == len(whole.cycles(LoadKind.JUNCTION_CYCLE))


@pytest.mark.parametrize("phase_s", [0.0, 0.3])
def test_slow_samples_tell_no_wear_and_no_hours(phase_s: float) -> None:
    samples, times_us = drives.drive(600, hz=0.1), drives.times(600, hz=0.1) + round(phase_s * SECOND_US)
    unit = Unit(REAR).drive(samples, times_us).tick(START_US + 3 * HOUR_US)
    told = unit.of("healths")
    assert len(told) > 5
    assert (told["validity"] == Validity.NO_DATA).all()
    assert np.isnan(told["sampling_factor"]).all()
    assert told["driving_h"].max() < 1.1 / 3_600.0  # the second of the first sample
    for name in ("bond_wires", "solder", "pitting_driving", "gear_bearing"):
        assert unit.wear[name] == 0.0, name
    hours_s = unit.tick(START_US + 40 * HOUR_US).of("day_parts")["temperature_s"]
    assert hours_s.sum(axis=(0, 2)).max() < 1.1


def test_wear_by_the_second_counts_what_was_seen() -> None:
    samples, times_us = drives.drive(30_000), drives.times(30_000)
    kept = (np.arange(30_000) // 100) % 2 == 0  # ten seconds of twenty, cut within a second
    times_us += 400_000
    whole = Unit(REAR).drive(samples, times_us)
    broken = Unit(REAR).drive(samples[kept], times_us[kept])
    assert broken.row["wear_s"] == pytest.approx(0.5 * whole.row["wear_s"], rel=0.02)
    assert broken.row["wear_m"] == pytest.approx(0.5 * whole.row["wear_m"], rel=0.02)
    for name in ("seal", "brushes", "pitting_driving", "gear_bearing"):
        assert broken.wear[name] == pytest.approx(0.5 * whole.wear[name], rel=0.1), name
