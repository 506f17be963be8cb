"""What an indicator says about the age of a unit: a Wiener process on its way to the limit, or no warning (physics 6).

The share x of the way to the limit grows with a power of the life used: x = z^m, and z is a Wiener process with a drift
of its own for each unit that ends its life when it first reaches 1. Given the length of the life the drift drops out:
z at a fraction of the life is then distributed as below, whatever the drift. A unit may also end with no warning; its
indicator then tells nothing about how far it is.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

GROWTH = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
"""m: 1 linear, about 4 for thermal resistance."""
GROWTH_USUAL, GROWTH_SD_LN = 4.0, 0.5
VARIABILITY = np.array([0.05, 0.1, 0.2, 0.5, 1.0, 2.0])
"""Variance of the wandering of z in a whole life."""
UNANNOUNCED = np.array([0.02, 0.1, 0.25, 0.5, 0.75])
"""Probability that an end comes without warning."""
CHOICES = np.array(list(product(GROWTH, VARIABILITY)))
"""(m, variability) of each choice; all are weighed, none is picked."""
LEAST_WAY = 0.02
"""What always is left to the limit: noise reaches it before the unit does."""
LEAST_NOISE = 0.02
"""SD of a share: readings that are surer fall between the points of the grid."""
FAR = 3.0
"""SDs beyond new or limit at which a reading counts as there: further off nothing explains it."""

_GRID = np.linspace(-1.0, 1.0 - LEAST_WAY, 199)
_LOGIT = np.linspace(-8.0, 8.0, 97)
_STEP = float(_LOGIT[1] - _LOGIT[0])
NODES = 1.0 / (1.0 + np.exp(-_LOGIT))
"""Fractions of a life at which densities are tabulated; between them they are linear."""


def _bell(way: Floats, variance: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * way * way / variance) / np.sqrt(2.0 * np.pi * variance)
    return density


def warned_density(used: Floats, fraction: Floats, variability: Floats) -> Floats:
    """Density of z = ``used`` at a fraction of a life that ends when z first reaches 1; arguments broadcast."""
    way = np.maximum(1.0 - used, LEAST_WAY)  # still to go
    # first passage from here over first passage from the start: a bridge; the image at 2 keeps it below the limit
    bridge = _bell(1.0 - way - fraction, variability * fraction * (1.0 - fraction))
    return bridge * -np.expm1(-2.0 * way / (variability * fraction)) * way / (1.0 - fraction)


class Between(NamedTuple):
    """Where fractions of life (n, cells) lie between two NODES."""

    node: Whole  # the lower
    share: Floats  # of the upper

    def of(self, values: Floats) -> Floats:
        """Values at the NODES (n, nodes) -> at the fractions (n, cells)."""
        lower = np.take_along_axis(values, self.node, -1)
        return lower + self.share * (np.take_along_axis(values, self.node + 1, -1) - lower)

    def at(self, values: Floats) -> Floats:
        """Values of choices (n, choices, nodes) -> at the one fraction of each row (n, choices)."""
        lower, upper = (np.take_along_axis(values, at[:, None], 2)[..., 0] for at in (self.node, self.node + 1))
        return lower + self.share * (upper - lower)

    def spread(self, weight: Floats) -> Floats:
        """Weights at fractions (n, cells) -> at the NODES (n, nodes), so that sums over either are the same."""
        count, nodes = len(weight), len(NODES)
        at = self.node + nodes * np.arange(count)[:, None]
        upper = self.share * weight
        found: Floats = np.bincount(at.ravel(), (weight - upper).ravel(), count * nodes).astype(np.float64)
        found += np.bincount(at.ravel() + 1, upper.ravel(), count * nodes)
        return found.reshape(count, nodes)


def between(past_over_left: Floats) -> Between:
    """Place the parts of life that are over, by what is over against what is left, among the NODES; beyond the ends
    they count as the ends.
    """
    logit = np.clip(np.log(past_over_left), _LOGIT[0], _LOGIT[-1])
    node = np.minimum(((logit - _LOGIT[0]) / _STEP).astype(np.int64), len(_LOGIT) - 2)
    return Between(node, (logit - _LOGIT[node]) / _STEP)


class Readings(Protocol):
    """Densities of readings (n,) over the fraction of life, for each of CHOICES."""

    @property
    def unwarned(self) -> Floats:
        """Without warning (n, 36), the same at any fraction."""

    def table(self) -> Floats:
        """With warning, at the NODES (n, 36, nodes)."""

    def held(self, weight: Floats) -> Floats:
        """Sums (n, 36) of the table, its nodes weighted (n, nodes)."""

    def mixed(self, weight: Floats) -> Floats:
        """Sums (n, nodes) of the table, its choices weighted (n, 36)."""


def densities(share: Floats, noise: float | Floats = 0.0) -> Readings:
    """What readings of an indicator say of the fraction of life.

    share: (n,), of the way to the limit, and beyond. noise: its SD; what is read may then be any share, weighed by how
    likely it is read so. It is above 0 for all or for none.
    """
    if np.all(np.asarray(noise) > 0.0):
        sd = np.maximum(np.broadcast_to(noise, share.shape), LEAST_NOISE)
        read = np.clip(share, -FAR * sd, 1.0 + FAR * sd)[:, None, None]
        sd = sd[:, None, None]
        seen = _bell(read - np.clip(_GRID, 0.0, 1.0) ** GROWTH[:, None], sd * sd)
        return _Noisy(seen, (seen @ _walks()[1]).reshape(len(share), -1))
    growth, variability = CHOICES[:, 0], CHOICES[:, 1]
    used = np.clip(share, 0.0, 1.0)[:, None] ** (1.0 / growth)
    # without warning z wanders freely; where it is at half life stands for any age
    unwarned = 2.0 * _bell(used, 0.5 * variability) / erf(1.0 / np.sqrt(variability))
    return _Exact(warned_density(used[..., None], NODES, variability[:, None]), unwarned)


@dataclass(frozen=True, slots=True)
class _Exact:
    """Every share is what is read."""

    warned: Floats  # (n, 36, nodes)
    unwarned: Floats

    def table(self) -> Floats:
        return self.warned

    def held(self, weight: Floats) -> Floats:
        found: Floats = (self.warned @ weight[..., None])[..., 0]
        return found

    def mixed(self, weight: Floats) -> Floats:
        found: Floats = (weight[:, None] @ self.warned)[:, 0]
        return found


@dataclass(frozen=True, slots=True)
class _Noisy:
    """The same over a grid of z, on which each density has the weight 1. Sums over the nodes come before those over
    the grid: the table itself is five times as dear. They are not BLAS's: a unit's bits do not depend on its place, and
    threads cost more than they bring.
    """

    seen: Floats  # (n, growth, grid): how likely z is read so
    unwarned: Floats

    def table(self) -> Floats:
        return (self.seen @ _walks()[0].reshape(len(_GRID), -1)).reshape(*self.unwarned.shape, len(NODES))

    def held(self, weight: Floats) -> Floats:
        walked = np.einsum("nk,zvk->nzv", weight, _walks()[0])
        found: Floats = np.einsum("ngz,nzv->ngv", self.seen, walked).reshape(self.unwarned.shape)
        return found

    def mixed(self, weight: Floats) -> Floats:
        by_grid = np.einsum("ngz,ngv->nzv", self.seen, weight.reshape(len(weight), len(GROWTH), -1))
        found: Floats = np.einsum("nj,jk->nk", by_grid.reshape(len(weight), -1), _walks()[0].reshape(-1, len(NODES)))
        return found


@cache
def _walks() -> tuple[Floats, Floats]:
    """Weights of z on its grid: with warning (grid, variability, nodes), without (grid, variability)."""
    walks = warned_density(_GRID[:, None, None], NODES, VARIABILITY[:, None])
    walks /= np.maximum(walks.sum(axis=0), 1e-300)
    free = np.where(_GRID[:, None] >= 0.0, _bell(_GRID[:, None], 0.5 * VARIABILITY), 0.0)
    return walks, free / free.sum(axis=0)
