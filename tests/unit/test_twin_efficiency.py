"""An efficiency that cannot be is not published, and the point says why."""

import math
from typing import Any

import numpy as np
import pytest

from schemas.results import Validity
from schemas.signals import SIGNALS
from tests import drives
from twin.estimators import loss_ratio
from twin.estimators.efficiency import MOST_SD, possible
from twin.estimators.loss_ratio import MOST
from twin.layout import SAMPLE
from twin.twin import Twin
from twin.variants import load


def states_of(samples: Any, hz: float = 10.0, name: str = "bmw-gen5-rear") -> Any:
    """All states and trips of one unit's samples."""
    twin = Twin(load(name))
    rows = twin.new_rows()
    rows.add()
    times_us = drives.times(len(samples), hz=hz)
    results = twin.step(rows, drives.frames(len(samples)), times_us, samples)
    late = twin.tick(rows, int(times_us[-1]) + 3_600_000_000)
    return [*results.states, *late.states], [*results.trips, *late.trips]


def whole_minute(samples: Any) -> Any:
    """The first state that covers a minute; those before it tell of the filter's start."""
    return next(state for state in states_of(samples)[0] if state["duration_s"] > 50.0)


def driving(seconds_of_torque: int, dc_current_a: float = 90.0) -> Any:
    """Two minutes at 5,000 rpm: 60 Nm for the first seconds, then rolling."""
    samples = drives.constant(1_200, motor_speed_rpm=5_000.0, torque_nm=0.0, dc_voltage_v=398.5, dc_current_a=2.0)
    samples["torque_nm"][: 10 * seconds_of_torque] = 60.0
    samples["dc_current_a"][: 10 * seconds_of_torque] = dc_current_a
    return samples


def test_a_short_push_carries_no_efficiency() -> None:
    states, _ = states_of(driving(seconds_of_torque=2))
    assert all(state["efficiency_validity"] == Validity.BELOW_POWER_FLOOR for state in states)
    assert all(math.isnan(state[f"efficiency_{kind}"]) for state in states for kind in ("model", "balance"))


def test_a_minute_of_driving_carries_one() -> None:
    state = whole_minute(driving(seconds_of_torque=59))
    assert state["efficiency_validity"] == Validity.VALID
    assert 0.8 < state["efficiency_balance"] < 1.0


def with_extra_loss(extra_w: float) -> Any:
    """A state of a unit that draws what the model says, and so much more."""
    cruise = drives.constant(1_200, motor_speed_rpm=5_000.0, torque_nm=60.0, dc_voltage_v=398.5)
    state = whole_minute(cruise)
    parts = sum(float(state[f"{part}_loss_w"]) for part in ("copper", "iron", "rotor", "inverter"))
    dc_w = 60.0 * 5_000.0 * 2.0 * math.pi / 60.0 + parts + extra_w
    cruise["dc_current_a"] = dc_w / 398.5
    return whole_minute(cruise)


def test_loss_ratio_is_one_for_a_unit_that_loses_what_the_model_says_and_grows_with_its_losses() -> None:
    sound, worn = with_extra_loss(0.0), with_extra_loss(1_000.0)
    loss_w = float(sound["loss_energy_wh"]) * 3_600.0 / float(sound["duration_s"])
    assert sound["loss_ratio"] == pytest.approx(1.0, abs=2e-3)
    assert worn["loss_ratio"] - sound["loss_ratio"] == pytest.approx(1_000.0 / loss_w, rel=1e-2)
    assert 0.3 < sound["loss_ratio_sd"] < 0.8  # 3 % of a power of which 8 % are lost, physics 3.4
    assert sound["loss_ratio_validity"] == Validity.VALID


def test_loss_ratio_says_why_there_is_none() -> None:
    unknown = driving(59)
    unknown["dc_current_a"] = math.nan
    assert whole_minute(unknown)["loss_ratio_validity"] == Validity.NO_DC_SIDE
    assert whole_minute(driving(2))["loss_ratio_validity"] == Validity.BELOW_POWER_FLOOR
    beside_heater = states_of(driving(59), name="bmw-i3")[0]
    assert all(math.isnan(state["loss_ratio"]) for state in beside_heater)
    assert any(state["loss_ratio_validity"] == Validity.BALANCE_UNCERTAIN for state in beside_heater)


@pytest.mark.parametrize("dc_current_a", [1.0, 40.0, -50.0, 0.0])
def test_more_energy_out_than_in_is_not_published(dc_current_a: float) -> None:
    state = whole_minute(driving(59, dc_current_a))
    assert state["efficiency_validity"] == Validity.BALANCE_UNCERTAIN
    assert math.isnan(state["efficiency_balance"])
    assert math.isnan(state["efficiency_balance_sd"])
    assert 0.8 < state["efficiency_model"] < 1.0  # the model is still good for something


@pytest.mark.parametrize(
    ("efficiency", "sd"),
    [(math.nan, 0.02), (math.inf, 0.02), (0.9, math.inf), (0.9, math.nan), (2.57, 1.16), (-0.1, 0.05), (1.05, 0.02)],
)
def test_impossible_efficiencies(efficiency: float, sd: float) -> None:
    assert not possible(efficiency, sd)
    assert possible(0.93, 0.04)
    assert possible(1.03, 0.02)  # above 1, but only as the sensors allow


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", ["bmw-i3", "bmw-gen5-rear"])
def test_whatever_comes_in_no_impossible_efficiency_goes_out(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = np.array([signal.low for signal in SIGNALS])
    high = np.array([signal.high for signal in SIGNALS])
    values = low + (high - low) * rng.random((600, len(SIGNALS)))
    values[rng.random(values.shape) < 0.2] = np.nan
    values *= np.where(rng.random(values.shape) < 0.05, rng.choice([0.0, 1e-300, 1e90, -1.0]), 1.0)
    states, trips = states_of(values.view(SAMPLE).reshape(600), hz=rng.choice([0.5, 10.0]), name=name)
    for point in [*states, *trips]:
        for kind in ("balance", "model"):
            value, sd = point[f"efficiency_{kind}"], point[f"efficiency_{kind}_sd"]
            assert math.isnan(value) == math.isnan(sd)
            assert math.isnan(value) or (0.0 < value < 1.0 + 2.0 * sd and sd <= MOST_SD)
            regen, sd = point[f"regen_efficiency_{kind}"], point[f"regen_efficiency_{kind}_sd"]
            assert math.isnan(regen) == math.isnan(sd)
            assert math.isnan(regen) or (0.0 < regen < 1.0 + 2.0 * sd and sd <= MOST_SD)
        ratio, sd = point["loss_ratio"], point["loss_ratio_sd"]
        assert math.isnan(ratio) == math.isnan(sd) == (point["loss_ratio_validity"] != Validity.VALID)
        assert math.isnan(ratio) or (-2.0 * sd < ratio < MOST and sd <= loss_ratio.MOST_SD)
        for kind in ("efficiency", "regen_efficiency"):
            if math.isnan(point[f"{kind}_balance"]):
                assert point[f"{kind}_validity"] != Validity.VALID
