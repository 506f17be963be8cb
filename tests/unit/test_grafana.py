"""The dashboards: generated, stable, bounded, and asking only for what exists."""

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml

import grafana
from grafana import generate
from grafana.influxql import DATASOURCE, MODELS, field
from schemas.results import TAGS

VARIABLES = {"maker": "bmw", "variant": "bmw-i3", "unit": "unit-0"}
DAY = (1_767_225_600_000_000, 1_767_225_600_000_000 + 86_400_000_000)


@pytest.fixture(params=sorted(generate.DASHBOARDS))
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    return grafana.dashboards()[request.param]


@pytest.mark.parametrize("name", sorted(generate.DASHBOARDS))
def test_committed_json_is_what_the_python_generates(name: str) -> None:
    committed = files("grafana").joinpath("dashboards", f"{name}.json").read_text()
    assert committed == generate.render(name), "run python -m grafana.generate"


def test_every_committed_dashboard_is_generated() -> None:
    assert set(grafana.dashboards()) == set(generate.DASHBOARDS)


def test_uids_ids_and_versions_are_stable(dashboard: dict[str, Any]) -> None:
    assert re.fullmatch(r"edu-[a-z-]+", dashboard["uid"])
    assert dashboard["version"] >= 1
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert identifiers == list(range(1, len(identifiers) + 1))
    assert len({panel["title"] for panel in dashboard["panels"]}) == len(identifiers)


def test_every_panel_has_the_provisioned_data_source_a_unit_and_a_description(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        assert panel["datasource"] == {"type": "influxdb", "uid": DATASOURCE.uid}
        assert panel["description"]
        assert panel["targets"]
        if panel["type"] == "timeseries":
            assert panel["fieldConfig"]["defaults"]["unit"]


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_query_is_bounded_in_units_time_and_rows(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert target["rawQuery"]
            query = target["query"]
            assert "$timeFilter" in query
            assert "\"unit\" = '$unit'" in query
            assert "GROUP BY time($__interval)" in query or re.search(r"LIMIT \d+$", query)
    for variable in dashboard["templating"]["list"]:
        assert re.search(r"LIMIT \d+$", variable["query"])


def test_queries_ask_only_for_fields_that_exist(dashboard: dict[str, Any]) -> None:
    for _, query in grafana.queries(dashboard, VARIABLES, DAY):
        measurement = re.search(r'FROM "(\w+)"', query)
        assert measurement
        fields = set(MODELS[measurement[1]].model_fields)
        plain = re.sub(r'AS "[^"]*"', "", query)
        assert set(re.findall(r'"(\w+)"', plain)) - {measurement[1]} <= fields


def test_overrides_name_columns_of_the_panel(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        columns = {name for target in panel["targets"] for name in re.findall(r'AS "([^"]*)"', target["query"])}
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["id"] == "byName":
                assert override["matcher"]["options"] in columns


def test_a_field_that_does_not_exist_is_refused_when_generating() -> None:
    assert field("edu_state", "torque_nm") == '"torque_nm"'
    for name in ("no_such_field", *TAGS):
        with pytest.raises(KeyError, match="has no field"):
            field("edu_state", name)


def test_queries_have_time_interval_and_variables_filled_in(dashboard: dict[str, Any]) -> None:
    asked = grafana.queries(dashboard, VARIABLES, DAY)
    assert len(asked) == sum(len(panel["targets"]) for panel in dashboard["panels"])
    for _, query in asked:
        assert "$" not in query
        assert f"time >= {DAY[0]}u AND time <= {DAY[1]}u" in query
        assert "\"unit\" = 'unit-0'" in query
    assert all("$" not in query for _, query in grafana.variable_queries(dashboard, VARIABLES, DAY))


def test_the_interval_grows_with_the_time_range() -> None:
    assert grafana.interpolate("$__interval", {}, (0, 3_600_000_000)) == "60s"
    assert grafana.interpolate("${__interval}", {}, (0, 1_000_000 * 1000 * 600)) == "600s"


def test_a_variable_without_a_value_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"variable \$unit has no value"):
        grafana.interpolate("$unit", {"maker": "bmw"}, DAY)


def test_provisioning_has_the_uid_the_panels_ask_for_and_no_secret() -> None:
    folder = files("grafana").joinpath("provisioning")
    text = folder.joinpath("datasources", "influxdb.yaml").read_text()
    (source,) = yaml.safe_load(text)["datasources"]
    assert (source["uid"], source["type"], source["editable"]) == (DATASOURCE.uid, DATASOURCE.type_val, False)
    assert source["secureJsonData"]["httpHeaderValue1"] == "Token ${EDU_TWIN_INFLUX__TOKEN}"
    assert source["jsonData"]["version"] == "InfluxQL"
    (provider,) = yaml.safe_load(folder.joinpath("dashboards", "edu-twin.yaml").read_text())["providers"]
    assert provider["allowUiUpdates"] is False
