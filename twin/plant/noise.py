"""Random numbers by counter: each is a pure function of (key, time, channel), never of what was drawn before.

So a unit's data does not depend on the order of units, on cuts, or on which other units are simulated.
"""

import math

import numpy as np

from twin.jit import kernel

_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_SALT = np.uint64(0xD1342543DE82EF95)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_STEP = 2.0**-53


@kernel
def mix(value: np.uint64) -> np.uint64:
    """Finaliser of splitmix64 (Steele, Lea, Flood 2014, doi 10.1145/2660193.2660195): uint64 -> uint64, one to one."""
    value = (value ^ (value >> _S30)) * _FIRST
    value = (value ^ (value >> _S27)) * _SECOND
    return value ^ (value >> _S31)


@kernel
def uniform(key: np.uint64, time: int, channel: int) -> float:
    """Uniform number in (0, 1) for a uint64 key, an integer time and an integer channel."""
    word = mix(mix(key + np.uint64(time) * _INCREMENT) ^ (np.uint64(channel) * _SALT))
    return (np.float64(word >> _S11) + 0.5) * _STEP


@kernel
def normal(key: np.uint64, time: int, channel: int) -> float:
    """Standard normal number (Box and Muller 1958); uses channel and channel + 2**32."""
    radius = math.sqrt(-2.0 * math.log(uniform(key, time, channel)))
    return radius * math.cos(2.0 * math.pi * uniform(key, time, channel + 4294967296))


@kernel
def below(key: np.uint64, number: int) -> np.uint64:
    """One step down in the tree of keys."""
    return mix((key ^ _SALT) + np.uint64(number) * _INCREMENT)


def subkey(key: np.uint64, number: int) -> np.uint64:
    """Key of an independent stream below ``key``, for callers outside kernels (compiled code returns a plain int)."""
    return np.uint64(below(key, number))
