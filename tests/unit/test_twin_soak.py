"""Offsets of temperature sensors, learned after a soak of hours (physics 2.1)."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives, simulated
from tests.drives import SECOND_US, START_US
from twin.estimators import soak
from twin.layout import COOLANT_IN_ERROR
from twin.plant.layout import CHANNEL
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit, Surroundings
from twin.twin import Rows, Twin
from twin.variants import load

NAME = "bmw-gen5-rear"
TWIN = Twin(load(NAME))
SENSORS = ("winding", "coolant_out", "oil")
HOUR_US = 3_600 * SECOND_US
UNIT_C = 9.0
PROMISED_K = TWIN._parameters[0].consider_sd[-3:]
MONDAY = 20_458


def morning(count: int = 120, **offsets_k: float) -> NDArray[Any]:
    """The first seconds after a night at UNIT_C, standing; ``offsets_k`` by the sensor, ``winding=1.0``."""
    samples = drives.constant(count, motor_speed_rpm=0.0, torque_nm=0.0, dc_voltage_v=380.0, coolant_flow_l_min=5.0)
    for sensor in (*SENSORS, "coolant_in", "ambient"):
        samples[f"{sensor}_temp_c"] = UNIT_C + offsets_k.get(sensor, 0.0)
    return samples


def after(rest_h: float, samples: NDArray[Any], rows: Rows | None = None, identity: int = 1) -> Rows:
    """The row of a unit that has driven, rested, and sent ``samples`` at 1 Hz."""
    if rows is None:
        rows = TWIN.new_rows()
        rows.add()
        TWIN.step(rows, drives.frames(600), drives.times(600, hz=1.0), drives.drive(600, hz=1.0))
    start_us = int(rows.records["time_us"][0] + rest_h * HOUR_US)
    frames = drives.frames(len(samples), identity=identity)
    TWIN.step(rows, frames, drives.times(len(samples), hz=1.0, start_us=start_us), samples)
    return rows


def learned(rows: Rows) -> bool:
    return bool(np.all(np.isfinite(rows.records["offset_k2"][0])))


def test_the_inlet_is_watched_and_stays_as_it_reads() -> None:
    rows = after(9.0, morning(coolant_in=4.0))
    assert abs(rows.records["inlet_offset_k"][0] - 4.0) < 0.2, "it alone stands apart"
    assert rows.records["reading"][0, 3] == pytest.approx(UNIT_C + 4.0)
    again = after(9.0, morning(), rows)
    assert abs(again.records["inlet_offset_k"][0]) < 0.2, "news are not averaged with what was known"
    assert np.isnan(after(1.0, morning()).records["inlet_offset_k"][0]), "an hour is no night"


def test_offsets_are_learned_after_a_night() -> None:
    rows = after(9.0, morning(winding=1.2, oil=-0.9))
    winding_k, coolant_k, oil_k = rows.records["offset_k"][0]
    sd_k = soak.sd_k(TWIN._parameters[0], rows.records[0], 0)
    assert sd_k < 0.7
    assert abs(winding_k - 1.2) < sd_k
    assert abs(coolant_k) < sd_k
    assert abs(oil_k + 0.9) < sd_k
    assert winding_k - oil_k == pytest.approx(2.1, abs=1e-5)


def test_a_corrected_sensor_reads_as_the_unit_is_and_is_published_as_it_was_sent() -> None:
    rows = after(9.0, morning(winding=1.2))
    corrected_c = rows.records["reading"][0][0]
    assert corrected_c + rows.records["offset_k"][0][0] == pytest.approx(UNIT_C + 1.2, abs=1e-5)
    samples = morning(winding=1.2)
    times_us = drives.times(len(samples), hz=1.0, start_us=int(rows.records["time_us"][0]))
    point = TWIN.step(rows, drives.frames(len(samples)), times_us, samples).states[-1]
    assert point["measured_winding_temp_c"] == pytest.approx(UNIT_C + 1.2, abs=1e-5)
    assert point["winding_offset_k"] == rows.records["offset_k"][0][0]
    assert 0.0 < point["winding_offset_sd_k"] < 0.7


@pytest.mark.parametrize(
    ("rest_h", "changed"),
    [
        (3.0, {}),  # parked long enough to start anew, too short to be of one temperature
        (9.0, {"motor_speed_rpm": 500.0}),
        (9.0, {"winding_temp_c": np.nan, "oil_temp_c": np.nan}),  # one coolant in both
        (9.0, {"coolant_in_temp_c": np.nan, "coolant_out_temp_c": np.nan, "oil_temp_c": np.nan}),
        (9.0, {"coolant_in_temp_c": np.nan, "oil_temp_c": np.nan, "winding_temp_c": UNIT_C + 9.0}),  # one of two is off
        (9.0, {"oil_temp_c": np.nan, "winding_temp_c": UNIT_C + 9.0}),  # or warm coolant went round
        (9.0, {"coolant_out_temp_c": UNIT_C + 9.0, "coolant_in_temp_c": UNIT_C + 9.0}),  # warm coolant went round
    ],
    ids=["short rest", "driving", "coolant only", "one alone", "one of two off", "one of three off", "warm coolant"],
)
def test_nothing_is_learned_where_readings_need_not_be_the_same(rest_h: float, changed: dict[str, float]) -> None:
    samples = morning(winding=1.0)
    for signal, value in changed.items():
        samples[signal] = value
    rows = after(rest_h, samples)
    assert not np.isfinite(rows.records["offset_k2"]).any()
    assert np.all(rows.records["offset_k"][0] == 0.0)
    assert rows.records["consider"][0][-3:].tolist() == (PROMISED_K**2).tolist()


@pytest.mark.parametrize(
    "missing", [("oil",), ("winding",), ("coolant_out",), ("oil", "coolant_in"), ("oil", "coolant_out")], ids="-".join
)
def test_any_two_sensors_teach_each_as_much_as_they_can(missing: tuple[str, ...]) -> None:
    par, all_rows = TWIN._parameters[0], after(9.0, morning())
    rows = after(9.0, morning(**dict.fromkeys(missing, np.nan)))
    for k, sensor in enumerate(SENSORS):
        sd_k = soak.sd_k(par, rows.records[0], k)
        if sensor in missing:
            assert rows.records["offset_k2"][0, k] == np.inf
            assert sd_k == PROMISED_K[k]
        else:
            assert soak.sd_k(par, all_rows.records[0], k) < sd_k <= PROMISED_K[k]
            assert abs(rows.records["offset_k"][0, k]) < 1e-5


@pytest.mark.parametrize(
    "missing", [("oil",), ("oil", "coolant_in"), ("oil", "coolant_out"), ("winding",)], ids="-".join
)
def test_offsets_by_few_sensors_are_as_sure_as_they_say(missing: tuple[str, ...]) -> None:
    """Units whose sensors are as good as promised: errors of what is learned are one SD, and mostly smaller."""
    par, random = TWIN._parameters[0], np.random.default_rng(7)
    promised_k = dict(zip(SENSORS, PROMISED_K, strict=True)) | {"coolant_in": float(par.consider_sd[COOLANT_IN_ERROR])}
    errors, improved = [], []
    for _ in range(60):
        true_k = {sensor: float(random.normal(0.0, sd)) for sensor, sd in promised_k.items() if sensor not in missing}
        rows = after(9.0, morning(3, **true_k, **dict.fromkeys(missing, np.nan)))
        for k, sensor in enumerate(SENSORS):
            if np.isfinite(rows.records["offset_k2"][0, k]):
                error_k = float(rows.records["offset_k"][0, k]) - true_k[sensor]
                errors.append(error_k / soak.sd_k(par, rows.records[0], k))
                improved.append(abs(error_k) < abs(true_k[sensor]))
    assert len(errors) > 50
    assert 0.6 < np.sqrt(np.mean(np.square(errors))) < 1.1
    assert np.mean(improved) > 0.55


def test_a_sensor_that_is_not_there_keeps_what_was_learned_and_its_age() -> None:
    par, rows = TWIN._parameters[0], after(9.0, morning(oil=1.0))
    before_k, fresh_k = float(rows.records["offset_k"][0, 2]), soak.sd_k(par, rows.records[0], 2)
    after(10.0 * 24.0, morning(oil=np.nan), rows)
    assert rows.records["offset_k"][0, 2] == before_k
    aged_k2 = fresh_k**2 + 0.01 * 10.0
    assert soak.sd_k(par, rows.records[0], 2) == pytest.approx(min(np.sqrt(aged_k2), PROMISED_K[2]), rel=0.02)


def test_air_in_the_sun_and_an_inlet_apart_do_not_deceive() -> None:
    rows = after(9.0, morning(ambient=14.0, coolant_in=7.0, winding=1.0))
    assert learned(rows)
    assert np.abs(rows.records["offset_k"][0] - [1.0, 0.0, 0.0]).max() < 0.5


def test_a_bad_sensor_is_published_and_not_believed() -> None:
    rows = after(9.0, morning(winding=9.0))
    row, par = rows.records[0], TWIN._parameters[0]
    assert row.offset_k[0] == pytest.approx(9.0, abs=0.3)
    assert np.abs(row.offset_k[1:]).max() < 0.3
    assert soak.applied_k(par, row, 0) == 0.0
    assert row.consider[-3] > 8.0**2
    assert abs(row.temp_c[0] - UNIT_C) < 1.0


def test_a_drifting_sensor_stays_visible_day_by_day() -> None:
    rows, seen_k = None, []
    for day in range(8):
        rows = after(12.0, morning(winding=0.4 * day), rows)
        seen_k.append(float(rows.records["offset_k"][0][0]))
    assert np.all(np.diff(seen_k) > 0.0)
    assert 0.6 * 2.8 < seen_k[-1] < 2.8  # a night late, and a little of it ascribed to the others


def test_a_new_sensor_is_learned_in_one_night() -> None:
    rows = after(12.0, morning(winding=2.0), after(9.0, morning(winding=-1.5)))
    assert rows.records["offset_k"][0][0] == pytest.approx(2.0, abs=0.6)


def test_what_was_learned_is_less_sure_after_weeks_and_in_another_segment() -> None:
    par, rows = TWIN._parameters[0], after(9.0, morning(winding=1.0))
    fresh_k = soak.sd_k(par, rows.records[0], 0)
    moving = morning(winding=1.0)
    moving["motor_speed_rpm"] = 500.0
    after(30.0 * 24.0, moving, rows)
    weeks_k = soak.sd_k(par, rows.records[0], 0)
    assert fresh_k < weeks_k < PROMISED_K[0]
    assert weeks_k**2 - fresh_k**2 == pytest.approx(0.01 * 30.0, rel=0.05)
    after(0.01, moving, rows, identity=2)
    assert soak.sd_k(par, rows.records[0], 0) == PROMISED_K[0]
    assert rows.records["offset_k"][0][0] == pytest.approx(1.0, abs=0.5)


def test_the_cut_of_the_first_seconds_does_not_matter() -> None:
    samples = morning(count=400, winding=1.3, oil=-0.4)
    whole = after(9.0, samples)
    rows = TWIN.new_rows()
    rows.add()
    TWIN.step(rows, drives.frames(600), drives.times(600, hz=1.0), drives.drive(600, hz=1.0))
    times_us = drives.times(400, hz=1.0, start_us=START_US + 600 * SECOND_US + 9 * HOUR_US)
    for first, end in ((0, 1), (1, 2), (2, 5), (5, 400)):
        TWIN.step(rows, drives.frames(end - first), times_us[first:end], np.ascontiguousarray(samples[first:end]))
    assert rows.records.tobytes() == whole.records.tobytes()


def test_simulated_units_know_their_offsets_and_the_winding_better() -> None:
    errors_sd, rmse_k = [], []
    for number in range(10):
        place = Surroundings(number, number % 3, customer=("commute", "city", "mountain")[number % 3])
        unit = SimulatedUnit(machine(NAME), 71, number, MONDAY * DAY_S, place)
        unit.sensors[CHANNEL["winding_temp_c"], 0] = 2.0 if number % 2 else -2.0
        samples, truth = simulated.drives_of(unit, MONDAY, 3)
        states = simulated.estimate(TWIN, samples, truth)[0].states
        last = states[-1]
        for sensor in SENSORS:
            wrong_k = last[f"{sensor}_offset_k"] - unit.sensors[CHANNEL[f"{sensor}_temp_c"], 0]
            errors_sd.append(wrong_k / last[f"{sensor}_offset_sd_k"])
        warm = states[np.isfinite(states["winding_offset_k"]) & (states["thermal_validity"] == Validity.VALID)]
        true_c = simulated.true_temps_c(truth, "end_winding", warm["time_us"])
        rmse_k.append(np.sqrt(np.mean((warm["end_winding_temp_c"] - true_c) ** 2)))
    assert np.mean(np.abs(errors_sd) < 1.645) > 0.85
    assert np.median(rmse_k) < 0.7  # 1.1 without what the soak teaches, and 2.1 at most
    assert max(rmse_k) < 1.4
