"""Least squares from additive sums, against a dense solution of the same problem."""

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.results import Validity
from twin.estimators import regression
from twin.estimators.regression import BINS, COUNT, NOISE, Fit
from twin.layout.drift import MOST_COLUMNS, line_length

Array = NDArray[np.float64]
NOISE_SD = 0.1


def observations(columns: int, count: int = 600, seed: int = 1) -> tuple[Array, Array, Array]:
    """Columns (count, columns), observations (count,) and what is true (columns,)."""
    draw = np.random.default_rng(seed)
    true, x = draw.normal(size=columns), draw.normal(size=(count, columns))
    return x, x @ true + NOISE_SD * draw.normal(size=count), true


def sums_of(x: Array, y: Array, bins: int) -> Array:
    sums = np.zeros((bins, line_length(x.shape[1])))
    for number, (columns, value) in enumerate(zip(x, y, strict=True)):
        regression.add(sums[number % bins], tuple(columns), value)
    return sums


def prior(mean: float, sd: float) -> Fit:
    fit = regression.allocate()
    fit.prior[:], fit.prior_sd[:] = mean, sd
    return fit


@pytest.mark.parametrize("columns", range(2, MOST_COLUMNS + 1))
def test_the_solution_is_that_of_the_dense_normal_equations_with_the_prior(columns: int) -> None:
    x, y, _ = observations(columns)
    fit = prior(0.3, 0.5)
    regression.solve(sums_of(x, y, 3), columns, np.inf, 1.0, NOISE_SD, 2.0, fit)
    information = x.T @ x / (2.0 * fit.summary[NOISE] ** 2) + np.eye(columns) / 0.5**2
    wanted = 0.3 + np.linalg.solve(information, x.T @ (y - 0.3 * x.sum(axis=1)) / (2.0 * fit.summary[NOISE] ** 2))
    np.testing.assert_allclose(fit.value[:columns], wanted, rtol=1e-9)
    np.testing.assert_allclose(fit.covariance[:columns, :columns], np.linalg.inv(information), rtol=1e-9, atol=1e-15)
    assert fit.summary[NOISE] == pytest.approx(NOISE_SD, rel=0.1)
    assert (fit.summary[COUNT], fit.summary[BINS]) == (300.0, 3.0)


def test_parts_added_up_are_the_whole() -> None:
    x, y, _ = observations(4)
    whole = sums_of(x, y, 2)
    np.testing.assert_allclose(sums_of(x[:250], y[:250], 2) + sums_of(x[250:], y[250:], 2), whole, rtol=1e-12)


def test_a_bin_that_is_always_full_does_not_drown_the_others() -> None:
    x, y, _ = observations(2)
    full, rare = sums_of(x, y, 1), sums_of(x[:20], y[:20] + x[:20, 0], 1)
    fit = prior(0.0, 10.0)
    regression.solve(np.concatenate([full, rare]), 2, np.inf, 1.0, NOISE_SD, 1.0, fit)
    drowned = fit.value[0]
    regression.solve(np.concatenate([full, rare]), 2, 20.0, 1.0, NOISE_SD, 1.0, fit)
    slopes = [np.linalg.lstsq(x[:n], y[:n] + (n == 20) * x[:n, 0], rcond=None)[0][0] for n in (600, 20)]
    assert abs(drowned - slopes[0]) < 0.1 * abs(slopes[1] - slopes[0])
    assert 0.3 < (fit.value[0] - slopes[0]) / (slopes[1] - slopes[0]) < 0.7
    assert fit.summary[COUNT] == pytest.approx(40.0)


def test_stated_deviations_hold_over_many_days() -> None:
    """Also for what is known only in size: here the second column's factor, drawn from its own prior each time."""
    draw = np.random.default_rng(3)
    scores = []
    for day in range(400):
        x, y, true = observations(2, 40, seed=100 + day)
        offset = draw.normal(0.0, 0.2)
        columns = np.stack([x[:, 0], np.ones(40)], axis=1)
        fit = regression.allocate()
        fit.prior_sd[:2] = 10.0, 0.2
        regression.solve(sums_of(columns, y - x[:, 1] * true[1] + offset, 1), 2, np.inf, 1.0, 0.01, 1.0, fit)
        scores.append((fit.value[0] - true[0]) / np.sqrt(fit.covariance[0, 0]))
    assert 0.9 < np.std(scores) < 1.1


def test_without_observations_the_prior_is_left_and_the_reason_is_given() -> None:
    fit = prior(1.0, 0.2)
    regression.solve(np.zeros((3, line_length(2))), 2, 10.0, 1.0, 0.1, 1.0, fit)
    np.testing.assert_allclose(fit.value[:2], 1.0)
    assert regression.validity(fit, False, 1.0, 0.1) == Validity.NO_DATA


def test_what_is_surely_far_off_is_said_to_be_and_what_may_not_be_is_not() -> None:
    fit = prior(0.0, 1.0)
    fit.merged[0] = 1.0
    assert regression.validity(fit, False, 1.0, 0.1) == Validity.NOT_EXCITED
    assert regression.validity(fit, True, 1.25, 0.01) == Validity.VALID
    assert regression.validity(fit, True, 0.5, 0.15) == Validity.VALID
    assert regression.validity(fit, True, 0.5, 0.05) == Validity.BEYOND_PRIOR
