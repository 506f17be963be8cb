"""Machines, vehicles and sensors of the simulator, read from TOML into records, and the scatter between units."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.plant.layout import CHANNELS, LEGS, MAX_SYSTEMS, recarray
from twin.plant.noise import normal
from twin.plant.operating_table import SPEEDS, TORQUES, table
from twin.plant.sensors import COLUMNS_OF_TABLE, DRIFT, GAIN, LAG_S, NOISE, OFFSET, STEP

_SPREAD = {
    "_capacity_j_k": 0.05,
    "_w_k": 0.17,
    "_w_k_krpm": 0.17,
    "iron_": 0.06,
    "phase_resistance_": 0.03,
    "field_resistance_": 0.03,
    "cage_resistance_": 0.05,
    "switching_energy_": 0.05,
    "transistor_rth_": 0.06,
    "diode_rth_": 0.06,
    "transistor_tau_": 0.06,
    "diode_tau_": 0.06,
    "magnet_flux_": 0.008,
    "gear_mesh_": 0.06,
    "bearing_nm": 0.12,
    "churning_nm": 0.08,
}
"""SD of the logarithm between units, by beginning or end of a parameter's name."""

STATOR_FIT = 0.22
_STATOR_CONTACTS = ("slot_teeth_w_k", "slot_yoke_w_k", "teeth_yoke_w_k", "yoke_jacket_w_k")
"""Impregnation and shrink fit set all contacts from slot to jacket together: SD of the logarithm between units.

With the contacts' own spread the whole way from winding to coolant scatters by the 18-23 % of physics 4.3, as
``tests.benchmarks.plant`` shows: two thirds of that way lie behind them.
"""

_VEHICLE_SPREAD = {"wheel_radius_m": 0.007, "mass_kg": 0.04, "road_c_n_s2_m2": 0.04, "road_a_n": 0.05}
_MOST_SD = 2.0
"""A tyre is sold within +-1.5 % of its size's radius, and worn down by 6 mm of 345 at most: no car drives on less."""
COHORT_SHARE = 0.35
"""A plant (factory) and a batch shift all their units by this share of the spread between units."""

HEALTH: dict[str, Any] = {
    "pump_health": 1.0,
    "wetting": 1.0,
    "interface": 1.0,
    "oil_level": 1.0,
    "field_need": 1.0,
    "turn_short": 0.0,
    "bearing_wear": 1.0,
    "drive_flank": 1.0,
    "resolver_rad": 0.0,
    "phase_gain": 0.0,
    "isolation_ohm": 3.0e7,
    "vibration_m_s2": 1.2,
    "vibration_kurtosis": 3.0,
    "leg_rth": [1.0] * LEGS * MAX_SYSTEMS,
    "imbalance": 0.0,  # of the current between two systems
}
"""Parameters of a sound, nominal unit: what faults and scatter change and no machine sets."""

_LEG_RTH_SPREAD, _IMBALANCE_SD = 0.03, 0.01

Table = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """One variant in one vehicle. ``parameters``: (1,) records; ``fitted``: which CHANNELS have a sensor."""

    name: str
    maker: str
    kind: str
    vehicle: str
    mounting: str
    parameters: np.recarray[Any, Any]
    sensors: NDArray[np.float64]
    fitted: NDArray[np.bool_]


@cache
def _read(name: str) -> Table:
    return tomllib.loads(files("twin.plant").joinpath(name).read_text(encoding="utf-8"))


def names() -> list[str]:
    """Variants that can be simulated."""
    return list(_read("machines.toml"))


def vehicles(name: str) -> list[str]:
    """Vehicles that carry a variant; KeyError for one that cannot be simulated."""
    return list(_resolved(name)["vehicles"])


def mountings(vehicle: str) -> dict[str, str]:
    """Where a vehicle has drive units -> their variants: ``front`` and/or ``rear``."""
    return {mounting: axle["machine"] for mounting, axle in _read("vehicles.toml")[vehicle]["axles"].items()}


@cache
def _resolved(name: str) -> Table:
    """A machine with what it extends, scaled."""
    own = dict(_read("machines.toml")[name])
    base = own.pop("extends", None)
    if base is None:
        return {"absent": [], **own}
    merged, scale = dict(_resolved(base)), own.pop("scale")
    for key, value in merged.items():
        iron = key.startswith("iron_") and key.endswith("_w")
        if iron or key.endswith("_capacity_j_k") or key in ("bearing_nm", "churning_nm"):
            merged[key] = value * scale
        elif key.endswith(("_w_k", "_w_k_krpm")) and not key.endswith("rth_k_w"):
            merged[key] = value * scale**0.7
    return merged | own


@cache
def load(name: str, vehicle: str = "", mounting: str = "") -> Machine:
    """The nominal machine of a variant, by default in its first vehicle; KeyError for what cannot be simulated."""
    values = dict(_resolved(name))
    maker, kind, absent = values.pop("maker"), values.pop("machine"), values.pop("absent")
    vehicle = vehicle or values["vehicles"][0]
    del values["vehicles"]
    car = dict(_read("vehicles.toml")[vehicle])
    axles = car.pop("axles")
    mounting = mounting or next(place for place, axle in axles.items() if axle["machine"] == name)
    values |= car | HEALTH | {"axle_share": axles[mounting]["share"], "table": np.zeros((SPEEDS, TORQUES, 2))}
    shapes: list[Any] = [(key, np.float64, np.shape(value)) for key, value in values.items()]
    parameters = recarray(np.dtype(shapes))
    for key, value in values.items():
        parameters[key] = value
    parameters["table"] = table(parameters[0])
    field = {"field_current_a", "field_voltage_v"} if kind != "eesm" else set()
    fitted = np.array([channel not in field and channel not in absent for channel in CHANNELS])
    return Machine(name, maker, kind, vehicle, mounting, parameters, _sensors(), fitted)


def _sensors() -> NDArray[np.float64]:
    sensors = np.zeros((len(CHANNELS), COLUMNS_OF_TABLE))
    for channel, values in _read("sensors.toml").items():
        row = sensors[CHANNELS.index(channel)]
        row[OFFSET], row[GAIN], row[NOISE] = values["offset"], values["gain"], values["noise"]
        row[LAG_S], row[STEP], row[DRIFT] = values["lag_s"], values["step"], values["drift"]
    return sensors


def scattered(
    machine: Machine, key: np.uint64, vehicle_key: np.uint64, cohorts: tuple[np.uint64, ...] = ()
) -> tuple[np.recarray[Any, Any], NDArray[np.float64]]:
    """Parameters, (1,) records, and sensor table of one unit: log-normal around the nominal machine.

    The unit's own draw, a smaller common one of each cohort (plant, batch), and the vehicle's, shared by its units.
    """

    def draw(channel: int) -> float:
        return normal(key, 0, channel) + COHORT_SHARE * sum(normal(cohort, 0, channel) for cohort in cohorts)

    parameters = machine.parameters.copy()
    for position, name in enumerate(parameters.dtype.names or ()):
        spread = _spread(name)
        if spread:
            parameters[name] *= np.exp(spread * draw(1000 + position))
        if name in _VEHICLE_SPREAD:
            drawn = normal(vehicle_key, 0, 1000 + position)
            most = _MOST_SD if name == "wheel_radius_m" else np.inf
            parameters[name] *= np.exp(_VEHICLE_SPREAD[name] * max(-most, min(most, drawn)))
    fit = np.exp(STATOR_FIT * draw(900))
    for name in _STATOR_CONTACTS:
        parameters[name] *= fit
    for leg in range(LEGS * MAX_SYSTEMS):
        parameters["leg_rth"][:, leg] *= np.exp(_LEG_RTH_SPREAD * normal(key, 0, 910 + leg))
    parameters["imbalance"] = _IMBALANCE_SD * normal(key, 0, 901)
    sensors = machine.sensors.copy()
    for channel in range(len(CHANNELS)):
        sensors[channel, OFFSET] *= normal(key, 0, 2000 + channel)
        sensors[channel, GAIN] *= normal(key, 0, 3000 + channel)
        sensors[channel, DRIFT] *= normal(key, 0, 4000 + channel)
    return parameters, sensors


def _spread(name: str) -> float:
    return next((spread for part, spread in _SPREAD.items() if name.startswith(part) or name.endswith(part)), 0.0)
