"""Frames that are lost and telemetry that is slow: the estimate is less sure, not wrong (physics 2.1)."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives, simulated
from tests.drives import SECOND_US, START_US
from twin.estimators import consider
from twin.layout import END_WINDING, SAMPLE
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


@pytest.mark.parametrize("gap_s", [6, 25, 100])
def test_a_unit_that_cruises_goes_on_in_a_short_gap(gap_s: int) -> None:
    whole, broken = _whole_cruise(gap_s), _cruise(gap_s)
    assert broken["closed_us"] == whole["closed_us"]
    np.testing.assert_allclose(broken["temp_c"], whole["temp_c"], atol=0.1)
    place = consider.place(END_WINDING)
    assert broken["covariance"][place] > whole["covariance"][place] + 0.01 * gap_s
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
    before, after = _cruise(0), _cruise(200)
    assert after["temp_c"][END_WINDING] < before["temp_c"][END_WINDING] - 5.0
    assert after["closed_us"] == START_US + 800 * SECOND_US


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
