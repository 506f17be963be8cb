"""Who is least like the others: robust Mahalanobis distance, for review only (physics 7.2).

Correlations come from clipped values in whole 1/1024 of an SD, so that their sums are exact in any order of the units.
The limit is the fleet's own quantile, not that of a distribution nobody has.
"""

import math
from typing import NamedTuple

import numpy as np

from twin.fleet.features import Flags, Floats, Indices
from twin.fleet.rules import PopulationRules

CLIP_SD, STEPS = 2.5, 1024.0
SHRINK = 0.1
"""Of the correlations towards none: with few units they are noise."""
LEAST_UNITS = 50


def correlation(z: Floats) -> Floats:
    """Robust correlation (features, features) of standardised values (n, features); NaN are left out by pair."""
    known = np.isfinite(z)
    whole = np.rint(np.where(known, np.clip(z, -CLIP_SD, CLIP_SD), 0.0) * STEPS).astype(np.int64)
    flags = known.astype(np.int64)
    product, square = whole.T @ whole, (whole * whole).T @ flags
    scale = np.sqrt(square.astype(np.float64) * square.T)
    share = np.where(scale > 0.0, product / np.where(scale > 0.0, scale, 1.0), 0.0) * (1.0 - SHRINK)
    np.fill_diagonal(share, 1.0)
    values, vectors = np.linalg.eigh(share)  # pairs with gaps may not fit together
    return np.asarray((vectors * np.maximum(values, SHRINK)) @ vectors.T)


def distances(z: Floats, stratum: Indices) -> Floats:
    """Distance (n,) of each unit from the centre of its stratum, as a normal score whatever its number of features.

    Cube root of the square over the number (Wilson and Hilferty): 0 is usual, 1 one SD more than usual.
    ``z`` (n, features): normals with present changes over the spread between units, centre taken out; NaN: unknown.
    Strata with fewer than LEAST_UNITS give NaN.
    """
    found = np.full(len(z), np.nan)
    for number in range(int(stratum.max(initial=-1)) + 1):
        members = np.flatnonzero(stratum == number)
        if len(members) < LEAST_UNITS:
            continue
        own = z[members]
        matrix = correlation(own)
        patterns, which = np.unique(np.isfinite(own), axis=0, return_inverse=True)
        for k, pattern in enumerate(patterns):
            at = np.flatnonzero(which == k)
            if pattern.any():
                inverse = np.linalg.inv(matrix[np.ix_(pattern, pattern)])
                part = own[at][:, pattern]
                squared = np.einsum("ni,ij,nj->n", part, inverse, part)
                spare = 2.0 / (9.0 * int(pattern.sum()))
                root = np.cbrt(np.maximum(squared, 0.0) / pattern.sum())
                found[members[at]] = (root - (1.0 - spare)) / np.sqrt(spare)
    return found


class Look(NamedTuple):
    """Of each unit (n,)."""

    chosen: Flags  # to be put on the watch list
    looks: Indices  # in a row at which it was beyond the limit
    limit: Floats


def odd(distance: Floats, stratum: Indices, looks: Indices, listed: Flags, rules: PopulationRules) -> Look:
    """Who is to be reviewed: the farthest first, no more than there is capacity for, nobody who is ``listed``."""
    limit = np.full(len(distance), np.inf)
    for number in range(int(stratum.max(initial=-1)) + 1):
        own = stratum == number
        known = distance[own & np.isfinite(distance)]
        if known.size:
            limit[own] = rules.factor * max(float(np.quantile(known, rules.quantile, method="lower")), 1.0)
    count = np.where(np.nan_to_num(distance) > limit, looks + 1, 0)
    wanted = np.flatnonzero((count >= rules.looks) & ~listed)
    room = math.ceil(rules.capacity_per_1000 * len(distance) / 1000.0)
    chosen = np.zeros(len(distance), dtype=np.bool_)
    chosen[wanted[np.argsort(-distance[wanted], kind="stable")][:room]] = True
    return Look(chosen, count, limit)
