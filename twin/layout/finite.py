"""Which numbers of ROW and DAY must be finite, and what is begun anew together when one is not.

Both records are looked at as words of 4 bytes: the exponent of a float64 is in its second one, as on all machines
numba compiles for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.layout.day import DAY
from twin.layout.row import ROW

NAN, PLUS_INFINITE, MINUS_INFINITE = 1, 2, 4
_ABSENT = {
    "odometer_km": NAN,
    "delay_power_w": NAN,
    "reading": NAN,
    "still_from_c": NAN,
    "balance_sds": NAN,
    "legs_sds": NAN,
    "base_c": NAN,
    "inlet_offset_k": NAN,
    "reading_age_s": PLUS_INFINITE,
    "reset_age_s": PLUS_INFINITE,
    "junction_age_s": PLUS_INFINITE,
    "offset_k2": PLUS_INFINITE,
    "rotor_age_s": PLUS_INFINITE,
    "rotor_offset_k2": PLUS_INFINITE,
    "rotor_lesson_a": PLUS_INFINITE,
    "trip_maxima": MINUS_INFINITE,
    "stop_maxima": MINUS_INFINITE,
    "junction_peak_c": MINUS_INFINITE,
    "maxima": MINUS_INFINITE,
    "knee_margin_a_m": PLUS_INFINITE,
}
"""Field -> what stands in it for "none yet" and is no defect."""
_TOGETHER = (
    ("odometer_km", "new_missing_m"),
    ("delay_time_us", "delay_used"),
    ("reading_sum", "reading_age_s"),
    ("nis_sum", "nis_count"),
    ("offset_k", "rested_s"),
    ("fit_squared", "segment_driven_s"),
    ("balance_sds", "trips_in_row"),
    ("averaged", "sampled_steps"),
    ("minute", "loss_window"),
    ("copper_factor", "drag_factor"),
)
"""First and last field of what depends on each other; any other field, or residue of cycles, stands for itself."""
_FILTER = (("temp_c", "passed_w"), ("rotor_excess_k", "rotor_rise_k"), ("reference_c", "rested"))
_JUNCTION = (("foster_k", "junction_peak_c"), ("plate_k", "junction_age_s"))
_WEAR = (("wear", "averaged_s"), ("magnets_hot_s", "magnets_hot_s"))
"""More that belongs together, from several places."""
FILTER_GROUP, WEAR_GROUP, JUNCTION_GROUP, _FIRST_GROUP = range(4)


@dataclass(frozen=True, slots=True)
class Words:
    """Tables over the words of a record: ``exponent`` bits that are all set in what is not finite, 0 where no number
    begins; ``mantissa`` bits; what is ``absent``, not wrong; its ``group``.
    """

    exponent: NDArray[np.int32]
    mantissa: NDArray[np.int32]
    absent: NDArray[np.int32]
    group: NDArray[np.int32]


def floats(dtype: np.dtype[Any], start: int = 0) -> Iterator[tuple[str, int, np.dtype[Any], int]]:
    """Name, first byte, type and number of every field of floats, those of records in the record too."""
    for name in dtype.names or ():
        kind, offset = dtype.fields[name][:2]  # type: ignore[index]
        base, count = kind.base, int(np.prod(kind.shape, dtype=int))
        if base.names:
            yield from ((f"{name}.{inner}", *rest) for inner, *rest in floats(base, start + offset))  # type: ignore[misc]
        elif base.kind == "f":
            yield name, start + offset, base, count


def _groups(dtype: np.dtype[Any]) -> dict[str, int]:
    names = list(dtype.names or ())
    groups = {name: _FIRST_GROUP + place for place, name in enumerate(names)}
    together = [((span,), groups.get(span[0], 0)) for span in _TOGETHER]
    named = ((_FILTER, FILTER_GROUP), (_WEAR, WEAR_GROUP), (_JUNCTION, JUNCTION_GROUP))
    for spans, group in (*together, *named):
        for first, last in spans:
            if first in groups:
                groups |= dict.fromkeys(names[names.index(first) : names.index(last) + 1], group)
    return groups


def _words(dtype: np.dtype[Any], groups: dict[str, int]) -> Words:
    count = dtype.itemsize // 4
    words = Words(*(np.zeros(count, np.int32) for _ in range(4)))
    for name, group in groups.items():
        kind, offset = dtype.fields[name][:2]  # type: ignore[index]
        words.group[offset // 4 : (offset + kind.itemsize + 3) // 4] = group
    for name, offset, kind, number in floats(dtype):
        step = kind.itemsize // 4
        at = slice(offset // 4 + step - 1, offset // 4 + step * number, step)
        words.exponent[at] = 0x7FF00000 if step == 2 else 0x7F800000
        words.mantissa[at] = 0x000FFFFF if step == 2 else 0x007FFFFF
        words.absent[at] = _ABSENT.get(name, 0)
    return words


ROW_WORDS = _words(ROW, _groups(ROW))
EXTREMES_GROUP = len(DAY.names or ())
"""Of DAY: what ``daily.nothing_seen`` clears; any other field of it stands for itself."""
_DAY_GROUPS = {name: place for place, name in enumerate(DAY.names or ())}
_EXTREMES = ("maxima", "knee_margin_a_m", "knee_margin_sd_a_m")
DAY_WORDS = _words(DAY, _DAY_GROUPS | dict.fromkeys(_EXTREMES, EXTREMES_GROUP))


def with_words(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The same record with one field more, ``words``, int32, that lies over all the others."""
    names = list(dtype.names or ())
    fields: Any = dtype.fields
    return np.dtype(
        {
            "names": [*names, "words"],
            "formats": [*(fields[name][0] for name in names), (np.int32, (dtype.itemsize // 4,))],
            "offsets": [*(fields[name][1] for name in names), 0],
            "itemsize": dtype.itemsize,
        }
    )


def in_words(records: NDArray[Any]) -> NDArray[Any]:
    """(n,) records ``with_words``, as kernels take them: the same memory, a recarray."""
    return records.view(np.ndarray).view(_WITH_WORDS[records.dtype.names]).view(np.recarray)


_WITH_WORDS = {dtype.names: with_words(dtype) for dtype in (ROW, DAY)}


def as_words(records: NDArray[Any]) -> NDArray[np.int32]:
    """(n, words) int32 view of (n,) records that lie one behind the other."""
    return np.asarray(records).view(np.int32).reshape(len(records), records.dtype.itemsize // 4)
