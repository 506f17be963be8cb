"""Least squares from additive sums, bin by bin, with a prior on every column (physics 4.4).

Bins keep a motorway from drowning the rest: beyond ``cap`` observations a bin gains no more weight. Columns known only
in size (a sensor's offset, a gain) are in the fit with that size as their prior, so what they leave open is in the SD.
"""

import math
from typing import Any

import numpy as np

from schemas.results import Validity
from twin.jit import kernel
from twin.layout.drift import MOST_COLUMNS, line_length

BEYOND = 0.3
"""Share of the variant's value beyond which an estimate is hard to believe (physics 4.3)."""
_VALID = int(Validity.VALID)
_NO_DATA = int(Validity.NO_DATA)
_NOT_EXCITED = int(Validity.NOT_EXCITED)
_BEYOND_PRIOR = int(Validity.BEYOND_PRIOR)
NOT_APPLICABLE = int(Validity.NOT_APPLICABLE)

LEAST = 1e-300
SWEEPS = 2
"""Solutions: with the noise as stated, then as the residuals show it."""


_SQUARE = (MOST_COLUMNS, MOST_COLUMNS)
FIT = np.dtype(
    [
        ("prior", np.float64, (MOST_COLUMNS,)),
        ("prior_sd", np.float64, (MOST_COLUMNS,)),
        ("value", np.float64, (MOST_COLUMNS,)),
        ("covariance", np.float64, _SQUARE),
        ("merged", np.float64, (line_length(MOST_COLUMNS),)),
        ("factor", np.float64, _SQUARE),
        ("summary", np.float64, (3,)),  # COUNT, BINS, NOISE
    ]
)
"""Room for a solution: ``prior`` and ``prior_sd`` go in, ``value``, ``covariance`` and ``summary`` come out."""
Fit = Any
"""One FIT."""


COUNT, BINS, NOISE = 0, 1, 2
"""Independent observations (n_eff), bins with enough of them, SD of one observation about the line."""


def allocate() -> Fit:
    """Room for any fit."""
    return np.zeros(1, FIT).view(np.recarray)[0]


@kernel
def add(line: Any, columns: Any, y: float, weight: float = 1.0) -> None:
    """Add an observation y of the ``columns`` (a tuple) to a line of sums, as so many."""
    line[0] += weight
    at = 1
    for i in range(len(columns)):
        for j in range(i, len(columns)):
            line[at] += weight * columns[i] * columns[j]
            at += 1
    for i in range(len(columns)):
        line[at] += weight * columns[i] * y
        at += 1
    line[at] += weight * y * y


@kernel
def _merge(sums: Any, cap: float, least: float, fit: Fit) -> None:
    """Sum of the bins, none heavier than ``cap`` observations."""
    length = sums.shape[1]
    fit.merged[:length] = 0.0
    filled = 0.0
    for line in sums:
        count = line[0]
        if count > 0.0:
            share = min(1.0, cap / count)
            for k in range(length):
                fit.merged[k] += share * line[k]
            if count >= least:
                filled += 1.0
    fit.summary[COUNT] = fit.merged[0]
    fit.summary[BINS] = filled


@kernel
def _invert(size: int, fit: Fit) -> None:
    """covariance = inverse of ``factor`` (symmetric, positive) by Cholesky, in place."""
    a, inverse = fit.factor, fit.covariance
    for i in range(size):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= a[i, k] * a[j, k]
            a[i, j] = math.sqrt(max(total, LEAST)) if i == j else total / a[j, j]
    for column in range(size):
        for i in range(size):
            total = 1.0 if i == column else 0.0
            for k in range(i):
                total -= a[i, k] * inverse[k, column]
            inverse[i, column] = total / a[i, i]
        for back in range(size):
            i = size - 1 - back
            total = inverse[i, column]
            for k in range(i + 1, size):
                total -= a[k, i] * inverse[k, column]
            inverse[i, column] = total / a[i, i]


@kernel
def _solve(size: int, weight: float, fit: Fit) -> float:
    """Posterior for observations of this weight (1 / variance); returns the weighted sum of squared residuals."""
    at = 1
    for i in range(size):
        for j in range(i, size):
            fit.factor[i, j] = fit.factor[j, i] = weight * fit.merged[at]
            at += 1
        fit.factor[i, i] += 1.0 / (fit.prior_sd[i] * fit.prior_sd[i])
    _invert(size, fit)
    for i in range(size):
        fit.value[i] = fit.prior[i]
    for j in range(size):  # about the prior: y - phi' prior
        known = fit.merged[at + j]
        for k in range(size):
            known -= _moment(size, j, k, fit) * fit.prior[k]
        for i in range(size):
            fit.value[i] += weight * fit.covariance[i, j] * known
    squares: float = fit.merged[at + size]
    for i in range(size):
        squares -= 2.0 * fit.value[i] * fit.merged[at + i]
        for j in range(size):
            squares += fit.value[i] * fit.value[j] * _moment(size, i, j, fit)
    return max(squares, 0.0)


@kernel
def _moment(size: int, i: int, j: int, fit: Fit) -> float:
    low, high = min(i, j), max(i, j)
    moment: float = fit.merged[1 + low * size - low * (low - 1) // 2 + high - low]
    return moment


@kernel
def solve(sums: Any, size: int, cap: float, least: float, noise: float, together: float, fit: Fit) -> None:
    """Fit the bins of ``sums`` (bins, line) with the first ``size`` entries of the priors.

    ``noise``: least SD of an observation; ``together``: how many in a row share their error; ``least``: observations
    that fill a bin. Observations that show more scatter than ``noise`` count for less.
    """
    _merge(sums, cap, least, fit)
    fit.summary[NOISE] = noise
    for sweep in range(SWEEPS):
        spread = fit.summary[NOISE]
        squares = _solve(size, 1.0 / (spread * spread * together), fit)
        if sweep + 1 < SWEEPS and fit.merged[0] > size:
            fit.summary[NOISE] = max(noise, math.sqrt(squares / (fit.merged[0] - size)))
    fit.summary[COUNT] /= together


@kernel
def refuse(fit: Fit) -> None:
    """Nothing to fit: the unit has no such part."""
    fit.summary[:] = 0.0
    fit.merged[:] = 0.0


@kernel
def validity(fit: Fit, enough: bool, ratio: float, sd: float) -> int:
    """Of an estimate over its nominal value: one that is surely far off is published and said to be so."""
    if fit.merged[0] == 0.0:
        return _NO_DATA
    if not enough:
        return _NOT_EXCITED
    return _BEYOND_PRIOR if abs(ratio - 1.0) > BEYOND + 2.0 * sd else _VALID
