"""From levels of an indicator to the share of the way to its limit (physics 6).

A unit first gets better (brushes bed in, joints settle), so the way starts at its best level, not at the first.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMOOTHED = 4
"""Levels that are averaged: the best of single ones would be the best of the noise."""


class Track(NamedTuple):
    """State: the last levels, newest last, and the best of their means."""

    last: tuple[float, ...] = ()
    best: float = float("inf")


def follow(track: Track, level: float) -> Track:
    """Take one level (a mean over a day or a block of samples); what is not finite is none."""
    if not np.isfinite(level):
        return track
    last = (*track.last, float(level))[-SMOOTHED:]
    return Track(last, min(track.best, sum(last) / len(last)) if len(last) == SMOOTHED else track.best)


def share(track: Track, limit: float, above_best: bool = False) -> float:
    """Share of the way from best to limit, 0 .. 1; NaN before SMOOTHED levels. A fall below the best is no progress.

    above_best: the limit is a rise over the unit's own best level.
    """
    if not np.isfinite(track.best):
        return float("nan")
    way = limit if above_best else limit - track.best
    if way <= 0.0:
        return 1.0
    return min(max((sum(track.last) / len(track.last) - track.best) / way, 0.0), 1.0)


def shares_at(levels: Floats, limit: float, fractions: Floats, above_best: bool = False) -> Floats:
    """Share at fractions of a recorded life, each from the levels up to then only."""
    ends = np.floor(fractions * len(levels) + 1e-9).astype(int)
    found, track = np.full(len(fractions), np.nan), Track()
    for k, level in enumerate(levels, start=1):
        track = follow(track, level)
        found[ends == k] = share(track, limit, above_best)
    return found
