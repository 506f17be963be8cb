"""Tables of alerts: of one unit or of the fleet."""

from grafana_foundation_sdk.builders import table

from grafana.influxql import field, select
from grafana.panels import Shown, rows
from grafana.sources import Query
from schemas.alerts import SERIES as ALERTS
from schemas.fleet_alerts import FleetTransition

COLORS = {
    FleetTransition.OPENED: "red",
    FleetTransition.UPDATED: "orange",
    FleetTransition.ACKNOWLEDGED: "yellow",
    FleetTransition.SNOOZED: "blue",
    FleetTransition.RESOLVED: "green",
    FleetTransition.EXPIRED: "gray",
}
SEVERITIES = {"page": "red", "ticket": "orange", "watch": "blue"}
STEP = {
    "now": Shown(words={step.value: color for step, color in COLORS.items()}),
    "severity": Shown(words=SEVERITIES),
    "probability": Shown("percentunit"),
}
OF_FLEET = f"{field(ALERTS, 'shadow')} = false AND {field(ALERTS, 'detector')} != 'limit'"
"""Steps of the fleet stage's own alerts: none in shadow, and not what people said of units' limits."""
BY_FLEET = {
    "severity": "severity",
    "now": "transition",
    "subject": "subject",
    "diagnosis": "diagnosis",
    "probability": "probability",
    "check": "check",
}
EVIDENCE = {"for": "evidence_for", "against": "evidence_against", "changes": "changes"}
FOUND = {"found by": "detector", "statistic": "statistic", "limit": "limit", "units": "members", "alert": "alert"}
BY_UNIT = {
    "alert": "alert",
    "now": "transition",
    "value": "value",
    "limit": "limit",
    "unit of value": "unit_of_value",
    "check": "check",
    "model": "model_version",
}


def fleet_alerts(
    title: str, description: str, columns: dict[str, str], where: str, limit: int, *, also: str = ""
) -> table.Panel:
    """Steps in the lives of the fleet stage's alerts, newest first; ``also``: a condition."""
    condition = f"{OF_FLEET} AND {where}" + (f" AND {also}" if also else "")
    return rows(title, description, Query(_newest(columns, condition, limit)), _shown(columns))


def unit_alerts(title: str, description: str, where: str, limit: int, *, with_unit: bool = False) -> table.Panel:
    """Steps in the lives of the unit stage's alerts, newest first."""
    condition = f"{field(ALERTS, 'unit_of_value')} != '' AND {where}"
    return rows(title, description, Query(_newest(BY_UNIT, condition, limit, with_unit=with_unit)), _shown(BY_UNIT))


def _newest(columns: dict[str, str], where: str, limit: int, *, with_unit: bool = False) -> str:
    quoted = {label: field(ALERTS, name) for label, name in columns.items()}
    return select(ALERTS, ({"unit": '"unit"'} if with_unit else {}) | quoted, where, limit, newest=True)


def _shown(columns: dict[str, str]) -> dict[str, Shown]:
    return {label: how for label, how in STEP.items() if label in columns}
