"""Every query of every dashboard, asked of a real InfluxDB that a small fleet lives in."""

import re
from urllib.error import HTTPError

import numpy as np
import pytest
from influxdb_client import Authorization, InfluxDBClient, Permission, PermissionResource

import grafana
from deploy.local import InfluxDB
from schemas.results import TAGS
from tests.influx import influxql
from tests.living_fleet import DRIVEN, SICK, UIDS, UNITS, VARIANT, Living, live, make_buckets, write
from tests.synthetic import MINUTE_US, START_US, alert, output, points

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

NAMES = sorted(grafana.dashboards())
NEVER = {
    **{"Damage against design": {"magnets' least margin"}, "Components": {"magnets' margin"}},
    **{"Parameters against peers": {"iron loss", "inverter loss"}},
}
"""Columns that the fleet's electrically excited machines do not have, and what one day of fifty tells."""
OF_MAGNETS = {"magnets"}


@pytest.fixture(scope="module")
def fleet(influxdb: InfluxDB) -> Living:
    return live(influxdb)


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_query_returns_rows_with_its_columns(influxdb: InfluxDB, fleet: Living, name: str) -> None:
    asked = grafana.queries(grafana.dashboards()[name], fleet.variables, fleet.time_range)
    assert asked
    for title, source, query in asked:
        series = influxql(influxdb, fleet.bucket + UIDS[source], query)
        columns = {"time", *re.findall(r'AS "([^"]*)"', re.sub(r"FROM \(.*\)", "", query))}
        rows = [row for one in series for row in one]
        missing = {column for column in columns if all(row[column] is None for row in rows)}
        assert rows, f"{title}: {query}"
        assert columns <= set(rows[0]), title
        assert missing <= NEVER.get(title, set()) | OF_MAGNETS, title


def test_every_rule_asks_for_one_number_that_is_there(influxdb: InfluxDB, fleet: Living) -> None:
    asked = grafana.rule_queries(fleet.driven_until)
    assert len(asked) == 4
    for title, source, query in asked:
        if title == "Pages exceed their budget":
            continue  # none is opened in these days
        ((row,),) = influxql(influxdb, fleet.bucket + UIDS[source], query)
        assert row["number"] > 0.0, title
    (pages,) = [one for one in grafana.rule_queries(fleet.paged_us + 1) if one.title == "Pages exceed their budget"]
    ((row,),) = influxql(influxdb, fleet.bucket + UIDS[pages.source], pages.query)
    assert row["number"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_nobody_s_data_give_no_rows_and_no_error(influxdb: InfluxDB, fleet: Living, name: str) -> None:
    nobody = {"maker": "nobody", "variant": "nothing", "unit": "nobody"}
    for _, source, query in grafana.queries(grafana.dashboards()[name], nobody, fleet.time_range):
        assert influxql(influxdb, fleet.bucket + UIDS[source], query) == []


@pytest.mark.parametrize("name", NAMES)
def test_variables_offer_the_tags_there_are(influxdb: InfluxDB, fleet: Living, name: str) -> None:
    offered = {
        variable: {row["value"] for row in influxql(influxdb, fleet.bucket + UIDS[source], query)[0]}
        for variable, source, query in grafana.variable_queries(
            grafana.dashboards()[name], fleet.variables, fleet.time_range
        )
    }
    there = {"maker": {"bmw"}, "variant": {VARIANT}, "unit": set(DRIVEN)}
    assert offered == {variable: there[variable] for variable in offered}
    assert set(offered) == (set(TAGS) if name == "unit" else {"maker", "variant"})


def asked_of(fleet: Living, dashboard: str, title: str, influxdb: InfluxDB) -> list[dict[str, object]]:
    """Rows of the panel's first query."""
    for one, source, query in grafana.queries(grafana.dashboards()[dashboard], fleet.variables, fleet.time_range):
        if one == title:
            return [row for series in influxql(influxdb, fleet.bucket + UIDS[source], query) for row in series]
    raise KeyError(title)


def test_the_sick_unit_is_found_with_its_diagnosis_and_is_among_the_most_unusual(
    influxdb: InfluxDB, fleet: Living
) -> None:
    found = asked_of(fleet, "fleet", "What to act on", influxdb)
    assert ("ticket", "opened", SICK, "pump") in {
        (row["severity"], row["now"], row["subject"], row["diagnosis"]) for row in found
    }
    ranked = asked_of(fleet, "fleet", "Most unlike their peers", influxdb)
    assert 0 < len(ranked) <= 50 < UNITS
    assert {row["variant"] for row in ranked} <= {"bmw-gen5-front", "bmw-gen5-rear", "jaguar-ipace"}
    assert len({row["unit"] for row in ranked}) == len(ranked)
    evidence = asked_of(fleet, "unit", "Findings and evidence", influxdb)
    assert {row["now"] for row in evidence} >= {"opened", "acknowledged"}
    assert "pump_flow_ratio" in str(evidence[0]["changes"])


def test_units_are_counted_on_the_newest_closed_day(influxdb: InfluxDB, fleet: Living) -> None:
    (counted,) = asked_of(fleet, "fleet", "Units", influxdb)
    assert counted["units"] == len(DRIVEN)


def test_a_90_percent_band_lies_around_the_estimate(influxdb: InfluxDB, fleet: Living) -> None:
    for row in asked_of(fleet, "unit", "Winding temperature", influxdb):
        low, middle, high = (row[f"end winding{suffix}"] for suffix in (" low", "", " high"))
        assert isinstance(low, float)
        assert isinstance(middle, float)
        assert isinstance(high, float)
        assert high - middle == pytest.approx(middle - low)
        assert 0.0 < high - middle < 20.0
    for row in asked_of(fleet, "unit", "Components", influxdb):
        if row["damage"]:
            assert float(str(row["low"])) < float(str(row["damage"])) < float(str(row["high"]))


def test_a_unit_without_any_sensor_but_speed_and_torque_has_rows_of_its_state(influxdb: InfluxDB) -> None:
    bucket = make_buckets(influxdb)
    states, trips = points(10, units=2), points(4, measurement="edu_trip", units=2)
    for series in (states, trips):
        for field, info in series.model.model_fields.items():
            if info.annotation == float | None and not field.startswith("efficiency_model"):
                series.records[field] = np.nan
    write(influxdb, bucket, output(states, trips, alerts=[alert("unit-1", START_US)]))
    time_range = (START_US, START_US + 360 * MINUTE_US)
    variables = {"maker": "bmw", "variant": ".*", "unit": "unit-1"}
    counts = {}
    for title, source, query in grafana.queries(grafana.dashboards()["unit"], variables, time_range):
        rows = influxql(influxdb, bucket + UIDS[source], query)
        if re.search(r'FROM "edu_(state|trip)"', query) and title != "Junction temperature":
            counts[title] = len(rows[0])
    assert counts.pop("Trips") == 2
    assert set(counts.values()) == {5}


def test_a_maker_s_token_reads_no_other_maker_s_data(influxdb: InfluxDB, fleet: Living) -> None:
    """What GRAFANA_INFLUX_TOKEN is meant to be."""
    with InfluxDBClient(influxdb.url, influxdb.token, org=influxdb.org) as client:
        org = client.organizations_api().find_organizations(org=influxdb.org)[0].id
        own = client.buckets_api().find_bucket_by_name(make_buckets(influxdb))
        only = [Permission("read", PermissionResource(type="buckets", id=own.id, org_id=org))]
        made = client.authorizations_api().create_authorization(
            authorization=Authorization(org_id=org, permissions=only)
        )

    class Scoped:
        url, token = influxdb.url, str(made.token)

    assert influxql(Scoped, own.name, 'SELECT "torque_nm" FROM "edu_state" LIMIT 1') == []
    for _, source, query in grafana.queries(grafana.dashboards()["fleet"], fleet.variables, fleet.time_range):
        with pytest.raises((HTTPError, AssertionError), match=r"(?i)not found|unauthorized|forbidden"):
            influxql(Scoped, fleet.bucket + UIDS[source], query)
