"""InfluxQL of panels, variables and rules, as text. A field that does not exist is refused when generating."""

from collections.abc import Mapping

from schemas.alerts import SERIES as ALERTS
from schemas.alerts import TAGS as ALERT_TAGS
from schemas.alerts import Alert
from schemas.fleet_alerts import FleetAlert
from schemas.results import MEASUREMENT, OWN_TAGS, TAGS, CohortKind

COHORT = "edu_cohort"
NINETY_PERCENT = 1.645
"""Half width of a 90 % interval in standard deviations."""

MAX_POINTS = 2_000
"""Of one line of a panel; Grafana asks for about as many as there are pixels."""
MAX_LINES = 200
"""Groups of one panel: variants or components."""

FIELDS: dict[str, frozenset[str]] = {
    **{name: frozenset(model.model_fields) - {*TAGS, *OWN_TAGS, "time_us"} for name, model in MEASUREMENT.items()},
    ALERTS: frozenset({*Alert.model_fields, *FleetAlert.model_fields}) - {*ALERT_TAGS, "id", "time_us"},
}
"""Name of a series -> fields of its points; alerts of both stages stand in one."""

MAKER = "\"maker\" = '$maker' AND $timeFilter"
FLEET = f'"variant" =~ /^$variant$/ AND {MAKER}'
UNIT = f"\"unit\" = '$unit' AND {MAKER}"
"""Which series; ``$variant`` may stand for all. A unit's name is enough to find it, whatever its variant was."""


def field(measurement: str, name: str) -> str:
    """A field in double quotes; KeyError where the series has no such field, so that no panel asks for nothing."""
    if name not in FIELDS[measurement]:
        raise KeyError(f"{measurement} has no field {name}")
    return f'"{name}"'


def call(function: str, measurement: str, name: str, *more: float) -> str:
    """A function of one field: mean, last, sum, count, max, median, percentile."""
    return f"{function}({', '.join([field(measurement, name), *map(str, more)])})"


def with_band(label: str, measurement: str, name: str, sd: str) -> dict[str, str]:
    """Mean of an estimate with its 90 % interval, as columns."""
    middle, width = call("mean", measurement, name), f"{NINETY_PERCENT} * {call('mean', measurement, sd)}"
    return {label: middle, f"{label} low": f"{middle} - {width}", f"{label} high": f"{middle} + {width}"}


def select(measurement: str, columns: Mapping[str, str], where: str, limit: int, *, newest: bool = False) -> str:
    """Columns (label -> expression) of one series, of the points that ``where`` chooses."""
    order = " ORDER BY time DESC" if newest else ""
    return f'SELECT {_listed(columns)} FROM "{measurement}" WHERE {where}{order} LIMIT {limit}'  # noqa: S608


def fields(measurement: str, columns: Mapping[str, str], where: str, limit: int) -> str:
    """The newest points themselves; columns: label -> field."""
    quoted = {label: field(measurement, name) for label, name in columns.items()}
    return select(measurement, quoted, where, limit, newest=True)


def over_time(
    measurement: str, columns: Mapping[str, str], where: str, *, every: str = "$__interval", by: str = ""
) -> str:
    """Columns over time, one line a column or a column and value of the tag ``by``."""
    groups, most = (f', "{by}"', f" SLIMIT {MAX_LINES}") if by else ("", "")
    chosen = f'SELECT {_listed(columns)} FROM "{measurement}" WHERE {where}'  # noqa: S608
    return f"{chosen} GROUP BY time({every}){groups} fill(none) LIMIT {MAX_POINTS}{most}"


def grouped(measurement: str, columns: Mapping[str, str], where: str, *by: str) -> str:
    """One row for each value of the tags ``by``."""
    chosen = f'SELECT {_listed(columns)} FROM "{measurement}" WHERE {where}'  # noqa: S608
    tags = ", ".join(f'"{tag}"' for tag in by)
    return f"{chosen} GROUP BY {tags} LIMIT 1 SLIMIT {MAX_LINES}"


def cohorts(kind: CohortKind) -> str:
    """Which series of ``edu_cohort``: those of one kind."""
    return f"\"kind\" = '{kind.name.lower()}' AND {FLEET}"


def total(name: str) -> str:
    """A sum of ``edu_cohort`` over days and cohorts."""
    return call("sum", COHORT, f"{name}_sum")


COVERED = f"{total('driving_s')} / ({total('driving_s')} + {total('missing_s')})"
"""Share of driving time with samples, of points that are"""
DROVE = f"({field(COHORT, 'driving_s_sum')} > 0 OR {field(COHORT, 'missing_s_sum')} > 0)"
"""of any driving: InfluxQL calls nothing of nothing 0."""


def units_of_newest_day() -> str:
    """Units that drove on the newest closed day."""
    total = call("sum", COHORT, "units")
    counted = f'SELECT {total} AS "units" FROM "{COHORT}" WHERE {cohorts(CohortKind.VARIANT)}'  # noqa: S608
    return f"{counted} GROUP BY time(1d) fill(none) ORDER BY time DESC LIMIT 1"


def tag_values(measurement: str, tag: str, given: Mapping[str, str], limit: int) -> str:
    """The values of a tag among the series whose other tags fit; ``given``: tag -> comparison."""
    where = " AND ".join(f'"{name}" {comparison}' for name, comparison in given.items())
    condition = f" WHERE {where}" if where else ""
    return f'SHOW TAG VALUES FROM "{measurement}" WITH KEY = "{tag}"{condition} LIMIT {limit}'


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f'{expression} AS "{label}"' for label, expression in columns.items())
