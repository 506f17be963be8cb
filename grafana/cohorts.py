"""Dashboard "cohorts": what units of a kind have in common, and what was found of plants, batches and firmware."""

from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.alert_tables import BY_FLEET, EVIDENCE, FOUND, fleet_alerts
from grafana.board import Rows, board
from grafana.features import COMPARED, RATIOS, SHARES
from grafana.influxql import COHORT, MAKER, call, cohorts, field, grouped, over_time
from grafana.panels import Shown, daily, rows
from grafana.ranking import worst
from grafana.sources import Query
from schemas.alerts import SERIES as ALERTS
from schemas.results import CohortKind

HEIGHT = 9
MAX_ALERTS, MAX_BATCHES = 200, 50
DAYS, NEWEST = "3d", "Days of the last three."


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "Findings about plants, batches and firmware, and how the variants compare."
    trends = [trend(label) for label in RATIOS]
    layout: Rows = [
        (HEIGHT, [findings()]),
        (HEIGHT, [most_signs(), compared(CohortKind.PLANT)]),
        (HEIGHT, [compared(CohortKind.FIRMWARE), compared(CohortKind.HARDWARE)]),
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
        columns |= {f"{label} p{q}": call("mean", COHORT, f"{COMPARED[label]}_p{q}") for q in (10, 90)}
    query = Query(grouped(COHORT, columns, cohorts(CohortKind.VARIANT), "variant"))
    shown = {label: Shown("percentunit") for label in columns}
    text = f"10th and 90th percentile; 100 % is what the variant's parameters say. {NEWEST}"
    return rows("Spread of the units by variant", text, query, shown).time_from(DAYS)


def changed() -> table.Panel:
    """Whether a whole variant drifts."""
    columns = {label: _change(label) for label in SHARES}
    query = Query(grouped(COHORT, columns, cohorts(CohortKind.VARIANT), "variant"))
    text = f"Median change of the units against their own normal: a drift of all units is no fault of one. {NEWEST}"
    shown = {label: Shown("percentunit") for label in SHARES}
    return rows("Drift of the variants", text, query, shown).time_from(DAYS)


def compared(kind: CohortKind) -> table.Panel:
    """Cohorts of a kind beside each other, those with the most signs of failure first."""
    name = kind.name.lower()
    columns = {"units": call("max", COHORT, "units"), "signs": call("sum", COHORT, "signs")}
    columns |= {label: call("mean", COHORT, f"{COMPARED[label]}_p50") for label in RATIOS}
    columns |= {f"{label} change": _change(label) for label in RATIOS}
    shown = {label: Shown("percentunit") for label in columns if label not in ("units", "signs")}
    query = Query(grouped(COHORT, columns, cohorts(kind), "variant", "cohort"))
    text = f"Units, signs of failure, medians and their change against the units' own normal. {NEWEST}"
    return rows(f"By {name}", text, query, shown, worst="signs").time_from(DAYS)


def most_signs() -> table.Panel:
    """The batches that fail most, however many there are."""
    names = {"units": "units"} | {label: f"{COMPARED[label]}_p50" for label in RATIOS}
    where = cohorts(CohortKind.BATCH)
    query = Query(worst(COHORT, "signs", names, MAX_BATCHES, tags=("cohort",), where=where))
    shown = {label: Shown("percentunit") for label in RATIOS}
    text = f"The day of each batch with the most units that showed a sign of failure. {NEWEST}"
    return rows("Batches with signs of failure", text, query, shown, worst="signs").time_from(DAYS)


def trend(label: str) -> Any:
    """A parameter's median by day and variant."""
    columns = {label: call("mean", COHORT, f"{COMPARED[label]}_p50")}
    where = cohorts(CohortKind.VARIANT)
    query = Query(over_time(COHORT, columns, where, every="1d", by="variant"), "time_series", "$tag_variant")
    return daily(f"Day's median: {label}", "percentunit", query, "Of all units of a variant, ratio to its model.")


def _change(label: str) -> str:
    return call("mean", COHORT, f"{COMPARED[label]}_change_p50")
