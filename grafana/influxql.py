"""InfluxQL queries for panels. The SDK has no query class for InfluxDB, so this is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from pydantic import BaseModel

from schemas.alerts import SERIES as ALERTS
from schemas.alerts import Alert
from schemas.results import MEASUREMENT, TAGS

DATASOURCE = DataSourceRef(type_val="influxdb", uid="edu-twin-influxdb")
"""The uid stands in provisioning/datasources, too: a data source without a fixed uid leaves panels empty."""

NINETY_PERCENT = 1.645
"""Half width of a 90 % interval in standard deviations."""

MODELS: dict[str, type[BaseModel]] = {**MEASUREMENT, ALERTS: Alert}
"""Name of a series -> what its points hold."""

WHERE_UNIT = """"maker" = '$maker' AND "variant" = '$variant' AND "unit" = '$unit' AND $timeFilter"""


@dataclass
class InfluxQuery(Dataquery):
    """A raw InfluxQL query as Grafana's InfluxDB plugin stores it."""

    query: str
    result_format: str
    ref_id: str = "A"

    def to_json(self) -> dict[str, Any]:
        """The form in a dashboard file."""
        return {
            "alias": "$col",
            "datasource": DATASOURCE,
            "query": self.query,
            "rawQuery": True,
            "refId": self.ref_id,
            "resultFormat": self.result_format,
        }


class Query(Builder[Dataquery]):
    """Builder of one InfluxQuery."""

    def __init__(self, query: str, result_format: str) -> None:
        self._query = InfluxQuery(query, result_format)

    def build(self) -> Dataquery:
        """The query."""
        return self._query


def field(measurement: str, name: str) -> str:
    """A field in double quotes; KeyError where the series has no such field, so that no panel asks for nothing."""
    if name in TAGS or name not in MODELS[measurement].model_fields:
        raise KeyError(f"{measurement} has no field {name}")
    return f'"{name}"'


def mean(name: str) -> str:
    """Mean of a field of ``edu_state`` over the interval."""
    return f"mean({field('edu_state', name)})"


def last(name: str) -> str:
    """Last value of a field of ``edu_state`` in the interval."""
    return f"last({field('edu_state', name)})"


def total(name: str) -> str:
    """Sum of a field of ``edu_state`` over the interval."""
    return f"sum({field('edu_state', name)})"


def with_band(label: str, name: str, sd: str) -> dict[str, str]:
    """An estimate with its 90 % interval."""
    return {
        label: mean(name),
        f"{label} low": f"{mean(name)} - {NINETY_PERCENT} * {mean(sd)}",
        f"{label} high": f"{mean(name)} + {NINETY_PERCENT} * {mean(sd)}",
    }


def over_time(columns: Mapping[str, str]) -> Query:
    """Columns of ``edu_state`` over time; as many points as the panel has room for."""
    return Query(f"{_select(columns, 'edu_state')} GROUP BY time($__interval) fill(none)", "time_series")


def newest(columns: Mapping[str, str], measurement: str, limit: int) -> Query:
    """Fields of the newest points as a table; columns: label -> field."""
    fields = {label: field(measurement, name) for label, name in columns.items()}
    return Query(f"{_select(fields, measurement)} ORDER BY time DESC LIMIT {limit}", "table")


def tag_values(tag: str, given: tuple[str, ...], limit: int) -> str:
    """Query for the values of a tag among the series that have the given variables' values."""
    where = " AND ".join(f"\"{name}\" = '${name}'" for name in given)
    condition = f" WHERE {where}" if where else ""
    return f'SHOW TAG VALUES FROM "edu_state" WITH KEY = "{tag}"{condition} LIMIT {limit}'


def _select(columns: Mapping[str, str], measurement: str) -> str:
    selected = ", ".join(f'{expression} AS "{label}"' for label, expression in columns.items())
    return f'SELECT {selected} FROM "{measurement}" WHERE {WHERE_UNIT}'  # noqa: S608
