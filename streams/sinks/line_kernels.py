"""Line protocol as bytes, written by compiled kernels: numbers to ten significant digits, no allocation.

Ten digits keep a round trip within 5e-10 relative over the whole double range, denormals included.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.jit import kernel

Bytes = NDArray[np.uint8]
Strings = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]
"""Byte strings as words of 8 bytes, where each starts in them (one more than there are), and their lengths."""

SKIP, INTEGER, FLOAT, WORD = 0, 1, 2, 3
"""How a column is written: not at all, ``12i``, ``1.5``, or as one of the words of a table."""

NUMBER_WIDTH = 24
"""No number is longer: sign, ten digits, point and exponent, or the 20 characters and ``i`` of an int64."""

DIGITS = 10
_LOWEST_POWER = -323
_POWER = np.array([float(f"1e{exponent}") for exponent in range(_LOWEST_POWER, 309)])
_GROUP = np.array([int.from_bytes(f"{group:03d}".encode(), "little") for group in range(1000)], dtype=np.uint64)
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
    to = np.uint64(at)
    out[to] = np.uint8(48 + np.int64(first))
    for k in range(3):
        out[to + np.uint64(1 + k)] = np.uint8(_GROUP[high] >> np.uint64(8 * k))
        out[to + np.uint64(4 + k)] = np.uint8(_GROUP[middle] >> np.uint64(8 * k))
        out[to + np.uint64(7 + k)] = np.uint8(_GROUP[low] >> np.uint64(8 * k))
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
def _copy(out: Bytes, at: int, strings: Strings, which: int) -> int:
    """Copy one of the strings by words of 8 bytes; up to 7 bytes behind it are scratch. Returns the end.

    Unsigned positions and shifts let the compiler make one store of the eight: a loop over bytes takes three times
    as long.
    """
    words, starts, lengths = strings
    to = np.uint64(at)
    for index in range(starts[which], starts[which + 1]):
        word = words[index]
        for k in range(8):
            out[to + np.uint64(k)] = np.uint8(word >> np.uint64(8 * k))
        to += np.uint64(8)
    return at + lengths[which]  # type: ignore[no-any-return]


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
    known_words = len(words[2]) - 1  # the last one stands for every number that has no word
    at = 0
    for point in range(integers.shape[0]):
        at = _copy(out, at, prefixes, point)
        for column in range(integers.shape[1]):
            kind = kinds[column]
            bits = integers[point, column]
            if kind == SKIP or (kind == FLOAT and (bits >> 52) & 0x7FF == _NOT_FINITE):
                continue
            at = _copy(out, at, names, column)
            if kind == FLOAT:
                at = put_float(out, at, floats[point, column], bits)
            elif kind == INTEGER:
                at = put_integer(out, at, bits)
                out[at] = 105
                at += 1
            else:
                at = _copy(out, at, words, bits if 0 <= bits < known_words else known_words)
        out[at] = 32
        at = put_integer(out, at + 1, integers[point, time_column])
        out[at] = 10
        at += 1
    return at


def padded(part: bytes) -> bytes:
    """A byte string filled up to whole words."""
    return part + bytes(-len(part) % 8)


def strings(parts: Sequence[bytes], lengths: Sequence[int] | None = None) -> Strings:
    """Lay byte strings end to end for kernels; if ``lengths`` are given the parts are padded already."""
    sizes = lengths or [len(part) for part in parts]
    whole = parts if lengths else [padded(part) for part in parts]
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) // 8 for part in whole], out=starts[1:])
    return np.frombuffer(b"".join(whole), dtype="<u8"), starts, np.array(sizes, dtype=np.int64)
