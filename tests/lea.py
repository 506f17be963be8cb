"""The bench recordings of Paderborn University (LEA) as samples of the twin, and a run of the twin beside them.

Kirchgaessner, Wallscheid, Boecker, doi 10.34740/KAGGLE/DSV/2161054.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests import drives
from twin.layout import END_WINDING, ROTOR, SLOT_WINDING, TEETH, YOKE
from twin.twin import Twin
from twin.variants import Variant, load

PROFILES = {24: "profile24_full_0p4Hz.parquet", 60: "profile60_rows0_2999_2Hz.parquet"}
NODES = ("rotor", "yoke", "teeth", "winding")
_TARGETS = ("pm", "stator_yoke", "stator_tooth", "stator_winding")
_SIGNALS = {
    "motor_speed_rpm": "motor_speed",
    "torque_nm": "torque",
    "i_d_a": "i_d",
    "i_q_a": "i_q",
    "u_d_v": "u_d",
    "u_q_v": "u_q",
    "coolant_in_temp_c": "coolant",
    "ambient_temp_c": "ambient",
}


class Recording(NamedTuple):
    """One recording; ``measured_temp_c``: (n, 4) rotor, yoke, teeth, winding."""

    times_us: NDArray[np.int64]
    samples: NDArray[Any]
    measured_temp_c: NDArray[np.float64]


def recording(folder: Path, profile: int) -> Recording:
    """A profile below ``folder`` (``lea-pmsm-temperature`` of the reference data); its temperatures are not given."""
    table = pq.read_table(folder / PROFILES[profile])
    samples = drives.blank(len(table))
    for name, column in _SIGNALS.items():
        samples[name] = table[column].to_numpy()
    times_us = drives.START_US + np.round(table["t_s"].to_numpy() * 1e6).astype(np.int64)
    return Recording(times_us, samples, np.stack([table[name].to_numpy() for name in _TARGETS], axis=1))


def node_temps_c(par: Any, temp_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 4) rotor, yoke, teeth and mean winding of (..., N_NODES) temperatures."""
    share = float(par.end_winding_share)
    winding = share * temp_c[..., END_WINDING] + (1.0 - share) * temp_c[..., SLOT_WINDING]
    return np.stack([temp_c[..., ROTOR], temp_c[..., YOKE], temp_c[..., TEETH], winding], axis=-1)


def run(variant: Variant, recorded: Recording) -> NDArray[np.float64]:
    """(n, 4) temperatures of the twin at each row, started at the temperatures of the first."""
    par = variant.parameters.view(np.recarray)[0]
    return np.array([node_temps_c(par, row.temp_c) for row in follow(variant, recorded)])


def follow(variant: Variant, recorded: Recording, *, cold: bool = False) -> Iterator[Any]:
    """The row of the unit after each sample; it starts at the first temperatures, or ``cold``: as the twin sees fit."""
    twin = Twin(variant)
    rows = twin.new_rows()
    rows.add()
    row = rows.records[0]
    for k in twin.stops(rows, recorded.times_us, recorded.samples, np.arange(len(recorded.samples))):
        if k == 0 and not cold:
            _start(row, recorded.measured_temp_c[0], float(recorded.samples["coolant_in_temp_c"][0]))
        yield row


def _start(row: Any, measured_c: NDArray[np.float64], coolant_c: float) -> None:
    row.temp_c[:] = coolant_c
    row.temp_c[ROTOR], row.temp_c[YOKE], row.temp_c[TEETH] = measured_c[:3]
    row.temp_c[END_WINDING] = row.temp_c[SLOT_WINDING] = measured_c[3]
    row.ready = 1


def with_loss_map(folder: Path, data: Path) -> Variant:
    """The bench variant with the machine's measured loss map, as a maker would write it: a file of its own."""
    (folder / "lea-map.toml").write_text(f"""\
name = "lea-map"
extends = "lea-pmsm"

[machine.loss_map]
total = "{data / "loss_map_250V_W.csv"}"
drag = "{data / "drag_loss_W.csv"}"
source = "measured at 250 V, LEA, doi 10.17619/UNIPB/1-2068"
drag_factor = {{ value = 1.4762, unit = "1", source = "physics 2.2 (C)" }}
copper_temp = {{ value = 70, unit = "degC", source = "physics 2.2 (C)" }}
ac_linear = {{ value = 0.562, unit = "1", source = "physics 2.2 (C)" }}
ac_square = {{ value = 0.2407, unit = "1", source = "physics 2.2 (C)" }}
iron_factor = {{ value = 1, unit = "1", source = "as measured" }}
""")
    return load("lea-map", folder)
