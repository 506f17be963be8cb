"""Samples without speed or torque: their readings count, and what the unit loses meanwhile is a guess (physics 2.1)."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives, simulated
from tests.drives import MINUTE_US, SECOND_US, START_US
from twin.layout import END_WINDING
from twin.twin import Results, Rows, Twin
from twin.variants import load

NAME = "bmw-gen5-rear"
REAR = Twin(load(NAME))
LOST_S = (900, 1_800)
"""Of a drive: no torque in between."""


def _run(samples: NDArray[Any], hz: float = 1.0) -> tuple[Results, Rows]:
    rows = REAR.new_rows()
    rows.add()
    return REAR.step(rows, drives.frames(len(samples)), drives.times(len(samples), hz=hz), samples), rows


@pytest.mark.parametrize("signal", ["torque_nm", "motor_speed_rpm"])
def test_a_reading_counts_where_speed_or_torque_is_missing(signal: str) -> None:
    samples = drives.constant(
        601, motor_speed_rpm=3_000.0, torque_nm=20.0, coolant_in_temp_c=40.0, coolant_out_temp_c=40.0
    )
    blind = _run(samples)[1].records[0]
    samples["winding_temp_c"][1::2] = 50.0
    samples[signal][1::2] = np.nan
    seeing = _run(samples)[1].records[0]
    assert seeing["reading"][0] == 50.0
    assert blind["temp_c"][END_WINDING] < 44.0
    assert 50.0 > seeing["temp_c"][END_WINDING] > blind["temp_c"][END_WINDING] + 2.0
    for name in ("time_us", "closed_us"):
        assert seeing[name] == blind[name]
    sums = ("part", "interval", "trip")
    covered_s = [float(sum(row[name][0] for name in sums)) for row in (seeing, blind)]
    assert covered_s[0] == covered_s[1]  # the next sample speaks for the time of one


def test_a_unit_whose_load_nobody_sends_has_temperatures_and_says_why_they_are_a_guess() -> None:
    samples = drives.constant(1_200, winding_temp_c=55.0, coolant_in_temp_c=40.0, coolant_out_temp_c=42.0)
    states = _run(samples)[0].states
    assert len(states) >= 15
    assert states["end_winding_temp_c"][-1] == pytest.approx(55.0, abs=2.0)
    samples["motor_speed_rpm"] = samples["torque_nm"] = 0.0
    known = _run(samples)[0].states
    assert states["rotor_temp_sd_k"][-1] > 1.1 * known["rotor_temp_sd_k"][-1]
    assert Validity.NO_LOAD not in known["thermal_validity"]
    assert set(states["thermal_validity"][8:]) == {int(Validity.NO_LOAD)}
    assert np.isnan(states["efficiency_model"]).all()


def test_the_load_back_the_unit_is_valid_again_and_the_time_is_counted_as_missing() -> None:
    samples = drives.drive(2_400, hz=1.0)
    samples["torque_nm"][slice(*LOST_S)] = np.nan
    results, rows = _run(samples)
    trips = REAR.tick(rows, START_US + 120 * MINUTE_US).trips
    lost = results.states[results.states["time_us"] == START_US + 1_700 * SECOND_US // MINUTE_US * MINUTE_US]
    assert set(lost["thermal_validity"]) <= {int(Validity.NO_LOAD)}
    assert Validity.NO_LOAD in results.states["thermal_validity"]
    assert results.states["thermal_validity"][-1] != Validity.NO_LOAD
    days = REAR.tick(rows, START_US + 48 * 60 * MINUTE_US).days
    assert days["missing_s"].sum() == pytest.approx(LOST_S[1] - LOST_S[0], abs=6.0)
    assert len(trips) == 1, "its speed says that it goes on"


@pytest.mark.parametrize(("speed_rpm", "most_sd_k"), [(0.0, 1.5), (3_000.0, 20.0)])
def test_eight_hours_without_torque_are_no_endless_doubt(speed_rpm: float, most_sd_k: float) -> None:
    count, after = 8 * 3_600, 1_800
    sensors = {"winding_temp_c": 40.0, "coolant_in_temp_c": 40.0, "coolant_out_temp_c": 40.0, "ambient_temp_c": 20.0}
    samples = np.concatenate(
        [drives.constant(count, motor_speed_rpm=speed_rpm, **sensors), drives.drive(after, hz=1.0)]
    )
    samples["winding_temp_c"][count:] += 60.0
    states = _run(samples)[0].states
    without = states[states["time_us"] <= START_US + count * SECOND_US]
    assert without["rotor_temp_sd_k"][60:].max() < most_sd_k
    assert (Validity.NO_LOAD in without["thermal_validity"]) == (speed_rpm > 0.0)
    assert Validity.WINDING_SENSOR_REJECTED not in without["thermal_validity"]
    assert set(states["thermal_validity"][-20:]) == {int(Validity.WINDING_SENSOR_REJECTED)}


def test_a_unit_that_says_it_stands_is_under_no_load_and_its_trip_ends() -> None:
    drive = drives.drive(900, hz=1.0)
    drive["motor_speed_rpm"] = np.maximum(drive["motor_speed_rpm"], 500.0)
    drive["torque_nm"][600:] = np.nan
    standing, lights = drive.copy(), drive.copy()
    standing["motor_speed_rpm"][600:] = 0.0
    lights["motor_speed_rpm"][600:700] = 0.0
    told = standing.copy()
    told["torque_nm"][600:] = 0.0
    for signal in ("winding_temp_c", "coolant_out_temp_c", "oil_temp_c"):  # by the balance alone
        for samples in (standing, told):
            samples[signal][600:] = np.nan
    first, second = _run(standing)[1].records[0], _run(told)[1].records[0]
    np.testing.assert_allclose(first["temp_c"], second["temp_c"], atol=1.0)
    assert first["unloaded_s"] == 0.0
    rows = _run(np.concatenate([standing, standing[-60:]]))[1]
    assert rows.records[0]["trip_open"] == 0
    (trip,) = REAR.tick(_run(lights)[1], START_US + 120 * MINUTE_US).trips
    assert trip["end_us"] >= START_US + 890 * SECOND_US, "it went on after the lights"


def _judged(lose: Any) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64], int]]:
    """Node -> (n,) error and SD [K] from the loss of the torque on, and alerts; of eight simulated units."""
    found: dict[str, list[Any]] = {"end_winding": [], "rotor": [], "oil": []}
    alerts = 0
    for number in range(8):
        samples, truth = simulated.week(NAME, number, simulated.SUMMER, 1)
        since_s = truth["time_s"] - truth["time_s"][0]
        kept = lose(samples, (since_s >= 600) & (since_s < 1_500))
        results = simulated.estimate(REAR, samples[kept], truth[kept])[0]
        states, first_us = results.states, truth["time_s"][0] * SECOND_US
        states = states[(states["time_us"] > first_us + 660 * SECOND_US)]
        states = states[states["time_us"] < first_us + 2_400 * SECOND_US]
        alerts += len(results.alerts)
        for node, parts in found.items():
            errors_k = states[f"{node}_temp_c"] - simulated.true_temps_c(truth, node, states["time_us"])
            parts.append((errors_k, states[f"{node}_temp_sd_k"]))
    return {
        node: (np.concatenate([e for e, _ in parts]), np.concatenate([s for _, s in parts]), alerts)
        for node, parts in found.items()
    }


def _no_torque(samples: NDArray[Any], lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    samples["torque_nm"][lost] = np.nan
    return np.ones(len(samples), bool)


def _all(samples: NDArray[Any], lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.ones(len(samples), bool)


def test_simulated_units_are_as_far_off_without_a_load_as_they_say() -> None:
    whole = _judged(_all)
    for node, (errors_k, sd_k, alerts) in _judged(_no_torque).items():
        held, rmse_k = np.mean(np.abs(errors_k) < 1.645 * sd_k), np.sqrt(np.mean(errors_k**2))
        whole_held = np.mean(np.abs(whole[node][0]) < 1.645 * whole[node][1])
        assert len(errors_k) > 140
        assert alerts == 0
        assert held > whole_held - 0.05, node
        assert rmse_k < 1.7 * np.sqrt(np.mean(whole[node][0] ** 2)), node
