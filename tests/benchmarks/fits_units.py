"""Losses and heat paths of a variant from instrumented units of the simulator, as a maker would on its bench.

Losses part by part, minute by minute, are those of the twin's own chain beside the units' truth; temperatures of all
nodes are its open loop's beside the truth, with the file's losses. Units differ in what they lose and in their
contacts: a number is as sure as they leave it. ``--seed=N``: of the units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import drives, simulated
from tests.benchmarks.accuracy_plant import MINUTE_US, NODES, errors_k, unit
from tests.benchmarks.newton import newton_step, rows_of
from tests.benchmarks.report import Row, progress, seed
from twin.identify import Errors, free, with_values
from twin.identify.free import quantities
from twin.identify.open_loop import Bench, cuts
from twin.identify.thermal import EVERY_S, Temperatures
from twin.plant.layout import ROTOR
from twin.twin import Twin
from twin.variants import Variant, load
from twin.variants.parameters import parameters

SEED, UNITS = 501, 12
"""Not the units that judge (``accuracy_plant``)."""
PRIOR_SD = 1.0
"""Of the logarithms: nothing is taken from the file but where to begin."""
WITHIN = 2.5
PARTS = ("copper", "iron", "rotor", "inverter", "gear")
"""Parts of the losses in states and truth."""
Array = NDArray[np.float64]


def keys(variant: Variant, of: str) -> dict[str, float]:
    """Numbers of the file whose source says that they were identified from these of units of the simulator."""
    return {
        key: quantity.value
        for key, quantity, _ in quantities(variant.file)
        if quantity.source.startswith(f"identified, {of} of") and "simulator" in quantity.source
    }


class Losses:
    """Residuals of the losses of units by part and minute, over the RMS of the part, one kind for each part."""

    def __init__(self, variant: Variant, units: Sequence[tuple[NDArray[Any], Any]]) -> None:
        self._variant, self._units = variant, units
        found = [self._losses_w(Twin(variant), *each) for each in units]
        true_w = np.concatenate([truth for _, truth in found])
        self._rms_w = np.maximum(np.sqrt(np.mean(true_w**2, axis=0)), 1.0)
        kinds = np.tile(np.arange(len(PARTS)), len(true_w))
        self.errors = Errors(kinds)
        self.unit = np.repeat(np.arange(len(units)), [truth.size for _, truth in found])

    def __call__(self, values: Mapping[str, float]) -> Array:
        """(minutes x parts,) modelled less true losses."""
        file = with_values(self._variant.file, values)
        twin = Twin(replace(self._variant, file=file, parameters=parameters(file, self._variant.loss_map)))
        found = [self._losses_w(twin, *each) for each in self._units]
        off = np.concatenate([(modelled - truth) / self._rms_w for modelled, truth in found])
        flat: Array = off.ravel()
        return flat

    def _losses_w(self, twin: Twin, samples: NDArray[Any], truth: Any) -> tuple[Array, Array]:
        """(minutes, parts) modelled and true losses of a unit."""
        states = simulated.estimate(twin, samples, truth)[0].states
        minutes = states[(states["time_us"] % MINUTE_US == 0) & np.isfinite(states["copper_loss_w"])]
        true_w = [simulated.true_loss_w(truth, part, minutes["time_us"]) for part in PARTS]
        return np.stack([minutes[f"{part}_loss_w"] for part in PARTS], axis=1), np.stack(true_w, axis=1)


def instrumented(number: int, samples: NDArray[Any], truth: Any, excited: bool) -> Bench:
    """A unit with a thermometer in every node; that of an ``excited`` rotor in its iron, as the twin's node."""
    times_us = truth["time_s"] * drives.SECOND_US
    measured_c = {node: simulated.true_temps_c(truth, node, times_us) for node in NODES}
    if excited:
        measured_c["rotor"] = truth["temps_c"][:, ROTOR]
    return Bench(str(number), times_us, samples, measured_c)


def nees(variant: Variant, units: Sequence[tuple[NDArray[Any], Any]]) -> Array:
    """(8,) mean squared error over variance of each node at the ends of the drives: 1, or less for what stays away."""
    scores, twin = [], Twin(variant)
    for samples, truth in units:
        results, trips = simulated.estimate(twin, samples, truth)
        ends = results.states[np.searchsorted(results.states["time_us"], trips["end_us"], side="right") - 1]
        sd_k = np.stack([ends[f"{node}_temp_sd_k"] for node in NODES], axis=1)
        scores.append(errors_k(ends, truth) / sd_k)
    mean: Array = np.mean(np.concatenate(scores) ** 2, axis=0)
    return mean


class Paths(Temperatures):
    """Residuals of the temperatures of units, in open loop."""

    def __init__(self, variant: Variant, units: Sequence[tuple[NDArray[Any], Any]]) -> None:
        benches = [
            instrumented(number, *each, excited=variant.machine_type == "eesm") for number, each in enumerate(units)
        ]
        super().__init__(variant, benches)
        rows = [len(cuts(bench.times_us, EVERY_S)) * len(bench.measured_c) for bench in benches]
        self.unit = np.repeat(np.arange(len(units)), rows)


def rows(name: str) -> list[Row]:
    """Each identified number of the variant, and how far its spreads cover the errors of these units."""
    variant, of_units = load(name), seed(SEED)
    units = [unit(name, number, of_units) for number in range(UNITS)]
    found = []
    for of, residuals in (("losses by part", Losses), ("temperatures", Paths)):
        now = keys(variant, of)
        progress(f"fits: {len(now)} numbers of {name}, {of} of {UNITS} units, seed {of_units}")
        if now:
            target = residuals(variant, units)
            found += rows_of(
                name,
                newton_step(free(variant.file, list(now), PRIOR_SD), target, target.errors, now, target.unit),
                WITHIN,
            )
    each = zip(NODES, nees(variant, units), strict=True)
    return [*found, *(Row(f"fits.{name}.nees.{node}", float(value), "1", 1.0, "or less") for node, value in each)]
