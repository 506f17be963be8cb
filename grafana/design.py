"""Dashboard "design feedback": how units are used, what that wears, and where there is margin."""

from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import Rows, board
from grafana.influxql import COHORT, FLEET, call, cohorts, grouped, over_time, total
from grafana.panels import DESIGN_STEPS, Shown, daily, rows
from grafana.sources import Query
from schemas.results import CohortKind

HEALTH = "edu_health"
HEIGHT = 9
PARTS = ("copper", "iron", "rotor", "inverter", "gear")
VARIANT = cohorts(CohortKind.VARIANT)
TURNING = {"torque": ("max_torque_nm", "forceNm"), "speed": ("max_motor_speed_rpm", "rotrpm")}
HEAT = {
    "winding": ("max_end_winding_temp_c", "celsius"),
    "rotor": ("max_rotor_temp_c", "celsius"),
    "switch": ("max_switch_temp_c", "celsius"),
}


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "How the units are really used, what wears against the design profile, where energy is lost."
    layout: Rows = [
        (HEIGHT, [damage()]),
        (HEIGHT, [use(), lost()]),
        (
            HEIGHT,
            [
                spread("Highest torque and speed", TURNING),
                spread("Highest temperatures", HEAT),
            ],
        ),
        (HEIGHT, [daily_distance(), efficiency()]),
    ]
    return board("edu-design", "Design feedback", text, layout, since="14d")


def damage() -> table.Panel:
    """Damage against design, by component, over the units."""
    columns = {
        "against design, median": call("median", HEALTH, "design_ratio"),
        "highest": call("max", HEALTH, "design_ratio"),
        "magnets' least margin": call("min", HEALTH, "margin_a_m"),
    }
    shown = {label: Shown("none", DESIGN_STEPS) for label in ("against design, median", "highest")} | {
        "magnets' least margin": Shown("A/m"),
    }
    text = "Damage over that of the design profile at the same distance; 1 is as designed. Trips of the last day."
    query = Query(grouped(HEALTH, columns, FLEET, "component"))
    return rows("Damage against design", text, query, shown).time_from("1d")


def use() -> table.Panel:
    """What a variant does."""
    days = call("sum", COHORT, "units")
    columns = {
        "distance, mean": f"{total('distance_km')} / {days}",
        "driving, mean": f"{total('driving_s')} / {days}",
        "trips, mean": f"{total('trips')} / {days}",
        "energy, mean": f"{total('drive_energy_wh')} / {days}",
        "recovered": f"{total('regen_energy_wh')} / {total('drive_energy_wh')}",
    }
    shown = {
        "distance, mean": Shown("lengthkm"),
        "driving, mean": Shown("s"),
        "energy, mean": Shown("watth"),
        "recovered": Shown("percentunit"),
    }
    query = Query(grouped(COHORT, columns, VARIANT, "variant"))
    return rows("Use by variant", "A day of driving; of the last three days.", query, shown).time_from("3d")


def lost() -> table.Panel:
    """Where energy goes."""
    columns = {
        "loss a km": f"{total('loss_energy_wh')} / {total('distance_km')}",
        **{part: f"{total(f'{part}_loss_wh')} / {total('loss_energy_wh')}" for part in PARTS},
    }
    shown = {part: Shown("percentunit") for part in PARTS} | {"loss a km": Shown("watth")}
    text = "Modelled loss of the last three days, and the share of each part."
    query = Query(grouped(COHORT, columns, VARIANT, "variant"))
    return rows("Losses by variant", text, query, shown).time_from("3d")


def spread(title: str, figures: dict[str, tuple[str, str]]) -> table.Panel:
    """How figures of the day are spread over the units; label -> field and unit."""
    columns, shown = dict[str, str](), dict[str, Shown]()
    for label, (name, unit) in figures.items():
        for percent, word in ((50, "median"), (90, "90 %")):
            columns[f"{label}, {word}"] = call("mean", COHORT, f"{name}_p{percent}")
            shown[f"{label}, {word}"] = Shown(unit)
    text = "Of each unit's day the highest: half of the units stay below the median, nine in ten below 90 %."
    query = Query(grouped(COHORT, columns, VARIANT, "variant"))
    return rows(title, f"{text} Of the last three days.", query, shown).time_from("3d")


def daily_distance() -> Any:
    """By day and variant."""
    columns = {"distance": call("mean", COHORT, "distance_km_p50")}
    query = Query(over_time(COHORT, columns, VARIANT, every="1d", by="variant"), "time_series", "$tag_variant")
    return daily("Distance of a day", "lengthkm", query, "Median of the units that drove.")


def efficiency() -> Any:
    """By day and variant."""
    columns = {"efficiency": call("mean", COHORT, "efficiency_all")}
    query = Query(over_time(COHORT, columns, VARIANT, every="1d", by="variant"), "time_series", "$tag_variant")
    return daily("Efficiency, driving", "percentunit", query, "Of all units together, by energy and the loss model.")
