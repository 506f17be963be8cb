"""Are the twin's standard deviations honest, judged by a simulator whose physics and parameters are not the twin's?"""

from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from schemas.alerts import UnitAlert
from tests import simulated
from twin.plant.machines import names
from twin.twin import Twin
from twin.variants import load

VARIANTS = ("bmw-i3", "bmw-gen5-rear")
"""Looked at closely; the wide judgement of every variant is ``tests.benchmarks.accuracy plant``."""
UNITS, FEW_UNITS, DAYS = 6, 3, 2
Z90 = 1.645
NODES = tuple(simulated.TRUTH_OF_NODE)


@cache
def normalised_errors() -> dict[tuple[str, str], list[float]]:
    """(variant, quantity) -> (estimate - truth) / SD at the end of every trip, in winter and in summer."""
    errors: dict[tuple[str, str], list[float]] = defaultdict(list)
    for name in names():
        twin = Twin(load(name))
        for number in range(UNITS if name in VARIANTS else FEW_UNITS):
            for first_day in (simulated.WINTER, simulated.SUMMER):
                samples, truth = simulated.week(name, number, first_day, DAYS)
                results, trips = simulated.estimate(twin, samples, truth)
                states = results.states
                states = states[np.searchsorted(states["time_us"], trips["end_us"], side="right") - 1]
                for node in simulated.TRUTH_OF_NODE:
                    wrong_k = states[f"{node}_temp_c"] - simulated.true_temps_c(truth, node, states["time_us"])
                    errors[name, node] += list(wrong_k / states[f"{node}_temp_sd_k"])
                mechanical_w = truth["shaft_power_w"] - truth["gear_loss_w"]
                for trip in trips[np.isfinite(trips["efficiency_model"])]:
                    at_us = truth["time_s"] * 1_000_000
                    driving = (at_us >= trip["time_us"]) & (at_us <= trip["end_us"]) & (mechanical_w > 0.0)
                    true = mechanical_w[driving].sum() / truth["dc_power_w"][driving].sum()
                    errors[name, "efficiency"].append((trip["efficiency_model"] - true) / trip["efficiency_model_sd"])
    return errors


def share_within(errors: list[float]) -> float:
    return float(np.mean(np.abs(errors) < Z90))


def test_nine_of_ten_temperatures_are_within_their_interval_and_not_all() -> None:
    pooled = [e for (_, quantity), errors in normalised_errors().items() if quantity != "efficiency" for e in errors]
    assert len(pooled) > 1_500
    assert 0.85 <= share_within(pooled) <= 0.97


@pytest.mark.parametrize("name", names())
def test_no_variant_is_much_surer_than_it_may_be(name: str) -> None:
    errors = [e for (of, quantity), es in normalised_errors().items() if of == name and quantity in NODES for e in es]
    assert len(errors) > 100
    assert share_within(errors) >= 0.75


@pytest.mark.parametrize("quantity", [*simulated.TRUTH_OF_NODE, "efficiency"])
@pytest.mark.parametrize("name", VARIANTS)
def test_no_single_quantity_is_surer_than_it_may_be(name: str, quantity: str) -> None:
    errors = normalised_errors()[name, quantity]
    assert len(errors) > 20
    assert share_within(errors) >= 0.6


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("name", VARIANTS)
def test_healthy_days_raise_no_alert(name: str, number: int) -> None:
    results, _ = simulated.estimate(Twin(load(name)), *simulated.week(name, number, simulated.SUMMER, 4))
    assert len(results.alerts) == 0


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("fault", ["jump", "stuck"])
def test_broken_winding_sensor_opens_an_alert_within_minutes(name: str, fault: str) -> None:
    samples, truth = simulated.week(name, 0, simulated.SUMMER, 1)
    samples = samples.copy()
    heat_w = np.convolve(truth["copper_loss_w"], np.ones(900), "valid")
    at = int(np.argmax(heat_w))  # a quarter of an hour of the hardest driving begins
    if fault == "jump":
        at = max(at, 400)  # the filter has settled
    readings = samples["winding_temp_c"]
    readings[at:] = readings[at:] + 40.0 if fault == "jump" else readings[at]
    results, _ = simulated.estimate(Twin(load(name)), samples, truth)
    (opened_us, *_) = results.alerts["time_us"][results.alerts["alert"] == UnitAlert.WINDING_SENSOR_REJECTED]
    waited_s = opened_us / 1e6 - truth["time_s"][at]
    assert 30.0 < waited_s < (300.0 if fault == "jump" else 900.0)
