"""Record types the kernels work on. Named fields; in compiled code as fast as plain arrays.

SAMPLE and FRAME go in, STATE and TRIP come out; ROW is what is remembered of a unit between frames.
"""

from types import UnionType
from typing import Any, get_args

import numpy as np

from schemas.results import TAGS, EduState, EduTrip, Result
from schemas.signals import SIGNALS

MEAN_SAMPLED = 1
NOT_READY = 2

SAMPLE = np.dtype([(signal.name, np.float64) for signal in SIGNALS])
"""One time step of all signals; a signal that is absent or missing is NaN. A (n, len(SIGNALS)) float64 array views it."""

FRAME = np.dtype(
    [
        ("row", np.int64),  # index of the unit's row
        ("first", np.int64),  # index of the frame's first sample
        ("count", np.int64),  # number of samples
        ("identity", np.uint64),  # hash of the identity: a change starts a new segment
        ("gaps", np.int64),  # frames known to be missing just before this one
        ("odometer_km", np.float64),  # NaN: not given
        ("flags", np.int64),  # MEAN_SAMPLED | NOT_READY
    ]
)
"""One frame of a batch; its samples are ``samples[first:first + count]`` at ``times_us`` of the same indices."""


def result_dtype(model: type[Result]) -> np.dtype[Any]:
    """Record type of a result: ``row`` (index of the unit's row), then the model's numbers in their order.

    Tags and ``model_version`` are known outside the kernels and left out. int and enum -> int64, float -> float64.
    """
    fields: list[tuple[str, Any]] = [("row", np.int64)]
    for name, field in model.model_fields.items():
        if name in TAGS or name == "model_version":
            continue
        kind = field.annotation
        kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
        fields.append((name, np.float64 if float in kinds else np.int64))
    return np.dtype(fields)


STATE = result_dtype(EduState)
TRIP = result_dtype(EduTrip)
