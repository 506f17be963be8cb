"""Real devices run to failure: lives, and their indicator as far as it was known at any moment."""

from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests.data import reference_data
from twin.fleet.indicator import shares_at
from twin.fleet.life import Fleet, forecast, learn
from twin.fleet.lives import FRACTIONS, Peer

Floats = NDArray[np.float64]

MOSFET_LIMIT_OHM = 0.05
MOSFET_BLOCK, BEARING_BLOCK = 25, 10
"""Samples averaged to one level."""


@dataclass(frozen=True, slots=True)
class Run:
    """One device: levels of its indicator at even steps of its life, which ends after the last; life in any clock.

    limit: None where tests end at no fixed level; then it is the usual rise over the best level of all others.
    """

    name: str
    levels: Floats
    limit: float | None
    life: float

    def rise(self) -> float:
        """From the best to the last level."""
        return float(self.levels[-1] - self.levels.min())

    def shares(self, limit: float, fractions: Floats) -> Floats:
        """Indicator at fractions of the life, each from what was known then."""
        return shares_at(self.levels, limit, fractions, above_best=self.limit is None)


@dataclass(frozen=True, slots=True)
class Fold:
    """A device, what is learned from all others, and its own indicator."""

    run: Run
    others: list[Run]
    peers: list[Peer]
    fleet: Fleet
    limit: float

    def forecast(self, fraction: float, indicated: bool = True) -> Floats:
        """End of life at LEVELS, in lives, predicted at a fraction of it; ``indicated``: from age and indicator."""
        age = fraction * self.run.life
        share = self.run.shares(self.limit, np.array([fraction]))[0] if indicated else None
        return (age + forecast(self.fleet, age, share).quantiles()) / self.run.life


def leave_one_out(runs: list[Run]) -> list[Fold]:
    """Each device with what is learned from all others."""
    folds = []
    for run in runs:
        others = [other for other in runs if other is not run]
        limit = float(np.median([other.rise() for other in others])) if run.limit is None else run.limit
        peers = [Peer(other.life, shares=other.shares(limit, FRACTIONS)) for other in others]
        folds.append(Fold(run, others, peers, learn(peers), limit))
    return folds


def _blocks(values: Floats, size: int) -> Floats:
    count = len(values) // size
    return values[: count * size].reshape(count, size)


def mosfets() -> list[Run]:
    """Power MOSFETs, on-resistance above new [ohm]; the life ends where the smoothed rise is at the limit."""
    table = pq.read_table(reference_data("nasa-mosfet") / "delta_rdson.parquet")
    device, ohm = table["device"].to_numpy(), table["delta_Rdson_ohm"].to_numpy()
    smooth = table["delta_Rdson_smooth_ohm"].to_numpy()  # a single spike is no end
    runs = []
    for name in np.unique(device):
        rise = ohm[device == name]
        life = int(np.argmax(smooth[device == name] >= MOSFET_LIMIT_OHM))
        levels = _blocks(rise[:life], MOSFET_BLOCK).mean(axis=1)
        runs.append(Run(str(name), levels, MOSFET_LIMIT_OHM, float(life)))
    return runs


def bearings() -> list[Run]:
    """Ball bearings, logarithm of the vibration; the clock is damage, turns times load cubed (ISO 281)."""
    folder = reference_data("femto-bearings")
    table = pq.read_table(folder / "acc_features.parquet")
    vibration = np.hypot(table["rms_horiz"].to_numpy(), table["rms_vert"].to_numpy())
    bearing = np.array(table["bearing"].to_pylist())
    runs = []
    for line in (folder / "lifetimes.csv").read_text().splitlines()[1:]:
        name, *numbers = line.split(",")
        load_n, turns = float(numbers[4]), float(numbers[6])
        levels = np.log(np.median(_blocks(vibration[bearing == name], BEARING_BLOCK), axis=1))
        runs.append(Run(name, levels, None, turns * (load_n / 4_000.0) ** 3))
    return runs
