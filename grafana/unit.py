"""Dashboard "one unit": temperatures, losses, efficiency, load, trips, and whether the estimates can be trusted."""

from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.builders import dashboard, statetimeline, timeseries
from grafana_foundation_sdk.models.common import VisibilityMode
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DynamicConfigValue,
    GridPos,
    VariableRefresh,
    VariableSort,
)

from grafana.influxql import DATASOURCE, last, mean, over_time, tag_values, total, with_band
from grafana.unit_tables import alerts, trips
from schemas.results import Validity

UID = "edu-unit"
VERSION = 1
HALF, WHOLE, HEIGHT = 12, 24, 9
MAX_UNITS = 5_000

HOT_SPOT_SD = "end winding sd"
HIDE_FROM_LEGEND = {"legend": True, "tooltip": False, "viz": False}
VALIDITY_COLORS = {Validity.VALID: "green", Validity.NO_DATA: "gray", Validity.WARMING_UP: "blue"}


def build() -> Dashboard:
    """The dashboard, ready to be encoded."""
    made = (
        dashboard.Dashboard("Drive unit")
        .uid(UID)
        .version(VERSION)
        .description("State, efficiency and trips of one electric drive unit. Bands are 90 % intervals.")
        .tags(["edu-twin"])
        .timezone("utc")
        .readonly()
        .time("now-24h", "now")
        .refresh("1m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
    )
    for name, given in (("maker", ()), ("variant", ("maker",)), ("unit", ("maker", "variant"))):
        made.with_variable(variable(name, given))
    for number, panel in enumerate(panels(), start=1):
        made.with_panel(panel.id(number).datasource(DATASOURCE))
    return made.build()


def variable(name: str, given: tuple[str, ...]) -> dashboard.QueryVariable:
    """A tag to choose, among the series that fit what was chosen before; other values can be typed."""
    query = tag_values(name, given, MAX_UNITS)
    return (
        dashboard.QueryVariable(name)
        .label(name)
        .datasource(DATASOURCE)
        .query(query)
        .definition(query)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.NATURAL_ASC)
        .multi(False)
        .include_all(False)
        .allow_custom_value(True)
    )


def panels() -> list[Any]:
    """All panels in their order, two abreast."""
    left = [
        lines("Winding temperature", "celsius", winding(), "Hot spot and slot, beside what the sensor says."),
        lines("Losses", "watt", losses(), "Mean over the interval, by the loss model.", stacked=True),
        lines("Speed", "rotrpm", {"speed": mean("motor_speed_rpm")}, "Mean of the absolute speed."),
        trust("Sensor consistency (NIS) and uncertainty", "Normalised innovation squared: near 1 if all is well."),
    ]
    right = [
        lines("Rotor, oil and coolant temperature", "celsius", slow_parts(), "Estimates with their 90 % intervals."),
        lines("Efficiency, driving", "percentunit", efficiency(), "By the loss model, and by the electrical balance."),
        lines("Torque", "forceNm", {"torque": mean("torque_nm")}, "Mean of the absolute torque."),
        lines("Data quality", "short", quality(), "Sum over the interval."),
    ]
    for row, pair in enumerate(zip(left, right, strict=True)):
        for column, panel in enumerate(pair):
            panel.grid_pos(GridPos(h=HEIGHT, w=HALF, x=column * HALF, y=row * HEIGHT))
    below = 4 * HEIGHT
    wide: list[Any] = [
        lines("Stator and housing temperature", "celsius", stator(), "Estimates with their 90 % intervals."),
        states("Validity and alerts", "Whether the estimates can be used, and if not fully, why."),
        alerts("Alerts", "What opened and what was resolved, newest first, and what to look at."),
        trips("Trips", "Newest trips in the time range by their start."),
    ]
    for row, broad in enumerate(wide):
        broad.grid_pos(GridPos(h=HEIGHT, w=WHOLE, x=0, y=below + row * HEIGHT))
    return [panel for pair in zip(left, right, strict=True) for panel in pair] + wide


def winding() -> dict[str, str]:
    """Columns of the winding's temperatures."""
    return {
        **with_band("end winding", "end_winding_temp_c", "end_winding_temp_sd_k"),
        **with_band("slot winding", "slot_winding_temp_c", "slot_winding_temp_sd_k"),
        "measured winding": mean("measured_winding_temp_c"),
    }


def slow_parts() -> dict[str, str]:
    """Columns of rotor, oil and coolant."""
    return {
        **with_band("rotor", "rotor_temp_c", "rotor_temp_sd_k"),
        **with_band("oil", "oil_temp_c", "oil_temp_sd_k"),
        **with_band("coolant out", "coolant_out_temp_c", "coolant_out_temp_sd_k"),
    }


def stator() -> dict[str, str]:
    """Columns of the iron and the housing."""
    return {
        **with_band("teeth", "teeth_temp_c", "teeth_temp_sd_k"),
        **with_band("yoke", "yoke_temp_c", "yoke_temp_sd_k"),
        **with_band("housing", "housing_temp_c", "housing_temp_sd_k"),
    }


def losses() -> dict[str, str]:
    """Columns of the losses by place."""
    return {place: mean(f"{place}_loss_w") for place in ("copper", "iron", "rotor", "inverter", "gear")}


def efficiency() -> dict[str, str]:
    """Columns of both efficiencies."""
    return {
        **with_band("model", "efficiency_model", "efficiency_model_sd"),
        **with_band("balance", "efficiency_balance", "efficiency_balance_sd"),
    }


def consistency() -> dict[str, str]:
    """Columns of the sensors' normalised innovations squared, and of the stated uncertainty of the hot spot."""
    nis = {sensor.replace("_", " "): mean(f"{sensor}_nis") for sensor in ("winding", "coolant_out", "oil")}
    return {**nis, HOT_SPOT_SD: mean("end_winding_temp_sd_k")}


def quality() -> dict[str, str]:
    """Columns of what came in and what was wrong with it."""
    return {"samples": total("samples"), "implausible": total("implausible"), "gaps": total("gaps")}


def lines(
    title: str, unit: str, columns: Mapping[str, str], description: str, *, stacked: bool = False
) -> timeseries.Panel:
    """Lines over time; columns called ``… low`` and ``… high`` become a band."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .unit(unit)
        .interval("1m")
        .show_points(VisibilityMode.NEVER)
        .span_nulls(180_000.0)
        .with_target(over_time(columns))
    )
    if stacked:
        panel.fill_opacity(30).override_by_regexp(
            ".*", [DynamicConfigValue("custom.stacking", {"group": "A", "mode": "normal"})]
        )
    for label in columns:
        if label.endswith(" high"):
            low = label.removesuffix("high") + "low"
            thin = [DynamicConfigValue("custom.lineWidth", 0), DynamicConfigValue("custom.hideFrom", HIDE_FROM_LEGEND)]
            panel.override_by_name(low, thin)
            panel.override_by_name(
                label,
                [*thin, DynamicConfigValue("custom.fillBelowTo", low), DynamicConfigValue("custom.fillOpacity", 15)],
            )
    return panel


def trust(title: str, description: str) -> timeseries.Panel:
    """How well the filter and its sensors agree; without sensors the uncertainty alone, on the right axis."""
    panel = lines(title, "none", consistency(), description)
    right = [DynamicConfigValue("unit", "kelvin"), DynamicConfigValue("custom.axisPlacement", "right")]
    return panel.override_by_name(HOT_SPOT_SD, right)


def states(title: str, description: str) -> statetimeline.Panel:
    """Validity words over time in colours, and the bit mask of open alerts."""
    colors = {
        word.name.lower(): {"color": VALIDITY_COLORS.get(word, "orange"), "index": index, "text": word.name.lower()}
        for index, word in enumerate(Validity)
    }
    columns = {
        "temperatures": last("thermal_validity"),
        "efficiency": last("efficiency_validity"),
        "alerts": last("alerts"),
    }
    mapped = DynamicConfigValue("mappings", [{"type": "value", "options": colors}])
    none_open = {"0": {"color": "green", "index": 0, "text": "none"}}
    return (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .interval("1m")
        .with_target(over_time(columns))
        .override_by_regexp("temperatures|efficiency", [mapped])
        .override_by_name("alerts", [DynamicConfigValue("mappings", [{"type": "value", "options": none_open}])])
    )
