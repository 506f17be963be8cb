"""Every query of every dashboard, asked of a real InfluxDB that the real sink filled."""

import re
from uuid import uuid4

import numpy as np
import pytest
from influxdb_client import InfluxDBClient

import grafana
from deploy.local import InfluxDB
from schemas.alerts import Transition
from schemas.results import TAGS
from streams.results import Output
from streams.sinks.influx import InfluxSink, LoggedRefusals
from tests.influx import influxql
from tests.synthetic import MINUTE_US, START_US, alert, output, points

pytestmark = pytest.mark.stack

ROWS = {"edu_state": 180, "edu_trip": 5, "edu_alert": 2}
VARIABLES = {"maker": "bmw", "variant": "bmw-i3", "unit": "unit-1"}
RANGE = (START_US, START_US + 6 * 60 * MINUTE_US)  # the interval is then a minute


def measurement(query: str) -> str:
    """The series a query asks for."""
    return query.split(' FROM "')[1].split('"')[0]


def make_bucket(server: InfluxDB) -> str:
    """An empty bucket; its name."""
    name = f"panels{uuid4().hex[:8]}"
    with InfluxDBClient(server.url, server.token, org=server.org) as client:
        client.buckets_api().create_bucket(bucket_name=name, org=server.org)
    return name


def fill(server: InfluxDB, bucket: str, given: Output) -> None:
    """Write an output through the sink, twice."""
    sink = InfluxSink(server.url, server.token, server.org, bucket, refusals=LoggedRefusals())
    sink.write(given)
    sink.write(given)
    sink.flush(60)
    sink.close()
    assert sink.points_refused == 0


@pytest.fixture(scope="module")
def bucket(influxdb: InfluxDB) -> str:
    """Three hours of states, some trips and some alerts of four units."""
    name = make_bucket(influxdb)
    alerts = [
        alert(f"unit-{unit}", START_US + hour * 60 * MINUTE_US, transition)
        for unit in range(4)
        for hour, transition in ((1, Transition.OPENED), (2, Transition.RESOLVED))
    ]
    fill(influxdb, name, output(points(4 * 180), points(4 * 5, measurement="edu_trip"), alerts=alerts))
    return name


@pytest.mark.parametrize("name", sorted(grafana.dashboards()))
def test_every_panel_query_returns_rows_with_its_columns(influxdb: InfluxDB, bucket: str, name: str) -> None:
    asked = grafana.queries(grafana.dashboards()[name], VARIABLES, RANGE)
    assert asked
    for title, query in asked:
        (rows,) = influxql(influxdb, bucket, query)
        columns = re.findall(r'AS "([^"]*)"', query)
        assert set(rows[0]) == {"time", *columns}, title
        assert len(rows) == ROWS[measurement(query)], title
        for column in columns:
            assert all(row[column] is not None for row in rows), f"{title}: {column}"


@pytest.mark.parametrize("name", sorted(grafana.dashboards()))
def test_a_unit_without_any_sensor_but_speed_and_torque_has_rows_in_every_panel(influxdb: InfluxDB, name: str) -> None:
    bucket = make_bucket(influxdb)
    states, trips = points(10, units=2), points(4, measurement="edu_trip", units=2)
    for series in (states, trips):
        for field, info in series.model.model_fields.items():
            if info.annotation == float | None and not field.startswith("efficiency_model"):
                series.records[field] = np.nan
    fill(influxdb, bucket, output(states, trips, alerts=[alert("unit-1", START_US)]))
    for title, query in grafana.queries(grafana.dashboards()[name], VARIABLES, RANGE):
        (rows,) = influxql(influxdb, bucket, query)
        assert len(rows) == {"edu_state": 5, "edu_trip": 2, "edu_alert": 1}[measurement(query)], title


@pytest.mark.parametrize("name", sorted(grafana.dashboards()))
def test_a_unit_without_data_gives_no_rows_and_no_error(influxdb: InfluxDB, bucket: str, name: str) -> None:
    for _, query in grafana.queries(grafana.dashboards()[name], {**VARIABLES, "unit": "nobody"}, RANGE):
        assert influxql(influxdb, bucket, query) == []


@pytest.mark.parametrize("name", sorted(grafana.dashboards()))
def test_variables_offer_the_tags_there_are(influxdb: InfluxDB, bucket: str, name: str) -> None:
    offered = {
        variable: {row["value"] for row in influxql(influxdb, bucket, query)[0]}
        for variable, query in grafana.variable_queries(grafana.dashboards()[name], VARIABLES, RANGE)
    }
    assert offered == {"maker": {"bmw"}, "variant": {"bmw-i3"}, "unit": {f"unit-{number}" for number in range(4)}}
    assert set(offered) == set(TAGS)


def test_a_90_percent_band_lies_around_the_estimate(influxdb: InfluxDB, bucket: str) -> None:
    asked = dict(grafana.queries(grafana.dashboards()["unit"], VARIABLES, RANGE))
    (rows,) = influxql(influxdb, bucket, asked["Winding temperature"])
    (plain,) = influxql(
        influxdb, bucket, "SELECT end_winding_temp_c, end_winding_temp_sd_k FROM edu_state WHERE unit = 'unit-1'"
    )
    for row, point in zip(rows, plain, strict=True):
        width = 1.645 * point["end_winding_temp_sd_k"]
        assert row["end winding"] == pytest.approx(point["end_winding_temp_c"])
        assert row["end winding high"] - row["end winding"] == pytest.approx(width)
        assert row["end winding"] - row["end winding low"] == pytest.approx(width)


def test_alerts_are_listed_newest_first_with_what_to_do(influxdb: InfluxDB, bucket: str) -> None:
    asked = dict(grafana.queries(grafana.dashboards()["unit"], VARIABLES, RANGE))
    (rows,) = influxql(influxdb, bucket, asked["Alerts"])
    assert [(row["alert"], row["now"]) for row in rows] == [
        ("oil_over_temperature", "resolved"),
        ("oil_over_temperature", "opened"),
    ]
    assert [row["time"] for row in rows] == [START_US + hour * 60 * MINUTE_US for hour in (2, 1)]
    assert (rows[0]["value"], rows[0]["limit"], rows[0]["unit of value"]) == (121.5, 120.0, "degC")
    assert rows[0]["check"] == alert().check
