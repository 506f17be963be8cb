"""Dashboards as code: Python makes them, the generated JSON is committed, tests run every query they contain."""

from grafana.reading import Asked, dashboards, interpolate, queries, targets, variable_queries

__all__ = ["Asked", "dashboards", "interpolate", "queries", "targets", "variable_queries"]
