"""How each unit of a closed day stands among its peers: for charts and review, never for alerts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet import population
from twin.fleet.features import BETWEEN_SD, FEATURES, LOG, N_JUDGED, Floats, Indices
from twin.fleet.state import FleetState
from twin.fleet.units import STRATA, groups
from twin.layout import DAY_US, FLEET

NORMAL_MAD = 1.4826
LEAST_SPREAD = 0.5
"""Least spread between units, in what sound ones usually have."""


def standing(state: FleetState, index: Indices, settled_days: int) -> NDArray[Any]:
    """Points (n,) of ``edu_fleet`` for the units in the rows ``index``, as they are after ``state.day``.

    NaN: not known for ``settled_days`` valid days, or no peers to tell.
    """
    u = state.units.rows[index]
    stratum, first = groups(u, STRATA[1])
    level = np.where(u["days"] > 0, u["level"].astype(np.float64), np.nan)
    present = np.where(u["days"] >= settled_days, u["baseline"] + level, np.nan)
    z, number = _scores(present, stratum, len(first))
    distance = population.distances(z[:, :N_JUDGED], stratum)
    points = np.zeros(len(index), dtype=FLEET)
    points["row"], points["segment"], points["day"] = index, u["segment"], state.day
    points["time_us"] = state.day * DAY_US
    points["peers"] = number
    points["distance"], points["distance_rank"] = distance, _ranks(distance, stratum)
    for k, feature in enumerate(FEATURES[:N_JUDGED]):
        points[f"{feature.name}_change"] = np.expm1(level[:, k]) if LOG[k] else level[:, k]
        points[f"{feature.name}_z"] = z[:, k]
    return points


def _scores(present: Floats, stratum: Indices, strata: int) -> tuple[Floats, Indices]:
    """Values (n, features) against the centre of their stratum over its spread, and how many others (n,) it has."""
    z, number = np.full(present.shape, np.nan), np.zeros(len(present), dtype=np.int64)
    for which in range(strata):
        members = np.flatnonzero(stratum == which)
        number[members] = len(members) - 1
        own = present[members]
        known = np.isfinite(own).any(axis=0)
        centre = np.nanmedian(own[:, known], axis=0)
        spread = NORMAL_MAD * np.nanmedian(np.abs(own[:, known] - centre), axis=0)
        z[np.ix_(members, known)] = (own[:, known] - centre) / np.maximum(spread, LEAST_SPREAD * BETWEEN_SD[known])
    return z, number


def _ranks(distance: Floats, stratum: Indices) -> Floats:
    """Share (n,) of the others of a stratum that are nearer to its centre."""
    rank = np.full(len(distance), np.nan)
    for which in range(int(stratum.max(initial=-1)) + 1):
        members = np.flatnonzero((stratum == which) & np.isfinite(distance))
        if len(members) > 1:
            own = distance[members]
            rank[members] = np.searchsorted(np.sort(own), own, side="left") / (len(members) - 1)
    return rank
