"""What an indicator says about the age of a unit: a Wiener process on its way to the limit, or no warning (physics 6).

The share x of the way to the limit grows with a power of the life used: x = z^m, and z is a Wiener process with a drift
of its own for each unit that ends its life when it first reaches 1. Given the length of the life the drift drops out:
z at a fraction of the life is then distributed as below, whatever the drift. A unit may also end with no warning; its
indicator then tells nothing about how far it is.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Floats = NDArray[np.float64]

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

_GRID = np.linspace(-1.0, 1.0 - LEAST_WAY, 199)


def _bell(way: Floats, variance: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * way * way / variance) / np.sqrt(2.0 * np.pi * variance)
    return density


def warned_density(used: Floats, fraction: Floats, variability: Floats) -> Floats:
    """Density of z = ``used`` at a fraction of a life that ends when z first reaches 1; arguments broadcast."""
    way = np.maximum(1.0 - used, LEAST_WAY)  # still to go
    walked, left = variability * fraction, variability * (1.0 - fraction)
    # the image at 2 keeps the path below the limit; then first passage from here, over first passage from the start
    free = _bell(1.0 - way, walked) - _bell(1.0 + way, walked)
    return free * way / (1.0 - fraction) * _bell(way, left) / _bell(np.ones(1), variability)


def densities(share: float, fraction: Floats, noise: float = 0.0) -> tuple[Floats, Floats]:
    """Density of the reading at fractions of life, for each of CHOICES: with warning (36, n), without (36, 1).

    noise: SD of the share; what is read may then be any share, weighed by how likely it is read so.
    """
    if noise > 0.0:
        return _noisy(share, fraction, noise)
    growth, variability = CHOICES[:, :1], CHOICES[:, 1:]
    used = np.clip(share, 0.0, 1.0) ** (1.0 / growth)
    # without warning z wanders freely; where it is at half life stands for any age
    unwarned = 2.0 * _bell(used, 0.5 * variability) / erf(1.0 / np.sqrt(variability))
    return warned_density(used, fraction, variability), unwarned


def _noisy(share: float, fraction: Floats, noise: float) -> tuple[Floats, Floats]:
    """The same over a grid of z, on which each density has the weight 1."""
    shares = np.clip(_GRID, 0.0, 1.0) ** GROWTH[:, None]
    seen = _bell(share - shares, np.full(1, noise * noise))  # (growth, grid)
    walks = warned_density(_GRID[:, None], fraction, VARIABILITY[:, None, None])  # (variability, grid, n)
    walks = walks / np.maximum(walks.sum(axis=1, keepdims=True), 1e-300)
    free = np.where(_GRID >= 0.0, _bell(_GRID, 0.5 * VARIABILITY[:, None]), 0.0)
    free /= free.sum(axis=1, keepdims=True)
    count = len(CHOICES)
    warned = np.einsum("gk,vkn->gvn", seen, walks, optimize=True).reshape(count, -1)
    return warned, np.einsum("gk,vk->gv", seen, free).reshape(count, 1)
