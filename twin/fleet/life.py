"""Remaining life of a unit from its age, its indicator and its peers: quantiles, never a date (physics 6).

Growth, wandering and the risk of an end without warning are not fitted: every choice is weighed by how well it would
have predicted the ends of the peers, from readings in their lives. With no indicator their lives speak alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.fleet.lives import DEFAULT_SPREAD_LN, FRACTIONS, Lives, Peer, Running, learn_lives
from twin.fleet.readings import (
    CHOICES,
    GROWTH,
    GROWTH_SD_LN,
    GROWTH_USUAL,
    UNANNOUNCED,
    VARIABILITY,
    Between,
    Readings,
    between,
    densities,
)

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
"""Published quantiles; the first is "replace by": being late is the dangerous side."""
READINGS_WORTH = 3.0
"""The nine readings of one life are worth so many independent ones."""
_CELLS, _LEARNING_CELLS, _PADDED = 256, 120, 512
_NEAREST = 1e-3  # first cell, as share of the age


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was learned from the peers of a kind: their lives, and the weight of each choice (CHOICES x UNANNOUNCED)."""

    lives: Lives
    weights: Floats
    ends_at_limit: bool = False
    """The life ends when the indicator is at its limit, by definition."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Distribution of the remaining life: cells (..., cells) in the clock of the age, even in its logarithm."""

    remaining: Floats  # upper edges
    probability: Floats
    unannounced: Floats
    """Probability (...,) that the end gives no warning in this indicator; NaN without an indicator."""

    def quantiles(self, levels: Sequence[float] = LEVELS) -> Floats:
        """Remaining life (..., levels) in the clock of the age."""
        return _quantiles(self.probability, _from_now(self.remaining), levels)

    def at_rate(self, rate_sd_ln: Floats | float, levels: Sequence[float] = LEVELS) -> Floats:
        """The same if the clock runs at another rate than it did; over a rate it is in the clock of that rate.

        rate_sd_ln: SD of the logarithm of the future rate (...,), which is usage and not wear.
        """
        step = np.log(self.remaining[..., -1:] / self.remaining[..., :1]) / (self.remaining.shape[-1] - 1)
        wave = 2.0 * np.pi * np.fft.rfftfreq(_PADDED) * np.asarray(rate_sd_ln)[..., None] / step
        padded = np.zeros((*self.probability.shape[:-1], _PADDED))
        first = (_PADDED - self.probability.shape[-1]) // 2
        padded[..., first : first + self.probability.shape[-1]] = self.probability
        spread = np.maximum(np.fft.irfft(np.fft.rfft(padded) * np.exp(-0.5 * wave * wave), _PADDED), 0.0)
        edges = np.log(self.remaining[..., :1]) + step * (np.arange(-1, _PADDED) - first)
        return np.exp(_quantiles(spread, edges, levels))


def _from_now(remaining: Floats) -> Floats:
    """Edges (..., cells + 1) of cells of which these are the upper ones."""
    return np.concatenate((np.zeros((*remaining.shape[:-1], 1)), remaining), axis=-1)


def _quantiles(probability: Floats, edges: Floats, levels: Sequence[float]) -> Floats:
    """Values (..., levels) below which so much of the probability is; it is even inside a cell."""
    cells = probability.shape[-1]
    below, held = np.cumsum(probability, axis=-1).reshape(-1, cells), probability.reshape(-1, cells)
    bounds, row = edges.reshape(-1, cells + 1), np.arange(len(below))
    found = np.empty((len(below), len(levels)))
    for place, level in enumerate(levels):
        wanted = level * below[:, -1]
        at = np.minimum((below < wanted[:, None]).sum(axis=1), cells - 1)
        low, high = bounds[row, at], bounds[row, at + 1]
        found[:, place] = high - (below[row, at] - wanted) / held[row, at] * (high - low)
    return found.reshape(*probability.shape[:-1], len(levels))


def _cells(lives: Lives, age: Floats, count: int) -> tuple[Floats, Floats]:
    """Remaining life at ages (n,): upper edges of cells from now to beyond the longest life, and what they hold a
    priori, both (n, cells).
    """
    longest = float(np.exp(lives.ln_life[-1]))
    reach = np.maximum(longest - age, 3.0 * age)
    edges = np.geomspace(_NEAREST * np.where(age > 0.0, age, longest * 1e-6), reach, count, axis=-1)
    below = lives.below(age[:, None] + _from_now(edges))
    prior = np.diff(below, axis=1)
    # older than any life thought possible: as long again is as likely as not
    beyond = prior.sum(axis=1) <= 0.0
    if beyond.any():
        prior[beyond] = np.diff(edges[beyond] / (age[beyond, None] + edges[beyond]), prepend=0.0)
    return edges, prior / prior.sum(axis=1, keepdims=True)


def _middle(edges: Floats) -> Floats:
    """Of cells with these upper edges (n, cells)."""
    return 0.5 * (edges + _from_now(edges)[:, :-1])


def _unwarned(readings: Readings, ends_at_limit: bool) -> Floats:
    """Densities (n, 36) of readings of units that end without warning. Where the end is the limit itself, their
    indicator stays near its best: one at its limit is no chance.
    """
    if not ends_at_limit:
        return readings.unwarned
    calm = readings.unwarned.reshape(len(readings.unwarned), len(GROWTH), -1)[..., :1]
    return np.repeat(calm, len(VARIABILITY), axis=2).reshape(readings.unwarned.shape)


def _evidence(lives: Lives, peer: Peer, ends_at_limit: bool) -> Floats:
    """How well each choice, from readings in a life, predicts the end it had: mean log score (36, 5)."""
    shares = np.asarray(peer.shares)
    seen = np.isfinite(shares)
    if not seen.any():
        return np.zeros((len(CHOICES), len(UNANNOUNCED)))
    age = FRACTIONS[seen] * peer.age
    edges, prior = _cells(lives, age, _LEARNING_CELLS)
    place = between(age[:, None] / _middle(edges))
    readings = densities(shares[seen], peer.noise)
    end = peer.age - age
    at = np.minimum((edges < end[:, None]).sum(axis=1), edges.shape[1] - 1)[:, None]
    there = Between(np.take_along_axis(place.node, at, 1), np.take_along_axis(place.share, at, 1))
    held_there = np.take_along_axis(prior, at, 1)
    low = np.where(at > 0, np.take_along_axis(edges, np.maximum(at - 1, 0), 1), 0.0)
    width = np.log((age[:, None] + np.take_along_axis(edges, at, 1)) / (age[:, None] + low))
    unwarned = _unwarned(readings, ends_at_limit)
    found = _mix(there.at(readings.table()) * held_there, unwarned * held_there)
    held = _mix(readings.held(place.spread(prior)), unwarned)
    score: Floats = np.log(found / held / width[..., None] + 1e-9).sum(axis=0) / len(FRACTIONS)
    return score


def _mix(warned: Floats, unwarned: Floats) -> Floats:
    """(n, 36) with and without warning -> (n, 36, 5) at each probability of UNANNOUNCED."""
    return (1.0 - UNANNOUNCED) * warned[..., None] + UNANNOUNCED * unwarned[..., None]


def learn(
    peers: Sequence[Peer],
    expected_life: float | None = None,
    spread_ln: float = DEFAULT_SPREAD_LN,
    ends_at_limit: bool = False,
    running: Running | None = None,
) -> Fleet:
    """Learn from the peers of a kind; arguments and errors as of ``learn_lives``.

    ends_at_limit: the life ends when the indicator is at its limit, by definition: hardly ever without warning.
    """
    lives = learn_lives(peers, expected_life, spread_ln, running)
    score = np.repeat(-0.5 * ((np.log(CHOICES[:, :1] / GROWTH_USUAL)) / GROWTH_SD_LN) ** 2, len(UNANNOUNCED), axis=1)
    for peer in peers:
        if peer.ended and peer.shares is not None:
            score += peer.weight * READINGS_WORTH * _evidence(lives, peer, ends_at_limit)
    if ends_at_limit:
        score[:, UNANNOUNCED.min() != UNANNOUNCED] = -np.inf
    weights = np.exp(score - score.max())
    return Fleet(lives, weights / weights.sum(), ends_at_limit)


def forecast(fleet: Fleet, age: float, share: float | None = None, noise: float = 0.0) -> Forecast:
    """Remaining life of a unit that lives at ``age``.

    share: its indicator's share of the way from the unit's best level to the limit; None or NaN: no indicator.
    noise: its SD.
    """
    ages = np.array([max(age, 0.0)])
    if share is None or not np.isfinite(share) or age <= 0.0:
        found = by_age(fleet, ages)
    else:
        found = by_indicator(fleet, ages, np.array([share]), np.array([noise]))
    return Forecast(found.remaining[0], found.probability[0], found.unannounced[0])


def by_age(fleet: Fleet, age: Floats) -> Forecast:
    """Remaining lives of units that live at ages (n,) and of which no more is known."""
    edges, prior = _cells(fleet.lives, age, _CELLS)
    return Forecast(edges, prior, np.full(len(age), np.nan))


def by_indicator(fleet: Fleet, age: Floats, share: Floats, noise: Floats) -> Forecast:
    """The same of units with an indicator, see ``forecast``; all (n,), ages above 0, ``noise`` above 0 or all 0."""
    edges, prior = _cells(fleet.lives, age, _CELLS)
    place = between(age[:, None] / _middle(edges))
    readings = densities(share, noise)
    unwarned = _unwarned(readings, fleet.ends_at_limit)
    scale = fleet.weights / _mix(readings.held(place.spread(prior)), unwarned)
    of_warned = readings.mixed((scale * (1.0 - UNANNOUNCED)).sum(axis=2))
    of_unwarned = ((scale * UNANNOUNCED).sum(axis=2) * unwarned).sum(axis=1)
    return Forecast(edges, prior * (place.of(of_warned) + of_unwarned[:, None]), of_unwarned)
