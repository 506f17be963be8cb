"""Fleets that wear out in simulation: an indicator that drifts and wanders to its limit, and ends without warning.

Each fleet has its own growth, spread, wandering and share of sudden ends, all unknown to the forecast. A path is walked
in small steps until it first passes the limit; nothing of the forecast's formulas is in it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.fleet.indicator import shares_at
from twin.fleet.life import Fleet, forecast, learn
from twin.fleet.lives import FRACTIONS, Peer

Floats = NDArray[np.float64]

STEPS = 400  # in a median life
NOISE = 0.01  # of a level, share of the limit
PEERS, JUDGED = 12, 20
USUAL_LIFE = 200_000.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What the units of one fleet have in common."""

    growth: float
    spread_ln: float
    variability: float
    sudden: float

    def unit(self, random: np.random.Generator) -> tuple[Floats, float]:
        """Levels at even steps of the life, 0 new and 1 the limit, and the life."""
        drift = random.lognormal(0.0, self.spread_ln) / STEPS
        wander = np.sqrt(self.variability * drift)
        used = np.cumsum(drift + wander * random.normal(size=40 * STEPS))
        passed = np.flatnonzero(used >= 1.0)
        end = int(passed[0]) + 1 if len(passed) else len(used)
        if random.random() < self.sudden:
            end = max(int(end * random.uniform(0.3, 1.0)), 12)
        levels = np.abs(used[:end]) ** self.growth * np.sign(used[:end])
        return levels + NOISE * random.normal(size=end), end * USUAL_LIFE / STEPS


def kinds(count: int, seed: int) -> Iterator[tuple[Kind, np.random.Generator]]:
    """Fleets with all their units' randomness."""
    for number in range(count):
        random = np.random.default_rng((seed, number))
        yield (
            Kind(
                random.uniform(1.5, 5.0), random.uniform(0.2, 0.5), random.uniform(0.02, 0.15), random.uniform(0.0, 0.3)
            ),
            random,
        )


def learned(kind: Kind, random: np.random.Generator) -> Fleet:
    """From PEERS units that ended."""
    peers = []
    for _ in range(PEERS):
        levels, life = kind.unit(random)
        peers.append(Peer(life, shares=shares_at(levels, 1.0, FRACTIONS)))
    return learn(peers)


def ends(count: int, seed: int, indicated: bool, fraction: float | None = None) -> Floats:
    """Predicted ends at LEVELS in lives, (count * JUDGED, 5), at a fraction of life, None: at any age."""
    found = []
    for kind, random in kinds(count, seed):
        fleet = learned(kind, random)
        for _ in range(JUDGED):
            levels, life = kind.unit(random)
            at = random.uniform(0.1, 0.95) if fraction is None else fraction
            share = shares_at(levels, 1.0, np.array([at]))[0] if indicated else None
            found.append((at * life + forecast(fleet, at * life, share).quantiles()) / life)
    return np.array(found)
