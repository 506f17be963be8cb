"""What each missing optional signal costs: the simulated fleet once more, without it.

``python -m tests.benchmarks.degraded [--json] [--units=N] [--all | VARIANT ...]``. RMS error of a unit, p95 over units,
and mean width of the 90 % bands; of the two variants of the README's table if none is named.
"""

from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy as np

from tests import simulated
from tests.benchmarks.accuracy_plant import NODES, SEED, Z90, errors_k, unit, warm
from tests.benchmarks.report import Row, number, progress, run, variants
from twin.twin import Twin
from twin.variants import load

VARIANTS = ("bmw-gen5-rear", "jaguar-ipace")
UNITS = 40
MODES = {
    "all_signals": (),
    "no_winding": ("winding_temp_c",),
    "no_oil": ("oil_temp_c",),
    "no_coolant_out": ("coolant_out_temp_c",),
    "no_coolant_in": ("coolant_in_temp_c",),
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


class Figures(NamedTuple):
    """RMS errors of one unit [K] and the mean SD of all nodes [K]."""

    winding_k: float
    rotor_k: float
    oil_k: float
    sd_k: float


def measure_unit(name: str, number: int) -> list[Figures]:
    """One unit in every mode."""
    samples, truth = unit(name, number, SEED)
    twin, found = Twin(load(name)), []
    for missing in MODES.values():
        given = samples.copy()
        for signal in missing:
            given[signal] = np.nan
        states = warm(simulated.estimate(twin, given, truth)[0].states)
        rmse_k = np.sqrt(np.mean(errors_k(states, truth) ** 2, axis=0))
        places = (NODES.index("end_winding"), NODES.index("rotor"), NODES.index("oil"))
        sd_k = float(np.mean([states[f"{node}_temp_sd_k"] for node in NODES]))
        found.append(Figures(*(float(rmse_k[place]) for place in places), sd_k))
    return found


def rows() -> list[Row]:
    """Each mode of each variant."""
    found, count = [], number("units", UNITS)
    with ProcessPoolExecutor(2) as pool:
        for name in variants(VARIANTS):
            progress(f"degraded: {name}, {count} units")
            units = np.array(list(pool.map(measure_unit, [name] * count, range(count), chunksize=-(-count // 2))))
            worst, widths = np.percentile(units, 95, axis=0), 2.0 * Z90 * np.mean(units[..., 3], axis=0)
            for mode, p95_k, width_k in zip(MODES, worst, widths, strict=True):
                for quantity, value, full in zip(("winding", "rotor", "oil"), p95_k, worst[0], strict=False):
                    label = f"{name}.{mode}.{quantity}_rmse_p95_k"
                    found.append(Row(label, float(value), "K", float(full), "K with all signals"))
                found.append(Row(f"{name}.{mode}.band_width_k", float(width_k), "K", float(widths[0]), "K"))
    return found


if __name__ == "__main__":
    run("degraded", rows)
