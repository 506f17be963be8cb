"""Target "thermal": capacities, heat paths and losses from temperatures measured on a bench (physics 2.2)."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.identify.free import with_values
from twin.identify.open_loop import Bench, changed, run, weights
from twin.layout import NODES
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
    """Residuals of the temperatures of one or more recordings of a variant."""

    def __init__(self, variant: Variant, benches: Sequence[Bench]) -> None:
        self._variant, self._benches = variant, benches

    @property
    def independent(self) -> float:
        """Number of independent residuals."""
        seconds = sum(float(run.times_us[-1] - run.times_us[0]) * 1e-6 * len(run.measured_c) for run in self._benches)
        return max(seconds / CORRELATION_S, 1.0)

    def __call__(self, values: Mapping[str, float]) -> Array:
        """(m,) errors over the slow error of the model, one independent in CORRELATION_S."""
        variant = changed(self._variant, with_values(self._variant.file, values))
        found = []
        for bench in self._benches:
            for name, error_k in errors_k(variant, bench, EVERY_S).items():
                found.append(error_k[np.isfinite(error_k)] / self._sd_k(name))
        weighted: Array = np.concatenate(found) * (EVERY_S / CORRELATION_S) ** 0.5
        return weighted

    def _sd_k(self, name: str) -> float:
        discrepancy = self._variant.file.thermal.discrepancy
        each = np.array([getattr(discrepancy, node).value for node in NODES])
        return float(weights(self._variant, name) @ each)
