"""A unit's own normal against its peers' day, shrunk towards the peers' (physics 6 and 7.2).

A young unit has its peers' normal with the spread between units as SD, so it needs no case of its own. The normal is
learned from the first valid days, then kept: a change that comes later must not become normal.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.fleet.features import GATE, NOISE_SD, Flags, Floats, Indices
from twin.fleet.peers import Peers
from twin.fleet.rules import BaselineRules, ChangeRules
from twin.fleet.units import BLOCKS, NEVER

FAR_SD = 3.0
"""A value farther out moves the normal as if it were there."""


def segments(u: NDArray[Any], segment: Indices, rules: BaselineRules) -> None:
    """Begin new segments: the normal stays, with a wider SD, and is learned again from the days to come."""
    switched = u["segment"] != segment
    for name in ("firmware", "hardware"):  # what the registry knows and the unit does not say
        switched |= u[f"known_{name}"] != u[name]
        u[f"known_{name}"] = u[name]
    switched &= u["last_day"] != NEVER
    u["segment"] = segment
    u["segment_days"][switched] = 0
    u[switched] = widen(u[switched], rules)


def widen(u: NDArray[Any], rules: BaselineRules) -> NDArray[Any]:
    """The same units with normals that are less sure, and learned from the days to come."""
    wider = u.copy()
    wider["baseline_var"] += (rules.segment_sd_gates * GATE) ** 2
    wider["days"] = np.minimum(u["days"], rules.least_days)
    return wider


def begin(u: NDArray[Any], peers: Peers, none: Flags) -> None:
    """Where there is no normal yet (n, features): that of the peers."""
    u["baseline"] = np.where(none, peers.level, u["baseline"])
    u["baseline_var"] = np.where(none, peers.between**2, u["baseline_var"])
    u["scatter_var"] = np.where(none, peers.scatter**2, u["scatter_var"])


def scatter_sd(u: NDArray[Any]) -> Floats:
    """SD (n, features) of a unit's days, not below what any sound unit has."""
    sd: Floats = np.sqrt(np.maximum(u["scatter_var"].astype(np.float64), NOISE_SD**2))
    return sd


def learn(
    u: NDArray[Any], residual: Floats, pending: Flags, day_sd: Floats, rules: BaselineRules, changes: ChangeRules
) -> None:
    """Move normals by the residuals of one day (NaN: none); not where a change is pending, not after learning.

    ``day_sd``: SD of the day's value alone. Days repeat each other: each weighs (1 - rho) / (1 + rho) of a fresh one.
    """
    seen = np.isfinite(residual)
    learning = seen & ~pending & (u["days"] < rules.learn_days)
    prior = u["baseline_var"].astype(np.float64)
    rho = changes.autocorrelation
    noise = day_sd**2 * (1.0 + rho) / (1.0 - rho)
    gain = prior / (prior + noise)
    reach = FAR_SD * np.sqrt(prior + day_sd**2)
    step = np.clip(np.where(seen, residual, 0.0), -reach, reach)
    u["baseline"] = np.where(learning, u["baseline"] + gain * step, u["baseline"])
    u["baseline_var"] = np.where(learning, prior * (1.0 - gain), prior)
    old = u["scatter_var"].astype(np.float64)
    near = np.clip(step, -FAR_SD * scatter_sd(u), FAR_SD * scatter_sd(u))
    weight = rules.scatter_prior_days + np.minimum(u["days"], rules.learn_days)
    young = prior > 4.0 * day_sd**2  # the residual is still that of the normal
    moved = old + (near**2 - old) / weight
    u["scatter_var"] = np.where(learning & ~young, moved, old)
    u["days"] += seen & (u["days"] < np.iinfo(np.int16).max)


def forget_change(u: NDArray[Any], which: Flags) -> None:
    """After a repair or another part: sums and levels of these units and features (n, features) start afresh."""
    for name in ("last_x", "level", "up", "up_sum", "up_days", "down", "down_sum", "down_days"):
        u[name] = np.where(which, 0, u[name])
    for block in range(BLOCKS):
        u["block"][:, block] = np.where(which, 0.0, u["block"][:, block])
        u["block_days"][:, block] = np.where(which, 0, u["block_days"][:, block])
