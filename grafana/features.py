"""The slow parameters people look at: name, words, and whether a unit has it at all depends on its machine."""

from typing import Any

from schemas.results import EduFleet


def _changes_by_a_share(name: str) -> bool:
    extra: Any = EduFleet.model_fields[f"{name}_change"].json_schema_extra
    return bool(extra["unit"] == "ratio")


COMPARED = {
    "cooling": "cooling_conductance_ratio",
    "drag": "drag_scale",
    "loss": "loss_ratio",
    "copper loss": "copper_loss_scale",
    "iron loss": "iron_loss_scale",
    "inverter loss": "inverter_loss_scale",
    "module": "module_resistance_ratio",
    "worst leg": "leg_resistance_ratio",
    "field resistance": "field_resistance_20c_ohm",
    "brushes": "brush_drop_v",
    "magnets": "magnet_flux_20c_wb",
    "resolver": "resolver_offset_deg",
    "pump": "pump_flow_ratio",
    "isolation": "isolation_decades",
    "vibration": "vibration_m_s2",
    "knocking": "vibration_kurtosis",
}
"""Label -> field of ``edu_day``; ``edu_fleet`` adds ``_change`` and ``_z`` to the name, ``edu_cohort`` quantiles."""
SHARES = {label: name for label, name in COMPARED.items() if _changes_by_a_share(name)}
"""Those whose change is a share."""

RATIOS = ("cooling", "drag", "loss", "module", "worst leg")
"""Of these 1 is what the variant's parameters say, whatever the machine."""
