"""The unit as its variant would be: the network in open loop, for this unit's losses, coolant and air.

What slow parameters are relative to. The losses are those at the estimated temperatures, not at its own: a unit that
cools worse is compared with one that loses the same. Beside it, what of its temperatures the gear's loss makes.
"""

from typing import Any

import numpy as np

from twin.jit import kernel
from twin.layout import N_NODES
from twin.physics.thermal import times_vector


@kernel
def start(row: Any, rested: bool) -> None:
    """With the filter; ``rested``: after a rest that all sensors confirm."""
    for i in range(N_NODES):
        row.reference_c[i] = row.temp_c[i]
        row.reference_gear_k[i] = 0.0
    row.reference_start_c = row.temp_c[0]
    row.reference_s = 0.0
    row.rested = 1 if rested else 0


@kernel
def step(row: Any, work: Any, s: Any, rate: Any) -> None:
    """One second of x+ = x + S (A x + b), ``rate``: A x + b of the filter's temperatures before they move.

    A holds how losses change with the filter's temperatures; that is taken out again.
    """
    apart_k, rate_k_s, gained_k = work.vector[1], work.vector[2], work.vector[3]
    for part in range(2):
        for i in range(N_NODES):
            apart_k[i] = (
                np.float64(row.reference_c[i]) - row.temp_c[i] if part == 0 else np.float64(row.reference_gear_k[i])
            )
        times_vector(work.system, apart_k, rate_k_s)
        for i in range(N_NODES):
            rate_k_s[i] += (rate[i] if part == 0 else work.gear_k_s[i]) - work.loss_slope[i] * apart_k[i]
        times_vector(s, rate_k_s, gained_k)
        for i in range(N_NODES):
            if part == 0:
                row.reference_c[i] = np.float64(row.reference_c[i]) + gained_k[i]
            else:
                row.reference_gear_k[i] = np.float64(row.reference_gear_k[i]) + gained_k[i]
    row.reference_s += 1.0


@kernel
def gap(row: Any, power: Any, drift: Any, apart: Any, spare: Any) -> None:
    """A stretch without losses: T+ = Phi T + drift; what losses made dies away."""
    for temp in (row.reference_c, row.reference_gear_k):
        for i in range(N_NODES):
            apart[i] = np.float64(temp[i])
        times_vector(power, apart, spare)
        for i in range(N_NODES):
            temp[i] = spare[i]
    for i in range(N_NODES):
        row.reference_c[i] = np.float64(row.reference_c[i]) + drift[i]
