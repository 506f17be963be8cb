"""Power cycling of power modules: cycles to failure by three published laws (physics 5.1).

They differ by a factor of 3 to 40 on the same cycle: damage is to be shown against a reference profile, with its law.
Temperatures in degC, ranges in K, on-times in s. The constants of one law never fit into another.
"""

import math
from typing import Any

from twin.jit import kernel

AN21, CIPS08, LESIT = 0, 1, 2
LAWS = ("an21", "cips08", "lesit")
"""Choices of a variant; the index is the law's number in kernels."""

ZERO_C_K = 273.15
BOLTZMANN_J_K = 1.380649e-23

AN21_LEAST_ON_S = 0.04
CIPS08_ON_S = (1.0, 15.0)
SOLDER_ON_S = 15.0
"""From this on-time on, heat reaches the substrate: a cycle wears its solder rather than the bond wires."""


@kernel
def wears_solder(on_s: float) -> bool:
    """Which sum a cycle belongs to: that of the solder, or that of the bond wires."""
    return on_s >= SOLDER_ON_S


@kernel
def an21_cycles(range_k: float, low_c: float, on_s: float, thickness_factor: float) -> float:
    """Semikron AN 21-001 rev. 02: B15 life; ``thickness_factor`` 1 IGBT to 1,200 V, 0.65 to 1,700 V, 0.33 SiC."""
    mean_k = low_c + 0.5 * range_k + ZERO_C_K
    beta = math.exp(-(range_k - 40.0) / 17.0)
    cycles = 2.9e9 * math.pow(60.0, beta) * math.pow(range_k, -4.3 - beta)
    cycles *= math.exp(4.50e-20 / (BOLTZMANN_J_K * mean_k))
    on_s = max(on_s, AN21_LEAST_ON_S)
    return cycles * (1.0 + math.pow(on_s, -0.75)) / (1.0 + math.pow(2.0, -0.75)) * thickness_factor


@kernel
def cips08_cycles(
    range_k: float,
    low_c: float,
    on_s: float,
    foot_current_a: float,
    blocking_voltage_v: float,
    wire_um: float,
    k: float,
) -> float:
    """Bayerer, CIPS 2008: current per bond foot, wire diameter in um; ``k`` 9.34e14, 2.03e14 for older modules.

    The law wants hundreds of volts and the lower temperature of the cycle. On-times are held to its 1 .. 15 s.
    """
    on_s = min(max(on_s, CIPS08_ON_S[0]), CIPS08_ON_S[1])
    cycles = k * math.pow(range_k, -4.416) * math.exp(1285.0 / (low_c + ZERO_C_K)) * math.pow(on_s, -0.463)
    cycles *= math.pow(foot_current_a, -0.716) * math.pow(blocking_voltage_v / 100.0, -0.761)
    return cycles / math.sqrt(wire_um)


@kernel
def lesit_cycles(range_k: float, low_c: float) -> float:
    """LESIT with A = 302,500: modules of the 1990s, so on the safe side for today's."""
    mean_k = low_c + 0.5 * range_k + ZERO_C_K
    return 302_500.0 * math.pow(range_k, -5.039) * math.exp(9.891e-20 / (BOLTZMANN_J_K * mean_k))


@kernel
def cycles_to_failure(law: int, par: Any, range_k: float, low_c: float, on_s: float) -> float:
    """By the law named; infinite for no range.

    par: has ``thickness_factor``, ``foot_current_a``, ``blocking_voltage_v``, ``wire_um``, ``cips08_k``.
    """
    if not range_k > 0.0:
        return math.inf
    if law == CIPS08:
        return cips08_cycles(
            range_k, low_c, on_s, par.foot_current_a, par.blocking_voltage_v, par.wire_um, par.cips08_k
        )
    if law == LESIT:
        return lesit_cycles(range_k, low_c)
    return an21_cycles(range_k, low_c, on_s, par.thickness_factor)
