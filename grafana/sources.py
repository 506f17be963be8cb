"""Data sources and the queries that go to them. The SDK has no query class for InfluxDB, so this is one."""

from dataclasses import dataclass
from typing import Any, Self

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.runtime import DataqueryConfig
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

from schemas.results import DAILY as DAILY_SERIES

INFLUXDB = DataSourceRef(type_val="influxdb", uid="edu-twin-influxdb")
DAILY = DataSourceRef(type_val="influxdb", uid="edu-twin-influxdb-daily")
PROMETHEUS = DataSourceRef(type_val="prometheus", uid="edu-twin-prometheus")
"""The uids stand in provisioning/datasources, too: a data source without a fixed uid leaves panels empty."""


def of(measurement: str) -> DataSourceRef:
    """The data source of a series: its bucket."""
    return DAILY if measurement in DAILY_SERIES else INFLUXDB


@dataclass
class InfluxQuery(Dataquery):
    """A raw InfluxQL query as Grafana's InfluxDB plugin stores it."""

    query: str
    result_format: str
    datasource: DataSourceRef
    alias: str = "$col"
    ref_id: str = "A"

    def to_json(self) -> dict[str, Any]:
        """The form in a dashboard file."""
        return {
            "alias": self.alias,
            "datasource": self.datasource,
            "query": self.query,
            "rawQuery": True,
            "refId": self.ref_id,
            "resultFormat": self.result_format,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Read that form; KeyError where something is missing."""
        source = DataSourceRef.from_json(data["datasource"])
        return cls(data["query"], data["resultFormat"], source, data["alias"], data["refId"])


VARIANT = DataqueryConfig(identifier="influxdb", from_json_hook=InfluxQuery.from_json)
"""How the SDK reads such a query back."""


class Query(Builder[Dataquery]):
    """Builder of one InfluxQuery; the series it asks for decides the data source."""

    def __init__(self, query: str, result_format: str = "table", alias: str = "$col", ref_id: str = "A") -> None:
        measurement = query.split(' FROM "', 1)[1].split('"', 1)[0]
        self._query = InfluxQuery(query, result_format, of(measurement), alias, ref_id)

    @property
    def text(self) -> str:
        """The InfluxQL."""
        return self._query.query

    @property
    def datasource(self) -> DataSourceRef:
        """Where it is asked."""
        return self._query.datasource

    def build(self) -> Dataquery:
        """The query."""
        return self._query


def promql(expression: str, legend: str, ref_id: str = "A") -> prometheus.Dataquery:
    """A range query to Prometheus."""
    query = prometheus.Dataquery().expr(expression).legend_format(legend).range()
    return query.ref_id(ref_id).datasource(PROMETHEUS)
