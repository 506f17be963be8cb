"""Covariance of the thermal filter with considered errors (Schmidt): known in size, carried, never estimated.

Blocks instead of one 12 x 12 matrix: nodes (8 x 8), nodes with considered errors (8 x 4), and the considered errors'
variances (diagonal, constant). Forms of physics 4.2; the only considered error that drives the nodes is the coolant
inlet's, through ``gain`` [K/K]; each sensor sees one node and its own offset.
"""

from typing import Any

from twin.jit import kernel
from twin.layout import COOLANT_IN_ERROR, N_CONSIDER, N_NODES
from twin.physics.thermal import multiply, multiply_transposed


@kernel
def predict(row: Any, transition: Any, gain: Any, noise: Any, work: Any) -> None:
    """Pxx+ = Phi Pxx Phi' + Phi Pxb g' + g Pbx Phi' + g Pbb g' + Q;  Pxb+ = Phi Pxb + g Pbb."""
    covariance, cross, moved = row.covariance[:], row.cross[:], work.slim[:]
    left, right, spare = work.scratch[0], work.scratch[1], work.scratch[2]
    multiply(transition, covariance, left)
    multiply_transposed(left, transition, right, spare)
    for i in range(N_NODES):
        c0 = c1 = c2 = c3 = 0.0
        for k in range(N_NODES):
            f = transition[i, k]
            c0 += f * cross[k, 0]
            c1 += f * cross[k, 1]
            c2 += f * cross[k, 2]
            c3 += f * cross[k, 3]
        moved[i, 0] = c0
        moved[i, 1] = c1
        moved[i, 2] = c2
        moved[i, 3] = c3
    variance = row.consider[COOLANT_IN_ERROR]
    for i in range(N_NODES):
        for j in range(i + 1):
            inlet = moved[i, COOLANT_IN_ERROR] * gain[j] + gain[i] * moved[j, COOLANT_IN_ERROR]
            inlet += gain[i] * gain[j] * variance
            covariance[i, j] = 0.5 * (right[i, j] + right[j, i]) + inlet + noise[i, j]
            covariance[j, i] = covariance[i, j]
    for i in range(N_NODES):
        for c in range(N_CONSIDER):
            cross[i, c] = moved[i, c]
        cross[i, COOLANT_IN_ERROR] += gain[i] * variance


@kernel
def innovation_variance(row: Any, node: int, offset: int, noise_variance: float) -> float:
    """S = H P H' for the node plus its sensor's offset and noise."""
    variance: float = row.covariance[node, node] + 2.0 * row.cross[node, offset] + row.consider[offset]
    return variance + noise_variance


@kernel
def update(row: Any, node: int, offset: int, innovation: float, noise_variance: float, work: Any) -> None:
    """Scalar update of the nodes with K = (Pxx h' + Pxb hb') / S, Joseph form of the augmented matrix, Kb = 0."""
    covariance, cross = row.covariance, row.cross
    u, gain = work.vector[0], work.vector[1]
    variance = innovation_variance(row, node, offset, noise_variance)
    for i in range(N_NODES):
        u[i] = covariance[i, node] + cross[i, offset]
        gain[i] = u[i] / variance
    for i in range(N_NODES):
        row.temp_c[i] += gain[i] * innovation
    seen = work.vector[2]  # H P of the considered errors
    for c in range(N_CONSIDER):
        seen[c] = cross[node, c]
    seen[offset] += row.consider[offset]
    half = work.scratch[0]  # (I - K H) P
    for i in range(N_NODES):
        for j in range(N_NODES):
            half[i, j] = covariance[i, j] - gain[i] * u[j]
        for c in range(N_CONSIDER):
            cross[i, c] -= gain[i] * seen[c]
    left = work.vector[3]
    for i in range(N_NODES):
        left[i] = half[i, node] + cross[i, offset]
    for i in range(N_NODES):
        for j in range(i + 1):
            joseph = half[i, j] - left[i] * gain[j] + gain[i] * noise_variance * gain[j]
            covariance[i, j] = joseph
            covariance[j, i] = joseph
