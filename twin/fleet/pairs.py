"""Front and rear unit of one car share driver, weather and coolant: the best of peers (physics 7.2)."""

import numpy as np

from twin.fleet import spread
from twin.fleet.features import Flags, Floats, Indices

LEAST_PAIRS = 30
MOST_SHARED = 0.9
PARTNER_SD = 2.0
"""What the partner may say in SD: its own fault must not become this unit's."""


def shared(x: Floats, partner: Indices) -> Floats:
    """Correlation (features,) of standardised residuals (n, features) within cars, 0 .. MOST_SHARED.

    By the robust spreads of sum and difference, which no order of the units changes.
    """
    one = np.flatnonzero(partner >= 0)  # each pair both ways: no unit comes first
    group = np.zeros(len(one), dtype=np.int64)
    there, back = x[one], x[partner[one]]
    sums = spread.count(there + back, group, 1) + spread.count(-there - back, group, 1)
    differences = spread.count(there - back, group, 1)
    total, apart = (spread.summary(counts)[1][0] ** 2 for counts in (sums, differences))
    both = total + apart
    enough = (spread.size(differences)[0] >= 2 * LEAST_PAIRS) & (both > 0.0)
    share = np.where(enough, (total - apart) / np.where(enough, both, 1.0), 0.0)
    return np.clip(share, 0.0, MOST_SHARED)


def difference(x: Floats, partner: Indices, pending: Flags) -> tuple[Floats, Floats]:
    """Take out of standardised residuals (n, features) what the partner shows too; and the SD that is left of 1.

    A partner with a pending change says nothing.
    """
    if not (partner >= 0).any():
        return x, np.ones_like(x)
    both = np.where((partner >= 0)[:, None], x[partner], np.nan)
    both = np.where(np.isfinite(both) & ~pending[partner], both, np.nan)
    share = np.where(np.isfinite(both), shared(x, partner), 0.0)
    said = np.clip(np.nan_to_num(both), -PARTNER_SD, PARTNER_SD)
    return x - share * said, np.sqrt(1.0 - share**2)
