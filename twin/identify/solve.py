"""Least squares with priors, and what the data say about each free number (physics 2.2).

Maximum a posteriori: residuals over the scale of their kind and deviation from the prior (``Free``: mostly that of the
logarithm) over sd; posterior covariance (J'J)^-1. The scales are those under which the data are most likely: squares
over independent residuals less the numbers that the kind determines (MacKay 1992).
A number that the data hardly say moves little, and is marked: posterior over prior SD says how much is data. One that
ends at a bound is marked, too: the data want it elsewhere, so neither it nor its SD is what they say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from twin.identify.free import Free

Array = NDArray[np.float64]
Residuals = Callable[[Mapping[str, float]], Array]
"""Values by dotted key -> (m,) residuals, scaled so that each independent one has a variance of 1."""

IDENTIFIED = 0.5**0.5
"""Posterior over prior SD: at or below, the data say as much about a number as was known before, or more."""
STEP = 1e-3
"""Of the deviations in the difference quotients: far above round-off, far below what bends a residual."""
MOST_STEPS = 30
UNTOUCHED = 0.99
"""Posterior over prior SD, before the fit: above, the data say nothing about a number, and it stays."""
LEAST_SCALE = 0.3
"""Of the residuals: a model that fits better is luck, as the sensors themselves are not that good."""
MOST_ROUNDS, SAME_SCALE = 5, 0.03
NEAR_BOUND = 0.02
"""Prior SDs: a search within bounds only comes near them."""


@dataclass(frozen=True)
class Errors:
    """``kind`` (m,) of each residual, 0 to k - 1; ``weight``: so much of an independent one is each."""

    kind: NDArray[np.int64]
    weight: float = 1.0

    @classmethod
    def of_one_kind(cls, count: int, weight: float = 1.0) -> "Errors":
        return cls(np.zeros(count, dtype=np.int64), weight)

    def sums(self, values: Array) -> Array:
        """(k,) sum by kind of (m,) values."""
        return np.bincount(self.kind, values).astype(np.float64)

    def scales(self, squares: Array, determined: Array | float = 0.0) -> Array:
        """(k,) scales by kind from the (k,) sums of squares, and numbers determined by each kind."""
        independent = self.weight * np.bincount(self.kind)
        scales: Array = np.sqrt(squares / np.maximum(independent - determined, 1.0))
        return np.maximum(scales, LEAST_SCALE)


@dataclass(frozen=True)
class Fit:
    """Result of ``solve``; arrays by free number: ``values``, posterior SDs of their deviations, whether identified,
    at a bound, whether the data say anything at all. ``scales``: by kind, residuals over what was expected.
    """

    free: tuple[Free, ...]
    values: Array
    posterior_sd: Array
    identified: NDArray[np.bool_]
    at_bound: NDArray[np.bool_]
    touched: NDArray[np.bool_]
    scales: Array
    cost_before: float
    cost_after: float
    converged: bool

    def by_key(self) -> dict[str, float]:
        """The values the data touch."""
        each = zip(self.free, self.values, self.touched, strict=True)
        return {number.key: float(value) for number, value, touched in each if touched}


class _Problem:
    """Residuals and priors as functions of the deviations of all free numbers."""

    def __init__(self, free: Sequence[Free], residuals: Residuals, tell: Callable[[], None]) -> None:
        self._free, self._residuals, self._tell = free, residuals, tell
        self._kept: dict[bytes, Array] = {}
        self._around = b""
        self.scale: Array | float = 1.0  # of each residual
        self.sd = np.array([number.sd for number in free])
        self.low, self.high = np.array([number.reach() for number in free]).T
        self.inside = np.minimum(self.low, -STEP), np.maximum(self.high, STEP)
        """Bounds of the search: it has to begin between them, also where a prior is at a bound."""

    def values(self, deviations: Array) -> Array:
        """(free,) the numbers that deviate so much, and no less than they may."""
        within = np.maximum(deviations, self.low)
        return np.array([number.at(float(x)) for number, x in zip(self._free, within, strict=True)])

    def errors(self, deviations: Array) -> Array:
        """(m + free,) residuals and deviations from the prior."""
        return np.concatenate([self._unscaled(deviations) / self.scale, deviations / self.sd])

    def jacobian(self, deviations: Array, which: NDArray[np.int64]) -> Array:
        """(m + free, which) forward differences."""
        here = self._unscaled(deviations)
        if deviations.tobytes() != self._around:
            self._around = deviations.tobytes()
            self._kept = {self._around: here}
        errors = self.errors(deviations)
        columns = []
        for k in which:
            beside = deviations.copy()
            beside[k] += STEP
            columns.append((self.errors(beside) - errors) / STEP)
        return np.stack(columns, axis=1)

    def _unscaled(self, deviations: Array) -> Array:
        """The residuals; those of the last Jacobian and since are kept: another scale needs them once more."""
        found = self._kept.get(deviations.tobytes())
        if found is None:
            values = self.values(deviations)
            found = self._residuals(
                {number.key: float(value) for number, value in zip(self._free, values, strict=True)}
            )
            self._kept[deviations.tobytes()] = found
            self._tell()
        return found


def _sds(jacobian: Array) -> Array:
    sds: Array = np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
    return sds


def solve(
    free: Sequence[Free],
    residuals: Residuals,
    tell: Callable[[], None] = lambda: None,
    errors: Errors | None = None,
) -> Fit:
    """Fit the free numbers; ``tell`` is called after each evaluation of the residuals.

    ``errors``: what the residuals are like, to find their scales; None: independent, and their scale is 1.
    ValueError where nothing is free or the residuals are not finite at the prior.
    """
    if not free:
        raise ValueError("nothing to fit: no number of the variant is free")
    problem = _Problem(free, residuals, tell)
    deviations = np.zeros(len(free))
    before = problem.errors(deviations)
    if not np.all(np.isfinite(before)):
        raise ValueError("the recording holds values that leave the residuals without a number")
    scales = np.ones(1)
    if errors:
        scales = errors.scales(errors.sums(before[: len(errors.kind)] ** 2))
        problem.scale = scales[errors.kind]
        before = problem.errors(deviations)
    start = np.array([number.start() for number in free])
    posterior_sd = _sds(problem.jacobian(start, np.arange(len(free))))
    touched = posterior_sd < UNTOUCHED * problem.sd
    which, converged, rounds = np.flatnonzero(touched), True, 0
    deviations[which] = start[which]
    while len(which):
        result = _least_squares(problem, which, deviations[which])
        deviations[which], posterior_sd[which] = result.x, _sds(result.jac)
        converged, rounds = bool(result.success), rounds + 1
        found = _scales(problem, result, errors) if errors else scales
        if np.all(np.abs(np.log(found / scales)) < SAME_SCALE) or rounds == MOST_ROUNDS:
            break
        scales = found
        problem.scale = scales[errors.kind] if errors else 1.0
    at_bound = _to_bounds(problem, deviations, touched)
    after = problem.errors(deviations)
    return Fit(
        free=tuple(free),
        values=problem.values(deviations),
        posterior_sd=posterior_sd,
        identified=touched & ~at_bound & (posterior_sd <= IDENTIFIED * problem.sd),
        at_bound=at_bound,
        touched=touched,
        scales=scales,
        cost_before=float(np.sum((problem.errors(np.zeros(len(free)))) ** 2)),
        cost_after=float(after @ after),
        converged=converged,
    )


def _to_bounds(problem: _Problem, deviations: Array, touched: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(free,) whether a number the data touch is as good as at a bound, where it is then put."""
    near = NEAR_BOUND * problem.sd
    at_low, at_high = touched & (deviations - problem.low <= near), touched & (problem.high - deviations <= near)
    deviations[at_low], deviations[at_high] = problem.low[at_low], problem.high[at_high]
    at_bound: NDArray[np.bool_] = at_low | at_high
    return at_bound


def _scales(problem: _Problem, result: Any, errors: Errors) -> Array:
    count = len(errors.kind)
    jacobian = result.jac[:count]
    covariance = np.linalg.inv(result.jac.T @ result.jac)
    determined = errors.sums(np.einsum("mi,ij,mj->m", jacobian, covariance, jacobian, optimize=True))
    return errors.scales(errors.sums((result.fun[:count] * problem.scale) ** 2), determined)


def _least_squares(problem: _Problem, which: NDArray[np.int64], start: Array) -> Any:
    """Fit some of the numbers from ``start`` on, the others at their prior."""

    def spread(some: Array) -> Array:
        deviations = np.zeros(len(problem.sd))
        deviations[which] = some
        return deviations

    def errors(some: Array) -> Array:
        return problem.errors(spread(some))

    def jacobian(some: Array) -> Array:
        return problem.jacobian(spread(some), which)

    return least_squares(
        errors,
        start,
        jac=jacobian,
        bounds=(problem.inside[0][which], problem.inside[1][which]),
        x_scale=problem.sd[which],
        ftol=1e-5,
        xtol=1e-5,
        max_nfev=MOST_STEPS,
    )
