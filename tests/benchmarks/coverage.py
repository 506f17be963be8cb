"""Standard deviations of losses, efficiencies and maxima against the truth of a simulated fleet, by their 90 % bands.

``python -m tests.benchmarks.coverage [--json] [--seed=N] [--units=N] [VARIANT ...]``. One judgement for each drive of
each unit. What a sensor's gain makes of a balance is as promised for vehicles, more than the simulator's sensors err;
so is a junction's rise: only that too few are inside would be wrong there.
"""

from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests import simulated
from tests.benchmarks.accuracy_plant import Z90, unit
from tests.benchmarks.report import Row, between, number, progress, run, seed, variants
from twin.plant.layout import NODES
from twin.twin import Twin
from twin.variants import load

SEED, UNITS = 52_525, 40
"""Of the units that judge; the spreads of the losses were set on others (501)."""
VARIANTS = ("bmw-gen5-rear", "jaguar-ipace", "landrover-800v-rear")
PARTS = ("copper", "iron", "rotor", "inverter", "gear")
MAXIMA = {"end_winding": "end_winding", "rotor": "rotor", "oil": "oil"}
BY_PROMISE = ("regen_efficiency_balance", "efficiency_balance", "max_junction")
"""Judged by how wide the promises are, not by the simulator's scatter."""
LOW, HIGH = 0.80, 0.98
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
    """Each quantity of each variant."""
    found, units, of_units = [], number("units", UNITS), seed(SEED)
    with ProcessPoolExecutor(1 if units < UNITS else 2) as pool:
        for name in variants(VARIANTS):
            progress(f"coverage: {name}, {units} units, seed {of_units}")
            drives = pool.map(scores, [name] * units, range(units), [of_units] * units, chunksize=max(1, units // 4))
            judged = [drive for drives_of_unit in drives for drive in drives_of_unit]
            for quantity in judged[0]:
                values = np.array([drive[quantity] for drive in judged])
                inside = float(np.mean(np.abs(values[np.isfinite(values)]) < Z90))
                high = 1.0 if quantity in BY_PROMISE else HIGH
                found.append(between(f"{name}.{quantity}.coverage90", inside, "1", LOW, high))
    return found


if __name__ == "__main__":
    run("coverage", rows)
