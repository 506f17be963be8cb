"""Alerts -> InfluxDB line protocol: ``edu_alert``, one point for each transition, so that Grafana can show them.

The series is the deterministic id of the transition: what comes twice is the same point. Every other part of the alert
is a field, in the order of the model; what is not known is left out.
"""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

import orjson

from schemas.alerts import SERIES, TAGS, Alert
from schemas.fleet_alerts import FleetAlert
from streams.sinks.line_protocol import escape_tag, quote


def alert_lines(alerts: Iterable[Alert]) -> Iterator[tuple[bytes, int]]:
    """Yield (line with its line feed, 1) for each alert."""
    for alert in alerts:
        content = alert.model_dump(mode="json")
        time_us = content.pop("time_us")
        values = {"alert_id": content.pop("id"), **{tag: content.pop(tag) for tag in TAGS if tag in content}}
        yield _line(values, content, time_us), 1


def fleet_alert_lines(alerts: Iterable[FleetAlert]) -> Iterator[tuple[bytes, int]]:
    """The same for alerts of the fleet stage; what is a list becomes a text of JSON, and a cohort has no unit."""
    for alert in alerts:
        content = alert.model_dump(mode="json")
        values = {"alert_id": content.pop("id"), "maker": content.pop("maker")}
        if not alert.is_cohort:
            values["unit"] = alert.subject
        content["alert"] = content.pop("alert_id")
        yield _line(values, content, alert.time_us), 1


def _line(values: dict[str, str], content: dict[str, Any], time_us: int) -> bytes:
    tags = "".join(f",{tag}={escape_tag(values[tag])}" for tag in TAGS if values.get(tag))
    fields = ",".join(f"{name}={text}" for name, value in content.items() if (text := _field(value)))
    return f"{SERIES}{tags} {fields} {time_us}\n".encode()


def _field(value: Any) -> str:
    """A field's value; empty where there is none."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        return quote(orjson.dumps(value).decode())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if isfinite(value) else ""
    return "" if value is None else f"{value}i"
