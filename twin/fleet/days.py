"""A closed day of a maker's fleet: what the units say of themselves, in id order."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.results import EduDay, Validity
from twin.fleet.features import FEATURES, Flags, Floats, Indices

USABLE = (Validity.VALID, Validity.BEYOND_PRIOR)
"""What is far from the variant's value is what is looked for here."""


class Day(NamedTuple):
    """Day records of one UTC day, one row a unit, ids strictly ascending; arrays (units, features) as published."""

    day: int  # UTC days since 1970
    units: list[str]
    value: Floats
    sd: Floats
    valid: Flags
    segment: Indices  # (units,)
    signs: Flags  # (units,): a unit alert, derating or another sign of failure on that day


def of_points(day: int, points: Sequence[EduDay], signs: Collection[str] = ()) -> Day:
    """A day from what the unit stage says of it: parts in any order. ``signs``: units with a sign of failure."""
    return merge_parts(parts_of(day, points, signs))


def parts_of(day: int, points: Sequence[EduDay], signs: Collection[str] = ()) -> Day:
    """Parts of a day as they came, one row each, for ``merge_parts``.

    A field the points do not have is a feature that nobody measures.
    """

    def column(name: str, none: float) -> list[float]:
        values = (getattr(point, name, None) for point in points)
        return [none if value is None else float(value) for value in values]

    shape = (len(points), len(FEATURES))
    value, sd, reason = (np.empty(shape) for _ in range(3))
    for k, feature in enumerate(FEATURES):
        value[:, k], sd[:, k] = column(feature.name, np.nan), column(feature.sd, np.nan)
        reason[:, k] = column(feature.validity, float(Validity.NO_DATA))
    valid = np.isin(reason, USABLE) & np.isfinite(value)
    segment = np.array([point.segment for point in points], dtype=np.int64)
    units = [point.unit for point in points]
    given = np.array([unit in signs for unit in units], dtype=np.bool_)
    return Day(day, units, value, sd, valid, segment, given)


def merge_parts(day: Day) -> Day:
    """Parts of one day in any order, ids repeated -> one row a unit, weighted by precision.

    A part without a finite positive SD counts only where there is no other. The segment is the highest.
    """
    names = sorted(set(day.units))
    place = {name: k for k, name in enumerate(names)}
    row = np.array([place[name] for name in day.units], dtype=np.int64)
    order = np.lexsort((np.nan_to_num(day.value[:, 0]), day.segment, row))
    shape = (len(names), day.value.shape[1])
    weight = np.zeros(shape)
    total, plain, plain_count = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    segment, signs = np.zeros(len(names), dtype=np.int64), np.zeros(len(names), dtype=np.bool_)
    np.maximum.at(segment, row, day.segment)
    np.logical_or.at(signs, row, day.signs)
    for k in order:
        at, newest = row[k], day.segment[k] == segment[row[k]]
        usable = day.valid[k] & np.isfinite(day.value[k]) & newest
        precise = usable & np.isfinite(day.sd[k]) & (day.sd[k] > 0.0)
        share = np.where(precise, 1.0 / np.where(precise, day.sd[k], 1.0) ** 2, 0.0)
        weight[at] += share
        total[at] += share * np.where(precise, day.value[k], 0.0)
        plain[at] += np.where(usable, day.value[k], 0.0)
        plain_count[at] += usable
    weighed, valid = weight > 0.0, plain_count > 0.0
    value = np.where(weighed, total / np.where(weighed, weight, 1.0), plain / np.maximum(plain_count, 1.0))
    sd = np.where(weighed, 1.0 / np.sqrt(np.where(weighed, weight, 1.0)), np.nan)
    return Day(day.day, names, np.where(valid, value, np.nan), sd, valid, segment, signs)


def without(day: Day, drop: NDArray[np.bool_]) -> Day:
    """The same day without some of its units."""
    keep = ~drop
    units = [unit for unit, stays in zip(day.units, keep, strict=True) if stays]
    columns = (day.value[keep], day.sd[keep], day.valid[keep], day.segment[keep], day.signs[keep])
    return Day(day.day, units, *columns)
