"""Covariance of the thermal filter with considered errors (Schmidt): known in size, carried, never estimated.

Blocks instead of one matrix of nodes and errors: nodes (8 x 8), nodes with considered errors (8 x N_CONSIDER), and the
errors' variances (diagonal). Forms of physics 4.2. The first errors drive the nodes through ``gain`` (8 x 8); the
others are offsets: each sensor sees one node and its own. The row keeps a triangle of the first, and the second in
single precision; a step works on copies.
"""

from typing import Any

from twin.jit import kernel
from twin.layout import N_CONSIDER, N_NODES
from twin.physics.thermal import multiply, multiply_transposed


@kernel
def place(node: int) -> int:
    """Where the row keeps the variance of a node."""
    return node * (node + 3) // 2


@kernel
def node_variance(par: Any, row: Any, node: int) -> float:
    """Variance [K2] of a node as published: the filter's, and how far the place that is meant may be from its mean."""
    variance: float = row.covariance[place(node)] + par.discrepancy_k[node] ** 2
    return variance


@kernel
def load(row: Any, work: Any) -> None:
    """Take the covariance out of the row."""
    at = 0
    for i in range(N_NODES):
        for j in range(i + 1):
            work.covariance[i, j] = work.covariance[j, i] = row.covariance[at]
            at += 1
        for c in range(N_CONSIDER):
            work.cross[i, c] = row.cross[i, c]


@kernel
def store(row: Any, work: Any) -> None:
    """Put the covariance back into the row."""
    at = 0
    for i in range(N_NODES):
        for j in range(i + 1):
            row.covariance[at] = work.covariance[i, j]
            at += 1
        for c in range(N_CONSIDER):
            row.cross[i, c] = work.cross[i, c]


@kernel
def predict(row: Any, transition: Any, gain: Any, noise: Any, work: Any) -> None:
    """Pxx+ = Phi Pxx Phi' + Phi Pxb g' + g Pbx Phi' + g Pbb g' + Q;  Pxb+ = Phi Pxb + g Pbb.

    The three middle terms are M g' + g M' with M = Phi Pxb + g Pbb / 2.
    """
    covariance, cross, moved = work.covariance[:], work.cross[:], work.moved[:]
    left, right, spare, mean = work.scratch[0], work.scratch[1], work.scratch[2], work.scratch[3]
    multiply(transition, covariance, left)
    multiply_transposed(left, transition, right, spare)
    multiply(transition, cross, moved)
    for i in range(N_NODES):
        for c in range(N_NODES, N_CONSIDER):
            total = 0.0
            for k in range(N_NODES):
                total += transition[i, k] * cross[k, c]
            moved[i, c] = total
    for i in range(N_NODES):
        for c in range(N_NODES):
            pushed = gain[i, c] * row.consider[c]
            mean[i, c] = moved[i, c] + 0.5 * pushed
            moved[i, c] += pushed
        for c in range(N_CONSIDER):
            cross[i, c] = moved[i, c]
    multiply_transposed(mean, gain, left, spare)
    for i in range(N_NODES):
        for j in range(i + 1):
            covariance[i, j] = 0.5 * (right[i, j] + right[j, i]) + left[i, j] + left[j, i] + noise[i, j]
            covariance[j, i] = covariance[i, j]


@kernel
def innovation_variance(row: Any, work: Any, node: int, offset: int, noise_variance: float) -> float:
    """S = H P H' for the node plus its sensor's offset and noise; ``offset``: column of the sensor's error."""
    variance: float = work.covariance[node, node] + 2.0 * work.cross[node, offset] + row.consider[offset]
    return variance + noise_variance


@kernel
def update(row: Any, node: int, offset: int, innovation: float, noise_variance: float, work: Any) -> None:
    """Scalar update of the nodes with K = (Pxx h' + Pxb hb') / S, Joseph form of the augmented matrix, Kb = 0."""
    covariance, cross = work.covariance, work.cross
    u, gain = work.vector[0], work.vector[1]
    variance = innovation_variance(row, work, node, offset, noise_variance)
    for i in range(N_NODES):
        u[i] = covariance[i, node] + cross[i, offset]
        gain[i] = u[i] / variance
    for i in range(N_NODES):
        row.temp_c[i] += gain[i] * innovation
    seen = work.seen  # H P of the considered errors
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
