"""Dashboards as code: Python makes them, the generated JSON is committed, tests run every query they contain."""

from grafana.reading import (
    Asked,
    alert_rules,
    dashboards,
    interpolate,
    queries,
    rule_queries,
    targets,
    variable_queries,
)

__all__ = [
    "Asked",
    "alert_rules",
    "dashboards",
    "interpolate",
    "queries",
    "rule_queries",
    "targets",
    "variable_queries",
]
