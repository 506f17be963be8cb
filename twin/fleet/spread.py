"""Centre and spread of a group as counts in bins: robust, exact in any order of the units, and additive.

Sums of counts of two groups are the counts of both: finer strata into coarser, makers into a pool.
"""

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import Floats, Indices

Counts = NDArray[np.int64]

BINS = 512
PER_SD = 8.0
"""Bins per unit; the range is 32 units to both sides, farther values count in the outermost bins."""
NORMAL_MEDIAN = 1.2533
"""SD of the median of n normal values times sqrt(n)."""


def count(values: Floats, group: Indices, groups: int) -> Counts:
    """Values (n, k) in multiples of their usual scatter -> counts (groups, k, BINS); NaN counts nowhere."""
    k = values.shape[1]
    known = np.isfinite(values)
    bins = np.clip(np.where(known, values, 0.0) * PER_SD + BINS / 2, 0, BINS - 1).astype(np.int64)
    place = (group[:, None] * k + np.arange(k)) * BINS + bins
    counted = np.bincount(place[known], minlength=groups * k * BINS)
    return counted.astype(np.int64).reshape(groups, k, BINS)


def pool(counts: Counts, parent: Indices, parents: int) -> Counts:
    """Counts of groups -> of the groups they belong to."""
    pooled = np.zeros((parents, *counts.shape[1:]), dtype=np.int64)
    np.add.at(pooled, parent, counts)
    return pooled


def size(counts: Counts) -> Counts:
    """How many values (..., ) are counted."""
    number: Counts = counts.sum(axis=-1)
    return number


def _quantile(counts: Counts, heaped: Counts, share: float) -> Floats:
    """Quantile (...,) with even spread inside a bin; NaN of nothing. ``heaped``: cumulated counts."""
    total = heaped[..., -1]
    wanted = share * total
    at = np.minimum((heaped < wanted[..., None]).sum(axis=-1), BINS - 1)[..., None]
    inside = np.take_along_axis(counts, at, -1)[..., 0]
    below = np.take_along_axis(heaped, at, -1)[..., 0] - inside
    part = np.where(inside > 0, (wanted - below) / np.maximum(inside, 1), 0.5)
    return np.where(total > 0, (at[..., 0] + part - BINS / 2) / PER_SD, np.nan)


def centre(counts: Counts) -> Floats:
    """Median (...,)."""
    return _quantile(counts, counts.cumsum(axis=-1), 0.5)


def summary(counts: Counts) -> tuple[Floats, Floats]:
    """Median (...,), and half the distance of the quantiles that are one SD from it in a normal distribution."""
    heaped = counts.cumsum(axis=-1)
    low, middle, high = (_quantile(counts, heaped, share) for share in (0.1587, 0.5, 0.8413))
    return middle, (high - low) / 2.0
