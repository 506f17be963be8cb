"""The alert rules: whether data and results come, and whether alerts exceed their budget. Never one per unit: alerts of
units are made, deduplicated and kept alive by the service; Grafana looks after the service.

Each rule asks for one number of the whole maker, so that a fleet of any size is one evaluation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.builder import Builder

from grafana.alert_tables import OF_FLEET
from grafana.influxql import COHORT, COVERED, DROVE, call, field
from grafana.sources import PROMETHEUS, Query, of
from schemas.alerts import SERIES as ALERTS
from schemas.fleet_alerts import FleetTransition
from schemas.results import CohortKind

MINUTE_S, DAY_S = 60, 86_400


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Fires when its number stays ``above`` or ``below`` a limit for ``lasts``; ``silence``: what no number means."""

    uid: str
    title: str
    summary: str
    source: str
    query: Callable[[], Builder[Any]]
    window_s: int
    above: float | None = None
    below: float | None = None
    lasts: str
    severity: str
    dashboard: str
    silence: str = "OK"


def of_points(measurement: str, expression: str, also: str = "") -> dict[str, Any]:
    """One number of all points in the window; the data source holds one maker only."""
    where = f"{also} AND $timeFilter" if also else "$timeFilter"
    text = f'SELECT {expression} AS "number" FROM "{measurement}" WHERE {where} LIMIT 1'  # noqa: S608
    return {"source": of(measurement).uid, "query": lambda: Query(text, "time_series")}


def of_metrics(expression: str) -> dict[str, Any]:
    """One number of all workers."""
    query = Dataquery().expr(expression).instant().ref_id("A").datasource(PROMETHEUS)
    return {"source": PROMETHEUS.uid, "query": lambda: query}


_OPENED = f"{field(ALERTS, 'transition')} = '{FleetTransition.OPENED}'"
_PAGE = f"{field(ALERTS, 'severity')} = 'page'"
RULES = (
    Rule(
        uid="edu-states-missing",
        title="No states come",
        summary="No state of the last two hours has arrived from any unit: gateway, broker, workers or InfluxDB.",
        **of_points("edu_state", call("count", "edu_state", "samples")),
        window_s=120 * MINUTE_S,
        below=1.0,
        lasts="5m",
        severity="page",
        dashboard="edu-service",
        silence="Alerting",
    ),
    Rule(
        uid="edu-days-missing",
        title="No day was closed",
        summary="No day of the last three has been closed: a partition's marker is missing, or the fleet stage stands.",
        **of_points("edu_fleet", call("count", "edu_fleet", "peers")),
        window_s=3 * DAY_S,
        below=1.0,
        lasts="30m",
        severity="ticket",
        dashboard="edu-service",
        silence="Alerting",
    ),
    Rule(
        uid="edu-coverage-low",
        title="Data are missing",
        summary="Less than 80 % of the driving time is covered by samples, all units together.",
        **of_points(COHORT, COVERED, f"\"kind\" = '{CohortKind.VARIANT.name.lower()}' AND {DROVE}"),
        window_s=3 * DAY_S,
        below=0.8,
        lasts="1h",
        severity="ticket",
        dashboard="edu-fleet",
    ),
    Rule(
        uid="edu-pages-many",
        title="Pages exceed their budget",
        summary="More than three pages were opened within two days: look for one cause behind them.",
        **of_points(ALERTS, call("count", ALERTS, "severity"), f"{_OPENED} AND {_PAGE} AND {OF_FLEET}"),
        window_s=2 * DAY_S,
        above=3.0,
        lasts="5m",
        severity="ticket",
        dashboard="edu-alerts",
    ),
    Rule(
        uid="edu-lag",
        title="Workers fall behind",
        summary="More than 100,000 records are not yet processed.",
        **of_metrics("sum(edu_twin_consumer_lag_records)"),
        window_s=10 * MINUTE_S,
        above=100_000.0,
        lasts="15m",
        severity="ticket",
        dashboard="edu-service",
    ),
    Rule(
        uid="edu-workers-gone",
        title="No worker answers",
        summary="No worker's metrics could be read.",
        **of_metrics("sum(up{job='edu-twin'})"),
        window_s=10 * MINUTE_S,
        below=1.0,
        lasts="5m",
        severity="page",
        dashboard="edu-service",
        silence="Alerting",
    ),
    Rule(
        uid="edu-state-resets",
        title="State of a unit was not finite",
        summary="Parts of a state began anew: edu_state.resets names the unit. The memory of a host, or a defect.",
        **of_metrics("sum(increase(edu_twin_resets_total[1h]))"),
        window_s=15 * MINUTE_S,
        above=0.5,
        lasts="1m",
        severity="ticket",
        dashboard="edu-service",
    ),
    Rule(
        uid="edu-dead-letters",
        title="Records are refused",
        summary="More than one record a second is refused or late.",
        **of_metrics("sum(rate(edu_twin_dlq_total[10m]))"),
        window_s=15 * MINUTE_S,
        above=1.0,
        lasts="15m",
        severity="ticket",
        dashboard="edu-service",
    ),
)
