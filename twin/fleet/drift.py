"""Slow parameters of whole days and longer: parts of statistics added up, and the estimates they give (physics 4.4)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.results import SlowParameters, Stretch
from twin.estimators import drift, regression
from twin.estimators.regression import Fit
from twin.jit import kernel
from twin.layout import DAY_POINT
from twin.layout.drift import DRIFT_SUMS
from twin.layout.views import as_parameters
from twin.variants import Variant

Records = NDArray[Any]
FIELDS = tuple(name for name in SlowParameters.model_fields if name not in Stretch.model_fields)


def merged(parts: Records) -> Records:
    """(1,) DAY whose statistics of slow parameters are the sums of those of ``parts`` (n,) DAY of one unit.

    ValueError where the parts are of different segments: what changed between them must not be averaged.
    """
    if len(np.unique(parts["segment"])) != 1:
        raise ValueError(f"parts of segments {', '.join(map(str, np.unique(parts['segment'])))} do not add up")
    total = parts[:1].copy()
    for name, _ in DRIFT_SUMS:
        total[name] = parts[name].sum(axis=0)
    return total


def estimates(variant: Variant, part: Records) -> dict[str, float]:
    """Slow parameters of the statistics in ``part`` (1,) DAY, by the names of ``SlowParameters``; NaN: not known."""
    point = np.zeros(1, DAY_POINT).view(np.recarray)
    parameters = as_parameters(variant.parameters)
    _publish(parameters, part.view(np.recarray), regression.allocate(), point)
    return {name: float(point[name][0]) for name in FIELDS}


@kernel
def _publish(parameters: Any, days: Any, fit: Fit, points: Any) -> None:
    drift.publish(parameters[0], days[0], fit, points[0])
