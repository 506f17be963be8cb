"""The dashboards: generated, stable, bounded, and asking only for what exists."""

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins, runtime
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.alerting import Rule as AlertRule
from grafana_foundation_sdk.models.dashboard import Dashboard

import grafana
from grafana import generate, page_links, sources
from grafana.board import TAG
from grafana.influxql import FIELDS, field
from schemas.results import DAILY, OWN_TAGS, TAGS
from streams.metrics import Metrics, Progress, ProgressCollector
from streams.settings import Settings

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


UIDS = {source.uid for source in (sources.INFLUXDB, sources.DAILY, sources.PROMETHEUS)}


def test_every_panel_has_a_provisioned_data_source_a_unit_and_a_description(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] in UIDS
        assert panel["description"]
        assert panel["targets"]
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
        if panel["type"] in ("timeseries", "stat", "histogram"):
            assert panel["fieldConfig"]["defaults"]["unit"]


def test_queries_go_to_the_bucket_of_their_series(dashboard: dict[str, Any]) -> None:
    for _, source, query in grafana.queries(dashboard, VARIABLES, DAY):
        daily = query.split(' FROM "')[1].split('"')[0] in DAILY
        assert source == (sources.DAILY.uid if daily else sources.INFLUXDB.uid)


def test_the_sdk_reads_every_dashboard_without_losing_anything(dashboard: dict[str, Any]) -> None:
    plugins.register_default_plugins()
    runtime.Runtime().register_dataquery_variant(sources.VARIANT)
    read = Dashboard.from_json(dashboard)
    assert json.loads(JSONEncoder().encode(read)) == dashboard


def test_dashboards_link_to_each_other_and_to_the_unit(dashboard: dict[str, Any]) -> None:
    (link,) = dashboard["links"]
    assert link["tags"] == [TAG]
    assert (link["includeVars"], link["keepTime"]) == (True, True)
    assert TAG in dashboard["tags"]
    uids = {one["uid"] for one in grafana.dashboards().values()}
    assert len(uids) == len(generate.DASHBOARDS)
    urls = re.findall(r"/d/([a-z-]+)/", json.dumps(dashboard))
    assert set(urls) <= uids


def test_dashboards_can_lead_to_the_page(dashboard: dict[str, Any]) -> None:
    before = json.dumps(dashboard)
    made = page_links.linked(dashboard, "https://twin.example.com/")
    assert json.dumps(dashboard) == before, "the committed one stays as it is"
    assert made["links"][1]["url"] == "https://twin.example.com/alerts"
    leading = [
        (override["matcher"]["options"], link["url"])
        for panel in made["panels"]
        for override in panel["fieldConfig"]["overrides"]
        for own in override["properties"]
        if own["id"] == "links"
        for link in own["value"]
        if "twin.example.com" in link["url"]
    ]
    assert set(leading) <= {("unit", "https://twin.example.com/units/${__value.text:percentencode}")}
    assert bool(leading) == ("unit" in re.findall(r'"options": "(\w+)"', before)), "a subject may be a cohort"
    plugins.register_default_plugins()
    runtime.Runtime().register_dataquery_variant(sources.VARIANT)
    Dashboard.from_json(made)


def test_the_command_writes_them_all_or_says_how(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "grafana.page_links"]
    subprocess.run([*command, "http://127.0.0.1:8088", str(tmp_path / "made")], check=True)
    assert {path.stem for path in (tmp_path / "made").glob("*.json")} == set(generate.DASHBOARDS)
    refused = subprocess.run([*command, "twin.example.com", str(tmp_path)], capture_output=True, text=True, check=False)
    assert (refused.returncode, "usage: python -m grafana.page_links URL FOLDER" in refused.stderr) == (1, True)


def test_panels_do_not_overlap(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_query_is_bounded_in_time_rows_and_groups(dashboard: dict[str, Any]) -> None:
    for _, target in grafana.targets(dashboard):
        assert target["rawQuery"]
        query = target["query"]
        assert query.count("$timeFilter") == query.count(' FROM "')
        outer = re.sub(r"FROM \(.*\)", "", query)
        assert "top(" in outer or re.search(r"LIMIT \d+( SLIMIT \d+)?$", outer), query
        if re.search(r'GROUP BY .*"', outer):
            assert "SLIMIT" in outer, query
    for variable in dashboard["templating"]["list"]:
        assert re.search(r"LIMIT \d+$", variable["query"])


def test_only_the_unit_s_dashboard_shows_one_line_a_unit(dashboard: dict[str, Any]) -> None:
    for _, target in grafana.targets(dashboard):
        outer = re.sub(r"FROM \(.*\)", "", target["query"])
        assert not re.search(r'GROUP BY[^)]*"unit"', outer)
        assert ("\"unit\" = '$unit'" in target["query"]) == (dashboard["uid"] == "edu-unit")


def test_queries_ask_only_for_fields_that_exist(dashboard: dict[str, Any]) -> None:
    for _, _, query in grafana.queries(dashboard, VARIABLES, DAY):
        measurement = re.search(r'FROM "(\w+)"', query)
        assert measurement
        labels = set(re.findall(r'AS "([^"]*)"', query))
        known = {measurement[1], *TAGS, *OWN_TAGS, *labels} | FIELDS[measurement[1]]
        assert set(re.findall(r'"([^"]+)"', query)) <= known


def unknown_metrics(expression: str) -> set[str]:
    """Names in PromQL that no worker has."""
    metrics = Metrics()
    metrics.registry.register(ProgressCollector("t", lambda: {0: Progress(1, 1, 2)}))
    exist = {family.name for family in metrics.registry.collect()}
    asked = re.findall(r"\b((?:edu_twin|process)_\w+)", expression)
    return {name for name in asked if re.sub(r"_(total|bucket)$", "", name) not in exist}


def test_metrics_asked_of_prometheus_are_those_a_worker_has(dashboard: dict[str, Any]) -> None:
    labels = {"le", "result", "reason", "measurement", "topic", "instance"}
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            assert unknown_metrics(target.get("expr", "")) == set()
            assert set(re.findall(r"by \((\w+)\)", target.get("expr", ""))) <= labels
    assert unknown_metrics("sum(edu_twin_no_such_thing)") == {"edu_twin_no_such_thing"}


def test_overrides_name_columns_of_the_panel(dashboard: dict[str, Any]) -> None:
    for panel in dashboard["panels"]:
        asked = [target.get("query", "") for target in panel["targets"]]
        columns = {name for query in asked for name in re.findall(r'"([^"]*)"', query)}
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
    assert len(asked) == len(list(grafana.targets(dashboard)))
    for _, _, query in asked:
        assert not re.search(r"\$\w", query)
        assert f"time >= {DAY[0]}u AND time <= {DAY[1]}u" in query
    assert all(not re.search(r"\$\w", one.query) for one in grafana.variable_queries(dashboard, VARIABLES, DAY))


def test_the_interval_grows_with_the_time_range() -> None:
    assert grafana.interpolate("$__interval", {}, (0, 3_600_000_000)) == "60s"
    assert grafana.interpolate("${__interval}", {}, (0, 1_000_000 * 1000 * 600)) == "600s"


def test_a_variable_without_a_value_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"variable \$unit has no value"):
        grafana.interpolate("$unit", {"maker": "bmw"}, DAY)


def provisioned(*path: str) -> Any:
    return yaml.safe_load(files("grafana").joinpath("provisioning", *path).read_text())


def test_provisioned_data_sources_are_those_the_panels_ask_of_one_maker_and_hold_no_secret() -> None:
    found = provisioned("datasources", "influxdb.yaml")["datasources"]
    found += provisioned("datasources", "prometheus.yaml")["datasources"]
    assert {source["uid"] for source in found} == UIDS
    for source in found:
        assert source["editable"] is False
        if source["type"] == "influxdb":
            assert source["secureJsonData"]["httpHeaderValue1"] == "Token ${GRAFANA_INFLUX_TOKEN}"
            assert source["jsonData"]["version"] == "InfluxQL"
    buckets = {source["uid"]: source["jsonData"].get("dbName") for source in found}
    settings = Settings(maker="bmw", brokers="x:1").influx
    filled = {uid: name.replace("${EDU_TWIN_MAKER}", "bmw") for uid, name in buckets.items() if name}
    assert filled == {sources.INFLUXDB.uid: settings.bucket, sources.DAILY.uid: settings.daily_bucket}
    (provider,) = provisioned("dashboards", "edu-twin.yaml")["providers"]
    assert provider["allowUiUpdates"] is False


def test_committed_rules_are_what_the_python_generates() -> None:
    assert generate.RULES.read_text() == generate.render_rules(), "run python -m grafana.generate"


def test_rules_ask_one_bounded_number_of_a_provisioned_source_and_lead_to_a_dashboard() -> None:
    uids = {one["uid"] for one in grafana.dashboards().values()}
    found = grafana.alert_rules()
    assert len({rule["uid"] for rule in found}) == len(found) > 4
    for rule in found:
        query, reduced, condition = rule["data"]
        assert query["datasourceUid"] in UIDS
        assert (reduced["model"]["expression"], condition["model"]["expression"]) == ("A", "B")
        assert rule["condition"] == condition["refId"]
        asked = query["model"].get("query", "")
        assert "GROUP BY" not in asked
        assert not asked or ("$timeFilter" in asked and asked.endswith(" LIMIT 1"))
        assert unknown_metrics(query["model"].get("expr", "")) == set()
        assert rule["annotations"]["dashboard"].removeprefix("/d/") in uids
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_sdk_reads_every_rule_without_losing_anything() -> None:
    plugins.register_default_plugins()
    runtime.Runtime().register_dataquery_variant(sources.VARIANT)
    for rule in grafana.alert_rules():
        read = json.loads(JSONEncoder().encode(AlertRule.from_json(rule)))
        assert {name: read[name] for name in rule} == rule


def test_policies_send_every_severity_to_a_contact_point_and_group_over_units() -> None:
    points = {point["name"] for point in provisioned("alerting", "contact-points.yaml")["contactPoints"]}
    (policy,) = provisioned("alerting", "policies.yaml")["policies"]
    assert {policy["receiver"], *(route["receiver"] for route in policy["routes"])} == points
    assert [route["object_matchers"] for route in policy["routes"]] == [[["severity", "=", "page"]]]
    assert policy["group_by"] == ["alertname", "maker"]
