"""Dashboard "service": do results come, how late, and what was refused. Metrics of the workers, and the data itself."""

from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import Rows, board
from grafana.influxql import FLEET, call, grouped, over_time
from grafana.panels import Shown, Steps, lines, rows
from grafana.sources import PROMETHEUS, Query, promql

STATE = "edu_state"
HEIGHT = 8


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "Lag, age, refusals and sinks by the workers' metrics; freshness and gaps by the data."
    layout: Rows = [
        (HEIGHT, [lag(), age(), taken()]),
        (HEIGHT, [refused(), points(), flushing()]),
        (HEIGHT, [restored(), memory(), restarts()]),
        (HEIGHT, [fresh()]),
        (HEIGHT, [arriving(), holes()]),
    ]
    return board("edu-service", "Service", text, layout, since="24h")


def _metric(title: str, unit: str, description: str, *asked: tuple[str, str], steps: Steps = ()) -> Any:
    """``asked``: (PromQL, legend)."""
    targets = [promql(expression, legend, "ABCD"[at]) for at, (expression, legend) in enumerate(asked)]
    return lines(title, unit, targets, description, source=PROMETHEUS, interval="30s", steps=steps)


def lag() -> Any:
    """Not yet processed."""
    text = "Records not yet processed, by topic. Rises: more workers, or one waits for its sink."
    return _metric("Lag", "short", text, ("sum by (topic) (edu_twin_consumer_lag_records)", "{{topic}}"))


def age() -> Any:
    """How late."""
    quantile = "histogram_quantile({q}, sum by (le) (rate(edu_twin_event_age_seconds_bucket[5m])))"
    asked = [(quantile.format(q=q), f"p{q * 100:g}") for q in (0.5, 0.99)]
    text = "Age of the newest record of each batch when its results are made."
    return _metric("Age of results", "s", text, *asked, steps=((60.0, "orange"), (300.0, "red")))


def taken() -> Any:
    """What came."""
    text = "Records by what became of them."
    return _metric("Records", "cps", text, ("sum by (result) (rate(edu_twin_messages_total[5m]))", "{{result}}"))


def refused() -> Any:
    """What was not processed."""
    text = "Dead letters and late frames by reason; their bytes are kept in the topics."
    asked = ("sum by (reason) (rate(edu_twin_dlq_total[5m]))", "{{reason}}")
    return _metric("Refused", "cps", text, asked, steps=((1.0, "orange"),))


def points() -> Any:
    """What went out."""
    text = "Points to the sinks, by series."
    asked = ("sum by (measurement) (rate(edu_twin_points_total[5m]))", "{{measurement}}")
    return _metric("Points", "cps", text, asked)


def flushing() -> Any:
    """A slow sink shows here first."""
    bucket = "histogram_quantile(0.99, sum by (le) (rate({name}_bucket[5m])))"
    asked = [(bucket.format(name=f"edu_twin_{name}_seconds"), name) for name in ("checkpoint", "batch")]
    return _metric(
        "Checkpoint and batch, p99", "s", "A checkpoint waits for the sinks: it grows when one is slow.", *asked
    )


def restored() -> Any:
    """State after a takeover."""
    text = "Duration of the last restore of each worker."
    return _metric("Restore", "s", text, ("max by (instance) (edu_twin_state_recovery_seconds)", "{{instance}}"))


def memory() -> Any:
    """Of the processes."""
    asked = ("sum by (instance) (process_resident_memory_bytes{job='edu-twin'})", "{{instance}}")
    return _metric("Memory", "bytes", "Resident memory of each worker.", asked)


def restarts() -> Any:
    """Partitions that moved."""
    text = "Partitions taken away in the last hour: workers come, go, or lose their session."
    return _metric("Rebalances", "short", text, ("sum(increase(edu_twin_rebalances_total[1h]))", "an hour"))


def fresh() -> table.Panel:
    """By variant, what the data say of themselves in the time range."""
    columns = {
        "minutes": call("count", STATE, "samples"),
        "samples": call("sum", STATE, "samples"),
        "missing frames": call("sum", STATE, "gaps"),
        "implausible values": call("sum", STATE, "implausible"),
        "resets": call("sum", STATE, "resets"),
    }
    text = "Points of a minute in the time range, and what was missing or impossible in them."
    query = Query(grouped(STATE, columns, FLEET, "variant"))
    return rows("Data by variant", text, query, {label: Shown("short") for label in columns})


def arriving() -> Any:
    """By event time, so that it ends where the data end."""
    columns = {"points": call("count", STATE, "samples")}
    query = Query(over_time(STATE, columns, FLEET, by="variant"), "time_series", "$tag_variant")
    return lines(
        "Points of states", "short", query, "By their event time: where it ends, the data end.", interval="10m"
    )


def holes() -> Any:
    """Missing frames."""
    columns = {"gaps": call("sum", STATE, "gaps")}
    query = Query(over_time(STATE, columns, FLEET, by="variant"), "time_series", "$tag_variant")
    return lines("Missing frames", "short", query, "By sequence numbers, in the units' own time.", interval="10m")
