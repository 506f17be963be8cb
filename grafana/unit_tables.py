"""Tables of the dashboard "one unit": its alerts and its trips."""

from grafana_foundation_sdk.builders import table

from grafana.alert_tables import BY_FLEET, EVIDENCE, FOUND, fleet_alerts, unit_alerts
from grafana.board import Rows
from grafana.influxql import UNIT, fields
from grafana.panels import Shown, rows
from grafana.sources import Query

MAX_TRIPS = 500
MAX_ALERTS = 200
HEIGHT = 9


def alert_rows() -> Rows:
    """What was found, with everything needed to judge it."""
    columns = {label: name for label, name in (BY_FLEET | EVIDENCE | FOUND).items() if label != "subject"}
    findings = "What the comparison with its peers and its past found: diagnosis, evidence, and what to check."
    unit = "What opened and what was resolved, newest first, and what to look at."
    return [
        (HEIGHT, [fleet_alerts("Findings and evidence", findings, columns, UNIT, MAX_ALERTS)]),
        (HEIGHT, [unit_alerts("Alerts", unit, UNIT, MAX_ALERTS)]),
    ]


def trips() -> table.Panel:
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
    query = Query(fields("edu_trip", {label: name for label, (name, _) in columns.items()}, UNIT, MAX_TRIPS))
    shown = {label: Shown(unit) for label, (_, unit) in columns.items()}
    return rows("Trips", "Newest trips in the time range by their start.", query, shown)
