"""What the kernels work out for every single sample of one unit: for fitting, for explaining, for benchmarks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.advance import advance
from twin.estimators import outputs
from twin.jit import kernel
from twin.layout import DAY, N_SIGNALS, SAMPLE, WORK
from twin.layout.finite import in_words
from twin.layout.fresh import fresh_row
from twin.layout.views import as_parameters, as_values, read_only
from twin.twin import empty_frames

TRACE = np.dtype(
    [
        (name, np.float64)
        for name in (
            "shaft_w",
            "mechanical_w",
            "electrical_w",
            "dc_w",
            "balance_shaft_w",
            "balance_mechanical_w",
            "balance_electrical_w",
            "balance_dc_w",
        )
    ]
)
"""Powers of one sample [W], named as in ``twin.layout.WORK``; NaN where the sample was not used."""


@kernel
def _run(
    parameters: Any,
    rows: Any,
    days: Any,
    frames: Any,
    times_us: Any,
    values: Any,
    clean: Any,
    clean_values: Any,
    works: Any,
    outs: Any,
    trace: Any,
) -> None:
    row, work = rows[0], works[0]
    for at in range(len(times_us)):
        frames[0].first = at
        outs[0].cursor[:] = 0
        advance(parameters, rows, days, frames, times_us, values, clean, clean_values, works, outs)
        if row.time_us != times_us[at]:
            continue
        point = trace[at]
        point.shaft_w = work.shaft_w
        point.mechanical_w = work.mechanical_w
        point.electrical_w = work.electrical_w
        point.dc_w = work.dc_w
        point.balance_shaft_w = work.balance_shaft_w
        point.balance_mechanical_w = work.balance_mechanical_w
        point.balance_electrical_w = work.balance_electrical_w
        point.balance_dc_w = work.balance_dc_w


def trace(parameters: NDArray[Any], times_us: NDArray[np.int64], samples: NDArray[Any]) -> NDArray[Any]:
    """(n,) TRACE of a unit first heard of at the first sample, from (1,) PARAMETERS and (n,) SAMPLE."""
    clean_values = np.full((1, N_SIGNALS), np.nan)
    frames = empty_frames(1)
    frames["count"] = frames["identity"] = 1
    result = np.full(len(samples), np.nan, TRACE)
    row, day = fresh_row(), np.zeros(1, DAY)
    _run(
        as_parameters(parameters),
        in_words(row),
        in_words(day),
        frames.view(np.recarray),
        read_only(times_us),
        as_values(samples),
        clean_values.view(SAMPLE).reshape(1).view(np.recarray),
        clean_values,
        np.zeros(1, WORK).view(np.recarray),
        outputs.allocate(),
        result.view(np.recarray),
    )
    return result
