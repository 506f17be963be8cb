"""Machines of the simulator, read from machines.toml into records, and the scatter between units."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.plant.layout import CHANNELS, recarray
from twin.plant.noise import normal
from twin.plant.sensors import GAIN, LAG_S, NOISE, OFFSET, STEP

_SPREAD = {
    "_capacity_j_k": 0.05,
    "_w_k": 0.10,
    "_w_k_krpm": 0.10,
    "iron_": 0.06,
    "phase_resistance_": 0.03,
    "field_resistance_": 0.03,
    "switching_energy_": 0.05,
    "gear_": 0.06,
    "wheel_radius_m": 0.007,
    "mass_kg": 0.04,
    "drag_area_m2": 0.04,
}
"""SD of the logarithm between units, by beginning or end of a parameter's name; gear_ratio is exempt: it is counted."""


@dataclass(frozen=True)
class Machine:
    """One variant as the simulator knows it. ``parameters``: one record; ``fitted``: which CHANNELS have a sensor."""

    name: str
    maker: str
    parameters: np.recarray[Any, Any]
    sensors: NDArray[np.float64]
    fitted: NDArray[np.bool_]


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("twin.plant").joinpath("machines.toml").read_text(encoding="utf-8"))


def names() -> list[str]:
    """Variants that can be simulated."""
    return [name for name in _tables() if name != "sensors"]


@cache
def load(name: str) -> Machine:
    """The nominal machine of a variant; KeyError for a variant that cannot be simulated."""
    table = dict(_tables()[name])
    maker, machine = table.pop("maker"), table.pop("machine")
    parameters = recarray(np.dtype([(key, np.float64) for key in table]))
    parameters[0] = tuple(table.values())
    sensors = np.zeros((len(CHANNELS), 5))
    for channel, values in _tables()["sensors"].items():
        row = sensors[CHANNELS.index(channel)]
        row[OFFSET], row[GAIN], row[NOISE] = values["offset"], values["gain"], values["noise"]
        row[LAG_S], row[STEP] = values["lag_s"], values["step"]
    fitted = np.array([machine == "eesm" or not channel.startswith("field_") for channel in CHANNELS])
    return Machine(name, maker, parameters, sensors, fitted)


def scattered(machine: Machine, key: np.uint64) -> tuple[Any, NDArray[np.float64]]:
    """Parameters and sensor table of one unit: log-normal around the nominal machine, drawn from the unit's key."""
    parameters = machine.parameters.copy()
    for position, name in enumerate(parameters.dtype.names or ()):
        spread = _spread(name)
        if spread:
            parameters[name] *= np.exp(spread * normal(key, 0, 1000 + position))
    sensors = machine.sensors.copy()
    for channel in range(len(CHANNELS)):
        sensors[channel, OFFSET] *= normal(key, 0, 2000 + channel)
        sensors[channel, GAIN] *= normal(key, 0, 3000 + channel)
    return parameters[0], sensors


def _spread(name: str) -> float:
    if name == "gear_ratio":
        return 0.0
    return next((spread for part, spread in _SPREAD.items() if name.startswith(part) or name.endswith(part)), 0.0)
