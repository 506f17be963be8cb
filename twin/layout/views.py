"""The one form in which kernels take what they only read: numba compiles anew, for half a minute, for every other one.

Read-only or not and with gaps or without are different types to it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.layout.samples import N_SIGNALS


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The array without gaps, as a view that cannot be written."""
    view = np.ascontiguousarray(array).view()
    view.setflags(write=False)
    return view


def as_parameters(parameters: NDArray[Any]) -> Any:
    """(1,) records of one PARAMETERS."""
    return read_only(parameters.reshape(1)).view(np.recarray)


def as_values(samples: NDArray[Any]) -> NDArray[np.float64]:
    """(n, N_SIGNALS) values of (n,) SAMPLE."""
    return read_only(samples).view(np.float64).reshape(len(samples), N_SIGNALS)
