"""What a committed dashboard asks the database, with Grafana's variables filled in. Needs no Grafana and no SDK."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

MAX_POINTS = 1_000
MIN_INTERVAL_S = 60


def dashboards() -> dict[str, dict[str, Any]]:
    """The committed dashboards by file name without ``.json``."""
    entries = files("grafana").joinpath("dashboards").iterdir()
    texts = {entry.name.removesuffix(".json"): entry.read_text() for entry in entries if entry.name.endswith(".json")}
    return {name: json.loads(texts[name]) for name in sorted(texts)}


def queries(
    dashboard: Mapping[str, Any], variables: Mapping[str, str], time_range: tuple[int, int]
) -> list[tuple[str, str]]:
    """(panel title, InfluxQL) of every query of every panel.

    ``variables``: value of each dashboard variable. ``time_range``: first and last microsecond, UTC, both included.
    """
    return [
        (panel["title"], interpolate(target["query"], variables, time_range))
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]


def variable_queries(
    dashboard: Mapping[str, Any], variables: Mapping[str, str], time_range: tuple[int, int]
) -> list[tuple[str, str]]:
    """(variable, InfluxQL) of every variable that is asked from the database."""
    return [
        (variable["name"], interpolate(variable["query"], variables, time_range))
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "query"
    ]


def interpolate(query: str, variables: Mapping[str, str], time_range: tuple[int, int]) -> str:
    """Fill in ``$timeFilter``, ``$__interval`` and the variables as Grafana does; ValueError if one is not known."""
    start_us, end_us = time_range
    known = {
        **variables,
        "timeFilter": f"time >= {start_us}u AND time <= {end_us}u",
        "__interval": f"{max(MIN_INTERVAL_S, -(-(end_us - start_us) // (MAX_POINTS * 1_000_000)))}s",
    }

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in known:
            raise ValueError(f"variable ${name} has no value; known: {', '.join(sorted(known))}")
        return known[name]

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, query)
