"""Remaining life of a unit from its age, its indicator and its peers: quantiles, never a date (physics 6).

Growth, wandering and the risk of an end without warning are not fitted: every choice is weighed by how well it would
have predicted the ends of the peers, from readings in their lives. With no indicator their lives speak alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from twin.fleet.lives import DEFAULT_SPREAD_LN, FRACTIONS, Lives, Peer, learn_lives
from twin.fleet.readings import CHOICES, GROWTH_SD_LN, GROWTH_USUAL, UNANNOUNCED, densities

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
"""Published quantiles; the first is "replace by": being late is the dangerous side."""
READINGS_WORTH = 3.0
"""The nine readings of one life are worth so many independent ones."""
_CELLS, _LEARNING_CELLS = 400, 120
_NEAREST = 1e-3  # first cell, as share of the age


@dataclass(frozen=True, slots=True)
class Fleet:
    """What was learned from the peers of a kind: their lives, and the weight of each choice (CHOICES x UNANNOUNCED)."""

    lives: Lives
    weights: Floats


@dataclass(frozen=True, slots=True)
class Forecast:
    """Distribution of the remaining life: cells of ``remaining`` in the clock of the age, with their probability."""

    remaining: Floats  # upper edges
    probability: Floats
    unannounced: float
    """Probability that the end gives no warning in this indicator; NaN without an indicator."""

    def quantiles(self, levels: Sequence[float] = LEVELS) -> Floats:
        """Remaining life at each level, in the clock of the age."""
        found: Floats = np.interp(
            levels, np.concatenate(([0.0], np.cumsum(self.probability))), np.concatenate(([0.0], self.remaining))
        )
        return found

    def at_rate(self, rate: float, rate_sd_ln: float, levels: Sequence[float] = LEVELS) -> Floats:
        """Remaining life in another clock (km, hours, days), of which one unit brings ``rate`` of this clock.

        rate_sd_ln: SD of the logarithm of the future rate, which is usage and not wear.
        """
        middle = np.log(0.5 * (self.remaining + np.concatenate(([0.0], self.remaining[:-1]))) / rate)
        other = np.linspace(middle[0] - 4.0 * rate_sd_ln, middle[-1] + 4.0 * rate_sd_ln, 2 * _CELLS)
        below = ndtr((other[:, None] - middle) / max(rate_sd_ln, 1e-3)) @ self.probability
        found: Floats = np.exp(np.interp(levels, below, other))
        return found


def _cells(lives: Lives, age: float, count: int) -> tuple[Floats, Floats]:
    """Remaining life: upper edges of cells from now to beyond the longest life, and what they hold a priori."""
    longest = float(np.exp(lives.ln_life[-1]))
    reach = max(longest - age, 3.0 * age)
    edges = np.geomspace(_NEAREST * (age if age > 0.0 else longest * 1e-6), reach, count)
    below = lives.below(age + np.concatenate(([0.0], edges)))
    prior = np.diff(below)
    if prior.sum() <= 0.0:  # older than any life thought possible: as long again is as likely as not
        prior = np.diff(edges / (age + edges), prepend=0.0)
    return edges, prior / prior.sum()


def _posteriors(lives: Lives, age: float, share: float, noise: float, count: int) -> tuple[Floats, Floats, Floats]:
    """Cells, and for each choice the prior times the density of the reading, with and without warning."""
    edges, prior = _cells(lives, age, count)
    middle = 0.5 * (edges + np.concatenate(([0.0], edges[:-1])))
    fraction = age / (age + middle)
    warned, unwarned = densities(share, fraction, noise)
    return edges, prior * warned, prior * unwarned


def _evidence(lives: Lives, life: float, shares: Floats, noise: float) -> Floats:
    """How well each choice, from readings in a life, predicts the end it had: mean log score (36, 5)."""
    score = np.zeros((len(CHOICES), len(UNANNOUNCED)))
    for fraction, share in zip(FRACTIONS, shares, strict=True):
        if not np.isfinite(share):
            continue
        age = fraction * life
        edges, warned, unwarned = _posteriors(lives, age, float(share), noise, _LEARNING_CELLS)
        at = min(int(np.searchsorted(edges, life - age)), len(edges) - 1)
        width = np.log((age + edges[at]) / (age + (edges[at - 1] if at else 0.0)))
        mixed = _mix(warned[:, [at]], unwarned[:, [at]]) / _mix(warned.sum(axis=1), unwarned.sum(axis=1))[..., None]
        score += np.log(mixed[..., 0] / width + 1e-9) / len(FRACTIONS)
    return score


def _mix(warned: Floats, unwarned: Floats) -> Floats:
    """(36, ...) with and without warning -> (36, 5, ...) at each probability of UNANNOUNCED."""
    q = UNANNOUNCED.reshape(-1, *(1,) * (warned.ndim - 1))
    return (1.0 - q) * warned[:, None] + q * unwarned[:, None]


def learn(
    peers: Sequence[Peer],
    expected_life: float | None = None,
    spread_ln: float = DEFAULT_SPREAD_LN,
    ends_at_limit: bool = False,
) -> Fleet:
    """Learn from the peers of a kind; arguments and errors as of ``learn_lives``.

    ends_at_limit: the life ends when the indicator is at its limit, by definition: hardly ever without warning.
    """
    lives = learn_lives(peers, expected_life, spread_ln)
    score = np.repeat(-0.5 * ((np.log(CHOICES[:, :1] / GROWTH_USUAL)) / GROWTH_SD_LN) ** 2, len(UNANNOUNCED), axis=1)
    for peer in peers:
        if peer.ended and peer.shares is not None:
            score += peer.weight * READINGS_WORTH * _evidence(lives, peer.age, peer.shares, peer.noise)
    if ends_at_limit:
        score[:, UNANNOUNCED.min() != UNANNOUNCED] = -np.inf
    weights = np.exp(score - score.max())
    return Fleet(lives, weights / weights.sum())


def forecast(fleet: Fleet, age: float, share: float | None = None, noise: float = 0.0) -> Forecast:
    """Remaining life of a unit that lives at ``age``.

    share: its indicator's share of the way from the unit's best level to the limit, 0 .. 1; None or NaN: no indicator.
    noise: its SD.
    """
    if share is None or not np.isfinite(share) or age <= 0.0:
        edges, prior = _cells(fleet.lives, max(age, 0.0), _CELLS)
        return Forecast(edges, prior, float("nan"))
    edges, warned, unwarned = _posteriors(fleet.lives, age, share, noise, _CELLS)
    held = _mix(warned.sum(axis=1), unwarned.sum(axis=1))
    scale = fleet.weights / held
    from_warned = (scale * (1.0 - UNANNOUNCED)).sum(axis=1) @ warned
    from_unwarned = (scale * UNANNOUNCED).sum(axis=1) @ unwarned
    return Forecast(edges, from_warned + from_unwarned, float(from_unwarned.sum()))
