"""Dashboard "fleet": which units need attention and why, health by variant, and whether the data are fresh."""

from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.alert_tables import BY_FLEET, fleet_alerts, unit_alerts
from grafana.board import Rows, board
from grafana.features import COMPARED, RATIOS
from grafana.influxql import (
    COHORT,
    COVERED,
    DROVE,
    FLEET,
    MAKER,
    call,
    cohorts,
    grouped,
    over_time,
    select,
    units_of_newest_day,
)
from grafana.panels import DESIGN_STEPS, Z_STEPS, Shown, age, daily, figure, rows
from grafana.ranking import worst
from grafana.sources import Query
from schemas.results import CohortKind

STANDING, HEALTH, STATE = "edu_fleet", "edu_health", "edu_state"
VARIANT = cohorts(CohortKind.VARIANT)
HEIGHT = 10
MAX_RANKED = 50
MAX_ALERTS = 100
DAYS, NEWEST = "3d", "Days of the last three."
REASONS = ("cooling", "drag", "loss", "module", "worst leg")


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "Units that need attention first, then health by variant, then the data it rests on."
    layout: Rows = [
        (4, figures()),
        (HEIGHT, [findings()]),
        (HEIGHT, [unusual(), worn()]),
        (HEIGHT, [at_once(), by_variant()]),
        (HEIGHT, [driving(), coverage()]),
    ]
    return board("edu-fleet", "Fleet", text, layout)


def figures() -> list[Any]:
    """Five numbers."""
    units = Query(units_of_newest_day())
    signs = Query(select(COHORT, {"signs": call("sum", COHORT, "signs")}, VARIANT, 1))
    ratio = Query(select(COHORT, {"covered": COVERED}, f"{DROVE} AND {VARIANT}", 1))
    newest = Query(select(STATE, {"samples": call("last", STATE, "samples")}, FLEET, 1))
    lost = Query(select(COHORT, {"loss": call("mean", COHORT, "loss_ratio_p50")}, VARIANT, 1))
    return [
        figure("Units", "Units that drove on the newest closed day.", units, "short").time_from(DAYS),
        figure("Signs of failure", f"Units with an alert of their own or a repair. {NEWEST}", signs, "short").time_from(
            DAYS
        ),
        figure(
            "Loss against the models",
            f"Mean of the variants' medians, measured over modelled. {NEWEST}",
            lost,
            "percentunit",
        ).time_from(DAYS),
        figure("Driving covered by data", f"Share of driving time. {NEWEST}", ratio, "percentunit").time_from(DAYS),
        age("Newest data", "Event time of the newest state of any unit; none: nothing within a day.", newest).time_from(
            "1d"
        ),
    ]


def findings() -> table.Panel:
    """What was found, of the whole maker: an alert of the fleet stage names a unit or a cohort, not a variant."""
    text = "Alerts of units and cohorts, newest first: diagnosis and what to check. Of 30 days, all variants."
    return fleet_alerts("What to act on", text, BY_FLEET, MAKER, MAX_ALERTS).time_from("30d")


def unusual() -> table.Panel:
    """Ranked by how unlike its peers a unit is; the reason is the coloured column."""
    names = {label: f"{COMPARED[label]}_z" for label in REASONS}
    query = Query(worst(STANDING, "distance", names, MAX_RANKED))
    shown = {"distance": Shown("none", Z_STEPS)} | {label: Shown("none", _both_sides()) for label in REASONS}
    text = f"{NEWEST} The coloured columns are the reason: standard deviations from the peers' centre."
    return rows("Most unlike their peers", text, query, shown, worst="distance").time_from(DAYS)


def _both_sides() -> tuple[tuple[float, str], ...]:
    return ((-1e9, "red"), (-5.0, "orange"), (-3.0, "text"), (3.0, "orange"), (5.0, "red"))


def worn() -> table.Panel:
    """Ranked by wear against the design profile."""
    names = {"damage": "damage", "distance": "distance_km", "validity": "validity"}
    query = Query(worst(HEALTH, "design_ratio", names, MAX_RANKED, tags=("unit", "component")))
    shown = {"design_ratio": Shown("none", DESIGN_STEPS), "damage": Shown("percentunit"), "distance": Shown("lengthkm")}
    text = "Damage over that of the variant's design profile at the same distance, trips of the last day."
    return rows("Wearing fastest against design", text, query, shown, worst="design_ratio").time_from("1d")


def at_once() -> table.Panel:
    """What units said themselves."""
    text = "Limits that units crossed, newest first."
    return unit_alerts("Limits crossed", text, FLEET, MAX_ALERTS, with_unit=True)


def by_variant() -> table.Panel:
    """Health by variant."""
    columns = {label: call("mean", COHORT, f"{COMPARED[label]}_p50") for label in RATIOS}
    shown = {label: Shown("percentunit") for label in columns}
    columns |= {"units": call("max", COHORT, "units"), "signs": call("sum", COHORT, "signs")}
    query = Query(grouped(COHORT, columns, VARIANT, "variant"))
    text = f"Medians of the units; 100 % is the model. Signs: units with an alert of their own or a repair. {NEWEST}"
    return rows("Health by variant", text, query, shown).time_from(DAYS)


def driving() -> Any:
    """How many units drove."""
    query = Query(
        over_time(COHORT, {"units": call("sum", COHORT, "units")}, VARIANT, every="1d", by="variant"),
        "time_series",
        "$tag_variant",
    )
    return daily("Units that drove", "short", query, "By day and variant.", bars=True, stacked=True)


def coverage() -> Any:
    """How much of the driving is known."""
    query = Query(
        over_time(COHORT, {"coverage": COVERED}, f"{DROVE} AND {VARIANT}", every="1d", by="variant"),
        "time_series",
        "$tag_variant",
    )
    text = "Share of driving time with samples; what is missing is not judged."
    return daily("Data coverage", "percentunit", query, text)
