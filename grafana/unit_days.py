"""Panels of "one unit" over weeks: place among the peers, drift, damage, and its days."""

from typing import Any

from grafana_foundation_sdk.builders import table, timeseries

from grafana import unit_life
from grafana.board import Rows
from grafana.features import COMPARED, RATIOS, SHARES
from grafana.influxql import NINETY_PERCENT, UNIT, call, fields, grouped, over_time, with_band
from grafana.panels import DESIGN_STEPS, Z_STEPS, Shown, daily, figure, rows
from grafana.sources import Query

DAY, FLEET, HEALTH = "edu_day", "edu_fleet", "edu_health"
HEIGHT = 9
MAX_DAYS = 400


def first_row() -> tuple[int, list[Any]]:
    """What to see first: how unusual it is, what it lost, how much of it is known."""
    return 4, [
        _figure(
            FLEET, "Unlike its peers", "distance", "none", "0 is usual, 1 is one standard deviation more.", Z_STEPS
        ),
        _figure(DAY, "Loss against the model", "loss_ratio", "percentunit", "Measured over modelled loss, newest day."),
        _figure(DAY, "Cooling against the model", "cooling_conductance_ratio", "percentunit", "Newest day."),
        _figure(DAY, "Driving covered by data", "coverage", "percentunit", "Share of the newest day's driving time."),
        _figure(DAY, "Driven on the newest day", "distance_km", "lengthkm", "Distance."),
    ]


def day_rows() -> Rows:
    """Rows of the grid."""
    return [
        (HEIGHT, [against_peers(), against_itself()]),
        (HEIGHT, [parameters(), unit_life.wear()]),
        (HEIGHT, [unit_life.nearest(), unit_life.parts()]),
        (HEIGHT, [damage()]),
    ]


def _figure(measurement: str, title: str, name: str, unit: str, description: str, steps: Any = ()) -> Any:
    query = Query(fields(measurement, {title.lower(): name}, UNIT, 1))
    return figure(title, description, query, unit, steps)


def against_peers() -> timeseries.Panel:
    """Drift against the units that drove on the same day."""
    columns = {label: call("mean", FLEET, f"{name}_z") for label, name in COMPARED.items()}
    query = Query(over_time(FLEET, columns, UNIT, every="1d"), "time_series")
    text = "Each parameter against the centre of its peers of the day, in their spread; beyond 3 is unusual."
    return daily(
        "Parameters against peers", "none", query, text, steps=((-3.0, "orange"), (-2.99, "text"), (3.0, "orange"))
    )


def against_itself() -> timeseries.Panel:
    """Drift against the unit's own normal, where this is a share."""
    columns = {label: call("mean", FLEET, f"{name}_change") for label, name in SHARES.items()}
    query = Query(over_time(FLEET, columns, UNIT, every="1d"), "time_series")
    text = "Change against what was normal for this unit; known after some weeks of driving."
    return daily("Parameters against its own normal", "percentunit", query, text)


def parameters() -> timeseries.Panel:
    """The values with their bands."""
    columns: dict[str, str] = {}
    for label in RATIOS:
        columns |= with_band(label, DAY, COMPARED[label], f"{COMPARED[label]}_sd")
    query = Query(over_time(DAY, columns, UNIT, every="1d"), "time_series")
    text = "Ratio to what the variant's parameters say, with 90 % intervals."
    return daily("Parameters of the day", "percentunit", query, text, labels=list(columns))


def damage() -> table.Panel:
    """Where each component stands."""
    level, spread = call("last", HEALTH, "damage"), call("last", HEALTH, "damage_sd_ln")
    columns = {
        "damage": level,
        "low": f"{level} * exp(-{NINETY_PERCENT} * {spread})",
        "high": f"{level} * exp({NINETY_PERCENT} * {spread})",
        "per 1,000 km": call("last", HEALTH, "per_1000_km"),
        "against design": call("last", HEALTH, "design_ratio"),
        "against design, today": call("last", HEALTH, "today_design_ratio"),
        "distance": call("last", HEALTH, "distance_km"),
        "magnets' margin": call("min", HEALTH, "margin_a_m"),
        "law": call("last", HEALTH, "law"),
        "validity": call("last", HEALTH, "validity"),
    }
    share = Shown("percentunit")
    shown = {label: share for label in ("damage", "low", "high", "per 1,000 km")} | {
        "against design": Shown("none", DESIGN_STEPS),
        "against design, today": Shown("none", DESIGN_STEPS),
        "distance": Shown("lengthkm"),
        "magnets' margin": Shown("A/m"),
    }
    text = (
        "Share of life used with its 90 % interval, of the unit's whole life whatever was replaced. Laws disagree by "
        "factors: read the ratio to the design profile."
    )
    return rows("Components", text, Query(grouped(HEALTH, columns, UNIT, "component")), shown)
