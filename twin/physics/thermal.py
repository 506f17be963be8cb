"""The thermal network: rate matrix, exact zero-order hold, and whole gaps by squaring (physics 2.1).

    C_i dT_i/dt = sum_j G_ij (T_j - T_i) + P_i(T)    ->    x' = A x + b
    x+ = x + dt S (A x + b),  S = phi1(A dt) = sum (A dt)^k / (k+1)!,  Phi = I + dt A S

An equilibrium (A x + b = 0) stays exactly. Matrices are (N_NODES, N_NODES) float64.
"""

import math
from typing import Any

import numpy as np

from twin.jit import kernel
from twin.layout import AMBIENT, COOLANT_IN, COOLANT_OUT, END_WINDING, N_NODES, ROTOR, SLOT_WINDING

NORMS = (0.248, 0.89, 1.75)
"""Largest |A dt| (row-sum norm) for 8, 12 and 16 terms: the first one left out is below 4e-11."""
NORM_LIMIT = NORMS[-1]
_PHI1 = 1.0 / np.cumprod(np.arange(1.0, 17.0))
"""1 / (k + 1)!"""
STILL_FLOW = 0.02
"""Share of a flow-dependent conductance that is left when the pump stands (natural convection)."""
LEAST_RESISTANCE = 0.05
"""Of a heat path over its standing one: where the straight lines of a variant would leave what is physical."""


@kernel
def multiply(a: Any, b: Any, product: Any) -> None:
    """product = a b, one row at a time in registers; of wider matrices the first eight columns."""
    for i in range(N_NODES):
        c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = 0.0
        for k in range(N_NODES):
            f = a[i, k]
            c0 += f * b[k, 0]
            c1 += f * b[k, 1]
            c2 += f * b[k, 2]
            c3 += f * b[k, 3]
            c4 += f * b[k, 4]
            c5 += f * b[k, 5]
            c6 += f * b[k, 6]
            c7 += f * b[k, 7]
        product[i, 0] = c0
        product[i, 1] = c1
        product[i, 2] = c2
        product[i, 3] = c3
        product[i, 4] = c4
        product[i, 5] = c5
        product[i, 6] = c6
        product[i, 7] = c7


@kernel
def multiply_transposed(a: Any, b: Any, product: Any, scratch: Any) -> None:
    """product = a b'."""
    for i in range(N_NODES):
        for j in range(N_NODES):
            scratch[i, j] = b[j, i]
    multiply(a, scratch, product)


@kernel
def times_vector(a: Any, x: Any, product: Any) -> None:
    """product = a x."""
    for i in range(N_NODES):
        total = 0.0
        for k in range(N_NODES):
            total += a[i, k] * x[k]
        product[i] = total


@kernel
def effective_flow(par: Any, flow_l_min: float, coolant_temp_c: float) -> float:
    """Flow over the nominal one, as heat paths see it: cold coolant is thick and acts as less flow (physics 2.4).

    Dittus-Boelter, h ~ Re^0.8 Pr^0.4, is (q / sqrt(viscosity))^0.8.
    """
    thin = math.exp(par.coolant_thinning_per_k * (coolant_temp_c - par.coolant_thin_temp_c))
    return float(max(flow_l_min / par.nominal_flow_l_min * thin, STILL_FLOW))


@kernel
def relative_resistance(par: Any, edge: int, relative_speed: float, coolant_temp_c: float) -> float:
    """Resistance of a heat path over that at standstill and coolant of 0 degC."""
    share = par.edge_resistance[edge]
    resistance = 1.0 + share[1] * coolant_temp_c + (share[0] + share[2] * coolant_temp_c) * relative_speed
    if share[3] != 0.0:
        resistance += share[3] * (math.exp(-relative_speed / share[4]) - 1.0)
    return float(resistance)


@kernel
def conductance(par: Any, edge: int, relative_flow: float, relative_speed: float, coolant_temp_c: float) -> float:
    """Conductance [W/K] of a heat path: the forms a variant may choose, in one (physics 2.2).

    ``relative_flow``: by effective_flow; ``relative_speed`` over the reference speed.
    """
    resistance = relative_resistance(par, edge, relative_speed, coolant_temp_c)
    w_k = par.edge_w_k[edge] * (1.0 + par.edge_speed_gain[edge] * relative_speed) / max(resistance, LEAST_RESISTANCE)
    exponent = par.edge_flow_exponent[edge]
    if exponent != 0.0:
        w_k *= relative_flow**exponent
    return float(w_k)


@kernel
def network(
    par: Any, work: Any, flow_l_min: float, speed_rpm: float, inlet_temp_c: float, ambient_temp_c: float
) -> None:
    """Rate matrix ``work.system`` [1/s], ``work.forcing`` [K/s] without losses, and ``work.inlet`` (forcing per K)."""
    a, b, capacity = work.system, work.forcing, par.capacity_j_k
    for i in range(N_NODES):
        b[i] = 0.0
        work.inlet[i] = work.air[i] = 0.0
        for j in range(N_NODES):
            a[i, j] = 0.0
    relative_flow = effective_flow(par, flow_l_min, inlet_temp_c)
    work.relative_flow[0] = max(flow_l_min / par.nominal_flow_l_min, STILL_FLOW)
    work.relative_flow[1] = relative_flow
    relative_speed = abs(speed_rpm) / par.reference_speed_rpm
    for edge in range(par.edges):
        w_k = conductance(par, edge, relative_flow, relative_speed, inlet_temp_c)
        i, j = par.edge_from[edge], par.edge_to[edge]
        rate = w_k / capacity[i]
        a[i, i] -= rate
        if j == AMBIENT:
            b[i] += rate * ambient_temp_c
            work.air[i] += rate
        elif j == COOLANT_IN:
            b[i] += rate * inlet_temp_c
            work.inlet[i] += rate
        else:
            a[i, j] += rate
            rate = w_k / capacity[j]
            a[j, j] -= rate
            a[j, i] += rate
    rate = par.coolant_j_l_k * flow_l_min / 60.0 / capacity[COOLANT_OUT]
    a[COOLANT_OUT, COOLANT_OUT] -= rate
    b[COOLANT_OUT] += rate * inlet_temp_c
    work.inlet[COOLANT_OUT] += rate


@kernel
def add_copper(par: Any, work: Any, temp_c: Any, dc20_w: float, ac20_w: float, field20_w: float) -> None:
    """Add losses of stator winding and field winding or cage and their change with temperature about ``temp_c``.

    P(T) = P_dc20 r + P_ac20 / r^e with r = 1 + alpha (T - 20): DC loss rises with the resistance, eddy loss falls.
    """
    share, exponent = par.end_winding_share, par.ac_temp_exponent
    for node in (END_WINDING, SLOT_WINDING, ROTOR):
        alpha = par.copper_temp_coefficient
        if node == ROTOR:
            alpha = par.rotor_temp_coefficient
            dc_w, ac_w = field20_w, 0.0
        elif node == END_WINDING:
            dc_w, ac_w = share * dc20_w, share * ac20_w
        else:
            dc_w, ac_w = (1.0 - share) * dc20_w, (1.0 - share) * ac20_w
        resistance = 1.0 + alpha * (temp_c[node] - 20.0)
        ac_now_w = ac_w * resistance**-exponent if ac_w > 0.0 else 0.0
        slope = alpha * (dc_w - exponent * ac_now_w / resistance) / par.capacity_j_k[node]
        rate = (dc_w * resistance + ac_now_w) / par.capacity_j_k[node]
        work.heating_k_s[node] = rate
        work.loss_slope[node] += slope
        work.system[node, node] += slope
        work.forcing[node] += rate - slope * temp_c[node]


@kernel
def add_iron(par: Any, work: Any, temp_c: Any, iron_w: float, rotor_w: float) -> None:
    """Add iron loss, and iron or magnet loss of the rotor, and their change with temperature about ``temp_c``.

    Both are stated at the reference temperature of each node; loss falls as the iron's resistance rises (physics 2.2).
    """
    for node in range(N_NODES):
        heat_w = par.iron_share[node] * iron_w
        if node == ROTOR:
            heat_w += rotor_w
        slope = par.iron_temp_coefficient * heat_w / par.capacity_j_k[node]
        rate = heat_w / par.capacity_j_k[node] + slope * (temp_c[node] - par.iron_reference_temp_c[node])
        work.heating_k_s[node] += rate
        work.loss_slope[node] += slope
        work.system[node, node] += slope
        work.forcing[node] += rate - slope * temp_c[node]


@kernel
def _series(z: Any, norm: float, powers: Any, spare: Any, s: Any) -> None:
    """s = phi1(z) by Paterson and Stockmeyer, four terms a product; of a small z fewer matter.

    ``norm``: of z; ``powers``: room for three matrices.
    """
    z2, z3, z4 = powers[0], powers[1], powers[2]
    multiply(z, z, z2)
    multiply(z2, z, z3)
    multiply(z2, z2, z4)
    last = 1
    for limit in NORMS[:-1]:
        if norm > limit:
            last += 1
    for i in range(N_NODES):
        for j in range(N_NODES):
            spare[i, j] = 0.0
    for block in range(last, -1, -1):
        c0, c1, c2, c3 = _PHI1[4 * block], _PHI1[4 * block + 1], _PHI1[4 * block + 2], _PHI1[4 * block + 3]
        if block < last:
            multiply(s, z4, spare)
        for i in range(N_NODES):
            for j in range(N_NODES):
                s[i, j] = spare[i, j] + c1 * z[i, j] + c2 * z2[i, j] + c3 * z3[i, j]
            s[i, i] += c0


@kernel
def hold(a: Any, dt_s: float, transition: Any, s: Any, scratch: Any) -> None:
    """s = phi1(A dt) and transition = exp(A dt) = I + dt A s, error below 1e-10. ``scratch``: (6, N, N).

    Beyond NORM_LIMIT the step is halved and doubled back: phi1(2z) = phi1(z) (1 + z phi1(z) / 2).
    """
    norm = 0.0
    for i in range(N_NODES):
        line = 0.0
        for j in range(N_NODES):
            line += abs(a[i, j])
        norm = max(norm, line)
    halvings = 0
    step_s = dt_s
    while norm * step_s > NORM_LIMIT:
        step_s *= 0.5
        halvings += 1
    z, spare, other = scratch[3], scratch[4], scratch[5]
    for i in range(N_NODES):
        for j in range(N_NODES):
            z[i, j] = step_s * a[i, j]
    _series(z, norm * step_s, scratch, spare, s)
    for doubling in range(halvings):
        scale = 2.0**doubling
        multiply(z, s, spare)
        multiply(s, spare, other)
        for i in range(N_NODES):
            for j in range(N_NODES):
                s[i, j] += 0.5 * scale * other[i, j]
    multiply(a, s, transition)
    for i in range(N_NODES):
        for j in range(N_NODES):
            transition[i, j] *= dt_s
        transition[i, i] += 1.0
