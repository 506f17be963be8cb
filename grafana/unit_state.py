"""Panels of "one unit" over the last hours: temperatures, losses, efficiency, load, and whether to trust them."""

from typing import Any

from grafana_foundation_sdk.builders import statetimeline, timeseries, xychart
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue
from grafana_foundation_sdk.models.xychart import SeriesMapping

from grafana.board import Rows
from grafana.influxql import UNIT, call, fields, over_time, with_band
from grafana.panels import lines
from grafana.sources import Query
from schemas.results import Validity

STATE = "edu_state"
HEIGHT = 9
HOT_SPOT_SD = "end winding sd"
VALIDITY_COLORS = {Validity.VALID: "green", Validity.NO_DATA: "gray", Validity.WARMING_UP: "blue"}
MAX_OPERATING_POINTS = 3_000


def state_rows() -> Rows:
    """Rows of the grid."""
    return [
        (HEIGHT, [winding(), slow_parts()]),
        (HEIGHT, [losses(), efficiency()]),
        (HEIGHT, [junctions(), efficiency_map()]),
        (
            HEIGHT,
            [load("Speed", "rotrpm", "speed", "motor_speed_rpm"), load("Torque", "forceNm", "torque", "torque_nm")],
        ),
        (HEIGHT, [trust(), quality()]),
        (HEIGHT, [stator(), states()]),
    ]


def _lines(title: str, unit: str, columns: dict[str, str], description: str, **more: Any) -> timeseries.Panel:
    query = Query(over_time(STATE, columns, UNIT), "time_series")
    return lines(title, unit, query, description, labels=list(columns), **more)


def _mean(name: str) -> str:
    return call("mean", STATE, name)


def _bands(*places: str) -> dict[str, str]:
    """Temperatures with their bands; a place's words are joined by underscores in the field."""
    columns: dict[str, str] = {}
    for place in places:
        name = place.replace(" ", "_")
        columns |= with_band(place, STATE, f"{name}_temp_c", f"{name}_temp_sd_k")
    return columns


def winding() -> timeseries.Panel:
    """The hottest part, beside its sensor."""
    columns = {
        **with_band("end winding", STATE, "end_winding_temp_c", "end_winding_temp_sd_k"),
        **with_band("slot winding", STATE, "slot_winding_temp_c", "slot_winding_temp_sd_k"),
        "measured winding": _mean("measured_winding_temp_c"),
    }
    return _lines("Winding temperature", "celsius", columns, "Hot spot and slot, beside what the sensor says.")


def slow_parts() -> timeseries.Panel:
    """What warms slowly."""
    text = "Estimates with their 90 % intervals."
    return _lines("Rotor, oil and coolant temperature", "celsius", _bands("rotor", "oil", "coolant out"), text)


def stator() -> timeseries.Panel:
    """The iron and the housing."""
    text = "Estimates with their 90 % intervals."
    return _lines("Stator and housing temperature", "celsius", _bands("teeth", "yoke", "housing"), text)


def junctions() -> timeseries.Panel:
    """The inverter's semiconductors."""
    columns = {
        **with_band("switch peak", STATE, "switch_peak_temp_c", "switch_peak_temp_sd_k"),
        **with_band("diode peak", STATE, "diode_peak_temp_c", "diode_peak_temp_sd_k"),
    }
    return _lines("Junction temperature", "celsius", columns, "Highest of each minute with ripple, 90 % intervals.")


def losses() -> timeseries.Panel:
    """By place."""
    columns = {place: _mean(f"{place}_loss_w") for place in ("copper", "iron", "rotor", "inverter", "gear")}
    text = "Mean over the interval, by the loss model; each has an SD of its own in edu_state."
    return _lines("Losses", "watt", columns, text, stacked=True)


def efficiency() -> timeseries.Panel:
    """By both ways."""
    columns = {
        **with_band("model", STATE, "efficiency_model", "efficiency_model_sd"),
        **with_band("balance", STATE, "efficiency_balance", "efficiency_balance_sd"),
    }
    text = "By the loss model, and by the electrical balance."
    return _lines("Efficiency, driving", "percentunit", columns, text)


def efficiency_map() -> xychart.Panel:
    """Where it was driven, and how well it did there."""
    columns = {"speed": "motor_speed_rpm", "torque": "torque_nm", "efficiency": "efficiency_model"}
    query = Query(fields(STATE, columns, UNIT, MAX_OPERATING_POINTS))

    def by_name(kind: Any, name: str) -> Any:
        return kind().matcher(xychart.MatcherConfig().id("byName").options(name))

    points = (
        xychart.XYSeriesConfig()
        .x(by_name(xychart.XychartXYSeriesConfigX, "speed"))
        .y(by_name(xychart.XychartXYSeriesConfigY, "torque"))
        .color(by_name(xychart.XychartXYSeriesConfigColor, "efficiency"))
    )
    scale = [
        DynamicConfigValue("unit", "percentunit"),
        DynamicConfigValue("color", {"mode": "continuous-RdYlGr"}),
        DynamicConfigValue("min", 0.7),
        DynamicConfigValue("max", 1.0),
    ]
    return (
        xychart.Panel()
        .title("Efficiency map")
        .description("One point a minute of driving: mean speed and torque, coloured by efficiency (red 70 %).")
        .datasource(query.datasource)
        .mapping(SeriesMapping.MANUAL)
        .series([points])
        .override_by_name("speed", [DynamicConfigValue("unit", "rotrpm")])
        .override_by_name("torque", [DynamicConfigValue("unit", "forceNm")])
        .override_by_name("efficiency", scale)
        .with_target(query)
    )


def load(title: str, unit: str, label: str, name: str) -> timeseries.Panel:
    """What is asked of it."""
    return _lines(title, unit, {label: _mean(name)}, f"Mean of the absolute {label}.")


def trust() -> timeseries.Panel:
    """How well the filter and its sensors agree; without sensors the uncertainty alone, on the right axis."""
    nis = {sensor.replace("_", " "): _mean(f"{sensor}_nis") for sensor in ("winding", "coolant_out", "oil")}
    columns = {**nis, HOT_SPOT_SD: _mean("end_winding_temp_sd_k")}
    text = "Normalised innovation squared: near 1 if all is well."
    right = [DynamicConfigValue("unit", "kelvin"), DynamicConfigValue("custom.axisPlacement", "right")]
    return _lines("Sensor consistency (NIS) and uncertainty", "none", columns, text).override_by_name(
        HOT_SPOT_SD, right
    )


def quality() -> timeseries.Panel:
    """What came in and what was wrong with it."""
    columns = {name: call("sum", STATE, name) for name in ("samples", "implausible", "gaps", "resets")}
    return _lines("Data quality", "short", columns, "Sum over the interval.")


def states() -> statetimeline.Panel:
    """Validity words over time in colours, and the bit mask of open alerts."""
    colors = {
        word.name.lower(): {"color": VALIDITY_COLORS.get(word, "orange"), "index": index, "text": word.name.lower()}
        for index, word in enumerate(Validity)
    }
    columns = {
        "temperatures": call("last", STATE, "thermal_validity"),
        "efficiency": call("last", STATE, "efficiency_validity"),
        "alerts": call("last", STATE, "alerts"),
    }
    mapped = DynamicConfigValue("mappings", [{"type": "value", "options": colors}])
    none_open = {"0": {"color": "green", "index": 0, "text": "none"}}
    query = Query(over_time(STATE, columns, UNIT), "time_series")
    return (
        statetimeline.Panel()
        .title("Validity and alerts")
        .description("Whether the estimates can be used, and if not fully, why.")
        .datasource(query.datasource)
        .interval("1m")
        .with_target(query)
        .override_by_regexp("temperatures|efficiency", [mapped])
        .override_by_name("alerts", [DynamicConfigValue("mappings", [{"type": "value", "options": none_open}])])
    )
