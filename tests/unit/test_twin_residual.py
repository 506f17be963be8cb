"""Sensor or physics: what a sensor reads over the open loop, by intercept and slope (physics 7.4)."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from tests import slow, slow_truth
from twin.estimators import regression, residual
from twin.fleet import drift
from twin.layout import AMBIENT_SENSOR, DAY, DAY_POINT
from twin.layout.drift import (
    INLET_C,
    LOSS_W,
    OUTLET_K,
    OUTLET_SECONDS,
    RESIDUAL_COLUMNS,
    SECONDS,
    SPEED_RPM,
    WINDING_C,
    WINDING_REFERENCE_C,
)
from twin.layout.fresh import fresh_row
from twin.layout.views import as_parameters
from twin.variants import load

EESM = "bmw-gen5-rear"
SEED, NUMBER, DAYS = 5, 2, 2
"""A parcel van: many minutes of every load."""
Floats = NDArray[np.float64]


@cache
def day(*faults: tuple[str, float]) -> Any:
    """The second day: after a night at rest."""
    return slow.run(EESM, NUMBER, DAYS, SEED, faults).points[1]


def moved(name: str, *faults: tuple[str, float]) -> float:
    return float(day(*faults)[name] - day()[name])


def minutes(count: int = 40) -> tuple[Floats, Floats, Floats]:
    """Columns (count, RESIDUAL_COLUMNS) of minutes, and what winding and outlet read over the reference [K]."""
    draw = np.random.default_rng(3)
    loss_kw, krpm = draw.uniform(0.2, 4.0, count), draw.uniform(0.0, 9.0, count)
    air = draw.uniform(-3.0, 0.0, count)
    columns = np.column_stack([np.ones(count), loss_kw, krpm, air])
    noise = draw.normal(0.0, 0.6, (2, count))
    return columns, 4.0 + 1.2 * loss_kw + noise[0], -1.0 + 0.1 * krpm + noise[1]


def published(columns: Floats, winding_k: Floats, outlet_k: Floats, with_outlet: bool = True) -> Any:
    """DAY_POINT and DAY of such minutes, none of which has an oil reading."""
    parameters = as_parameters(load(EESM).parameters)
    row, days = fresh_row().view(np.recarray)[0], np.zeros(1, DAY).view(np.recarray)
    point = np.zeros(1, DAY_POINT).view(np.recarray)
    inlet_c = 55.0
    for values, winding, outlet in zip(columns, winding_k, outlet_k, strict=True):
        minute = row.minute
        minute[:] = 0.0
        minute[SECONDS], minute[INLET_C] = 60.0, 60.0 * inlet_c
        minute[LOSS_W], minute[SPEED_RPM] = 60.0e3 * values[1], 60.0e3 * values[2]
        minute[WINDING_C], minute[WINDING_REFERENCE_C] = 60.0 * (80.0 + winding), 60.0 * 80.0
        if with_outlet:
            minute[OUTLET_SECONDS], minute[OUTLET_K] = 60.0, 60.0 * outlet
        row.reading[AMBIENT_SENSOR] = inlet_c + 10.0 * values[3]
        residual.close_minute(parameters[0], row, days[0])
    residual.publish(days[0], regression.allocate(), point[0])
    return point[0], days[0]


def independent(columns: Floats, y: Floats, sensor: int) -> tuple[Floats, Floats]:
    """Coefficients and their SD by numpy: least squares with the priors as rows of their own, noise as it shows."""
    prior = np.diag(1.0 / np.array(residual.PRIOR_SD))
    noise = residual.NOISE_K[sensor]
    for _ in range(regression.SWEEPS):
        scale = noise * math.sqrt(residual.TOGETHER[sensor])
        stacked = np.vstack([columns / scale, prior])
        found, *_ = np.linalg.lstsq(stacked, np.concatenate([y / scale, np.zeros(RESIDUAL_COLUMNS)]))
        spread = np.sqrt(np.diag(np.linalg.inv(stacked.T @ stacked)))
        left = y - columns @ found
        noise = max(residual.NOISE_K[sensor], math.sqrt(left @ left / (len(y) - RESIDUAL_COLUMNS)))
    return found, spread


def test_offset_and_slope_of_a_day_are_those_of_least_squares_over_its_minutes() -> None:
    columns, winding_k, outlet_k = minutes()
    point, _ = published(columns, winding_k, outlet_k)
    for sensor, name, y in ((residual.WINDING, "winding", winding_k), (residual.OUTLET, "coolant_out", outlet_k)):
        found, sd = independent(columns, y, sensor)
        got = [point[f"{name}_residual_offset_k"], point[f"{name}_residual_loss_k_per_kw"]]
        got_sd = [point[f"{name}_residual_offset_sd_k"], point[f"{name}_residual_loss_k_per_kw_sd"]]
        np.testing.assert_allclose(got, found[:2], rtol=1e-4)  # the minute's sums are float32
        np.testing.assert_allclose(got_sd, [math.hypot(sd[0], residual.SHAPE_SD_K[sensor]), sd[1]], rtol=1e-4)
        assert point[f"{name}_residual_n_eff"] == len(y) / residual.TOGETHER[sensor]
        assert point[f"{name}_residual_validity"] == Validity.VALID


def test_parts_of_a_day_add_up_whatever_comes_late() -> None:
    columns, winding_k, outlet_k = minutes()
    _, whole = published(columns, winding_k, outlet_k)
    parts = [published(columns[own], winding_k[own], outlet_k[own])[1] for own in (slice(25), slice(25, None))]
    records = np.array([part.tolist() for part in reversed(parts)], DAY)
    total = drift.merged(records)
    np.testing.assert_allclose(total["residual_sums"][0], whole["residual_sums"], rtol=1e-12)


def test_a_missing_sensor_and_a_load_that_never_changes_have_a_reason() -> None:
    columns, winding_k, outlet_k = minutes()
    columns[:, 1] = 1.5
    point, _ = published(columns[:12], winding_k[:12], outlet_k[:12], with_outlet=False)
    assert point.winding_residual_validity == Validity.NOT_EXCITED
    assert point.coolant_out_residual_validity == point.oil_residual_validity == Validity.NO_DATA
    values = [point.winding_residual_offset_k, point.coolant_out_residual_loss_k_per_kw, point.oil_residual_offset_k]
    assert np.isnan(values).all()


@pytest.mark.parametrize("offset_k", [5.0, -5.0])
def test_a_winding_sensor_that_is_off_moves_the_intercept_alone(offset_k: float) -> None:
    fault = ("winding_sensor", offset_k)
    sd_k = float(day(fault)["winding_residual_offset_sd_k"])
    assert sd_k < 0.6 * abs(offset_k)
    assert abs(moved("winding_residual_offset_k", fault) - offset_k) < 2.0 * sd_k
    assert abs(moved("winding_residual_loss_k_per_kw", fault)) < 0.4
    assert abs(moved("coolant_out_residual_offset_k", fault)) < 0.4


@pytest.mark.parametrize("offset_k", [3.0, -3.0])
def test_an_inlet_that_is_off_moves_every_intercept_the_other_way(offset_k: float) -> None:
    fault = ("coolant_sensor", offset_k)
    assert moved("coolant_out_residual_offset_k", fault) == pytest.approx(-0.87 * offset_k, abs=0.5)
    assert moved("winding_residual_offset_k", fault) * offset_k < 0.0
    assert moved("oil_residual_offset_k", fault) * offset_k < 0.0


def test_shorted_turns_move_the_slope_on_the_loss_alone() -> None:
    fault = ("turn_short", 0.3)
    assert moved("winding_residual_loss_k_per_kw", fault) > 0.3
    assert abs(moved("winding_residual_offset_k", fault)) < 1.0


def test_the_intercept_of_a_sound_unit_is_within_its_deviation_of_its_sensors_offsets() -> None:
    days = slow.run(EESM, NUMBER, DAYS, SEED)
    true = slow_truth.offsets(days.unit, float(days.drives[1][1]["time_s"][0]))
    for name in ("winding", "coolant_out"):
        error_k = days.points[1][f"{name}_residual_offset_k"] - true[f"{name}_residual_offset_k"]
        assert abs(error_k) < 2.5 * days.points[1][f"{name}_residual_offset_sd_k"], name
