"""What a committed dashboard or rule asks, with Grafana's variables filled in. Needs no Grafana and no SDK."""

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

MAX_POINTS = 1_000
MIN_INTERVAL_S = 60
DAY_US = 86_400_000_000


class Asked(NamedTuple):
    """One query: where it stands, the uid of its data source, and its text."""

    title: str
    source: str
    query: str


def dashboards() -> dict[str, dict[str, Any]]:
    """The committed dashboards by file name without ``.json``."""
    entries = files("grafana").joinpath("dashboards").iterdir()
    texts = {entry.name.removesuffix(".json"): entry.read_text() for entry in entries if entry.name.endswith(".json")}
    return {name: json.loads(texts[name]) for name in sorted(texts)}


def targets(dashboard: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """(panel, target) of every query to InfluxDB."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            if target["datasource"]["type"] == "influxdb":
                yield panel, target


def queries(
    dashboard: Mapping[str, Any], variables: Mapping[str, str], time_range: tuple[int, int], *, relative: bool = False
) -> list[Asked]:
    """Every InfluxQL query of every panel.

    ``variables``: value of each dashboard variable. ``time_range``: first and last microsecond, UTC, both included;
    ``relative``: it ends now, so that panels with a shorter range of their own take that.
    """
    asked = []
    for panel, target in targets(dashboard):
        own_us = int(panel.get("timeFrom", "0d").removesuffix("d")) * DAY_US
        shown = (time_range[1] - own_us, time_range[1]) if relative and own_us else time_range
        asked.append(Asked(panel["title"], target["datasource"]["uid"], interpolate(target["query"], variables, shown)))
    return asked


def variable_queries(
    dashboard: Mapping[str, Any], variables: Mapping[str, str], time_range: tuple[int, int]
) -> list[Asked]:
    """The query of every variable that is asked from the database."""
    return [
        Asked(variable["name"], variable["datasource"]["uid"], interpolate(variable["query"], variables, time_range))
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


def alert_rules() -> list[dict[str, Any]]:
    """The alert rules that Grafana is provisioned with."""
    import yaml  # only tests and tools read them

    text = files("grafana").joinpath("provisioning", "alerting", "rules.yaml").read_text()
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def rule_queries(end_us: int) -> list[Asked]:
    """The InfluxQL query of every rule that has one, as it is asked at a time."""
    asked = []
    for rule in alert_rules():
        query = rule["data"][0]
        if "query" in query["model"]:
            window = (end_us - query["relativeTimeRange"]["from"] * 1_000_000, end_us)
            asked.append(Asked(rule["title"], query["datasourceUid"], interpolate(query["model"]["query"], {}, window)))
    return asked
