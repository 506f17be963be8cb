"""What comes out: record types of the results, derived from their models."""

from types import UnionType
from typing import Any, get_args

import numpy as np
from pydantic import BaseModel

from schemas.loads import Load
from schemas.results import EduCohort, EduDay, EduFleet, EduHealth, EduLife, EduState, EduTrip


def result_dtype(model: type[BaseModel]) -> np.dtype[Any]:
    """Record type of a result: ``row`` (index of the unit's row), then the model's numbers in their order.

    Names and ``model_version`` are known outside the kernels and left out. int and enum -> int64, float -> float64.
    """
    fields: list[tuple[str, Any]] = [("row", np.int64)]
    for name, field in model.model_fields.items():
        kind = field.annotation
        if kind is str:
            continue
        kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
        fields.append((name, np.float64 if float in kinds else np.int64))
    return np.dtype(fields)


STATE = result_dtype(EduState)
TRIP = result_dtype(EduTrip)
DAY_POINT = result_dtype(EduDay)
HEALTH = result_dtype(EduHealth)
FLEET = result_dtype(EduFleet)
COHORT = result_dtype(EduCohort)
LIFE = result_dtype(EduLife)
LOAD = result_dtype(Load)

ALERT = np.dtype(
    [
        ("row", np.int64),
        ("time_us", np.int64),  # end of the second in which the condition changed
        ("alert", np.int64),  # one bit of schemas.alerts.UnitAlert
        ("opened", np.int64),  # 1 opened, 0 resolved
        ("value", np.float64),
        ("limit", np.float64),
    ]
)
"""A change of one alert of one unit."""
