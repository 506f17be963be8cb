"""Running sums of a window, kept in float32: added and read in float64, compiled or not."""

from typing import Any

import numpy as np

from twin.jit import kernel


@kernel
def add(window: Any, place: int, value: float) -> None:
    """Add to one of its sums."""
    window[place] = np.float64(window[place]) + value


@kernel
def mean(window: Any, place: int, count: float) -> float:
    """One of its sums over ``count``."""
    return np.float64(window[place]) / count
