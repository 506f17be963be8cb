"""What all dashboards share: identity, links between them, variables, and the grid."""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from grafana.influxql import tag_values
from grafana.sources import of

TAG = "edu-twin"
WIDTH = 24
MAX_VALUES = 5_000
"""Values a variable offers; any other can be typed."""
ALL = VariableOption(selected=True, text="All", value="$__all")

Rows = Sequence[tuple[int, Sequence[Any]]]
"""(height, panels side by side): each as broad as the others."""


def board(uid: str, title: str, description: str, rows: Rows, *, units_of: str = "", since: str = "7d") -> Dashboard:
    """A dashboard; ``units_of``: series whose units can be chosen, where the dashboard is about one."""
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .version(1)
        .description(description)
        .tags([TAG])
        .timezone("utc")
        .readonly()
        .time(f"now-{since}", "now")
        .refresh("1m" if units_of else "5m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(links())
        .with_variable(variable("maker", "edu_state", {}))
        .with_variable(variable("variant", "edu_state", {"maker": "= '$maker'"}, include_all=True))
    )
    if units_of:
        given = {"maker": "= '$maker'", "variant": "=~ /^$variant$/"}
        made.with_variable(variable("unit", units_of, given))
    for panel in placed(rows):
        made.with_panel(panel)
    return made.build()


def links() -> dashboard.DashboardLink:
    """To every other dashboard, with time range and variables kept."""
    link = dashboard.DashboardLink("EDU Twin").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(False).include_vars(True).keep_time(True)


def variable(
    name: str, measurement: str, given: dict[str, str], *, include_all: bool = False
) -> dashboard.QueryVariable:
    """A tag to choose, among the series that fit what was chosen before."""
    query = tag_values(measurement, name, given, MAX_VALUES)
    made = (
        dashboard.QueryVariable(name)
        .label(name)
        .datasource(of(measurement))
        .query(query)
        .definition(query)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(VariableSort.NATURAL_ASC)
        .multi(False)
        .include_all(include_all)
        .allow_custom_value(True)
    )
    return made.all_value(".*").current(ALL) if include_all else made


def placed(rows: Rows) -> list[Any]:
    """The panels, numbered and with their places on the grid."""
    panels: list[Any] = []
    top = 0
    for height, beside in rows:
        width = WIDTH // len(beside)
        for column, panel in enumerate(beside):
            panels.append(panel.id(len(panels) + 1).grid_pos(GridPos(h=height, w=width, x=column * width, y=top)))
        top += height
    return panels
