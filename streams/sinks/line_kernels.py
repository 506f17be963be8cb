"""Line protocol as bytes, written by compiled kernels: numbers to ten significant digits, no allocation.

Ten digits keep a round trip within 5e-10 relative over the whole double range, denormals included.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel

Bytes = NDArray[np.uint8]
Strings = tuple[Bytes, NDArray[np.int64]]
"""Byte strings laid end to end, and their starts."""

SKIP, INTEGER, FLOAT, WORD = 0, 1, 2, 3
"""How a column is written: not at all, ``12i``, ``1.5``, or as one of the words of a table."""

NUMBER_WIDTH = 24
"""No number is longer: sign, ten digits, point and exponent, or the 20 characters and ``i`` of an int64."""

DIGITS = 10
_LOWEST_POWER = -323
_POWER = np.array([float(f"1e{exponent}") for exponent in range(_LOWEST_POWER, 309)])
_GROUP = np.array([[ord(digit) for digit in f"{group:03d}"] for group in range(1000)], dtype=np.uint8)
_GROUP_ZEROS = np.array([len(f"{group:03d}") - len(f"{group:03d}".rstrip("0")) for group in range(1000)])
_THOUSAND = np.uint64(1000)
_NOT_FINITE = 0x7FF
_LARGEST = np.int64(1_797_693_134)  # digits of the largest double: rounding up would read back as infinite


@kernel
def _put_ten_digits(out: Bytes, at: int, number: Any) -> int:
    """Write 10^9 <= number < 10^10 as ten digits; return how many are left without trailing zeros."""
    rest = np.uint64(number)
    upper = rest // _THOUSAND
    low = np.int64(rest - upper * _THOUSAND)
    top = upper // _THOUSAND
    middle = np.int64(upper - top * _THOUSAND)
    first = top // _THOUSAND
    high = np.int64(top - first * _THOUSAND)
    out[at] = np.uint8(48 + np.int64(first))
    for k in range(3):
        out[at + 1 + k] = _GROUP[high, k]
        out[at + 4 + k] = _GROUP[middle, k]
        out[at + 7 + k] = _GROUP[low, k]
    count: int = 4 - _GROUP_ZEROS[high]
    if low != 0:
        count = 10 - _GROUP_ZEROS[low]
    elif middle != 0:
        count = 7 - _GROUP_ZEROS[middle]
    return count


@kernel
def put_integer(out: Bytes, at: int, value: Any) -> int:
    """Write an int64 in decimal; return the position after it."""
    rest = np.uint64(value)
    if value < 0:
        out[at] = 45
        at += 1
        rest = ~rest + np.uint64(1)
    end = at + 1
    bound = rest
    while bound >= np.uint64(10):
        bound = bound // np.uint64(10)
        end += 1
    for k in range(end - 1, at - 1, -1):
        upper = rest // np.uint64(10)
        out[k] = np.uint8(48 + np.int64(rest - upper * np.uint64(10)))
        rest = upper
    return end


@kernel
def put_float(out: Bytes, at: int, value: float, bits: Any) -> int:
    """Write a finite float64 with ten significant digits; return the position after it. ``bits``: its int64 view."""
    if value == 0.0:
        out[at] = 48
        return at + 1
    if value < 0.0:
        out[at] = 45
        at += 1
        value = -value
    lift = 0
    if value < 1e-290:  # so that the scale below stays finite and denormals become normal
        value *= 1e200
        lift = 200
        exponent = math.floor(math.log10(value))
    else:
        binary = ((bits >> 52) & 0x7FF) - 1023
        exponent = (binary * 315653) >> 20  # log10(2), may be one too low or high at a power of ten
    if exponent < 308 and value >= _POWER[exponent + 1 - _LOWEST_POWER]:
        exponent += 1
    if value < _POWER[exponent - _LOWEST_POWER]:
        exponent -= 1
    number = np.int64(value * _POWER[9 - exponent - _LOWEST_POWER] + 0.5)
    if number >= 10_000_000_000:
        number //= 10
        exponent += 1
    if exponent == 308:
        number = min(number, _LARGEST)
    exponent -= lift
    if 0 <= exponent < DIGITS:
        count = _put_ten_digits(out, at + 1, number)
        for k in range(at, at + exponent + 1):
            out[k] = out[k + 1]
        out[at + exponent + 1] = 46
        return at + count + 1 if count > exponent + 1 else at + exponent + 1
    if -5 <= exponent < 0:
        out[at] = 48
        out[at + 1] = 46
        for k in range(at + 2, at + 1 - exponent):
            out[k] = 48
        at += 1 - exponent
        return at + _put_ten_digits(out, at, number)
    count = _put_ten_digits(out, at + 1, number)
    out[at] = out[at + 1]
    at += 1
    if count > 1:
        out[at] = 46
        at += count
    out[at] = 101
    return put_integer(out, at + 1, exponent)


@kernel
def _copy(out: Bytes, at: int, source: Bytes, first: int, length: int) -> int:
    """Copy bytes in blocks of 16; up to 15 bytes behind the end are scratch in both arrays."""
    for block in range(0, length, 16):
        for k in range(16):
            out[at + block + k] = source[first + block + k]
    return at + length


@kernel
def put_lines(
    out: Bytes,
    integers: NDArray[np.int64],
    floats: NDArray[np.float64],
    time_column: int,
    kinds: NDArray[np.int64],
    names: Strings,
    words: Strings,
    prefixes: Strings,
) -> int:
    """Write one line a point; return the number of bytes.

    ``integers``, ``floats``: (n, columns) views of the same records. A name is ``,field=``, a prefix everything up to
    and including the first field.
    """
    name_bytes, name_starts = names
    word_bytes, word_starts = words
    prefix_bytes, prefix_starts = prefixes
    known_words = len(word_starts) - 2  # the last one stands for every number that has no word
    at = 0
    for point in range(integers.shape[0]):
        at = _copy(out, at, prefix_bytes, prefix_starts[point], prefix_starts[point + 1] - prefix_starts[point])
        for column in range(integers.shape[1]):
            kind = kinds[column]
            bits = integers[point, column]
            if kind == SKIP or (kind == FLOAT and (bits >> 52) & 0x7FF == _NOT_FINITE):
                continue
            start = name_starts[column]
            at = _copy(out, at, name_bytes, start, name_starts[column + 1] - start)
            if kind == FLOAT:
                at = put_float(out, at, floats[point, column], bits)
            elif kind == INTEGER:
                at = put_integer(out, at, bits)
                out[at] = 105
                at += 1
            else:
                word = bits if 0 <= bits < known_words else known_words
                start = word_starts[word]
                at = _copy(out, at, word_bytes, start, word_starts[word + 1] - start)
        out[at] = 32
        at = put_integer(out, at + 1, integers[point, time_column])
        out[at] = 10
        at += 1
    return at


def strings(parts: list[bytes]) -> Strings:
    """Lay byte strings end to end, padded so that kernels may copy in blocks of 16."""
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=starts[1:])
    return np.frombuffer(b"".join(parts) + bytes(16), dtype=np.uint8), starts
