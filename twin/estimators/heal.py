"""What is not finite in a unit begins anew: it alone, with what hangs on it.

Samples cannot bring it there; memory that flips a bit or a state that was written wrongly can. The whole unit is looked
at before a point leaves, when the filter had to begin anew, and as soon as losses or junctions of a sample are no
numbers, before they are added up. What was added within the second before that, ``trip.flush`` drops. Junctions,
damage sums and the filter say so for as long as it matters; everything is counted.
"""

from typing import Any

import numpy as np

from twin.estimators import daily, thermal_start
from twin.jit import kernel
from twin.layout import RESETS
from twin.layout.day import DAY
from twin.layout.finite import (
    DAY_WORDS,
    EXTREMES_GROUP,
    FILTER_GROUP,
    JUNCTION_GROUP,
    MINUS_INFINITE,
    NAN,
    PLUS_INFINITE,
    ROW_WORDS,
    WEAR_GROUP,
    as_words,
)
from twin.layout.fresh import fresh_row

_EXPONENT, _MANTISSA, _ABSENT, _GROUP = ROW_WORDS.exponent, ROW_WORDS.mantissa, ROW_WORDS.absent, ROW_WORDS.group
_DAY_EXPONENT, _DAY_MANTISSA = DAY_WORDS.exponent, DAY_WORDS.mantissa
_DAY_ABSENT, _DAY_GROUP = DAY_WORDS.absent, DAY_WORDS.group
_FRESH = as_words(fresh_row())[0].copy()
_EMPTY_DAY = as_words(np.zeros(1, DAY))[0].copy()


@kernel
def _wrong(word: int, exponent: int, mantissa: int, absent: int) -> bool:
    """Whether a word belongs to a number that is not finite, though it has to be."""
    if exponent == 0 or word & exponent != exponent:
        return False
    kind = NAN
    if word & mantissa == 0:
        kind = MINUS_INFINITE if word < 0 else PLUS_INFINITE
    return absent & kind == 0


@kernel
def _renew(words: Any, fresh: Any, groups: Any, group: int) -> None:
    for k in range(len(groups)):
        if groups[k] == group:
            words[k] = fresh[k]


@kernel
def step(par: Any, row: Any, day: Any, resets: int) -> None:
    """Look at the whole unit, by the words of its records. ``resets``: parts of it that began anew already and are to
    be counted, too.
    """
    words, day_words = row.words, day.words
    for k in range(len(words)):
        if _wrong(words[k], _EXPONENT[k], _MANTISSA[k], _ABSENT[k]):
            group, ran = _GROUP[k], row.ready == 1
            _renew(words, _FRESH, _GROUP, group)
            resets += 1
            if group == FILTER_GROUP and ran:
                thermal_start.step(par, row)
                row.reset_age_s = 0.0
            elif group == JUNCTION_GROUP:
                row.junction_age_s = 0.0
            elif group == WEAR_GROUP:
                row.wear_resets += 1
    if day.open == 1:
        for k in range(len(day_words)):
            if _wrong(day_words[k], _DAY_EXPONENT[k], _DAY_MANTISSA[k], _DAY_ABSENT[k]):
                _renew(day_words, _EMPTY_DAY, _DAY_GROUP, _DAY_GROUP[k])
                if _DAY_GROUP[k] == EXTREMES_GROUP:
                    daily.nothing_seen(day)
                resets += 1
    if resets > 0:
        row.resets += resets
        row.interval[RESETS] += resets
        stretch = row.trip if row.moving == 1 else row.stop
        stretch[RESETS] += resets
        if day.open == 1:
            day.sums[RESETS] += resets
