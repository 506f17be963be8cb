"""Alerts -> InfluxDB line protocol: ``edu_alert``, one point for each transition, so that Grafana can show them.

The series is the deterministic id of the transition: what comes twice is the same point. Every other part of the alert
is a field, in the order of the model; what is not known is left out.
"""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from schemas.alerts import SERIES, TAGS, Alert
from streams.sinks.line_protocol import escape_tag, quote


def alert_lines(alerts: Iterable[Alert]) -> Iterator[tuple[bytes, int]]:
    """Yield (line with its line feed, 1) for each alert."""
    for alert in alerts:
        content = alert.model_dump(mode="json")
        time_us = content.pop("time_us")
        values = {"alert_id": content.pop("id"), **{tag: content.pop(tag) for tag in TAGS if tag in content}}
        tags = "".join(f",{tag}={escape_tag(values[tag])}" for tag in TAGS if values[tag])
        fields = ",".join(f"{name}={text}" for name, value in content.items() if (text := _field(value)))
        yield f"{SERIES}{tags} {fields} {time_us}\n".encode(), 1


def _field(value: Any) -> str:
    """A field's value; empty where there is none."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, float):
        return repr(value) if isfinite(value) else ""
    return "" if value is None else f"{value}i"
