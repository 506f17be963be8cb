"""Averaged input: what the sender says of its samples reaches the state, and means are found out (physics 5.1)."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from tests import drives, road, sampled
from tests.data import reference_data
from twin.layout import MEAN_SAMPLED
from twin.twin import Twin, empty_frames
from twin.variants import load, names

VARIANTS = [name for name in names() if name != "lea-pmsm"]


def states(flags: tuple[int, ...]) -> NDArray[Any]:
    """States of a drive sent as one frame a minute, with these flags."""
    twin, count = Twin(load("bmw-gen5-rear")), 600 * len(flags)
    rows = twin.new_rows()
    rows.add()
    frames = drives.frames(*[600] * len(flags))
    frames["flags"] = flags
    found = twin.step(rows, frames, drives.times(count), drives.drive(count)).states
    return found[found["time_us"] % drives.MINUTE_US == 0]


def recorded() -> list[NDArray[Any]]:
    """Trips with even numbers, at 10 Hz: the others set the limits."""
    return [trip.samples for trip in road.trips(reference_data("bmw-i3-trips")) if not trip.odd]


def test_samples_declared_as_means_are_flagged_from_their_first_frame_to_their_last() -> None:
    found = states((0, MEAN_SAMPLED, MEAN_SAMPLED, 0))
    declared = found["sampling_validity"] == Validity.DECLARED_AVERAGED
    assert declared.tolist() == [False, True, True, False]


@pytest.mark.parametrize("step", [1, 2, 4, 5, 10])
def test_point_samples_of_recorded_trips_are_never_taken_for_means(step: int) -> None:
    trips = [sampled.every(trip, step, number % step) for number, trip in enumerate(recorded())]
    found, hours = sampled.verdicts(Twin(load("bmw-i3")), trips, step * 100_000)
    assert np.isinf(hours)
    assert np.mean(found == Validity.VALID) > 0.5


@pytest.mark.parametrize(("step", "most_h"), [(5, 1.5), (10, 2.5)])
def test_means_of_recorded_trips_are_found_out(step: int, most_h: float) -> None:
    trips = [sampled.means(trip, step, number % step) for number, trip in enumerate(recorded())]
    found, hours = sampled.verdicts(Twin(load("bmw-i3")), trips, step * 100_000)
    assert hours < most_h
    assert np.all(np.isin(found, (Validity.NO_DATA, Validity.AVERAGED)))


@pytest.mark.parametrize("name", VARIANTS)
def test_simulated_units_are_point_samples(name: str) -> None:
    trips = sampled.simulated(name, 41, 3, "commute", 6, 1)
    found, hours = sampled.verdicts(Twin(load(name)), trips, drives.SECOND_US)
    assert np.isinf(hours)
    assert found[-1] == Validity.VALID


@pytest.mark.parametrize("name", ["bmw-gen5-rear", "landrover-800v-front"])
def test_means_of_simulated_units_are_found_out(name: str) -> None:
    drives_10hz = sampled.simulated(name, 41, 3, "city", 4, 10)
    trips = [sampled.means(drive, 10, 3 * number % 10) for number, drive in enumerate(drives_10hz)]
    assert sampled.verdicts(Twin(load(name)), trips, drives.SECOND_US)[1] < 4.0


@pytest.mark.parametrize("hz", [1.0, 10.0])
def test_a_smooth_drive_on_the_motorway_is_not_called_averaged(hz: float) -> None:
    count = int(10_800 * hz)
    t = np.arange(count) / hz
    samples = drives.blank(count)
    samples["motor_speed_rpm"] = 9_000.0 + 300.0 * np.sin(t / 80.0)
    samples["torque_nm"] = 70.0 + 25.0 * np.cos(t / 80.0) + 5.0 * np.sin(t / 31.0)
    assert np.isinf(sampled.verdicts(Twin(load("bmw-gen5-rear")), [samples], round(1e6 / hz))[1])


def test_other_software_is_judged_anew() -> None:
    twin, trips = Twin(load("bmw-i3")), [sampled.means(trip, 10) for trip in recorded()]
    samples = np.concatenate(trips)
    rows = twin.new_rows()
    rows.add()
    frames = empty_frames(2)
    frames["first"], frames["count"], frames["identity"] = [0, len(samples) - 20], [len(samples) - 20, 20], [1, 2]
    times_us = drives.times(len(samples), hz=1.0)
    twin.step(rows, frames[:1], times_us, samples)
    assert rows.records["averaged"][0] == 1
    twin.step(rows, frames[1:], times_us, samples)
    assert rows.records["averaged"][0] == 0


def test_another_rate_is_judged_anew_and_a_few_lost_samples_change_nothing() -> None:
    twin = Twin(load("bmw-i3"))
    kept = [sampled.means(trip, 10) for trip in recorded()]
    rng = np.random.default_rng(3)
    rows = twin.new_rows()
    rows.add()
    samples = np.concatenate(kept)
    there = rng.random(len(samples)) > 0.02
    times_us = drives.times(len(samples), hz=1.0)
    twin.step(rows, drives.frames(int(there.sum())), times_us[there], np.ascontiguousarray(samples[there]))
    assert rows.records["averaged"][0] == 1
    faster = drives.drive(200, hz=2.0)
    twin.step(rows, drives.frames(200), times_us[-1] + drives.times(200, hz=2.0) - drives.START_US, faster)
    assert rows.records["averaged"][0] == 0
