"""Least squares with priors in the logarithms of the free numbers, and what the data say about each (physics 2.2).

Maximum a posteriori: residuals of unit variance and (log value - log prior) / sd; posterior covariance (J'J)^-1.
Numbers the data do not touch are left out, and of the others only those are kept that the data identify: the rest
stays as it was, instead of taking up what is left of the errors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from twin.identify.free import WIDEST, Free

Array = NDArray[np.float64]
Residuals = Callable[[Mapping[str, float]], Array]
"""Values by dotted key -> (m,) residuals, scaled so that each independent one has a variance of 1."""

IDENTIFIED = 0.5**0.5
"""Posterior over prior SD: at or below, the data say as much about a number as was known before, or more."""
STEP = 1e-3
"""Of the logarithms in the difference quotients: far above round-off, far below what bends a residual."""
MOST_STEPS = 30


UNTOUCHED = 0.99
"""Posterior over prior SD, before the fit: above, the data say nothing about a number."""


@dataclass(frozen=True)
class Fit:
    """Result of ``solve``; arrays by free number: ``values``, posterior SDs of their logarithms, whether identified."""

    free: tuple[Free, ...]
    values: Array
    posterior_sd: Array
    identified: NDArray[np.bool_]
    cost_before: float
    cost_after: float
    converged: bool

    def by_key(self) -> dict[str, float]:
        """The identified values."""
        each = zip(self.free, self.values, self.identified, strict=True)
        return {number.key: float(value) for number, value, known in each if known}


class _Problem:
    """Residuals and priors as functions of the logarithms of all free numbers."""

    def __init__(self, free: Sequence[Free], residuals: Residuals, tell: Callable[[], None]) -> None:
        self._free, self._residuals, self._tell = free, residuals, tell
        self.prior = np.array([number.value for number in free])
        self.sd = np.array([number.sd for number in free])
        with np.errstate(divide="ignore"):
            low, high = np.log([number.low for number in free]), np.log([number.high for number in free])
        self.low = np.minimum(np.maximum(low, -WIDEST * self.sd), -STEP)
        self.high = np.maximum(np.minimum(high, WIDEST * self.sd), STEP)

    def errors(self, logs: Array) -> Array:
        """(m + free,) residuals and deviations from the prior."""
        values = self.prior * np.exp(logs)
        found = self._residuals({number.key: float(value) for number, value in zip(self._free, values, strict=True)})
        self._tell()
        return np.concatenate([found, logs / self.sd])

    def jacobian(self, logs: Array, which: NDArray[np.int64], errors: Array) -> Array:
        """(m + free, which) forward differences."""
        columns = []
        for k in which:
            beside = logs.copy()
            beside[k] += STEP
            columns.append((self.errors(beside) - errors) / STEP)
        return np.stack(columns, axis=1)


def _sds(jacobian: Array) -> Array:
    sds: Array = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    return sds


def solve(free: Sequence[Free], residuals: Residuals, tell: Callable[[], None] = lambda: None) -> Fit:
    """Fit the free numbers; ``tell`` is called after each evaluation of the residuals.

    ValueError where nothing is free or the residuals are not finite at the prior.
    """
    if not free:
        raise ValueError("nothing to fit: no number of the variant is free")
    problem = _Problem(free, residuals, tell)
    logs = np.zeros(len(free))
    before = problem.errors(logs)
    if not np.all(np.isfinite(before)):
        raise ValueError("the recording holds values that leave the residuals without a number")
    posterior_sd = _sds(problem.jacobian(logs, np.arange(len(free)), before))
    which = np.flatnonzero(posterior_sd < UNTOUCHED * problem.sd)
    cost, converged = float(before @ before), True
    while len(which):
        logs = np.zeros(len(free))
        result = _least_squares(problem, which)
        logs[which], cost, converged = result.x, 2.0 * float(result.cost), bool(result.success)
        posterior_sd[which] = _sds(result.jac)
        known = posterior_sd[which] <= IDENTIFIED * problem.sd[which]
        if np.all(known):
            break
        logs[which], cost = 0.0, float(before @ before)
        which = which[known]
    identified = np.zeros(len(free), dtype=bool)
    identified[which] = True
    return Fit(
        free=tuple(free),
        values=problem.prior * np.exp(logs),
        posterior_sd=posterior_sd,
        identified=identified,
        cost_before=float(before @ before),
        cost_after=cost,
        converged=converged,
    )


def _least_squares(problem: _Problem, which: NDArray[np.int64]) -> Any:
    """Fit some of the numbers, the others at their prior."""

    def spread(some: Array) -> Array:
        logs = np.zeros(len(problem.sd))
        logs[which] = some
        return logs

    def errors(some: Array) -> Array:
        return problem.errors(spread(some))

    def jacobian(some: Array) -> Array:
        logs = spread(some)
        return problem.jacobian(logs, which, errors(some))

    return least_squares(
        errors,
        np.zeros(len(which)),
        jac=jacobian,
        bounds=(problem.low[which], problem.high[which]),
        x_scale=problem.sd[which],
        ftol=1e-5,
        xtol=1e-5,
        max_nfev=MOST_STEPS,
    )
