"""Target "thermal": capacities, heat paths and losses from temperatures measured on a bench (physics 2.2)."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.identify.free import with_values
from twin.identify.open_loop import Bench, changed, cuts, run, weights
from twin.identify.pace import check_pace
from twin.identify.solve import Errors
from twin.variants import Variant

Array = NDArray[np.float64]
PATTERNS = (
    "thermal.capacity.*",
    "thermal.conductance.*",
    "machine.phase_resistance",
    "machine.copper_temp_coefficient",
    "machine.ac_*",
    "machine.rotor_iron.[!r]*",  # not its reference current
    "machine.iron_temperature.coefficient",
    "machine.loss_map.drag_factor",
    "machine.loss_map.iron_factor",
    "machine.hysteresis",
    "machine.eddy",
    "machine.*_harmonics",
)
"""Free numbers: the network, and how losses depend on speed, current and temperature and where they go."""
EVERY_S = 10.0
CORRELATION_S = 300.0
"""The model's error keeps its sign for minutes: one independent residual in this time (physics 2.2)."""


def errors_k(variant: Variant, bench: Bench, every_s: float = 0.0) -> dict[str, Array]:
    """Estimated less measured temperature [K] by measured name, open loop from the first row."""
    ends, temps_c = run(variant, bench, every_s)
    return {name: temps_c @ weights(variant, name) - values[ends] for name, values in bench.measured_c.items()}


class Temperatures:
    """Residuals of the temperatures of one or more recordings of a variant; each measured name is a kind of its own."""

    def __init__(self, variant: Variant, benches: Sequence[Bench]) -> None:
        for bench in benches:
            check_pace(bench.name, bench.times_us, variant)
        self._variant, self._benches = variant, benches
        names = list(dict.fromkeys(name for bench in benches for name in bench.measured_c))
        self._used = [
            {name: np.isfinite(values[cuts(bench.times_us, EVERY_S)]) for name, values in bench.measured_c.items()}
            for bench in benches
        ]
        sizes = [(names.index(name), int(rows.sum())) for used in self._used for name, rows in used.items()]
        kinds = [np.full(size, kind, dtype=np.int64) for kind, size in sizes]
        self.errors = Errors(np.concatenate(kinds), EVERY_S / CORRELATION_S)

    def __call__(self, values: Mapping[str, float]) -> Array:
        """(m,) errors [K], weighted as one independent in CORRELATION_S."""
        variant = changed(self._variant, with_values(self._variant.file, values))
        found = []
        for bench, used in zip(self._benches, self._used, strict=True):
            found += [error_k[used[name]] for name, error_k in errors_k(variant, bench, EVERY_S).items()]
        weighted: Array = np.concatenate(found) * self.errors.weight**0.5
        return weighted
