"""One Gauss-Newton step of a fit from the numbers a file has: where the fit ends lies that far from them.

With the residuals and priors of ``twin.identify.solve``, at a tenth of its cost.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.report import Row
from twin.identify import Errors, Free
from twin.identify.solve import STEP, UNTOUCHED

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """A number: what the file has, what the data make of it, the SD of its deviation (``Free``), in which they are
    ``apart``, and the SD as text.
    """

    key: str
    unit: str
    value: float
    identified: float
    sd: float
    apart: float
    sd_text: str


def newton_step(
    before: Sequence[Free],
    residuals: Callable[[Mapping[str, float]], Array],
    errors: Errors,
    at: Mapping[str, float],
    unit: NDArray[np.int64] | None = None,
) -> list[Found]:
    """The numbers ``before`` the fit, with their priors, fitted from ``at``; those the data do not touch are left out.

    ``residuals``: values by key -> (m,), weighted so that each independent one has the same variance in its kind.
    ``unit`` (m,): whose each is, where units scatter more than their own rows tell: SDs by that scatter (sandwich).
    """
    sd = np.array([number.sd for number in before])
    start = np.array([number.deviation(at[number.key]) for number in before])

    def found(deviations: Array) -> Array:
        return residuals({number.key: number.at(float(x)) for number, x in zip(before, deviations, strict=True)})

    error = found(start)
    scale = errors.scales(errors.sums(error**2), len(before) / len(np.bincount(errors.kind)))[errors.kind]
    slope = np.stack([(found(start + STEP * one) - error) / STEP for one in np.eye(len(before))], axis=1)
    slope, error = slope / scale[:, None], error / scale
    covariance = np.linalg.inv(slope.T @ slope + np.diag(sd**-2.0))
    step = -covariance @ (slope.T @ error + start / sd**2)
    sds, touched = np.sqrt(np.diag(covariance)), np.sqrt(np.diag(covariance)) < UNTOUCHED * sd
    if unit is not None:
        left = slope * (error + slope @ step)[:, None]
        pulls = np.stack([left[unit == one].sum(axis=0) for one in np.unique(unit)])
        spread = covariance @ pulls.T @ pulls @ covariance * len(pulls) / (len(pulls) - 1)
        sds = np.sqrt(np.diag(spread))
    return [
        Found(
            number.key,
            number.unit,
            at[number.key],
            number.at(float(start[k] + step[k])),
            float(sds[k]),
            float(-step[k] / sds[k]),
            number.text(float(sds[k])),
        )
        for k, number in enumerate(before)
        if touched[k]
    ]


def rows_of(part: str, found: Sequence[Found], within: float) -> list[Row]:
    """A row for each number, which holds when the file's is at most ``within`` SDs from the identified one."""
    return [
        Row(
            f"fits.{part}.{one.key}",
            one.value,
            one.unit,
            one.identified,
            f"identified, SD {one.sd_text}: {one.apart:+.1f} SD",
            f"within {within:g} SD",
            abs(one.apart) <= within,
        )
        for one in found
    ]
