"""What the units of a closed day have in common, by variant, batch, plant, firmware and hardware: for charts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.results import COHORT_PERCENTILES, COHORT_SPREADS, COHORT_SUMS, CohortKind
from twin.fleet.days import Day
from twin.fleet.features import FEATURES, LOG, N_JUDGED, Flags, Floats, Indices
from twin.fleet.state import FleetState
from twin.fleet.units import groups
from twin.fleet.use import COLUMNS, table
from twin.layout import COHORT, DAY_US

SHARES = [percent / 100.0 for percent in COHORT_PERCENTILES]


def cohorts(state: FleetState, whole: Day, use: Mapping[str, Floats]) -> Iterator[tuple[str, list[str], NDArray[Any]]]:
    """Yield (variant, names (n,) of its cohorts, points (n,) of ``edu_cohort``) of a day, as it is after its close.
    ``use``: unit -> (twin.fleet.use.COLUMNS,) of that day.

    A unit that is there for its sign of failure and has no values counts as such, not among those that drove.
    """
    units = state.units
    index = units.places(whole.units)
    rows = units.rows[index]
    drove = ~whole.signs | np.isfinite(whole.value).any(axis=1)
    value = np.where(whole.valid, whole.value, np.nan)
    level = np.where(rows["days"] > 0, rows["level"].astype(np.float64), np.nan)
    change = np.where(LOG, np.expm1(level), level)
    used = table(whole.units, use)
    for variant in np.unique(rows["variant"]):
        own = np.flatnonzero(rows["variant"] == variant)
        names, points = list[str](), list[NDArray[Any]]()
        for kind in CohortKind:
            fact = kind.name.lower()
            number, first = groups(rows[own], (fact,))
            names += [units.word(fact, int(index[own[at]])) for at in first]
            of_kind = _points(kind, number, len(first), drove[own], whole.signs[own], value[own], change[own])
            _add_use(of_kind, number, used[own])
            points.append(of_kind)
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
    for k, feature in enumerate(FEATURES[:N_JUDGED]):
        _spread(points, feature.name, value[:, k], number)
        points[f"{feature.name}_change_p50"] = quantiles(change[:, k], number, count, [0.5])[:, 0]
    return points


def _add_use(points: NDArray[Any], number: Indices, used: Floats) -> None:
    """Sums and quantiles of use; NaN of a cohort of which nobody drove."""

    def total(name: str) -> Floats:
        column = used[:, COLUMNS.index(name)]
        known = np.isfinite(column)
        sums = np.bincount(number[known], column[known], minlength=len(points))
        return np.where(np.bincount(number[known], minlength=len(points)) > 0, sums, np.nan)

    for name in COHORT_SUMS:
        points[f"{name}_sum"] = total(name)
    for name in COHORT_SPREADS:
        _spread(points, name, used[:, COLUMNS.index(name)], number)
    dc_wh = total("known_dc_wh")
    points["efficiency_all"] = total("known_drive_wh") / np.where(dc_wh > 0.0, dc_wh, np.nan)


def _spread(points: NDArray[Any], name: str, value: Floats, number: Indices) -> None:
    for percent, column in zip(COHORT_PERCENTILES, quantiles(value, number, len(points), SHARES).T, strict=True):
        points[f"{name}_p{percent}"] = column


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
