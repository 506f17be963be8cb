"""How long units of a kind live, from those that ended and those that still run (physics 6)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

Floats = NDArray[np.float64]

FRACTIONS = np.arange(1, 10) / 10.0
"""Parts of a life at which an ended unit's indicator is remembered."""
DEFAULT_SPREAD_LN = 0.6
"""SD of the logarithm of life, where nothing is known of the kind and before any unit ended."""
SPREAD_WORTH = 4.0
"""As many ended units the assumed spread counts for: two of them say nothing about a spread."""
EXPECTED_LIFE_SD_LN = 1.0
_CENTRES, _SPREADS, _POINTS = 61, 25, 1_200


@dataclass(frozen=True, slots=True)
class Peer:
    """One unit of the kind. Age counts in any clock that runs with use: damage, km, hours.

    ``shares``: its indicator at FRACTIONS of its life, as share of the way from best to limit; None: not measured.
    ``weight``: below 1 for a unit of another variant (0.3 .. 0.5). ``noise``: SD of its shares.
    """

    age: float
    ended: bool = True
    shares: Floats | None = None
    weight: float = 1.0
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class Lives:
    """Distribution of a new unit's life: cumulative probability at logarithms of life."""

    ln_life: Floats
    cumulative: Floats

    def below(self, life: Floats) -> Floats:
        """Probability that a life is shorter."""
        with np.errstate(divide="ignore"):
            found: Floats = np.interp(np.log(life), self.ln_life, self.cumulative)
        return found


def learn_lives(
    peers: Sequence[Peer], expected_life: float | None = None, spread_ln: float = DEFAULT_SPREAD_LN
) -> Lives:
    """Log-normal lives with uncertain centre and spread; running units count by having lived so long.

    expected_life: of the design, uncertain by EXPECTED_LIFE_SD_LN; None leaves the centre to the peers that ended.
    Raises ValueError where there is neither.
    """
    ended = [peer for peer in peers if peer.ended]
    if expected_life is None and not ended:
        raise ValueError("no unit has ended and no life is expected: nothing to predict from")
    known = [np.log(peer.age) for peer in ended] + ([] if expected_life is None else [np.log(expected_life)])
    running = [np.log(peer.age) for peer in peers if not peer.ended and peer.age > 0.0]
    low, high = min(known) - 3.0, max(known + running) + 3.0
    centre, spread = np.meshgrid(np.linspace(low, high, _CENTRES), np.geomspace(0.1, 2.0, _SPREADS), indexing="ij")
    weight = -SPREAD_WORTH * (np.log(spread) + 0.5 * (spread_ln / spread) ** 2)
    if expected_life is not None:
        weight -= 0.5 * ((centre - np.log(expected_life)) / EXPECTED_LIFE_SD_LN) ** 2
    for peer in peers:
        if peer.age <= 0.0:
            continue
        away = (np.log(peer.age) - centre) / spread
        weight += peer.weight * (-np.log(spread) - 0.5 * away * away if peer.ended else log_ndtr(-away))
    probability = np.exp(weight - weight.max())
    likely = probability > 1e-6
    probability = probability[likely] / probability[likely].sum()
    ln_life = np.linspace(low - 2.0, high + 4.0, _POINTS)
    away = (ln_life[:, None] - centre[likely]) / spread[likely]
    return Lives(ln_life, ndtr(away) @ probability)
