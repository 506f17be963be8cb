"""Panels of "one unit" about how long its parts go on."""

from grafana_foundation_sdk.builders import table, timeseries

from grafana.influxql import UNIT, call, grouped, over_time
from grafana.panels import Shown, daily, rows
from grafana.sources import Query

LIFE = "edu_life"
FIRST = "median"


def nearest() -> timeseries.Panel:
    """Remaining life over time: of all parts and indicators the nearest end."""
    levels = {FIRST: "q50", f"{FIRST} low": "q10", f"{FIRST} high": "q90"}
    columns = {label: call("min", LIFE, f"remaining_km_{level}") for label, level in levels.items()}
    columns["replace by"] = call("min", LIFE, "remaining_km_q05")
    query = Query(over_time(LIFE, columns, UNIT, every="1d"), "time_series")
    text = (
        "Distance until the part or indicator that ends first, if the unit is used as it was: median, 10 to 90 %, and "
        "5 %, replace by. It is as wide as lives scatter."
    )
    return daily("Remaining life", "lengthkm", query, text, labels=list(columns))


def wear() -> timeseries.Panel:
    """Damage as it grew, by component."""
    columns = {"damage": call("last", LIFE, "damage")}
    query = Query(over_time(LIFE, columns, UNIT, every="1d", by="component"), "time_series", "$tag_component")
    text = "Share of each component's life used since it was new or replaced."
    return daily("Damage", "percentunit", query, text)


def parts() -> table.Panel:
    """How long each part goes on, as told last."""
    columns = {
        "replace by": call("last", LIFE, "remaining_km_q05"),
        "10 %": call("last", LIFE, "remaining_km_q10"),
        "median": call("last", LIFE, "remaining_km_q50"),
        "90 %": call("last", LIFE, "remaining_km_q90"),
        "hours": call("last", LIFE, "remaining_h_q50"),
        "days": call("last", LIFE, "remaining_d_q50"),
        "driven with it": call("last", LIFE, "age_km"),
        "damage": call("last", LIFE, "damage"),
        "share of the way": call("last", LIFE, "share"),
        "source": call("last", LIFE, "source"),
        "validity": call("last", LIFE, "validity"),
    }
    km, share = Shown("lengthkm"), Shown("percentunit")
    shown = {label: km for label in ("replace by", "10 %", "median", "90 %", "driven with it")}
    shown |= {"hours": Shown("h"), "days": Shown("d"), "damage": share, "share of the way": share}
    text = (
        "By usage from damage, by indicator from what the unit shows; quantiles in km, medians in hours of driving and "
        "days. A replaced part begins anew."
    )
    return rows("Remaining life by part", text, Query(grouped(LIFE, columns, UNIT, "component")), shown)
