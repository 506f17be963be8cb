"""How long units of a kind live, from those that ended and those that still run (physics 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
_CENTRES = 61
_SPREADS = np.geomspace(0.1, 2.0, 25)
_STEP_LN = 0.03
"""Lives are told at points so far apart at most."""


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


class Running(NamedTuple):
    """Ages (n,) of units that run, those of a whole fleet at once, and their weights (n,)."""

    age: Floats
    weight: Floats


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
    peers: Sequence[Peer],
    expected_life: float | None = None,
    spread_ln: float = DEFAULT_SPREAD_LN,
    running: Running | None = None,
) -> Lives:
    """Log-normal lives with uncertain centre and spread; running units count by having lived so long.

    running: more units that run.
    expected_life: of the design, uncertain by EXPECTED_LIFE_SD_LN; None leaves the centre to the peers that ended.
    Raises ValueError where there is neither.
    """
    ended = [peer for peer in peers if peer.ended and peer.age > 0.0]
    if expected_life is None and not ended:
        raise ValueError("no unit has ended and no life is expected: nothing to predict from")
    known = [np.log(peer.age) for peer in ended] + ([] if expected_life is None else [np.log(expected_life)])
    age, worth = np.array([(peer.age, peer.weight) for peer in peers if not peer.ended]).reshape(-1, 2).T
    if running:
        age, worth = np.concatenate((age, running.age)), np.concatenate((worth, running.weight))
    ln_running, worth = np.log(age[age > 0.0]), worth[age > 0.0]
    low, high = min(known) - 3.0, max(float(ln_running.max(initial=-np.inf)), *known, *known) + 3.0
    # points lie evenly and centres on every so many of them: a centre only moves the table of all spreads
    between = int(np.ceil((high - low) / (_CENTRES - 1) / _STEP_LN))
    step = (high - low) / (_CENTRES - 1) / between
    before, after = int(2.0 / step), int(4.0 / step)
    reach = (_CENTRES - 1) * between
    ln_life = low + step * np.arange(-before, reach + after + 1)
    away = step * np.arange(-before - reach, reach + after + 1) / _SPREADS[:, None]
    shifted = [slice(reach - number * between, reach - number * between + len(ln_life)) for number in range(_CENTRES)]
    centre = low + step * between * np.arange(_CENTRES)[:, None]
    weight = -SPREAD_WORTH * (np.log(_SPREADS) + 0.5 * (spread_ln / _SPREADS) ** 2) + np.zeros((_CENTRES, 1))
    if expected_life is not None:
        weight -= 0.5 * ((centre - np.log(expected_life)) / EXPECTED_LIFE_SD_LN) ** 2
    for peer in ended:
        weight += peer.weight * (-np.log(_SPREADS) - 0.5 * ((np.log(peer.age) - centre) / _SPREADS) ** 2)
    if len(worth):
        place = np.clip(np.rint((ln_running - ln_life[0]) / step), 0, len(ln_life) - 1).astype(np.int64)
        count = np.bincount(place, worth, len(ln_life))
        survived = log_ndtr(-away)
        weight += np.array([survived[:, at] @ count for at in shifted])
    probability = np.exp(weight - weight.max())
    probability /= probability.sum()
    below = ndtr(away)
    cumulative = np.zeros(len(ln_life))
    for number, at in enumerate(shifted):
        cumulative += probability[number] @ below[:, at]
    return Lives(ln_life, cumulative)
