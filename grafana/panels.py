"""Kinds of panels: a figure, lines, a table, bars. Every panel says what it shows."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grafana_foundation_sdk.builders import common, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Threshold, ThresholdsMode

from grafana.sources import Query

HIDE_FROM_LEGEND = {"legend": True, "tooltip": False, "viz": False}
TO_UNIT = {
    "title": "Open the unit",
    "url": "/d/edu-unit/?var-maker=${maker}&var-variant=$__all&var-unit=${__value.text}&${__url_time_range}",
}
TO_COHORTS = {"title": "Compare cohorts", "url": "/d/edu-cohorts/?var-maker=${maker}&${__url_time_range}"}
LINKS = {"unit": [TO_UNIT], "subject": [TO_UNIT, TO_COHORTS]}
"""Column -> where it leads; an alert's subject is a unit or a cohort."""
Steps = Sequence[tuple[float, str]]
"""(value, colour from it on); below the first the panel is green."""
Z_STEPS: Steps = ((2.0, "yellow"), (3.0, "orange"), (5.0, "red"))
DESIGN_STEPS: Steps = ((1.0, "yellow"), (2.0, "orange"), (4.0, "red"))
"""Of damage over the design profile's: laws scatter by factors, so one is not yet an alarm."""


class Shown(NamedTuple):
    """How a column of a table looks."""

    unit: str = ""
    steps: Steps = ()
    words: Mapping[str, str] = {}  # word -> colour


def thresholds(steps: Steps, base: str = "green") -> ThresholdsConfig:
    """Colours from values on."""
    rising = [Threshold(value=None, color=base), *(Threshold(value=value, color=color) for value, color in steps)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(rising)


def figure(title: str, description: str, query: Query, unit: str, steps: Steps = ()) -> stat.Panel:
    """One number; of several rows the last."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(query.datasource)
        .unit(unit)
        .thresholds(thresholds(steps, "green" if steps else "text"))
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value("none")
        .with_target(query)
    )


def age(title: str, description: str, query: Query) -> stat.Panel:
    """How long ago the only row's point was."""
    made = figure(title, description, query, "dateTimeFromNow")
    return made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/^Time$/"))


def lines(
    title: str, unit: str, queries: Query | Sequence[Any], description: str, *, labels: Sequence[str] = (), **more: Any
) -> timeseries.Panel:
    """Lines over time; labels called ``… low`` and ``… high`` become a band.

    ``more``: ``stacked``, ``bars``, ``steps`` for thresholds, ``interval`` of the points, ``source`` where the queries
    are not to InfluxDB.
    """
    asked = [queries] if isinstance(queries, Query) else list(queries)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(more.get("source") or asked[0].datasource)
        .unit(unit)
        .interval(more.get("interval", "1m"))
        .show_points(VisibilityMode.NEVER)
        .span_nulls(180_000.0)
    )
    for query in asked:
        panel.with_target(query)
    if more.get("bars"):
        panel.draw_style(GraphDrawStyle.BARS).fill_opacity(60)
    if more.get("stacked"):
        stacking = [DynamicConfigValue("custom.stacking", {"group": "A", "mode": "normal"})]
        panel.fill_opacity(30).override_by_regexp(".*", stacking)
    if steps := more.get("steps"):
        panel.thresholds(thresholds(steps, "transparent"))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.LINE))
    for label in labels:
        if label.endswith(" high"):
            _band(panel, label)
    return panel


def daily(title: str, unit: str, query: Query | Sequence[Query], description: str, **more: Any) -> timeseries.Panel:
    """Lines of one point a day, joined over days without driving."""
    made = lines(title, unit, query, description, interval="1d", **more)
    return made.span_nulls(15 * 86_400_000.0).show_points(VisibilityMode.ALWAYS)


def _band(panel: timeseries.Panel, label: str) -> None:
    low = label.removesuffix("high") + "low"
    thin = [DynamicConfigValue("custom.lineWidth", 0), DynamicConfigValue("custom.hideFrom", HIDE_FROM_LEGEND)]
    panel.override_by_name(low, thin)
    fill = [DynamicConfigValue("custom.fillBelowTo", low), DynamicConfigValue("custom.fillOpacity", 15)]
    panel.override_by_name(label, [*thin, *fill])


def rows(title: str, description: str, query: Query, shown: Mapping[str, Shown], *, worst: str = "") -> table.Panel:
    """A table. Words and values beyond their thresholds are coloured; columns that name a unit link to it.

    ``worst``: column whose highest values come first.
    """
    panel = table.Panel().title(title).description(description).datasource(query.datasource).with_target(query)
    for label, links in LINKS.items():
        if f'"{label}"' in query.text:
            panel.override_by_name(label, [DynamicConfigValue("links", links)])
    if worst:
        panel.sort_by([common.TableSortByFieldState().display_name(worst).desc(True)])
    for label, how in shown.items():
        if properties := _properties(how):
            panel.override_by_name(label, properties)
    return panel


def _properties(how: Shown) -> list[DynamicConfigValue]:
    properties = [DynamicConfigValue("unit", how.unit)] if how.unit else []
    if how.steps:
        properties.append(DynamicConfigValue("thresholds", thresholds(how.steps, "text").build()))
    if how.words:
        options = {
            word: {"color": color, "index": at, "text": word} for at, (word, color) in enumerate(how.words.items())
        }
        properties.append(DynamicConfigValue("mappings", [{"type": "value", "options": options}]))
    if how.steps or how.words:
        properties.append(DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    return properties
