"""What the demo knows of its fleet: results from the lake, and the simulator's truth beside them."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.sinks.lake import connect
from twin.plant.faults import KINDS
from twin.plant.layout import NODES
from twin.plant.unit import Drive

Records = NDArray[Any]
Z90 = 1.645
SHOWN = {"end_winding": "end_winding", "rotor": "rotor_conductor", "oil": "oil"}
"""Temperature in the results -> node of the simulator (rotor: magnets or field winding)."""
_SHOWN_NODES = [NODES.index(node) for node in SHOWN.values()]


@dataclass
class Truth:
    """Per unit: node temperatures once a minute, and energies while driving."""

    time_s: list[Records] = field(default_factory=list)
    temps_c: list[Records] = field(default_factory=list)
    mechanical_j: float = 0.0
    electrical_j: float = 0.0
    faults: int = 0

    @property
    def fault(self) -> str:
        """Names of what is wrong with the unit, empty for a sound one."""
        return "+".join(name for position, name in enumerate(KINDS) if self.faults >> position & 1)

    @property
    def efficiency(self) -> float:
        """Driving, at the half-shafts, energy-weighted: the definition of ``efficiency_model``."""
        return self.mechanical_j / self.electrical_j

    def near(self, node: str, times_s: Records) -> Records:
        """True temperature [degC] at times (n,), by interpolation between minutes."""
        column = np.concatenate(self.temps_c)[:, list(SHOWN.values()).index(node)]
        temps_c: Records = np.interp(times_s, np.concatenate(self.time_s), column)
        return temps_c


class Watched:
    """The truth as the source tells it, and the results as the lake shows them."""

    def __init__(self, lake: Path) -> None:
        self.truth: dict[str, Truth] = defaultdict(Truth)
        self._lake = lake
        self._read: dict[str, dict[str, dict[str, Any]]] = {}

    def see(self, unit: str, drive: Drive) -> None:
        """Remember the truth of a drive: temperatures of the nodes shown, energies, and what was wrong at its end."""
        rows, truth = drive.truth, self.truth[unit]
        keep = (rows.time_s % 60 == 0) | (np.arange(len(rows)) == len(rows) - 1)
        truth.time_s.append(rows.time_s[keep])
        truth.temps_c.append(rows.temps_c[keep][:, _SHOWN_NODES])
        truth.faults = int(rows.faults[-1])
        mechanical_w = rows.shaft_power_w - rows.gear_loss_w
        driving = mechanical_w > 0.0
        truth.mechanical_j += float(mechanical_w[driving].sum())
        truth.electrical_j += float(rows.dc_power_w[driving].sum())

    def results(self, measurement: str, unit: str) -> dict[str, Any]:
        """Field -> (n,) values of all points of a unit in the order of event time, NaN where absent.

        A measurement is read once for all units: a lake of weeks has thousands of files.
        """
        if measurement not in self._read:
            self._read[measurement] = self._all(measurement)
        return self._read[measurement].get(unit, {"time_us": np.empty(0, np.int64)})

    def _all(self, measurement: str) -> dict[str, dict[str, Any]]:
        query = f"SELECT * FROM {measurement} ORDER BY unit, time_us"  # noqa: S608
        columns = connect(self._lake).execute(query).fetchnumpy()
        filled = {
            name: np.ma.filled(values, np.nan) if values.dtype.kind == "f" else np.ma.getdata(values)
            for name, values in columns.items()
        }
        if not len(filled["unit"]):
            return {}
        units, first = np.unique(filled["unit"].astype(str), return_index=True)
        ends = [*first[1:], len(filled["unit"])]
        return {
            str(unit): {name: values[start:end] for name, values in filled.items()}
            for unit, start, end in zip(units, first, ends, strict=True)
        }


@dataclass(frozen=True)
class Estimate:
    """A value, its standard deviation and what was true."""

    value: float
    sd: float
    truth: float


@dataclass(frozen=True)
class Summary:
    """One line of the fleet table."""

    unit: str
    maker: str
    variant: str
    distance_km: float
    efficiency: Estimate
    temps: dict[str, Estimate]
    validity: str
    fault: str = ""
    alerts: tuple[str, ...] = ()
    efficiency_validity: str = "valid"
    """Why no trip had an efficiency: the last trip's reason."""


def summarise(watched: Watched, unit: str, maker: str, variant: str) -> Summary | None:
    """The unit after its last minute of driving, and the alerts it ever raised; None when nothing came out."""
    trips, states = watched.results("edu_trip", unit), watched.results("edu_state", unit)
    if not len(trips["time_us"]) or not len(states["time_us"]):
        return None
    truth = watched.truth[unit]
    at_s = states["time_us"][-1:] / 1e6
    temps = {}
    for name, node in SHOWN.items():
        value, sd = float(states[f"{name}_temp_c"][-1]), float(states[f"{name}_temp_sd_k"][-1])
        temps[name] = Estimate(value, sd, float(truth.near(node, at_s)[0]))
    return Summary(
        unit,
        maker,
        variant,
        float(trips["distance_km"].sum()),
        _efficiency(trips, truth.efficiency),
        temps,
        str(states["thermal_validity"][-1]),
        truth.fault,
        tuple(sorted(set(watched.results("alerts", unit).get("alert", ())))),
        "valid" if np.isfinite(trips["efficiency_model"]).any() else str(trips["efficiency_validity"][-1]),
    )


def _efficiency(trips: dict[str, Any], truth: float) -> Estimate:
    """Over all trips, weighted by energy. The loss model's error is the unit's own: it does not average out."""
    known = np.isfinite(trips["efficiency_model"])
    drive_wh = trips["drive_energy_wh"][known]
    if not len(drive_wh):
        return Estimate(float("nan"), float("nan"), truth)
    dc_wh = (drive_wh / trips["efficiency_model"][known]).sum()
    sd = (drive_wh * trips["efficiency_model_sd"][known]).sum() / drive_wh.sum()
    return Estimate(float(drive_wh.sum() / dc_wh), float(sd), truth)
