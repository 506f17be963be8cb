"""Standard deviations of losses, efficiencies and maxima against the truth of a simulated fleet, by their 90 % bands.

``python -m tests.benchmarks.coverage [--json] [--seed=N] [--units=N] [--all | VARIANT ...]``. One judgement for each
drive of each unit. ``band_factor``: what the bands of a quantity, of all variants together, would have to be multiplied
by to hold 90 %. ``--short``: that only, with few units of every variant.

What a sensor's gain makes of a balance is as promised for vehicles, twice to four times of what the simulator's sensors
err; so is a junction's rise, of a module whose data sheet is not known as well as the simulator's. Of these only the
lower limit is asked: a band that holds more than 90 % here holds what it promises.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import simulated
from tests.benchmarks.accuracy_plant import ROAD, Z90, unit
from tests.benchmarks.report import Row, at_least, between, number, progress, run, seed, variants
from twin.plant.layout import NODES
from twin.plant.machines import names
from twin.twin import Twin
from twin.variants import load

SEED, UNITS, SHORT_UNITS = 52_525, 40, 12
"""Of the units that judge; the spreads of the losses were set on others (501)."""
VARIANTS = ("bmw-gen5-rear", "mini-eesm", "jaguar-ipace", "landrover-800v-rear", "bmw-i3")
PARTS = ("copper", "iron", "rotor", "inverter", "gear")
MAXIMA = {"end_winding": "end_winding", "rotor": "rotor", "oil": "oil"}
BY_PROMISE = ("regen_efficiency_balance", "efficiency_balance", "max_junction")
"""Judged by how wide the promises are, not by the simulator's scatter."""
FACTOR_SPAN, LEAST_FACTOR = 2.0, 0.7
"""A ``band_factor`` is 0.7 to 1.4: wherever in a span of 2 it is, with SDs of half or twice the size it is outside."""
LEAST_FACTORS = {"efficiency_balance": 0.25, "regen_efficiency_balance": 0.25, "max_junction": 0.37} | {
    "efficiency_model": 0.8,
    "regen_efficiency_model": 0.8,
}
"""Of bands that are wider by promise, and of efficiencies, whose mean error of 0.2 pp no SD knows of."""
Array = NDArray[np.float64]
LOW, HIGH = 0.80, 0.96
"""40 units with two drives each: 90 % within two binomial SDs of the units, and what units of a variant share."""


def _parts(states: NDArray[Any], truth: Any, trip: Any) -> dict[str, float]:
    """Error over SD of each part's loss, over the whole minutes of a drive: their errors are one."""
    minutes = states[(states["time_us"] > trip["time_us"] + 60_000_000) & (states["time_us"] <= trip["end_us"])]
    minutes = minutes[np.isfinite(minutes["copper_loss_w"])]
    found = {}
    for part in PARTS:
        true_w = simulated.true_loss_w(truth, part, minutes["time_us"])
        error_w = minutes[f"{part}_loss_w"].sum() - true_w.sum()
        found[f"{part}_loss"] = error_w / max(minutes[f"{part}_loss_sd_w"].sum(), 1e-9)
    return found


def _trip(truth: Any, trip: Any) -> dict[str, float]:
    """Error over SD of what is said of one drive."""
    at_us = truth["time_s"] * 1_000_000
    during = truth[(at_us >= trip["time_us"]) & (at_us <= trip["end_us"])]
    mechanical_w, shaft_w, dc_w = (
        during["shaft_power_w"] - during["gear_loss_w"],
        during["shaft_power_w"],
        during["dc_power_w"],
    )
    driving, braking = mechanical_w > 0.0, shaft_w < 0.0
    true = {
        "efficiency": mechanical_w[driving].sum() / dc_w[driving].sum(),
        "regen_efficiency": dc_w[braking].sum() / mechanical_w[braking].sum(),
    }
    found = {}
    for kind, value in true.items():
        for way in ("model", "balance"):
            found[f"{kind}_{way}"] = (trip[f"{kind}_{way}"] - value) / trip[f"{kind}_{way}_sd"]
    lost_wh = sum(during[f"{part}_loss_w"].sum() for part in PARTS) / 3_600.0
    found["loss_energy"] = (trip["loss_energy_wh"] - lost_wh) / trip["loss_energy_sd_wh"]
    for name, node in MAXIMA.items():
        hottest_c = during["temps_c"][:, NODES.index(simulated.TRUTH_OF_NODE[node])].max()
        found[f"max_{name}"] = (trip[f"max_{name}_temp_c"] - hottest_c) / trip[f"max_{name}_temp_sd_k"]
    device = "switch" if trip["max_switch_temp_c"] > trip["max_diode_temp_c"] else "diode"
    error_k = trip[f"max_{device}_temp_c"] - during["junction_temp_c"].max()
    found["max_junction"] = error_k / trip[f"max_{device}_temp_sd_k"]
    return found


def scores(name: str, number_of_unit: int, of_units: int) -> list[dict[str, float]]:
    """Error over SD of every quantity in each drive of one unit; NaN where it was not published."""
    samples, truth = unit(name, number_of_unit, of_units)
    results, trips = simulated.estimate(Twin(load(name)), samples, truth)
    states = results.states[results.states["time_us"] % 60_000_000 == 0]
    return [_parts(states, truth, trip) | _trip(truth, trip) for trip in trips]


def rows() -> list[Row]:
    """Each quantity of each variant, and of all together."""
    short = "--short" in sys.argv[1:]
    units, of_units = number("units", SHORT_UNITS if short else UNITS), seed(SEED)
    found: list[Row] = []
    together: dict[str, list[Array]] = {}
    with ProcessPoolExecutor(2) as pool:
        for place, name in enumerate(names() if short else variants(VARIANTS)):
            progress(f"coverage: {name}, {units} units, seed {of_units}")
            first = place * units if short else 0  # units of one number have the same scatter in each variant
            numbers = range(first, first + units)
            drives = pool.map(scores, [name] * units, numbers, [of_units] * units, chunksize=max(1, units // 4))
            judged = [drive for drives_of_unit in drives for drive in drives_of_unit]
            for quantity in judged[0]:
                values = np.abs([drive[quantity] for drive in judged])
                values = values[np.isfinite(values)]
                found.append(_coverage(f"{name}.{quantity}.coverage90", quantity, float(np.mean(values < Z90))))
                if name not in ROAD:
                    together.setdefault(quantity, []).append(values)
    factors = [_band_factor(quantity, np.concatenate(values)) for quantity, values in together.items()]
    return factors if short else [*found, *factors]


def _coverage(name: str, quantity: str, inside: float) -> Row:
    if quantity in BY_PROMISE:
        return at_least(name, inside, "1", LOW, HIGH, "would be the simulator's scatter, or less")
    return between(name, inside, "1", LOW, HIGH)


def _band_factor(quantity: str, scores: Array) -> Row:
    least = LEAST_FACTORS.get(quantity, LEAST_FACTOR)
    factor = float(np.quantile(scores, 0.9) / Z90)
    return between(f"{quantity}.band_factor", factor, "1", least, FACTOR_SPAN * least, 1.0, "holds 90 %")


if __name__ == "__main__":
    run("coverage", rows)
