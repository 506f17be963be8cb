"""Dashboard "design feedback": how units are used, what that wears, and where there is margin."""

from typing import Any

from grafana_foundation_sdk.builders import histogram, table
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.board import Rows, board
from grafana.influxql import FLEET, call, fields, grouped, over_time
from grafana.panels import DESIGN_STEPS, Shown, daily, rows
from grafana.sources import Query

DAY, HEALTH = "edu_day", "edu_health"
HEIGHT = 9
PARTS = ("copper", "iron", "rotor", "inverter", "gear")
MAX_DAYS = 5_000


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    text = "How the units are really used, what wears against the design profile, where energy is lost."
    layout: Rows = [
        (HEIGHT, [damage()]),
        (HEIGHT, [use(), lost()]),
        (
            HEIGHT,
            [
                spread("Highest torque", "max_torque_nm", "forceNm"),
                spread("Highest speed", "max_motor_speed_rpm", "rotrpm"),
            ],
        ),
        (
            HEIGHT,
            [
                spread("Hottest winding", "max_end_winding_temp_c", "celsius"),
                spread("Hottest rotor", "max_rotor_temp_c", "celsius"),
                spread("Hottest switch", "max_switch_temp_c", "celsius"),
            ],
        ),
        (HEIGHT, [spread("Distance", "distance_km", "lengthkm"), efficiency()]),
    ]
    return board("edu-design", "Design feedback", text, layout, since="14d")


def damage() -> table.Panel:
    """Damage against design, by component, over the units."""
    columns = {
        "against design, median": call("median", HEALTH, "design_ratio"),
        "highest": call("max", HEALTH, "design_ratio"),
        "damage, median": call("median", HEALTH, "damage"),
        "magnets' least margin": call("min", HEALTH, "margin_a_m"),
    }
    shown = {label: Shown("none", DESIGN_STEPS) for label in ("against design, median", "highest")} | {
        "damage, median": Shown("percentunit"),
        "magnets' least margin": Shown("A/m"),
    }
    text = "Damage over that of the design profile at the same distance; 1 is as designed. Trips of the last day."
    query = Query(grouped(HEALTH, columns, FLEET, "component"))
    return rows("Damage against design", text, query, shown).time_from("1d")


def use() -> table.Panel:
    """What a variant does."""
    columns = {
        "distance, mean": call("mean", DAY, "distance_km"),
        "driving, mean": call("mean", DAY, "driving_s"),
        "trips, mean": call("mean", DAY, "trips"),
        "energy, mean": call("mean", DAY, "drive_energy_wh"),
        "recovered": f"{call('sum', DAY, 'regen_energy_wh')} / {call('sum', DAY, 'drive_energy_wh')}",
    }
    shown = {
        "distance, mean": Shown("lengthkm"),
        "driving, mean": Shown("s"),
        "energy, mean": Shown("watth"),
        "recovered": Shown("percentunit"),
    }
    query = Query(grouped(DAY, columns, FLEET, "variant"))
    return rows("Use by variant", "A day of driving; of the last three days.", query, shown).time_from("3d")


def lost() -> table.Panel:
    """Where energy goes."""
    columns = {
        "loss a km": f"{call('sum', DAY, 'loss_energy_wh')} / {call('sum', DAY, 'distance_km')}",
        **{part: f"{call('sum', DAY, f'{part}_loss_wh')} / {call('sum', DAY, 'loss_energy_wh')}" for part in PARTS},
    }
    shown = {part: Shown("percentunit") for part in PARTS} | {"loss a km": Shown("watth")}
    text = "Modelled loss of the last three days, and the share of each part."
    query = Query(grouped(DAY, columns, FLEET, "variant"))
    return rows("Losses by variant", text, query, shown).time_from("3d")


def spread(title: str, name: str, unit: str) -> histogram.Panel:
    """How a figure of the day is spread over units and days."""
    query = Query(fields(DAY, {title.lower(): name}, FLEET, MAX_DAYS))
    text = f"Up to {MAX_DAYS:,} days of units of the last three days."
    made = histogram.Panel().title(title).description(text).datasource(query.datasource).unit(unit)
    return made.with_target(query).time_from("3d")


def efficiency() -> Any:
    """By day and variant."""
    columns = {"efficiency": call("mean", DAY, "efficiency_model")}
    query = Query(over_time(DAY, columns, FLEET, every="1d", by="variant"), "time_series", "$tag_variant")
    return daily("Efficiency, driving", "percentunit", query, "Mean over the units' days, by the loss model.")
