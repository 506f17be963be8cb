"""Dashboards as code: Python makes them, the generated JSON is committed, tests run every query they contain."""

from grafana.reading import dashboards, interpolate, queries, variable_queries

__all__ = ["dashboards", "interpolate", "queries", "variable_queries"]
