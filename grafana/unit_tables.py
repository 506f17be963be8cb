"""Tables of the dashboard "one unit": its alerts and its trips."""

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from grafana.influxql import newest
from schemas.alerts import SERIES as ALERTS
from schemas.alerts import Transition

MAX_TRIPS = 500
MAX_ALERTS = 200


def alerts(title: str, description: str) -> table.Panel:
    """One line for each step in an alert's life."""
    columns = {
        "alert": "alert",
        "now": "transition",
        "value": "value",
        "limit": "limit",
        "unit of value": "unit_of_value",
        "check": "check",
        "model": "model_version",
    }
    colors = {
        Transition.OPENED: {"color": "red", "index": 0, "text": "opened"},
        Transition.RESOLVED: {"color": "green", "index": 1, "text": "resolved"},
    }
    return (
        table.Panel()
        .title(title)
        .description(description)
        .with_target(newest(columns, ALERTS, MAX_ALERTS))
        .override_by_name(
            "now",
            [
                DynamicConfigValue("mappings", [{"type": "value", "options": colors}]),
                DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
            ],
        )
    )


def trips(title: str, description: str) -> table.Panel:
    """One line a trip."""
    columns = {
        "duration": ("duration_s", "s"),
        "distance": ("distance_km", "lengthkm"),
        "drive energy": ("drive_energy_wh", "watth"),
        "regen energy": ("regen_energy_wh", "watth"),
        "electrical energy drawn": ("dc_drive_energy_wh", "watth"),
        "electrical energy returned": ("dc_regen_energy_wh", "watth"),
        "loss": ("loss_energy_wh", "watth"),
        "efficiency, model": ("efficiency_model", "percentunit"),
        "efficiency, balance": ("efficiency_balance", "percentunit"),
        "regen efficiency, balance": ("regen_efficiency_balance", "percentunit"),
        "hottest end winding": ("max_end_winding_temp_c", "celsius"),
        "hottest rotor": ("max_rotor_temp_c", "celsius"),
        "hottest oil": ("max_oil_temp_c", "celsius"),
        "temperatures": ("thermal_validity", "string"),
        "efficiency": ("efficiency_validity", "string"),
        "model": ("model_version", "string"),
    }
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .with_target(newest({label: name for label, (name, _) in columns.items()}, "edu_trip", MAX_TRIPS))
    )
    for label, (_, unit) in columns.items():
        panel.override_by_name(label, [DynamicConfigValue("unit", unit)])
    return panel
