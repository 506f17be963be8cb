"""Dashboard "alerts": what is open, how alerts live, and whether there are few enough of them."""

from typing import Any

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.alert_tables import BY_FLEET, EVIDENCE, FOUND, OF_FLEET, fleet_alerts, unit_alerts
from grafana.board import Rows, board
from grafana.influxql import MAKER, call, field, over_time, select, units_of_newest_day
from grafana.panels import Steps, daily, figure
from grafana.sources import Query
from schemas.alerts import SERIES as ALERTS
from schemas.fleet_alerts import FleetTransition

HEIGHT = 10
MAX_ALERTS = 300
SEVERITIES = ("page", "ticket", "watch")
OPENED = f"{field(ALERTS, 'transition')} = '{FleetTransition.OPENED}'"


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "Life of the alerts. Budget for each 1,000 units and month: 0.1 pages, 1 ticket, 10 on the watch list."
    layout: Rows = [
        (4, figures()),
        (HEIGHT, [opened_by_severity(), steps()]),
        (HEIGHT, [of_severity("page", "Call and park."), of_severity("ticket", "Look within a week.")]),
        (HEIGHT, [fleet_alerts("Life of the alerts", _LIFE, BY_FLEET | FOUND | EVIDENCE, MAKER, MAX_ALERTS)]),
        (HEIGHT, [unit_alerts("Limits crossed", "By single units, newest first.", MAKER, MAX_ALERTS, with_unit=True)]),
    ]
    return board("edu-alerts", "Alerts", text, layout, since="30d")


_LIFE = "Every step of every alert, newest first: opened, updated, acknowledged, snoozed, resolved, expired."


def figures() -> list[Any]:
    """What was opened, beside the number of units it is to be judged by."""
    limits: dict[str, Steps] = {"page": ((1.0, "red"),), "ticket": (), "watch": ()}
    counted = [
        figure(f"Opened: {severity}", "In the time range, all variants.", _opened(severity), "short", limits[severity])
        for severity in SEVERITIES
    ]
    units = Query(units_of_newest_day())
    text = "Units that drove on the newest closed day: the budget counts for 1,000 of them and a month."
    return [*counted, figure("Units", text, units, "short").time_from("3d")]


def _opened(severity: str) -> Query:
    where = f"{OPENED} AND {OF_FLEET} AND {field(ALERTS, 'severity')} = '{severity}' AND {MAKER}"
    return Query(select(ALERTS, {severity: call("count", ALERTS, "severity")}, where, 1))


def opened_by_severity() -> Any:
    """Opened a day."""
    queries = [
        _daily_count(f"{OPENED} AND {field(ALERTS, 'severity')} = '{one}'", one, at)
        for at, one in enumerate(SEVERITIES)
    ]
    return daily("Opened by severity", "short", queries, "Alerts opened on each day.", bars=True, stacked=True)


def steps() -> Any:
    """All steps a day: many updates and no acknowledgement is an alert nobody looks at."""
    queries = [
        _daily_count(f"{field(ALERTS, 'transition')} = '{step}'", step, at) for at, step in enumerate(FleetTransition)
    ]
    return daily("Steps of life", "short", queries, "Transitions of alerts on each day.", bars=True, stacked=True)


def _daily_count(condition: str, label: str, at: int) -> Query:
    columns = {label: call("count", ALERTS, "severity")}
    query = over_time(ALERTS, columns, f"{condition} AND {OF_FLEET} AND {MAKER}", every="1d")
    return Query(query, "time_series", ref_id="ABCDEF"[at])


def of_severity(severity: str, description: str) -> Any:
    """The newest of one severity."""
    condition = f"{field(ALERTS, 'severity')} = '{severity}'"
    columns = {label: name for label, name in BY_FLEET.items() if label != "severity"}
    return fleet_alerts(f"Newest: {severity}", description, columns, MAKER, MAX_ALERTS, also=condition)
