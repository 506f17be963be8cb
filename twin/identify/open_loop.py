"""The twin beside a recording, without the sensors that correct it: what its model alone makes of the inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.variant import VariantFile
from twin.layout import CORRECTING_SIGNALS, NODES, SAMPLE
from twin.twin import Twin
from twin.variants import Variant
from twin.variants.parameters import parameters

Array = NDArray[np.float64]
WINDING = "winding"
"""Name of the mean of both winding nodes, which many benches measure."""
MEASURED = (*NODES, WINDING)


@dataclass(frozen=True)
class Bench:
    """A recorded run: ``times_us`` (n,) int64, ``samples`` (n,) SAMPLE, (n,) measured temperatures [degC] by name."""

    name: str
    times_us: NDArray[np.int64]
    samples: NDArray[Any]
    measured_c: dict[str, Array]


def bench(
    name: str, times_us: NDArray[np.int64], signals: Mapping[str, Array], measured_c: Mapping[str, Array]
) -> Bench:
    """A run from columns by name of the signal."""
    samples = np.full((len(times_us), len(SAMPLE.names or ())), np.nan).view(SAMPLE).reshape(len(times_us))
    for signal, values in signals.items():
        samples[signal] = values
    return Bench(name, times_us, samples, dict(measured_c))


def weights(variant: Variant, name: str) -> Array:
    """(N_NODES,) weights of the node temperatures whose sum is the measured temperature ``name``."""
    share = float(variant.parameters["end_winding_share"][0])
    parts = {"end_winding": share, "slot_winding": 1.0 - share} if name == WINDING else {name: 1.0}
    return np.array([parts.get(node, 0.0) for node in NODES])


def changed(variant: Variant, file: VariantFile) -> Variant:
    """The variant with other numbers; its table of operating points is kept."""
    return replace(variant, file=file, parameters=parameters(file, variant.loss_map, variant.parameters["map"][0]))


def run(variant: Variant, bench: Bench, every_s: float = 0.0) -> tuple[NDArray[np.int64], Array]:
    """(m,) rows and (m, N_NODES) estimated temperatures [degC] at them: the newest ones there were.

    Started at the first measured value of each temperature, nodes without at the coolant's. ``every_s``: least
    distance. ValueError where not one temperature is known.
    """
    samples = bench.samples.copy()
    for name in CORRECTING_SIGNALS:
        samples[name] = np.nan
    twin = Twin(variant)
    rows = twin.new_rows()
    rows.add()
    ends = cuts(bench.times_us, every_s)
    temps_c = np.empty((len(ends), len(NODES)))
    row = rows.records[0]
    for k in twin.stops(rows, bench.times_us, samples, ends):
        if k == 0:
            _start(variant, row, bench)
        temps_c[k] = row.temp_c
    return ends, temps_c


def cuts(times_us: NDArray[np.int64], every_s: float) -> NDArray[np.int64]:
    """The first row, and from there on the first row of each interval."""
    slots = (times_us - times_us[0]) // max(round(every_s * 1e6), 1)
    return np.flatnonzero(np.diff(slots, prepend=-1) > 0)


def _start(variant: Variant, row: Any, bench: Bench) -> None:
    coolant_c = _first(bench.samples["coolant_in_temp_c"])
    firsts = {name: _first(values) for name, values in bench.measured_c.items()}
    known = {name: temp_c for name, temp_c in firsts.items() if np.isfinite(temp_c)}
    if not known and not np.isfinite(coolant_c):
        raise ValueError(f"{bench.name}: no temperature to start at: neither a measured one nor coolant_in_temp_c")
    row.temp_c[:] = coolant_c if np.isfinite(coolant_c) else np.mean(list(known.values()))
    for name, temp_c in known.items():
        row.temp_c[weights(variant, name) > 0.0] = temp_c
    if WINDING in known:
        row.temp_c[:2] = known[WINDING]
    row.ready = 1


def _first(values: Array) -> float:
    """The first value that is a number; NaN: none is."""
    finite = values[np.isfinite(values)]
    return float(finite[0]) if len(finite) else np.nan
