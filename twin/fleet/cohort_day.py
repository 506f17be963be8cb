"""What the units of a closed day have in common, by variant, batch, plant, firmware and hardware: for charts."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.results import COHORT_PERCENTILES, CohortKind
from twin.fleet.days import Day
from twin.fleet.features import FEATURES, LOG, Flags, Floats, Indices
from twin.fleet.state import FleetState
from twin.fleet.units import groups
from twin.layout import COHORT, DAY_US


def cohorts(state: FleetState, whole: Day) -> Iterator[tuple[str, list[str], NDArray[Any]]]:
    """Yield (variant, names (n,) of its cohorts, points (n,) of ``edu_cohort``) of a day, as it is after its close.

    A unit that is there for its sign of failure and has no values counts as such, not among those that drove.
    """
    units = state.units
    index = units.places(whole.units)
    rows = units.rows[index]
    drove = ~whole.signs | np.isfinite(whole.value).any(axis=1)
    value = np.where(whole.valid, whole.value, np.nan)
    level = np.where(rows["days"] > 0, rows["level"].astype(np.float64), np.nan)
    change = np.where(LOG, np.expm1(level), level)
    for variant in np.unique(rows["variant"]):
        own = np.flatnonzero(rows["variant"] == variant)
        names, points = list[str](), list[NDArray[Any]]()
        for kind in CohortKind:
            fact = kind.name.lower()
            number, first = groups(rows[own], (fact,))
            names += [units.word(fact, int(index[own[at]])) for at in first]
            points.append(_points(kind, number, len(first), drove[own], whole.signs[own], value[own], change[own]))
        every = np.concatenate(points)
        every["row"], every["day"], every["time_us"] = np.arange(len(every)), state.day, state.day * DAY_US
        yield units.words["variant"][int(variant)], names, every


def _points(
    kind: CohortKind, number: Indices, count: int, drove: Flags, signs: Flags, value: Floats, change: Floats
) -> NDArray[Any]:
    """Points (count,) of one kind of cohorts; ``number`` (n,): cohort of each unit."""
    points = np.zeros(count, dtype=COHORT)
    points["kind"] = kind
    points["units"] = np.bincount(number[drove], minlength=count)
    points["signs"] = np.bincount(number[signs], minlength=count)
    shares = [percent / 100.0 for percent in COHORT_PERCENTILES]
    for k, feature in enumerate(FEATURES):
        for percent, column in zip(COHORT_PERCENTILES, quantiles(value[:, k], number, count, shares).T, strict=True):
            points[f"{feature.name}_p{percent}"] = column
        points[f"{feature.name}_change_p50"] = quantiles(change[:, k], number, count, [0.5])[:, 0]
    return points


def quantiles(value: Floats, number: Indices, count: int, shares: Sequence[float]) -> Floats:
    """Quantiles (count, shares) of the finite values (n,) of each group; NaN of a group without any.

    The value of the nearest rank, so that it is one that occurs.
    """
    order = np.lexsort((value, number))  # NaN last
    members = np.bincount(number, minlength=count)
    size = np.bincount(number[np.isfinite(value)], minlength=count)
    begin = np.cumsum(members) - members
    rank = np.floor(np.outer(np.maximum(size - 1, 0), shares) + 0.5).astype(np.int64)
    found = np.full((count, len(shares)), np.nan)
    some = size > 0
    found[some] = value[order][(begin[:, None] + rank)[some]]
    return found
