"""What a twin says about a drive: energies, efficiency, trips, states, alerts, gaps, ticks."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.alerts import UnitAlert
from schemas.results import Validity
from tests import drives
from tests.drives import MINUTE_US, SECOND_US, START_US
from twin.advance import advance, tick
from twin.estimators import consider
from twin.layout import N_NODES, NOT_READY
from twin.twin import Results, Rows, Twin
from twin.variants import load

OMEGA = 2.0 * np.pi / 60.0
HOUR_US = 60 * MINUTE_US


class Vehicle:
    """One unit and its twin; collects everything put out."""

    def __init__(self, variant: str = "bmw-i3", parameters: NDArray[Any] | None = None) -> None:
        loaded = load(variant)
        self.twin = Twin(loaded if parameters is None else replace(loaded, parameters=parameters))
        self.rows: Rows = self.twin.new_rows()
        self.rows.add()
        self.states: list[Any] = []
        self.trips: list[Any] = []
        self.alerts: list[Any] = []

    @property
    def row(self) -> Any:
        return self.rows.records[0]

    def send(self, times_us: NDArray[np.int64], samples: NDArray[Any], **frame: Any) -> Results:
        frames = drives.frames(len(samples))
        for name, value in frame.items():
            frames[name] = value
        return self._collect(self.twin.step(self.rows, frames, times_us, samples))

    def tick(self, time_us: int) -> Results:
        return self._collect(self.twin.tick(self.rows, time_us))

    def _collect(self, results: Results) -> Results:
        self.states.extend(results.states)
        self.trips.extend(results.trips)
        self.alerts.extend(results.alerts)
        return results


def standing(count: int) -> NDArray[Any]:
    return drives.constant(count, motor_speed_rpm=0.0, torque_nm=0.0, coolant_in_temp_c=40.0, ambient_temp_c=20.0)


def cruising(count: int, **more: float) -> NDArray[Any]:
    signals = {"motor_speed_rpm": 5_000.0, "torque_nm": 60.0, "coolant_in_temp_c": 40.0, "ambient_temp_c": 20.0}
    return drives.constant(count, **{**signals, **more})


def test_trip_energies_are_the_integral_of_its_samples() -> None:
    parameters: Any = load("bmw-gen5-rear").parameters.copy().view(np.recarray)
    par = parameters[0]
    par.oil_viscosity_mm2_s[:] = 10.0  # a gear that loses the same at every temperature
    car = Vehicle("bmw-gen5-rear", parameters)
    samples = drives.drive(6_000)
    car.send(drives.times(6_000), samples)
    car.tick(START_US + 2 * HOUR_US)
    (trip,) = car.trips
    omega = np.abs(samples["motor_speed_rpm"]) * OMEGA
    shaft = samples["torque_nm"] * omega
    gear = par.mesh_loss_share * np.abs(shaft) + (par.drag_torque_nm + par.viscous_drag_nm_s * omega) * omega
    mechanical, dc = shaft - gear, samples["dc_voltage_v"] * samples["dc_current_a"]
    used = np.arange(6_000) >= 1  # the first sample has no time before it to speak for
    driving, braking = (mechanical > 0) & used, (shaft < 0) & used
    assert trip["drive_energy_wh"] == pytest.approx(np.sum(mechanical[driving]) * 0.1 / 3_600, rel=1e-9)
    assert trip["regen_energy_wh"] == pytest.approx(-np.sum(mechanical[braking]) * 0.1 / 3_600, rel=1e-9)
    assert trip["dc_drive_energy_wh"] == pytest.approx(np.sum(dc[driving]) * 0.1 / 3_600, rel=1e-9)
    assert trip["dc_regen_energy_wh"] == pytest.approx(-np.sum(dc[braking]) * 0.1 / 3_600, rel=1e-9)
    assert trip["distance_km"] == pytest.approx(np.sum(samples["vehicle_speed_km_h"][used]) / 3.6e4, rel=1e-9)
    assert trip["efficiency_balance"] == pytest.approx(trip["drive_energy_wh"] / trip["dc_drive_energy_wh"])
    assert trip["max_torque_nm"] == np.float32(np.max(np.abs(samples["torque_nm"])))
    assert trip["samples"] == 6_000
    assert trip["end_us"] == START_US + 600 * SECOND_US


def test_states_of_a_trip_add_up_to_the_trip() -> None:
    car = Vehicle()
    car.send(drives.times(6_000), drives.drive(6_000))
    car.tick(START_US + 2 * HOUR_US)
    (trip,) = car.trips
    for name in ("drive_energy_wh", "regen_energy_wh", "loss_energy_wh", "distance_km", "duration_s", "samples"):
        assert sum(float(state[name]) for state in car.states) == pytest.approx(float(trip[name]), rel=1e-12)


def test_dc_power_that_the_model_predicts_gives_equal_efficiencies() -> None:
    car = Vehicle("bmw-gen5-rear")
    car.send(drives.times(1_200), cruising(1_200))
    state = car.states[-1]
    parts = ("copper", "iron", "rotor", "inverter")
    dc_w = 60.0 * 5_000.0 * OMEGA + sum(float(state[f"{part}_loss_w"]) for part in parts)
    other = Vehicle("bmw-gen5-rear")
    other.send(drives.times(1_200), cruising(1_200, dc_voltage_v=398.5, dc_current_a=dc_w / 398.5))
    state = other.states[-1]
    assert state["efficiency_balance"] == pytest.approx(state["efficiency_model"], rel=1e-4)
    assert state["efficiency_validity"] == Validity.VALID
    assert 0.02 < state["efficiency_balance_sd"] < 0.06  # typical vehicle sensors, physics 3.4
    share_sd = state["loss_energy_sd_wh"] / state["loss_energy_wh"]
    assert 0.02 < share_sd < 0.05  # of identified losses, parts together
    loss_share = 1.0 - state["efficiency_model"]
    assert state["efficiency_model_sd"] == pytest.approx(share_sd * state["efficiency_model"] * loss_share)


def test_braking_returns_less_than_it_takes_from_the_gear() -> None:
    car = Vehicle()
    car.send(drives.times(700), cruising(700, torque_nm=-60.0, dc_voltage_v=370.0, dc_current_a=-60.0))
    state = car.states[-1]
    assert state["drive_energy_wh"] == 0.0
    assert state["regen_energy_wh"] > 60.0 * 5_000.0 * OMEGA / 3_600 * state["duration_s"]
    assert 0.8 < state["regen_efficiency_model"] < 1.0
    assert 0.6 < state["regen_efficiency_balance"] < 0.9
    assert np.isnan(state["efficiency_model"])
    assert state["efficiency_validity"] == Validity.BELOW_POWER_FLOOR


@pytest.mark.parametrize(("speed_rpm", "torque_nm"), [(5_000.0, 5.0), (500.0, 40.0)])
def test_no_efficiency_below_the_floor_of_power_or_torque(speed_rpm: float, torque_nm: float) -> None:
    car = Vehicle()
    car.send(drives.times(700), cruising(700, motor_speed_rpm=speed_rpm, torque_nm=torque_nm))
    state = car.states[-1]
    assert np.isnan(state["efficiency_model"])
    assert state["efficiency_validity"] == Validity.BELOW_POWER_FLOOR
    assert state["loss_energy_wh"] > 0.0


def test_without_a_dc_side_there_is_no_balance_and_it_says_why() -> None:
    car = Vehicle()
    car.send(drives.times(700), cruising(700))
    state = car.states[-1]
    assert np.isnan(state["efficiency_balance"])
    assert np.isnan(state["dc_drive_energy_wh"])
    assert state["efficiency_validity"] == Validity.NO_DC_SIDE
    assert 0.85 < state["efficiency_model"] < 0.97


def test_kernels_are_compiled_once_whatever_arrays_they_get() -> None:
    own = load("bmw-i3").parameters.copy()
    own.setflags(write=True)
    fixed = drives.drive(50)
    fixed.setflags(write=False)
    for parameters in None, own:
        for samples in drives.drive(50), fixed, drives.drive(100)[::2]:
            for times_us in drives.times(50), drives.times(100)[::2]:
                Vehicle(parameters=parameters).send(times_us, samples)
        Vehicle(parameters=parameters).tick(START_US)
    assert [len(cast("Any", kernel).signatures) for kernel in (advance, tick)] == [1, 1]


def test_a_state_each_minute_and_none_twice() -> None:
    car = Vehicle()
    for part in range(10):
        piece = slice(part * 500, (part + 1) * 500)
        car.send(drives.times(5_000)[piece], drives.drive(5_000)[piece])
    stamps = [int(state["time_us"]) for state in car.states]
    assert len(stamps) == len(set(stamps))
    minutes = [stamp for stamp in stamps if stamp % MINUTE_US == 0]
    assert minutes == [START_US + k * MINUTE_US for k in range(1, 9)]


def test_tick_puts_out_the_pending_state_once_and_changes_nothing_else() -> None:
    car, untouched = Vehicle(), Vehicle()
    for each in (car, untouched):
        each.send(drives.times(855), drives.drive(855))
    last_us = START_US + 855 * SECOND_US // 10
    assert len(car.tick(last_us + 2 * MINUTE_US).states) == 0
    (state,) = car.tick(last_us + 2 * MINUTE_US + 1).states
    assert state["time_us"] == START_US + 85 * SECOND_US
    assert len(car.tick(last_us + 3 * MINUTE_US).states) == 0
    for name in ("temp_c", "covariance", "cross", "part", "second", "trip", "time_us", "closed_us"):
        np.testing.assert_array_equal(car.row[name], untouched.row[name])


def test_a_tick_concerns_the_rows_it_names_only() -> None:
    twin = Twin(load("bmw-i3"))
    rows = twin.new_rows()
    for _ in range(4):
        rows.add()
    frames = drives.frames(855, 855, 855, 855)
    frames["row"] = range(4)
    twin.step(rows, frames, np.tile(drives.times(855), 4), np.tile(drives.drive(855), 4))
    late_us = START_US + HOUR_US
    results = twin.tick(rows, np.array([late_us, START_US, late_us]), np.array([3, 2, 1]))
    assert results.states["row"].tolist() == results.trips["row"].tolist() == [3, 1]
    assert twin.tick(rows, late_us).trips["row"].tolist() == [0, 2]


def test_the_state_a_tick_puts_out_is_the_one_the_next_sample_would_have() -> None:
    ticked, waiting = Vehicle(), Vehicle()
    for each in (ticked, waiting):
        each.send(drives.times(855), drives.drive(855))
    ticked.tick(START_US + 4 * MINUTE_US)
    for each in (ticked, waiting):
        each.send(drives.times(1_200, start_us=START_US + 4 * MINUTE_US), drives.drive(1_200, phase=2.0))
    assert [state.tobytes() for state in ticked.states] == [state.tobytes() for state in waiting.states]
    assert ticked.rows.records.tobytes() == waiting.rows.records.tobytes()


def test_trip_ends_with_a_stop_of_more_than_five_minutes() -> None:
    car = Vehicle()
    stops = [(600, 2_990), (600, 3_020), (600, 10)]
    pieces = [piece for moving, still in stops for piece in (cruising(moving), standing(still))]
    samples = np.concatenate(pieces)
    car.send(drives.times(len(samples)), samples)
    (first,) = car.trips
    assert first["time_us"] == START_US + 100_000
    assert first["end_us"] == START_US + (600 + 2_990 + 600) * 100_000
    assert first["samples"] == 600 + 2_990 + 600  # the short stop belongs to it, the long one does not
    car.tick(START_US + 3 * HOUR_US)
    assert car.trips[1]["samples"] == 600


def test_trip_closed_by_a_tick_is_the_trip_a_later_sample_would_close_and_stays_closed() -> None:
    ticked, waiting = Vehicle(), Vehicle()
    for each in (ticked, waiting):
        each.send(drives.times(777), cruising(777))
    ticked.tick(START_US + 30 * MINUTE_US)
    assert len(ticked.trips) == 1
    for each in (ticked, waiting):
        each.send(drives.times(100, start_us=START_US + 40 * MINUTE_US), cruising(100))
    assert waiting.trips[0].tobytes() == ticked.trips[0].tobytes()
    assert waiting.trips[0]["samples"] == 777  # to the last sample, though its second never completed
    assert waiting.trips[0]["end_us"] == START_US + 77_700_000
    ticked.tick(START_US + 3 * HOUR_US)
    assert ticked.trips[1]["time_us"] == START_US + 40 * MINUTE_US + 100_000


def test_losses_are_zero_during_a_gap_and_the_unit_cools() -> None:
    car = Vehicle()
    car.send(drives.times(6_000), cruising(6_000, torque_nm=150.0))
    before = car.row["temp_c"].copy()
    energy = car.states[-1]["loss_energy_wh"]
    car.send(drives.times(10, start_us=START_US + 40 * MINUTE_US), standing(10))
    assert np.all(car.row["temp_c"][:-1] < before[:-1])
    assert car.row["temp_c"][-1] < before.min() + 2.0  # the pump stands: the coolant soaks up heat of the housing
    assert energy > 0.0
    assert car.row["closed_us"] == START_US + 40 * MINUTE_US + SECOND_US


@pytest.mark.parametrize(("beyond_us", "covered_s"), [(-1, 5.9 - 1e-6), (0, 5.9), (1, 0.9)])
def test_a_sample_speaks_for_five_seconds_before_it_and_longer_is_a_gap(beyond_us: int, covered_s: float) -> None:
    car = Vehicle()
    times_us = drives.times(11)
    times_us[10] = times_us[9] + 5 * SECOND_US + beyond_us
    car.send(times_us, cruising(11))
    car.tick(START_US + HOUR_US)
    (trip,) = car.trips
    assert trip["duration_s"] == pytest.approx(covered_s, abs=1e-9)
    assert trip["samples"] == 11


def test_samples_at_or_before_the_last_are_trimmed_and_counted() -> None:
    car, clean = Vehicle(), Vehicle()
    times_us, samples = drives.times(1_000), drives.drive(1_000)
    clean.send(times_us, samples)
    car.send(times_us[:500], samples[:500])
    car.send(times_us[480:], samples[480:])
    assert car.row["skipped"] == 20
    np.testing.assert_array_equal(car.row["temp_c"], clean.row["temp_c"])
    assert [s.tobytes() for s in car.states] == [s.tobytes() for s in clean.states]


def test_samples_without_torque_are_trimmed_and_counted_as_those_with_it() -> None:
    car, clean = Vehicle(), Vehicle()
    times_us, samples = drives.times(1_000), drives.drive(1_000)
    samples["torque_nm"][470:530] = np.nan  # beyond the hold limit
    samples["oil_temp_c"][490] = 900.0
    clean.send(times_us, samples)
    for first, end in ((0, 500), (480, 500), (480, 510), (490, 1_000)):
        car.send(times_us[first:end], samples[first:end])
    assert car.row["skipped"] == 60
    car.row["skipped"] = 0
    assert car.row.tobytes() == clean.row.tobytes()
    assert [s.tobytes() for s in car.states] == [s.tobytes() for s in clean.states]
    for unit in (car, clean):
        unit.tick(START_US + HOUR_US)
        assert unit.trips[0]["samples"] == 1_000
        assert unit.trips[0]["implausible"] == 1


def test_impossible_values_are_counted_and_ignored() -> None:
    car, clean = Vehicle(), Vehicle()
    samples = drives.drive(700)
    clean_samples = samples.copy()
    samples["winding_temp_c"][50] = 900.0
    samples["coolant_in_temp_c"][60] = np.inf
    samples["torque_nm"][70] = -np.inf
    for name, at in (("winding_temp_c", 50), ("coolant_in_temp_c", 60), ("torque_nm", 70)):
        clean_samples[name][at] = np.nan
    car.send(drives.times(700), samples)
    clean.send(drives.times(700), clean_samples)
    assert sum(state["implausible"] for state in car.states) == 3
    np.testing.assert_array_equal(car.row["temp_c"], clean.row["temp_c"])


def test_missing_torque_is_bridged_by_the_next_sample() -> None:
    car = Vehicle()
    samples = cruising(700)
    samples["torque_nm"][100:103] = np.nan
    car.send(drives.times(700), samples)
    car.tick(START_US + HOUR_US)
    (trip,) = car.trips
    assert trip["duration_s"] == pytest.approx(69.9)
    assert trip["samples"] == 700


def test_winding_above_its_limit_opens_one_alert_and_cooling_down_resolves_it() -> None:
    car = Vehicle()
    hot = cruising(12_000, coolant_in_temp_c=90.0, i_d_a=0.0)
    hot["i_q_a"] = np.where(np.arange(12_000) < 7_000, 600.0, 50.0)
    car.send(drives.times(12_000), hot)
    bit = int(UnitAlert.WINDING_OVER_TEMPERATURE)
    changes = [alert for alert in car.alerts if alert["alert"] == bit]
    assert [int(change["opened"]) for change in changes] == [1, 0]
    limit_c = load("bmw-i3").file.limits.winding.value
    assert changes[0]["value"] > limit_c == changes[0]["limit"]
    assert changes[1]["value"] < limit_c
    at_change = [state for state in car.states if state["time_us"] == changes[0]["time_us"]]
    assert len(at_change) == 1
    assert int(at_change[0]["alerts"]) & bit


def test_change_of_validity_is_put_out_at_the_end_of_its_second() -> None:
    car = Vehicle()
    samples = cruising(6_000)
    samples["coolant_in_temp_c"][4_000:] = np.nan
    car.send(drives.times(6_000), samples)
    seen = [(int(s["time_us"] - START_US) // SECOND_US, int(s["thermal_validity"])) for s in car.states]
    assert (1, Validity.WARMING_UP) in seen
    assert (301, Validity.NO_WINDING_SENSOR) in seen
    assert (431, Validity.NO_COOLANT_TEMP) in seen


def test_another_identity_starts_another_segment_and_keeps_what_was_learned() -> None:
    car = Vehicle()
    car.send(drives.times(1_000), drives.drive(1_000), identity=11)
    before = car.row["temp_c"].copy()
    spread = car.row["covariance"][consider.place(np.arange(N_NODES))].sum()
    results = car.send(drives.times(1, start_us=START_US + 100 * SECOND_US), drives.drive(1), identity=12)
    assert [int(state["segment"]) for state in results.states] == [1]
    assert car.row["segment"] == 2
    np.testing.assert_array_equal(car.row["temp_c"], before)
    assert car.row["covariance"][consider.place(np.arange(N_NODES))].sum() > spread


def test_a_unit_that_is_not_ready_has_no_inverter_loss() -> None:
    car = Vehicle()
    car.send(drives.times(700), standing(700), flags=NOT_READY)
    assert car.states[-1]["inverter_loss_w"] == 0.0
    on = Vehicle()
    on.send(drives.times(700), standing(700))
    assert on.states[-1]["inverter_loss_w"] > 0.0


def test_results_name_the_frame_that_made_them() -> None:
    twin = Twin(load("bmw-i3"))
    rows = twin.new_rows()
    rows.add()
    results = twin.step(rows, drives.frames(500, 200, 500), drives.times(1_200), drives.drive(1_200))
    minute = {
        int(s["time_us"] - START_US) // MINUTE_US: int(f)
        for s, f in zip(results.states, results.state_frames, strict=True)
    }
    assert minute[1] == 1
    assert minute[2] == 2
    assert set(twin.tick(rows, START_US + HOUR_US).trip_frames.tolist()) == {-1}


def test_many_more_results_than_fit_at_once_lose_none() -> None:
    car = Vehicle()
    count = 600 * 60  # ten hours at 1 Hz, a state each minute in one call
    car.send(drives.times(count, hz=1.0), drives.drive(count, hz=1.0))
    minutes = [int(s["time_us"]) for s in car.states if s["time_us"] % MINUTE_US == 0]
    assert minutes == [START_US + k * MINUTE_US for k in range(1, 601)]
