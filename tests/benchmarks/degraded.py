"""What each missing optional signal costs, and whether the twin knows: the simulated fleet once more, without it.

``python -m tests.benchmarks.degraded [--json] [--units=N] [--seed=N] [--all | VARIANT ...]``. RMS error of a unit, p95
over units; mean width of the 90 % bands, and the share of them that holds the truth, by node and over all nodes. Of the
two variants of the README's table if none is named. ``--short``: few units of both variants together; what the bands
hold at least, and errors over their SDs.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests import simulated
from tests.benchmarks.accuracy_plant import NODES, SEED, Z90, errors_k, unit, warm
from tests.benchmarks.report import Row, at_least, between, number, progress, run, seed, variants
from twin.twin import Twin
from twin.variants import load

VARIANTS = ("bmw-gen5-rear", "jaguar-ipace")
UNITS, SHORT_UNITS = 40, 6
MODES = {
    "all_signals": (),
    "no_winding": ("winding_temp_c",),
    "no_oil": ("oil_temp_c",),
    "no_coolant_out": ("coolant_out_temp_c",),
    "no_coolant_in": ("coolant_in_temp_c",),
    "no_coolant": ("coolant_in_temp_c", "coolant_out_temp_c"),
    "no_flow": ("coolant_flow_l_min", "pump_duty"),
    "no_ambient": ("ambient_temp_c",),
    "no_currents": ("i_d_a", "i_q_a", "field_current_a"),
    "no_voltages": ("u_d_v", "u_q_v", "field_voltage_v"),
    "no_dc_voltage": ("dc_voltage_v", "dc_current_a"),
    "speed_and_torque_only": (
        *("winding_temp_c", "oil_temp_c", "coolant_out_temp_c", "coolant_in_temp_c", "ambient_temp_c"),
        *("coolant_flow_l_min", "pump_duty", "i_d_a", "i_q_a", "field_current_a"),
        *("u_d_v", "u_q_v", "field_voltage_v", "dc_voltage_v", "dc_current_a"),
    ),
}
PLACES = {"winding": NODES.index("end_winding"), "rotor": NODES.index("rotor"), "oil": NODES.index("oil")}
LOW, HIGH = 0.80, 0.96
"""As of losses and maxima in ``tests.benchmarks.coverage``."""
LEAST_SCORE = 0.6
"""Errors over SDs of all nodes, RMS, are 0.6 to 1.2: with SDs of twice or half the size they are outside."""


class Figures(NamedTuple):
    """One unit in one mode, by node (8,): RMS error [K], mean SD [K], share of bands that hold, error over SD (RMS)."""

    rmse_k: NDArray[np.float64]
    sd_k: NDArray[np.float64]
    held: NDArray[np.float64]
    score: NDArray[np.float64]


def measure_unit(name: str, number_of_unit: int, of_units: int) -> list[Figures]:
    """One unit in every mode."""
    samples, truth = unit(name, number_of_unit, of_units)
    twin, found = Twin(load(name)), []
    for missing in MODES.values():
        given = samples.copy()
        for signal in missing:
            given[signal] = np.nan
        states = warm(simulated.estimate(twin, given, truth)[0].states)
        error_k = errors_k(states, truth)
        sd_k = np.stack([states[f"{node}_temp_sd_k"] for node in NODES], axis=1)
        held = np.mean(np.abs(error_k) < Z90 * sd_k, axis=0)
        score = np.sqrt(np.mean((error_k / sd_k) ** 2, axis=0))
        found.append(Figures(np.sqrt(np.mean(error_k**2, axis=0)), np.mean(sd_k, axis=0), held, score))
    return found


def _held_rows(of: str, held: NDArray[np.float64]) -> list[Row]:
    """Share of the bands that hold, of the nodes of the table and over all; ``held``: (units, nodes)."""
    by_node = np.mean(held, axis=0)
    found = [between(f"{of}.{node}_held90", float(by_node[place]), "1", LOW, HIGH) for node, place in PLACES.items()]
    return [*found, between(f"{of}.held90", float(np.mean(by_node)), "1", LOW, HIGH)]


def _rows_of(name: str, units: NDArray[np.float64]) -> list[Row]:
    """Each mode of one variant; ``units``: (units, modes, 4, nodes), as in Figures."""
    found = []
    worst_k = np.percentile(units[:, :, 0], 95, axis=0)
    widths_k = 2.0 * Z90 * np.mean(units[:, :, 1], axis=(0, 2))
    for at, mode in enumerate(MODES):
        of = f"{name}.{mode}"
        for node, place in PLACES.items():
            full_k = float(worst_k[0, place])
            label = f"{of}.{node}_rmse_p95_k"
            found.append(Row(label, float(worst_k[at, place]), "K", full_k, "K with all signals"))
        found.append(Row(f"{of}.band_width_k", float(widths_k[at]), "K", float(widths_k[0]), "K"))
        found += _held_rows(of, units[:, at, 2])
    return found


def _short_rows(mode: str, figures: NDArray[np.float64]) -> list[Row]:
    """Few units hold all or much less: of them a lower limit, and what twice or half of the SDs would be outside of.

    ``figures``: (units, 4, nodes).
    """
    held, score = np.mean(figures[:, 2], axis=0), float(np.sqrt(np.mean(figures[:, 3] ** 2)))
    return [
        at_least(f"{mode}.held90", float(np.mean(held)), "1", LOW),
        *[at_least(f"{mode}.{node}_held90", float(held[place]), "1", LOW) for node, place in PLACES.items()],
        between(f"{mode}.error_over_sd", score, "1", LEAST_SCORE, 2.0 * LEAST_SCORE),
    ]


def rows() -> list[Row]:
    """Each mode of each variant; in the short form of all together."""
    short = "--short" in sys.argv[1:]
    count, of_units = number("units", SHORT_UNITS if short else UNITS), seed(SEED)
    found: list[Row] = []
    together = []
    with ProcessPoolExecutor(2) as pool:
        for name in variants(VARIANTS):
            progress(f"degraded: {name}, {count} units, seed {of_units}")
            size = -(-count // 2)
            units = list(pool.map(measure_unit, [name] * count, range(count), [of_units] * count, chunksize=size))
            together.append(np.array(units))
            found += _rows_of(name, together[-1])
    if not short:
        return found
    figures = np.concatenate(together)
    return [row for at, mode in enumerate(MODES) for row in _short_rows(mode, figures[:, at])]


if __name__ == "__main__":
    run("degraded", rows)
