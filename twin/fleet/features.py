"""The daily features that the fleet stage judges: one table, to be kept with ``EduDay`` (physics 4.3, 7.4)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]


class Feature(NamedTuple):
    """One daily feature; sizes are in natural logarithms where ``log``, else in the unit of the field."""

    name: str  # field of EduDay
    sd: str  # fields of its standard deviation
    validity: str  # and validity
    log: bool
    noise_sd: float  # least scatter of a sound unit from day to day, its peers' day taken out
    between_sd: float  # scatter between sound units of a stratum
    gate: float  # smallest change worth somebody's time
    page: float  # change that cannot wait
    sides: str  # "both", "up" or "down": which way is a fault
    machine: str = ""  # kind of machine that has it; all of them where empty
    witness: bool = False  # speaks for or against a fault, but no detector listens to it


def _witness(name: str, sizes: tuple[float, float, float, float], sd: str) -> Feature:
    """Sensor against the open loop: intercept or slope on the loss (physics 7.4)."""
    validity = f"{name.split('_residual')[0]}_residual_validity"
    return Feature(name, sd, validity, False, *sizes, "both", witness=True)


def _feature(name: str, log: bool, sizes: tuple[float, float, float, float], sides: str, **fields: str) -> Feature:
    """``fields``: those of EduDay that do not begin with the name, and the kind of machine."""
    return Feature(
        name,
        fields.get("sd", f"{name}_sd"),
        fields.get("validity", f"{name}_validity"),
        log,
        *sizes,
        sides,
        fields.get("machine", ""),
    )


def _loss(name: str) -> Feature:
    sizes = (0.06, 0.08, 0.25, 1.0)
    return _feature(name, True, sizes, "up")


_FIELD = {"validity": "field_validity", "machine": "eesm"}
_SENSOR = {"validity": "thermal_validity"}

FEATURES = (
    _feature("cooling_conductance_ratio", True, (0.03, 0.20, 0.10, 0.5), "both"),
    _loss("copper_loss_scale"),
    _loss("iron_loss_scale"),
    _loss("inverter_loss_scale"),
    _feature("drag_scale", True, (0.05, 0.10, 0.18, 0.8), "both"),
    _feature("loss_ratio", True, (0.025, 0.08, 0.10, 0.5), "both"),
    _feature(
        "field_resistance_20c_ohm", True, (0.003, 0.01, 0.008, 0.06), "both", sd="field_resistance_20c_sd_ohm", **_FIELD
    ),
    _feature("brush_drop_v", False, (0.1, 0.3, 0.4, 3.0), "up", sd="brush_drop_sd_v", **_FIELD),
    _feature(
        *("magnet_flux_20c_wb", True, (0.003, 0.01, 0.012, 0.06), "down"),
        sd="magnet_flux_20c_sd_wb",
        validity="magnet_flux_validity",
        machine="pmsm",
    ),
    _feature(
        "resolver_offset_deg",
        False,
        (0.15, 0.5, 0.6, 3.0),
        "both",
        sd="resolver_offset_sd_deg",
        validity="resolver_offset_validity",
    ),
    _feature("module_resistance_ratio", True, (0.03, 0.10, 0.10, 0.5), "up"),
    _feature("leg_resistance_ratio", True, (0.02, 0.05, 0.07, 0.4), "up"),
    _feature("winding_offset_k", False, (0.35, 1.0, 1.5, 15.0), "both", sd="winding_offset_sd_k", **_SENSOR),
    _feature("coolant_out_offset_k", False, (0.35, 0.7, 1.5, 10.0), "both", sd="coolant_out_offset_sd_k", **_SENSOR),
    _feature("coolant_in_offset_k", False, (0.35, 0.7, 1.5, 10.0), "both", sd="coolant_in_offset_sd_k", **_SENSOR),
    _feature("pump_flow_ratio", True, (0.01, 0.03, 0.08, 0.7), "down"),
    _feature("isolation_decades", False, (0.05, 0.3, 0.5, 2.5), "down"),
    _feature("vibration_m_s2", True, (0.10, 0.25, 0.5, 1.5), "up"),
    _feature("vibration_kurtosis", False, (0.2, 0.5, 1.0, 6.0), "up"),
    _witness("winding_residual_offset_k", (0.35, 1.5, 2.0, 30.0), "winding_residual_offset_sd_k"),
    _witness("winding_residual_loss_k_per_kw", (0.1, 0.5, 0.3, 3.0), "winding_residual_loss_k_per_kw_sd"),
    _witness("coolant_out_residual_offset_k", (0.15, 0.8, 0.8, 12.0), "coolant_out_residual_offset_sd_k"),
)
"""The order is that of all arrays (units, features) of the fleet stage, witnesses last. Sizes: noise, between, gate,
page."""

N_FEATURES = len(FEATURES)
N_JUDGED = sum(not feature.witness for feature in FEATURES)
"""The first so many are what detectors judge."""
INDEX = {feature.name: k for k, feature in enumerate(FEATURES)}
JUDGED = np.array([not feature.witness for feature in FEATURES])
LOG = np.array([feature.log for feature in FEATURES])
NOISE_SD = np.array([feature.noise_sd for feature in FEATURES])
BETWEEN_SD = np.array([feature.between_sd for feature in FEATURES])
GATE = np.array([feature.gate for feature in FEATURES])
PAGE = np.array([feature.page for feature in FEATURES])
UP = np.array([feature.sides != "down" for feature in FEATURES])
DOWN = np.array([feature.sides != "up" for feature in FEATURES])


def observe(value: Floats, sd: Floats, valid: Flags) -> tuple[Floats, Floats]:
    """Values (n, features) as published -> values on the scale of the table and their SD; NaN: not to be used."""
    usable = valid & np.isfinite(value) & ((value > 0.0) | ~LOG)
    positive = np.where(usable & LOG, value, 1.0)
    scaled = np.where(LOG, np.log(positive), value)
    scaled_sd = np.where(LOG, sd / positive, sd)
    return np.where(usable, scaled, np.nan), np.where(usable & np.isfinite(scaled_sd), scaled_sd, np.nan)


def natural(change: float, feature: int) -> float:
    """A change on the scale of the table as people read it: a share where it is a logarithm, else as it is."""
    return float(np.expm1(change)) if LOG[feature] else change
