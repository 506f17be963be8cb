"""Which fields of the series people are shown: their words, units, standard deviations and validities."""

from functools import cache
from typing import NamedTuple

from pydantic import BaseModel

from schemas.api import Wear
from schemas.results import MEASUREMENT, OWN_TAGS

LABELS = {
    "end_winding_temp_c": "Winding, hot spot",
    "slot_winding_temp_c": "Winding in the slot",
    "teeth_temp_c": "Stator teeth",
    "yoke_temp_c": "Stator yoke",
    "rotor_temp_c": "Rotor",
    "oil_temp_c": "Gear oil",
    "housing_temp_c": "Housing",
    "coolant_out_temp_c": "Coolant outlet",
    "switch_peak_temp_c": "Hottest switch, peak",
    "diode_peak_temp_c": "Hottest diode, peak",
    "measured_winding_temp_c": "Winding sensor",
    "efficiency_model": "Efficiency, by the model",
    "efficiency_balance": "Efficiency, measured",
    "loss_ratio": "Loss, measured over modelled",
    "cooling_conductance_ratio": "Cooling",
    "drag_scale": "Drag of gear and bearings",
    "copper_loss_scale": "Copper loss",
    "iron_loss_scale": "Iron and rotor loss",
    "inverter_loss_scale": "Inverter loss",
    "field_resistance_20c_ohm": "Field winding at 20 °C",
    "brush_drop_v": "Brushes",
    "magnet_flux_20c_wb": "Magnet flux at 20 °C",
    "resolver_offset_deg": "Resolver offset",
    "module_resistance_ratio": "Power module to coolant",
    "leg_resistance_ratio": "Worst leg of the inverter",
    "pump_flow_ratio": "Pump flow",
    "isolation_decades": "Isolation",
    "vibration_m_s2": "Vibration",
    "vibration_kurtosis": "Knocking",
    "winding_offset_k": "Winding sensor, offset",
    "coolant_out_offset_k": "Outlet sensor, offset",
    "coolant_in_offset_k": "Inlet sensor, offset",
    "oil_offset_k": "Oil sensor, offset",
    "distance": "Unlike its peers",
    "distance_km": "Distance",
}
"""Field -> words; a field that is not here is called by its name."""

STATES = (
    "end_winding_temp_c",
    "rotor_temp_c",
    "oil_temp_c",
    "switch_peak_temp_c",
    "diode_peak_temp_c",
    "coolant_out_temp_c",
    "slot_winding_temp_c",
    "teeth_temp_c",
    "yoke_temp_c",
    "housing_temp_c",
)
"""Of ``edu_state``, for the unit's present state."""

PARAMETERS = (
    "efficiency_model",
    "efficiency_balance",
    "loss_ratio",
    "cooling_conductance_ratio",
    "pump_flow_ratio",
    "drag_scale",
    "copper_loss_scale",
    "iron_loss_scale",
    "inverter_loss_scale",
    "module_resistance_ratio",
    "leg_resistance_ratio",
    "field_resistance_20c_ohm",
    "brush_drop_v",
    "magnet_flux_20c_wb",
    "resolver_offset_deg",
    "vibration_m_s2",
    "vibration_kurtosis",
    "isolation_decades",
    "winding_offset_k",
    "coolant_out_offset_k",
    "coolant_in_offset_k",
    "oil_offset_k",
)
"""Of ``edu_day``, for what changes over months."""

_VALIDITY = (
    ("switch_", "junction_validity"),
    ("diode_", "junction_validity"),
    ("efficiency_", "efficiency_validity"),
    ("field_resistance", "field_validity"),
    ("brush_drop", "field_validity"),
    ("magnet_flux", "magnet_flux_validity"),
    ("resolver_offset", "resolver_offset_validity"),
)
"""Beginning of a field -> the field that says whether it holds, where that is not ``<field>_validity``."""


class Shown(NamedTuple):
    """A field as people see it; ``sd`` and ``validity`` are fields beside it, where there are such."""

    name: str
    label: str
    unit: str
    sd: str | None
    validity: str | None


@cache
def shown(series: str, name: str) -> Shown:
    """How a field of a series is shown. KeyError when there is none of this name."""
    model = MEASUREMENT[series]
    extra = model.model_fields[name].json_schema_extra
    unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
    return Shown(name, LABELS.get(name, name), unit, _sd(model, name), _validity(model, name))


@cache
def numbers(series: str) -> tuple[str, ...]:
    """Every field of a series that can be drawn."""
    fields = MEASUREMENT[series].model_fields.items()
    drawn = (name for name, field in fields if field.annotation in (float, int, float | None) and name != "time_us")
    return tuple(drawn)


@cache
def words(series: str) -> tuple[str, ...]:
    """Every field of a series that says whether others hold."""
    return tuple(name for name in MEASUREMENT[series].model_fields if name.endswith("_validity"))


@cache
def looked_at(series: str) -> tuple[str, ...]:
    """Fields of a unit's newest point that the API tells: a database is asked for no others of a whole fleet."""
    model = MEASUREMENT[series].model_fields
    if series == "edu_health":
        return tuple(name for name in Wear.model_fields if name in model and name not in OWN_TAGS)
    if series == "edu_fleet":
        return (
            "distance_rank",
            *(f"{name}_{part}" for name in PARAMETERS for part in ("change", "z") if f"{name}_{part}" in model),
        )
    own = [shown(series, name) for name in (STATES if series == "edu_state" else PARAMETERS)]
    told = [name for one in own for name in (one.name, one.sd, one.validity) if name]
    return tuple(dict.fromkeys([*told, *(name for name in ("alerts", "thermal_validity") if name in model)]))


def _sd(model: type[BaseModel], name: str) -> str | None:
    stem, _, unit = name.rpartition("_")
    candidates = (f"{name}_sd", f"{stem}_sd_{unit}", f"{stem}_sd_k")
    return next((one for one in candidates if one in model.model_fields), None)


def _validity(model: type[BaseModel], name: str) -> str | None:
    grouped = next((field for begins, field in _VALIDITY if name.startswith(begins)), f"{name}_validity")
    if grouped in model.model_fields:
        return grouped
    return "thermal_validity" if name.endswith("_temp_c") and "thermal_validity" in model.model_fields else None
