"""Values that cannot be: out of the contract's range counts as missing, so it never reaches an estimate."""

import math
from typing import Any

from twin.jit import kernel
from twin.layout import N_SIGNALS


@kernel
def step(par: Any, values: Any, at: int, clean: Any) -> int:
    """Copy the sample of ``values`` (n, N_SIGNALS) at ``at`` to ``clean`` (1, N_SIGNALS), impossible values as NaN.

    Returns how many there were. Infinity is out of every range.
    """
    impossible = 0
    for k in range(N_SIGNALS):
        value = values[at, k]
        inside = value >= par.low[k] and value <= par.high[k]
        clean[0, k] = value if inside else math.nan
        impossible += 0 if inside or value != value else 1
    return impossible
