"""Do the targets "power" and "map" find again what made the data?"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests import drives
from twin.identify import free, solve, with_values
from twin.identify.efficiency_map import Map, Points, efficiency
from twin.identify.power import Drive, Power, errors_w, shifted_errors_w
from twin.trace import trace
from twin.variants import load
from twin.variants.parameters import parameters

VARIANT = load("bmw-i3")
SPEEDS, TORQUES = np.meshgrid(np.linspace(500.0, 9_000.0, 8), [15.0, 40.0, 90.0, 160.0])


def record(**changes: float) -> Any:
    """PARAMETERS of the variant with some numbers multiplied; a dot in a key is written ``__``."""
    keys = {key.replace("__", "."): factor for key, factor in changes.items()}
    now = {number.key: number.value for number in free(VARIANT.file, list(keys))}
    return parameters(with_values(VARIANT.file, {key: now[key] * factor for key, factor in keys.items()}))


def drive_of(truth: Any, hz: float = 20.0) -> Drive:
    """A lively five minutes whose battery current is what ``truth`` makes of them, late and smoothed as it says."""
    fine = drives.drive(60_000, hz=200.0)
    t = np.arange(60_000) / 200.0
    fine["torque_nm"] += 40.0 * np.sin(3.1 * t) + 30.0 * np.sin(7.7 * t)
    times_us = drives.times(60_000, hz=200.0)
    shift, window = (round(float(truth[name][0]) * 200e-6) for name in ("torque_delay_us", "dc_window_us"))
    now = trace(truth, times_us, fine)["electrical_w"] + truth["auxiliary_w"][0] + truth["auxiliary_moving_w"][0]
    smooth = np.convolve(now, np.ones(window) / window)[: len(now)]
    samples = fine[:: round(200.0 / hz)].copy()
    dc_w = np.concatenate([smooth[shift:], np.full(shift, smooth[-1])])[:: round(200.0 / hz)]
    samples["dc_current_a"] = dc_w / samples["dc_voltage_v"]
    clean = np.ones(len(samples), dtype=bool)
    clean[:40] = clean[-40:] = False
    return Drive(times_us[:: round(200.0 / hz)], samples, clean)


def test_delay_window_and_resistance_come_back_from_a_drive() -> None:
    changes = {"telemetry__torque_delay": 1.2, "telemetry__dc_window": 0.8, "machine__phase_resistance": 1.15}
    keys = [key.replace("__", ".") for key in changes]
    drive = drive_of(record(**changes))
    fit = solve(free(VARIANT.file, keys, sd=0.3), Power(VARIANT, [drive]))
    assert fit.converged
    assert np.all(fit.identified)
    found = {number.key: value / number.value for number, value in zip(fit.free, fit.values, strict=True)}
    for key, factor in changes.items():
        assert found[key.replace("__", ".")] == pytest.approx(factor, rel=0.06), key  # samples 50 ms apart


def test_a_drive_of_its_own_parameters_leaves_no_error() -> None:
    drive = drive_of(record())
    assert float(np.sqrt(np.mean(errors_w(VARIANT.parameters, drive) ** 2))) < 400.0
    unaligned = VARIANT.parameters.copy()
    unaligned["torque_delay_us"] = unaligned["dc_window_us"] = 0
    assert float(np.sqrt(np.mean(errors_w(unaligned, drive) ** 2))) > 2_000.0


def test_delays_offset_and_base_load_are_found_from_zero() -> None:
    rear = load("bmw-gen5-rear")
    truth = {
        "telemetry.torque_delay": 0.12,
        "telemetry.dc_window": 0.15,
        "sensors.torque_offset": -1.5,
        "sensors.auxiliary_power": 350.0,
    }
    drive = drive_of(parameters(with_values(rear.file, truth)))
    fit = solve(free(rear.file, list(truth)), Power(rear, [drive]))
    assert all(number.value == 0.0 for number in fit.free)
    assert fit.converged
    assert fit.identified.all()
    assert fit.by_key() == pytest.approx(truth, rel=0.15)  # samples 50 ms apart: the window is 16 ms short


@pytest.mark.parametrize(("window_s", "found"), [(0.3, True), (0.1, False)])
def test_a_window_of_fewer_than_three_rows_is_not_claimed(window_s: float, found: bool) -> None:
    rear, truth = load("bmw-gen5-rear"), {"telemetry.torque_delay": 0.12, "telemetry.dc_window": window_s}
    drive = drive_of(parameters(with_values(rear.file, truth)), hz=10.0)
    fit = solve(free(rear.file, list(truth)), Power(rear, [drive]))
    which = [number.key for number in fit.free].index("telemetry.dc_window")
    assert bool(fit.identified[which]) is found
    if found:
        assert fit.values[which] == pytest.approx(window_s, rel=0.15)
    else:  # half of the window is taken off the delay
        assert fit.by_key()["telemetry.torque_delay"] == pytest.approx(0.12 - 0.5 * window_s, abs=0.01)


def test_the_error_of_a_row_changes_little_by_a_little_delay() -> None:
    drive = drive_of(record(), hz=10.0)
    one = VARIANT.parameters.copy()
    one["dc_window_us"] = 0
    for delay_us in (0, 100_000):
        errors = []
        for more_us in (0, 200):
            one["torque_delay_us"] = delay_us + more_us
            errors.append(shifted_errors_w(one, drive))
        assert float(np.max(np.abs(errors[1] - errors[0])[40:-40])) < 500.0  # of up to a hundred thousand


def test_map_gives_back_the_losses_that_made_it() -> None:
    truth = record(machine__phase_resistance=1.3, inverter__switching_energy=0.7)
    points = Points(SPEEDS.ravel(), TORQUES.ravel(), efficiency(truth, SPEEDS.ravel(), TORQUES.ravel()))
    numbers = free(VARIANT.file, ["machine.phase_resistance", "inverter.switching_energy"], sd=0.5)
    fit = solve(numbers, Map(VARIANT, replace(points)))
    assert np.all(fit.identified)
    assert fit.values / [number.value for number in fit.free] == pytest.approx([1.3, 0.7], rel=0.03)


def test_braking_points_count_the_other_way_round() -> None:
    driving = efficiency(VARIANT.parameters, np.array([5_000.0]), np.array([80.0]))
    braking = efficiency(VARIANT.parameters, np.array([5_000.0]), np.array([-80.0]))
    assert 0.9 < float(braking[0]) < 1.0
    assert 0.9 < float(driving[0]) < 1.0


def test_rows_too_far_apart_are_refused_without_the_command_too() -> None:
    drive = drive_of(record())
    slow = Drive(drive.times_us[0] + np.arange(100) * 10_000_000, drive.samples[:100], drive.clean[:100])
    with pytest.raises(ValueError, match=r"drive 2: rows are 10 s apart, hold_limit is 5 s: .* resample it to 5 s"):
        Power(VARIANT, [drive, slow])
