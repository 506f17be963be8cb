"""The day of a unit: what it sums, and what closes it."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.loads import LoadKind
from tests import drives
from tests.drives import MINUTE_US, SECOND_US, START_US
from twin.layout import COVERED_S, DAY_US, DISTANCE_M, LOAD_TORQUES, MAP_TORQUES
from twin.twin import Results, Twin
from twin.variants import load

HOUR_US = 60 * MINUTE_US
TODAY = START_US // DAY_US


class Vehicle:
    """One unit and its twin; keeps every day, the record behind it, trip and load that was put out."""

    def __init__(self, variant: str = "bmw-gen5-rear") -> None:
        self.twin = Twin(load(variant))
        self.rows = self.twin.new_rows()
        self.rows.add()
        self.days: list[Any] = []
        self.parts: list[Any] = []
        self.trips: list[Any] = []
        self.loads: list[Any] = []

    def send(self, times_us: NDArray[np.int64], samples: NDArray[Any], **frame: Any) -> None:
        frames = drives.frames(len(samples))
        for name, value in frame.items():
            frames[name] = value
        self._collect(self.twin.step(self.rows, frames, times_us, samples))

    def tick(self, time_us: int) -> None:
        self._collect(self.twin.tick(self.rows, time_us))

    def cells(self, kind: LoadKind, name: str) -> float:
        return sum(float(one[name]) for one in self.loads if one["kind"] == kind)

    def _collect(self, results: Results) -> None:
        self.days.extend(results.days)
        self.parts.extend(results.day_parts)
        self.trips.extend(results.trips)
        self.loads.extend(results.loads)


def driven(minutes: float, start_us: int = START_US + 9 * HOUR_US) -> Vehicle:
    car = Vehicle()
    count = round(600 * minutes)
    car.send(drives.times(count, start_us=start_us), drives.drive(count))
    return car


def test_a_day_is_the_sum_of_its_trips_and_leaves_nothing_behind() -> None:
    car = driven(10)
    count = 6_000
    car.send(drives.times(count, start_us=START_US + 15 * HOUR_US + 333), drives.drive(count, phase=1.0))
    car.tick(START_US + 30 * HOUR_US)
    assert car.days == [], "the day is not over for six hours yet"
    car.tick(START_US + 30 * HOUR_US + 1)
    (day,), (part,) = car.days, car.parts
    assert len(car.trips) == day["trips"] == 2
    for name in ("distance_km", "drive_energy_wh", "regen_energy_wh", "loss_energy_wh", "samples", "duration_s"):
        assert day[name] == pytest.approx(sum(trip[name] for trip in car.trips), rel=1e-9), name
    for name in ("max_torque_nm", "max_motor_speed_rpm", "max_end_winding_temp_c", "max_switch_temp_c"):
        assert day[name] == max(trip[name] for trip in car.trips), name
    assert (day["day"], day["part"], day["time_us"]) == (TODAY, 0, TODAY * DAY_US)
    losses = sum(day[f"{name}_loss_wh"] for name in ("copper", "iron", "rotor", "inverter", "gear"))
    assert losses == pytest.approx(day["loss_energy_wh"])
    assert part["sums"][DISTANCE_M] == pytest.approx(1000.0 * day["distance_km"])
    assert car.rows.days[0].tobytes() == bytes(car.rows.days.itemsize)


def test_every_second_of_a_day_is_in_one_cell_of_its_load_matrix() -> None:
    car = driven(40)
    car.tick(START_US + 48 * HOUR_US)
    (part,) = car.parts
    assert part["load_s"].sum() == pytest.approx(part["sums"][COVERED_S], rel=1e-6)
    assert part["temperature_s"].sum(axis=1) == pytest.approx(part["sums"][COVERED_S], abs=1.0)
    samples = drives.drive(24_000)
    assert part["torque_revolutions"].sum() == pytest.approx(samples["motor_speed_rpm"].mean() * 40.0, rel=1e-3)
    shaft_w = samples["torque_nm"] * samples["motor_speed_rpm"] * 2.0 * math.pi / 60.0
    assert part["load_j"].sum() == pytest.approx(shaft_w.mean() * 2_400.0, rel=1e-3)
    assert part["load_j"][: LOAD_TORQUES // 2].max() <= 0.0 <= part["load_j"][LOAD_TORQUES // 2 :].min()
    assert not part["quarter_s"].any()


def test_loads_leave_every_quarter_of_an_hour_and_at_the_end_of_a_trip_and_add_up_to_the_day() -> None:
    car = driven(40)
    matrix = (LoadKind.TORQUE_SPEED, LoadKind.TORQUE_REVOLUTIONS)
    times_us = {int(one["time_us"]) for one in car.loads if one["kind"] in matrix}
    assert times_us == {START_US + 9 * HOUR_US + n * 15 * MINUTE_US for n in (1, 2)}
    car.tick(START_US + 10 * HOUR_US)
    assert max(int(one["time_us"]) for one in car.loads) == START_US + 9 * HOUR_US + 40 * MINUTE_US
    car.tick(START_US + 48 * HOUR_US)
    (part,) = car.parts
    keys = [(one["time_us"], one["kind"], one["place"]) for one in car.loads]
    assert len(set(keys)) == len(keys)
    assert car.cells(LoadKind.TORQUE_SPEED, "duration_s") == pytest.approx(part["load_s"].sum(), rel=1e-6)
    assert car.cells(LoadKind.TORQUE_SPEED, "energy_j") == pytest.approx(part["load_j"].sum(), rel=1e-6)
    revolutions = car.cells(LoadKind.TORQUE_REVOLUTIONS, "revolutions")
    assert revolutions == pytest.approx(part["torque_revolutions"].sum(), rel=1e-6)


def test_a_cell_says_the_torque_and_speed_it_is_about() -> None:
    car = Vehicle()
    parameters = car.twin.variant.parameters[0]
    peak_nm = parameters["map_torque_step_nm"] * (MAP_TORQUES - 1)
    car.send(drives.times(600), drives.constant(600, motor_speed_rpm=5_000.0, torque_nm=-0.33 * peak_nm))
    car.tick(START_US + 2 * HOUR_US)
    (cell,) = [one for one in car.loads if one["kind"] == LoadKind.TORQUE_SPEED]
    assert cell["torque_nm"] == pytest.approx(-0.35 * peak_nm)
    assert abs(cell["speed_rpm"] - 5_000.0) <= 850.0
    assert cell["duration_s"] == pytest.approx(59.9, rel=1e-5)
    assert cell["energy_j"] < 0.0


def test_a_trip_over_midnight_is_parted_at_the_very_second() -> None:
    car = Vehicle()
    count = 6_000
    car.send(drives.times(count, start_us=START_US + DAY_US - 5 * MINUTE_US + 37), drives.drive(count))
    (first,) = car.days
    car.tick(START_US + 5 * DAY_US)
    _, second = car.days
    assert (second["day"] - first["day"], second["part"], second["trips"]) == (1, 0, 0)
    assert first["duration_s"] == pytest.approx(300.0 - 0.1, abs=1e-3)
    assert second["duration_s"] == pytest.approx(300.0, abs=1e-3)
    (trip,) = car.trips
    for name in ("distance_km", "drive_energy_wh", "samples"):
        assert first[name] + second[name] == pytest.approx(trip[name], rel=1e-9), name


def test_a_day_without_movement_has_no_record() -> None:
    car = Vehicle()
    car.send(drives.times(1_200), drives.constant(1_200, motor_speed_rpm=0.0, torque_nm=0.0))
    assert not car.rows.days["open"].any()
    car.tick(START_US + 5 * DAY_US)
    assert car.days == []


def test_another_identity_begins_another_part_of_another_segment() -> None:
    car = driven(5)
    count = 1_200
    times_us = drives.times(count, start_us=START_US + 9 * HOUR_US + 5 * MINUTE_US)
    car.send(times_us, drives.drive(count), identity=2)
    (first,) = car.days
    car.tick(START_US + 5 * DAY_US)
    _, second = car.days
    assert [(day["part"], day["segment"]) for day in (first, second)] == [(0, 1), (1, 2)]
    assert second["time_us"] == first["time_us"] + 1
    assert first["samples"] + second["samples"] == 4_200


def test_data_that_come_after_a_tick_has_closed_their_day_make_a_further_part_and_count_once() -> None:
    count = 6_000
    samples, times_us = drives.drive(count), drives.times(count, start_us=START_US + 9 * HOUR_US + 333_000)
    whole, parted = Vehicle(), Vehicle()
    whole.send(times_us, samples)
    parted.send(times_us[:3_001], samples[:3_001])
    parted.tick(START_US + 40 * HOUR_US)
    parted.send(times_us[3_001:], samples[3_001:])
    for car in (whole, parted):
        car.tick(START_US + 5 * DAY_US)
    assert [day["part"] for day in parted.days] == [0, 1]
    (day,) = whole.days
    for name in ("samples", "duration_s", "distance_km", "loss_energy_wh", "dc_drive_energy_wh"):
        assert sum(part[name] for part in parted.days) == pytest.approx(day[name], rel=1e-9), name


def test_a_gap_in_a_trip_counts_as_driving_without_telemetry() -> None:
    car = driven(8)
    count = 4_800
    car.send(drives.times(count, start_us=START_US + 9 * HOUR_US + 12 * MINUTE_US), drives.drive(count))
    car.tick(START_US + 5 * DAY_US)
    (day,) = car.days
    assert day["missing_s"] == pytest.approx(240.1)
    assert day["coverage"] == pytest.approx(day["driving_s"] / (day["driving_s"] + 240.1))


def test_a_gap_over_midnight_belongs_to_the_day_it_ends_in() -> None:
    midnight_us = (TODAY + 1) * DAY_US
    car = driven(8, midnight_us - 10 * MINUTE_US)
    car.send(drives.times(4_800, start_us=midnight_us + MINUTE_US), drives.drive(4_800))
    car.tick(midnight_us + 5 * DAY_US)
    before, after = car.days
    assert before["missing_s"] == 0.0
    assert after["missing_s"] == pytest.approx(180.1)
    assert after["coverage"] == pytest.approx(after["driving_s"] / (after["driving_s"] + 180.1))


def test_a_jump_of_the_odometer_counts_as_driving_without_telemetry() -> None:
    car = Vehicle()
    count = 6_000
    samples = drives.drive(count)
    first_km = float(np.sum(samples["vehicle_speed_km_h"])) / 36_000.0
    car.send(drives.times(count), samples, odometer_km=20_000.0)
    later_us = START_US + 3 * HOUR_US
    car.send(drives.times(count, start_us=later_us), samples, odometer_km=20_000.0 + first_km + 50.0)
    car.tick(START_US + 5 * DAY_US)
    (day,) = car.days
    mean_km_h = day["distance_km"] / (day["driving_s"] / 3600.0)
    assert day["missing_s"] == pytest.approx(50.0 / mean_km_h * 3600.0, rel=1e-3)


@pytest.mark.parametrize("jump_km", [-3_000.0, 0.0, 0.9, 3_000.0])
def test_an_odometer_that_is_coarse_reset_or_impossible_says_nothing(jump_km: float) -> None:
    car = Vehicle()
    count = 6_000
    samples = drives.drive(count)
    first_km = float(np.sum(samples["vehicle_speed_km_h"])) / 36_000.0
    car.send(drives.times(count), samples, odometer_km=20_000.0)
    later_us = START_US + 3 * HOUR_US
    car.send(drives.times(count, start_us=later_us), samples, odometer_km=20_000.0 + first_km + jump_km)
    car.tick(START_US + 5 * DAY_US)
    (day,) = car.days
    assert day["missing_s"] == 0.0
    assert day["coverage"] == 1.0
    assert day["end_us"] == later_us + count * SECOND_US // 10
