"""Dashboard "cohorts": what units of a kind have in common, and what was found of plants, batches and firmware."""

from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.alert_tables import BY_FLEET, EVIDENCE, FOUND, fleet_alerts
from grafana.board import Rows, board
from grafana.features import COMPARED, RATIOS
from grafana.influxql import FLEET, MAKER, call, field, grouped, over_time
from grafana.panels import Shown, daily, rows
from grafana.sources import Query
from schemas.alerts import SERIES as ALERTS

DAY, STANDING = "edu_day", "edu_fleet"
HEIGHT = 9
MAX_ALERTS = 200
DAYS, NEWEST = "3d", "Days of the last three."


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "Findings about plants, batches and firmware, and how the variants compare."
    trends = [trend(label) for label in RATIOS]
    layout: Rows = [
        (HEIGHT, [findings()]),
        (HEIGHT, [scatter(), changed()]),
        (HEIGHT, trends[:2]),
        (HEIGHT, trends[2:]),
    ]
    return board("edu-cohorts", "Cohorts", text, layout, since="14d")


def findings() -> table.Panel:
    """Alerts that name a cohort."""
    condition = f"{field(ALERTS, 'is_cohort')} = true"
    text = (
        "Cohorts that fail or shift more than the others: kind:variant/cohort, units concerned, evidence. All variants."
    )
    return fleet_alerts("Cohorts found", text, BY_FLEET | FOUND | EVIDENCE, MAKER, MAX_ALERTS, also=condition)


def scatter() -> table.Panel:
    """How far the units of a variant lie apart."""
    columns: dict[str, str] = {}
    for label in RATIOS:
        columns |= {f"{label} p{q}": call("percentile", DAY, COMPARED[label], q) for q in (10, 90)}
    query = Query(grouped(DAY, columns, FLEET, "variant"))
    shown = {label: Shown("percentunit") for label in columns}
    text = f"10th and 90th percentile; 100 % is what the variant's parameters say. {NEWEST}"
    return rows("Spread of the units by variant", text, query, shown).time_from(DAYS)


def changed() -> table.Panel:
    """Whether a whole variant drifts."""
    shares = [label for label in COMPARED if label not in ("brushes", "resolver")]
    columns = {label: call("median", STANDING, f"{COMPARED[label]}_change") for label in shares}
    query = Query(grouped(STANDING, columns, FLEET, "variant"))
    text = f"Median change of the units against their own normal: a drift of all units is no fault of one. {NEWEST}"
    shown = {label: Shown("percentunit") for label in shares}
    return rows("Drift of the variants", text, query, shown).time_from(DAYS)


def trend(label: str) -> Any:
    """A parameter's median by day and variant."""
    columns = {label: call("median", DAY, COMPARED[label])}
    query = Query(over_time(DAY, columns, FLEET, every="1d", by="variant"), "time_series", "$tag_variant")
    return daily(f"Day's median: {label}", "percentunit", query, "Of all units of a variant, ratio to its model.")
