"""The twin API over a lake: what it tells, what it refuses, and that it notices what is new."""

import asyncio
import json
import shutil
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from schemas.alerts import Alert, UnitAlert
from schemas.api import Attention
from schemas.daily import Acknowledge
from schemas.fleet_alerts import FleetAlert, FleetTransition
from schemas.results import MEASUREMENT, CohortKind, EduCohort
from streams import log_files
from streams.cli import app
from streams.limits import LIMIT
from streams.results import Output, Points
from streams.serve import attention, openapi
from streams.serve.alert_book import AlertBook
from streams.serve.commands_log import FileLog, NoLog
from streams.serve.fleet_view import FleetView
from streams.serve.lake_reader import LakeReader
from streams.serve.live import Live
from streams.serve.reader import ReaderError, Row, Span
from streams.serve.web.app import application
from streams.sinks.lake import LakeSink
from tests import served_fleet
from tests.fleet_told import fleet_alert
from tests.served_fleet import DAYS, HOT, LAST_US, LOG, MINUTES, SICK, SILENT, UNITS
from tests.synthetic import alert as unit_alert
from twin.layout import COHORT, DAY_US

PROBLEM = "application/problem+json"
NOON = date(2026, 3, 1)
DRIVING = {"alerts": 0, "thermal_validity": "valid"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    served_fleet.make(folder)
    return folder


@pytest.fixture(scope="module")
def api(made: Path) -> Iterator[TestClient]:
    """Reads only: nobody says anything to its log."""
    view = FleetView(LakeReader(made / "lake"), FileLog(made / LOG))
    view.refresh()
    with TestClient(application(view)) as client:
        yield client


@pytest.fixture
def talking(made: Path, tmp_path: Path) -> Iterator[tuple[TestClient, FleetView, Path]]:
    """With a log of its own that takes commands."""
    log = tmp_path / LOG
    log.write_text((made / LOG).read_text())
    view = FleetView(LakeReader(made / "lake"), FileLog(log), today=lambda: NOON)
    view.refresh()
    with TestClient(application(view)) as client:
        yield client, view, log


def ok(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: TestClient, path: str, status: int, **query: Any) -> str:
    answer = client.get(path, params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    problem = answer.json()
    assert problem["status"] == status
    return str(problem["detail"])


def test_who_needs_attention_comes_first_and_says_why(api: TestClient) -> None:
    page = ok(api, "/v1/twins", limit=5)
    assert page["total"] == UNITS
    first = {unit["unit"]: unit for unit in page["items"]}
    assert [unit["state"] for unit in page["items"]] == ["act"] * 3 + ["no_data", "normal"]
    assert first[SICK]["reasons"][0]["text"] == "Unexplained: Pump flow −42 %"
    assert first[SICK]["reasons"][0]["check"]
    assert first[HOT]["reasons"][0]["text"] == "Oil over temperature: 121.5 °C, limit 120 °C"
    assert first[SILENT]["reasons"][0]["text"] == "Silent since 07 Nov 2024"
    assert ok(api, "/v1/fleet")["by_state"] == {"act": 3, "watch": 0, "in_hand": 0, "no_data": 1, "normal": UNITS - 4}


def test_a_residual_is_to_be_watched_and_a_temperature_acted_on() -> None:
    bits = UnitAlert.COOLANT_SENSORS_CONTRADICT | UnitAlert.OIL_OVER_TEMPERATURE
    state: Row = {"unit": "u1", "alerts": int(bits), "time_us": 0, "thermal_validity": "valid"}
    said = {"coolant_sensors_contradict": unit_alert().model_copy(update={"value": 5.1, "limit": 4.0})}
    crossed = attention.limits(state, said.get)
    asks, reasons = attention.judge(state, crossed, [], 0)
    assert (asks, [one.severity for one in reasons]) == (Attention.ACT, ["ticket", "watch"])
    assert reasons[1].text == "Coolant sensors contradict: 5.1 SD, limit 4 SD"
    assert attention.judge(state, crossed[1:], [], 0)[0] is Attention.WATCH


@pytest.mark.parametrize("order", ["attention", "unit"])
def test_pages_follow_one_another_without_gap_or_repetition(api: TestClient, order: str) -> None:
    seen, cursor = [], {}
    for _ in range(5):
        page = ok(api, "/v1/twins", limit=13, order=order, **cursor)
        seen += [unit["unit"] for unit in page["items"]]
        cursor = {"cursor": page["next"]}
    assert page["next"] is None
    assert sorted(seen) == [f"u{number:06d}" for number in range(UNITS)]
    assert (seen == sorted(seen)) is (order == "unit")


def test_filters_are_of_the_results_and_of_the_registry(api: TestClient) -> None:
    every = ok(api, "/v1/twins", limit=1000)["items"]
    for name in ("variant", "plant", "batch", "mounting", "hardware", "maker", "state"):
        wanted = every[0][name]
        found = ok(api, "/v1/twins", limit=1000, **{name: wanted})["items"]
        assert found == [unit for unit in every if unit[name] == wanted]
    both = ok(api, "/v1/twins", state=["act", "no_data"])["items"]
    assert {unit["state"] for unit in both} == {"act", "no_data"}
    assert ok(api, "/v1/twins", q=SICK.upper())["total"] == 1
    assert ok(api, "/v1/twins", variant="none")["total"] == 0


def test_a_unit_has_state_with_uncertainty_wear_and_segments(api: TestClient) -> None:
    unit = ok(api, f"/v1/twins/{SICK}")
    winding = unit["estimates"][0]
    assert (winding["name"], winding["unit"], winding["validity"]) == ("end_winding_temp_c", "degC", "valid")
    assert 60.0 < winding["value"] < 110.0
    assert 1.0 < winding["sd"] < 2.0
    pump = next(one for one in unit["parameters"] if one["name"] == "pump_flow_ratio")
    assert pump["change"] == pytest.approx(-0.42, abs=0.05)
    assert pump["z"] is None or pump["z"] < -2.0
    ratios = [wear["design_ratio"] for wear in unit["health"]]
    assert ratios == sorted(ratios, reverse=True)
    assert unit["worst_component"] == unit["health"][0]["component"]
    assert [segment["segment"] for segment in unit["segments"]] == [0]
    assert 30 < unit["segments"][0]["driving_days"] <= DAYS
    assert unit["alerts"] == [unit["reasons"][0]["alert_id"]]
    assert unit["at"] == "2024-11-17T23:59:00Z"


def test_a_day_without_fields_that_a_later_version_writes_is_told(made: Path) -> None:
    class Older(LakeReader):
        def newest(self, series: str) -> list[Row]:
            later = [name for name in MEASUREMENT[series].model_fields if "scale_validity" in name or "cooling" in name]
            return [row | dict.fromkeys(later) for row in super().newest(series)]

    view = FleetView(Older(made / "lake"), NoLog())
    view.refresh()
    twin = view.twin(SICK)
    assert twin
    told = {one.name: one for one in twin.parameters}
    for name in ("drag_scale", "iron_loss_scale", "cooling_conductance_ratio"):
        assert told[name].validity == ("no_data" if told[name].value is None else "valid")
    assert told["cooling_conductance_ratio"].value is None
    assert told["drag_scale"].value is not None


@pytest.mark.parametrize("last", ["a", "b"])
def test_of_two_rows_of_one_time_in_two_files_the_later_in_the_log_is_the_newest(
    made: Path, tmp_path: Path, last: str
) -> None:
    for series, field in (("edu_day", "distance_km"), ("edu_life", "damage")):
        source = next((made / "lake" / series).rglob("*.parquet"))
        table = pq.read_table(source, partitioning=None).slice(0, 1)
        for name in ("a", "b"):
            row = table.set_column(table.column_names.index("offset"), "offset", pa.array([7 + (name == last)]))
            value = pa.array([float(name == last)], table.schema.field(field).type)
            row = row.set_column(table.column_names.index(field), field, value)
            file = tmp_path / source.relative_to(made / "lake").with_name(f"{name}.parquet")
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(row, file)
    reader = LakeReader(tmp_path)
    (day,) = reader.newest("edu_day")
    (life,) = reader.lives(str(row["unit"][0]))
    assert (day["distance_km"], life["damage"]) == (1.0, 1.0)


def test_a_unit_has_remaining_lives_as_quantiles_and_their_story(api: TestClient) -> None:
    lives = ok(api, f"/v1/twins/{SICK}")["remaining_life"]
    first = [one["km"]["q05"] for one in lives if one["km"]]
    assert first == sorted(first)
    by_name = {one["component"]: one for one in lives}
    oil, cooling = by_name["oil"], by_name["cooling"]
    assert (oil["source"], cooling["source"]) == ("usage", "indicator")
    assert oil["since"] == "2024-10-04"
    assert oil["share"] is None
    assert cooling["damage"] is None
    for clock in ("km", "hours", "days"):
        quantiles = list(oil[clock].values())
        assert quantiles == sorted(quantiles)
    story = ok(api, f"/v1/twins/{SICK}/remaining-life/oil")
    assert story["points"][-1] == oil
    assert len(story["points"]) > 30
    assert [point["at"] for point in story["points"]] == sorted(point["at"] for point in story["points"])
    missing = api.get(f"/v1/twins/{SICK}/remaining-life/wings")
    assert missing.status_code == 404
    assert "there are: bending_braking" in missing.json()["detail"]


def test_a_limit_that_is_crossed_has_its_value(api: TestClient) -> None:
    (limit,) = ok(api, f"/v1/twins/{HOT}")["limits"]
    assert (limit["alert"], limit["value"], limit["limit"]) == ("oil_over_temperature", 121.5, 120.0)
    assert ok(api, f"/v1/twins/{SICK}")["limits"] == []


def test_a_history_is_columns_in_the_order_of_time(api: TestClient) -> None:
    history = ok(api, f"/v1/twins/{SICK}/history", fields="oil_temp_c")
    assert [column["name"] for column in history["columns"]] == ["oil_temp_c", "oil_temp_sd_k"]
    assert history["columns"][0]["sd"] == "oil_temp_sd_k"
    assert len(history["times"]) == MINUTES == len(history["columns"][0]["values"])
    assert history["times"] == sorted(history["times"])
    assert not history["thinned"]
    days = ok(api, f"/v1/twins/{SICK}/history", series="day")
    assert len(days["times"]) > 30


def test_a_long_history_is_thinned_to_real_points_and_says_so(api: TestClient) -> None:
    whole = ok(api, f"/v1/twins/{SICK}/history", fields="oil_temp_c")
    thin = ok(api, f"/v1/twins/{SICK}/history", fields="oil_temp_c", points=10)
    assert thin["thinned"]
    assert 8 <= len(thin["times"]) <= 10
    assert thin["times"][-1] == whole["times"][-1]
    assert set(thin["times"]) < set(whole["times"])


def test_the_unit_as_it_was_at_a_past_moment(api: TestClient) -> None:
    moment = datetime.fromtimestamp(LAST_US / 1e6, UTC) - timedelta(minutes=30, seconds=30)
    then = ok(api, f"/v1/twins/{SICK}/history", at=moment.isoformat())
    assert then["times"] == [(moment - timedelta(seconds=30)).isoformat().replace("+00:00", "Z")]
    columns = {column["name"]: column["values"][0] for column in then["columns"]}
    assert columns["thermal_validity"] == "valid"
    whole = ok(api, f"/v1/twins/{SICK}/history", fields="oil_temp_c")
    assert columns["oil_temp_c"] == whole["columns"][0]["values"][whole["times"].index(then["times"][0])]
    assert ok(api, f"/v1/twins/{SICK}/history", at="2001-01-01T00:00:00Z")["times"] == []


def test_a_range_takes_both_ends(api: TestClient) -> None:
    whole = ok(api, f"/v1/twins/{SICK}/history")["times"]
    part = ok(api, f"/v1/twins/{SICK}/history", since=whole[10], until=whole[20])["times"]
    assert part == whole[10:21]


def test_what_is_known_already_is_not_sent_again(api: TestClient) -> None:
    for path in ("/v1/twins", f"/v1/twins/{SICK}", "/v1/alerts", "/v1/cohorts", "/v1/variants", "/v1/fleet"):
        first = api.get(path)
        again = api.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert api.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_alerts_have_evidence_and_a_life(api: TestClient) -> None:
    page = ok(api, "/v1/alerts")
    assert [alert["subject"] for alert in page["items"]] == [HOT, SICK, "u000020"]
    story = ok(api, f"/v1/alerts/{page['items'][1]['alert_id']}")
    assert story["alert"] == page["items"][1]
    assert story["steps"][0]["transition"] == "opened"
    assert {change["feature"] for change in story["alert"]["changes"]} >= {"pump_flow_ratio"}
    assert story["alert"]["shows"][0] == "Pump flow −42 %"
    named = " ".join(story["alert"]["evidence_for"])
    assert {"module_resistance_ratio", "pump_flow_ratio"} <= story["alert"]["labels"].keys()
    assert "module_resistance_ratio" in named
    assert ok(api, "/v1/alerts", severity="page")["total"] == 0
    assert ok(api, "/v1/alerts", subject=SICK)["total"] == 1
    first = ok(api, "/v1/alerts", limit=1)
    assert ok(api, "/v1/alerts", limit=2, cursor=first["next"])["items"] == page["items"][1:]


@pytest.mark.parametrize("kind", ["plant", "batch", "hardware"])
def test_cohorts_are_told_for_each_variant_as_the_fleet_stage_told_them(api: TestClient, made: Path, kind: str) -> None:
    cohorts = ok(api, "/v1/cohorts", by=kind)["items"]
    units = ok(api, "/v1/twins", limit=1000)["items"]
    told = {(row["variant"], row["cohort"]): row for row in LakeReader(made / "lake").cohorts(kind)}
    assert {(one["variant"], one["name"]) for one in cohorts} == told.keys() == {(u["variant"], u[kind]) for u in units}
    for cohort in cohorts:
        place, row = (cohort["variant"], cohort["name"]), told[cohort["variant"], cohort["name"]]
        states = Counter(unit["state"] for unit in units if (unit["variant"], unit[kind]) == place)
        assert (cohort["units"], cohort["by_state"]) == (states.total(), states)
        assert cohort["signs"] == row["signs"]
        assert all(spread["median"] == row[f"{spread['name']}_p50"] for spread in cohort["spreads"])
        assert bool(cohort["spreads"]) == (row["units"] >= 3), "two units are no spread"
    assert [cohort["units"] for cohort in cohorts] == sorted((one["units"] for one in cohorts), reverse=True)


def test_variants_are_cohorts_with_the_spread_of_their_units(api: TestClient) -> None:
    cohorts = ok(api, "/v1/cohorts")["items"]
    assert sum(cohort["units"] for cohort in cohorts) == UNITS
    assert {cohort["name"] for cohort in cohorts} >= {"bmw-gen5-rear", "jaguar-ipace"}
    spread = next(one for one in cohorts[0]["spreads"] if one["name"] == "loss_ratio")
    assert spread["p10"] < spread["median"] < spread["p90"]


def test_an_alert_of_a_batch_stands_at_that_of_its_variant(talking: tuple[TestClient, FleetView, Path]) -> None:
    client, view, _ = talking
    one = ok(client, "/v1/cohorts", by="batch")["items"][0]
    found = fleet_alert(FleetTransition.OPENED, subject=f"batch:{one['variant']}/{one['name']}")
    view.alerts.take([found])
    named = [other for other in ok(client, "/v1/cohorts", by="batch")["items"] if other["alerts"]]
    assert [(other["variant"], other["name"]) for other in named] == [(one["variant"], one["name"])]


def test_firmware_is_compared_by_what_the_fleet_stage_says_of_it(tmp_path: Path) -> None:
    records = np.zeros(3, dtype=COHORT)
    for name in records.dtype.names or ():
        if records.dtype[name].kind == "f":
            records[name] = np.nan
    records["kind"], records["time_us"] = CohortKind.FIRMWARE, [DAY_US, 3 * DAY_US, 3 * DAY_US]
    records["units"], records["signs"] = [9, 5, 7], [0, 1, 0]
    records["drag_scale_p10"], records["drag_scale_p50"], records["drag_scale_p90"] = 0.9, [1.0, 1.1, 1.2], 1.3
    names, offsets = ["1.0", "1.0", "unknown"], np.arange(3)
    told = Points("edu_cohort", EduCohort, "bmw", "bmw-i3", "test", names, records, offsets)
    sink = LakeSink(tmp_path)
    sink.write(Output(0, points=[told]))
    sink.flush(30)
    sink.close()
    view = FleetView(LakeReader(tmp_path), NoLog())
    view.refresh()
    (cohort,) = ok(TestClient(application(view)), "/v1/cohorts", by="firmware")["items"]
    assert (cohort["name"], cohort["variant"], cohort["units"], cohort["signs"]) == ("1.0", "bmw-i3", 5, 1)
    assert cohort["at"] == "1970-01-04T00:00:00Z"
    (spread,) = cohort["spreads"]
    assert (spread["name"], spread["p10"], spread["median"], spread["p90"]) == ("drag_scale", 0.9, 1.1, 1.3)


def test_variants_say_how_many_units_they_have(api: TestClient) -> None:
    items = ok(api, "/v1/variants")["items"]
    assert sum(item["units"] for item in items) == UNITS
    assert next(item for item in items if item["name"] == "bmw-i3")["units"] == 0


@pytest.mark.parametrize(
    ("path", "query", "status", "says"),
    [
        ("/v1/twins/nobody", {}, 404, "GET /v1/twins"),
        ("/v1/twins/nobody/history", {}, 404, "nobody"),
        (f"/v1/twins/{SICK}/history", {"fields": "oil"}, 422, "edu_state has no oil"),
        (f"/v1/twins/{SICK}/history", {"since": "yesterday"}, 422, "since"),
        ("/v1/twins", {"cursor": "nonsense"}, 422, "cursor"),
        ("/v1/twins", {"cursor": "WzFd", "order": "unit"}, 422, "cursor"),
        ("/v1/twins", {"limit": 0}, 422, "limit"),
        ("/v1/alerts/none/1", {}, 404, "show=all"),
        ("/v1/none", {}, 404, "Not Found"),
    ],
)
def test_what_cannot_be_told_is_a_problem_document(
    api: TestClient, path: str, query: dict[str, Any], status: int, says: str
) -> None:
    assert says in refused(api, path, status, **query)


def test_to_acknowledge_is_a_record_in_the_log_and_takes_the_unit_in_hand(
    made: Path, talking: tuple[TestClient, FleetView, Path]
) -> None:
    client, _, log = talking
    alert = ok(client, f"/v1/twins/{SICK}")["alerts"][0]
    said = client.post(f"/v1/alerts/{alert}/acknowledge")
    assert (said.status_code, said.json()["in_hand"]) == (200, True)
    last = log_files.read(log)[-1]
    assert isinstance(last, Acknowledge)
    assert (last.alert_id, last.maker) == (alert, "bmw")
    assert ok(client, f"/v1/twins/{SICK}")["state"] == Attention.IN_HAND
    assert ok(client, "/v1/fleet")["by_state"]["in_hand"] == 1
    assert ok(client, "/v1/alerts")["items"][-1]["alert_id"] == alert, "what nobody has in hand comes first"
    later = FleetView(LakeReader(made / "lake"), FileLog(log))
    later.refresh()
    assert later.summaries[SICK].state is Attention.IN_HAND, "the next start reads it from the log"


def test_a_snoozed_alert_wakes_up(talking: tuple[TestClient, FleetView, Path]) -> None:
    client, view, _ = talking
    alert = ok(client, f"/v1/twins/{SICK}")["alerts"][0]
    said = client.post(f"/v1/alerts/{alert}/snooze", json={"days": 3}).json()
    assert (said["in_hand"], said["snoozed_until"]) == (True, "2026-03-04")
    view.today = view.alerts._today = lambda: NOON + timedelta(days=3)
    assert SICK in view.refresh()
    assert ok(client, f"/v1/twins/{SICK}")["state"] == "act"


def test_a_limit_is_taken_in_hand_like_any_alert(made: Path, talking: tuple[TestClient, FleetView, Path]) -> None:
    client, view, log = talking
    name = f"{HOT}/oil_over_temperature"
    (limit,) = ok(client, f"/v1/twins/{HOT}")["limits"]
    (reason,) = ok(client, f"/v1/twins/{HOT}")["reasons"]
    assert {limit["alert_id"], reason["alert_id"], *ok(client, f"/v1/twins/{HOT}")["alerts"]} == {name}
    assert client.post(f"/v1/alerts/{name}/acknowledge").json()["in_hand"]
    assert ok(client, f"/v1/twins/{HOT}")["state"] == "in_hand"
    story = ok(client, f"/v1/alerts/{name}")
    assert story["alert"]["evidence_for"] == ["121.5 degC, limit 120 degC"]
    assert [one["transition"] for one in story["steps"]] == ["opened", "acknowledged"]
    later = FleetView(LakeReader(made / "lake"), FileLog(log), today=lambda: NOON)
    later.refresh()
    assert later.summaries[HOT].state is Attention.IN_HAND, "the next start reads it from the log"
    cool = view._units[HOT].newest["edu_state"] | {"alerts": 0, "time_us": LAST_US + 1}
    view._enter("edu_state", cool)
    view._judge({HOT})
    assert ok(client, f"/v1/twins/{HOT}")["state"] == "normal"
    assert not ok(client, f"/v1/alerts/{name}")["alert"]["is_open"]
    assert client.post(f"/v1/alerts/{name}/acknowledge").status_code == 409
    assert client.post(f"/v1/alerts/{SICK}/oil_over_temperature/acknowledge").status_code == 404


def test_what_came_before_an_error_is_judged_by_the_next_look(made: Path) -> None:
    class Fails(LakeReader):
        fails = True

        def alerts(self) -> tuple[list[FleetAlert], list[Alert]]:
            if self.fails:
                raise ReaderError("gone")
            return super().alerts()

    reader = Fails(made / "lake")
    view = FleetView(reader, NoLog())
    with pytest.raises(ReaderError):
        view.refresh()
    reader.fails = False
    view.refresh()
    assert len(view.summaries) == UNITS
    assert view.summaries[HOT].state is Attention.ACT


def test_a_unit_that_is_silent_for_a_week_has_no_limits(made: Path) -> None:
    view = FleetView(LakeReader(made / "lake"), NoLog())
    view.refresh()
    assert [alert.subject for alert in view.alerts.views() if alert.detector == LIMIT] == [HOT]
    newest = view._units[SICK].newest["edu_state"]
    view._enter("edu_state", newest | {"time_us": newest["time_us"] + 8 * DAY_US})
    view._judge(view._moved_by_time())
    assert view.summaries[HOT].state is Attention.NO_DATA
    assert [alert.subject for alert in view.alerts.views() if alert.detector == LIMIT] == []


def test_what_sleeps_is_known_to_who_starts_later() -> None:
    """The fleet stage's own step says until when; whoever sent the command may be gone."""
    book = AlertBook(lambda: NOON)
    day = (NOON - date(1970, 1, 1)).days
    book.take([fleet_alert(), fleet_alert(FleetTransition.SNOOZED, quiet_until_day=day + 1)])
    assert (asleep := book.view(fleet_alert().alert_id))
    assert (asleep.in_hand, asleep.snoozed_until) == (True, NOON + timedelta(days=1))
    book._today = lambda: NOON + timedelta(days=1)
    assert (awake := book.view(fleet_alert().alert_id))
    assert (awake.in_hand, awake.is_open) == (False, True)


def test_commands_that_make_no_sense_are_refused(talking: tuple[TestClient, FleetView, Path]) -> None:
    client, view, log = talking
    before = log.read_bytes()
    assert client.post("/v1/alerts/none/1/acknowledge").status_code == 404
    alert = ok(client, f"/v1/twins/{SICK}")["alerts"][0]
    for body in ({"days": 0}, {"days": 400}, {}, {"days": 1, "more": 1}):
        assert client.post(f"/v1/alerts/{alert}/snooze", json=body).status_code == 422
    foreign = client.post(f"/v1/alerts/{alert}/acknowledge", headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, foreign.headers["content-type"]) == (403, PROBLEM)
    view.alerts.take([fleet_alert(), fleet_alert(FleetTransition.RESOLVED, 20_510)])
    ended = client.post(f"/v1/alerts/{fleet_alert().alert_id}/acknowledge")
    assert (ended.status_code, "resolved" in ended.json()["detail"]) == (409, True)
    assert log.read_bytes() == before


def test_without_a_log_commands_are_unavailable(made: Path) -> None:
    view = FleetView(LakeReader(made / "lake"), NoLog())
    view.refresh()
    client = TestClient(application(view))
    assert not ok(client, "/v1/fleet")["can_acknowledge"]
    said = client.post(f"/v1/alerts/{ok(client, '/v1/alerts')['items'][0]['alert_id']}/acknowledge")
    assert (said.status_code, "--log" in said.json()["detail"]) == (503, True)


def test_the_fleet_stages_own_word_replaces_what_was_said(talking: tuple[TestClient, FleetView, Path]) -> None:
    _, view, _ = talking
    view.alerts.take([fleet_alert()])
    view.alerts.said(Acknowledge(maker="bmw", alert_id=fleet_alert().alert_id, time_us=1), for_good=False)
    assert (seen := view.alerts.view(fleet_alert().alert_id))
    assert seen.in_hand
    view.alerts.take([fleet_alert(FleetTransition.UPDATED, 20_501, severity="page")])
    assert (escalated := view.alerts.view(fleet_alert().alert_id))
    assert not escalated.in_hand, "an escalation speaks again"


def test_silence_is_judged_within_a_maker() -> None:
    class Two(openapi._Nothing):
        def newest(self, series: str) -> list[Row]:
            told = [("a", "bmw", 30), ("b", "bmw", 20), ("c", "jlr", 2), ("d", "jlr", 1)]
            return [
                {"unit": unit, "maker": maker, "variant": "bmw-i3", "time_us": day * DAY_US, **DRIVING}
                for unit, maker, day in told
                if series == "edu_state"
            ]

    view = FleetView(Two(), NoLog())
    assert view.refresh() == {"a", "b", "c", "d"}
    states = {name: unit.state for name, unit in view.summaries.items()}
    assert states == {"a": "normal", "b": "no_data", "c": "normal", "d": "normal"}


def test_with_a_token_commands_need_it_and_nothing_else_does(made: Path, tmp_path: Path) -> None:
    log = tmp_path / LOG
    log.touch()
    view = FleetView(LakeReader(made / "lake"), FileLog(log))
    view.refresh()
    client = TestClient(application(view, token="s3cret"))
    alert = ok(client, "/v1/alerts")["items"][0]["alert_id"]
    for given in ({}, {"Authorization": "Bearer other"}, {"Authorization": "s3cret"}):
        said = client.post(f"/v1/alerts/{alert}/acknowledge", headers=given)
        assert (said.status_code, said.headers["www-authenticate"]) == (401, "Bearer")
        assert "EDU_TWIN_SERVE__TOKEN" in said.json()["detail"]
    assert log.read_text() == ""
    said = client.post(f"/v1/alerts/{alert}/acknowledge", headers={"Authorization": "Bearer s3cret"})
    assert (said.status_code, said.json()["in_hand"]) == (200, True)


class Watched(LakeReader):
    """Remembers how many files it read whole rows of."""

    read: ClassVar[list[int]] = []

    def _unread(self, name: str, purpose: str, among: str) -> tuple[str, set[Path]]:
        source, paths = super()._unread(name, purpose, among)
        self.read.append(source.count(".parquet'"))
        return source, paths


def test_of_a_long_lived_lake_only_files_with_something_newest_are_read_whole(made: Path) -> None:
    assert len(list((made / "lake" / "edu_life").rglob("*.parquet"))) > 30
    reader = Watched(made / "lake")
    for ask in (lambda: reader.newest("edu_fleet"), lambda: reader.lives(SICK)):
        reader.read.clear()
        assert ask()
        assert 1 <= sum(reader.read) <= 15, "days on which some unit drove last"
    assert len(reader.newest("edu_state")) == UNITS


def test_a_lake_without_a_table_has_no_rows_of_it_until_it_comes(made: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    reader = LakeReader(lake)

    def rows() -> list[int]:
        days, _ = reader.history("edu_day", SICK, ["drag_scale"], (0, LAST_US), 100)
        asked = (days, reader.before("edu_day", SICK, LAST_US), reader.life(SICK, "oil"), reader.cohorts("plant"))
        return [len(one or ()) for one in asked]

    assert rows() == [0, 0, 0, 0]
    for name in ("edu_day", "edu_life"):
        shutil.copytree(made / "lake" / name, lake / name)
    assert [one > 0 for one in rows()] == [True, True, True, False]
    shutil.copytree(made / "lake" / "edu_cohort", lake / "edu_cohort")
    assert all(rows())


def test_who_asks_for_a_unit_keeps_nobody_waiting(made: Path) -> None:
    asked, free = Event(), Event()

    class Slow(LakeReader):
        def segments(self, unit: str) -> list[Span]:
            asked.set()
            assert free.wait(60)
            return super().segments(unit)

    view = FleetView(Slow(made / "lake"), NoLog())
    view.refresh()
    with TestClient(application(view)) as client, ThreadPoolExecutor(2) as others:
        try:
            slow = others.submit(ok, client, f"/v1/twins/{SICK}")
            assert asked.wait(60)
            assert others.submit(ok, client, "/v1/fleet").result(30)["units"] == UNITS
            assert not slow.done()
        finally:
            free.set()
        assert slow.result(60)["unit"] == SICK


def test_what_changes_while_a_unit_is_told_is_there_for_the_next_who_asks(made: Path, tmp_path: Path) -> None:
    class Meanwhile(LakeReader):
        def segments(self, unit: str) -> list[Span]:
            for alert in view.alerts.views(unit):
                view.say(Acknowledge(maker=alert.maker, alert_id=alert.alert_id, time_us=1))
            return super().segments(unit)

    (tmp_path / LOG).touch()
    view = FleetView(Meanwhile(made / "lake"), FileLog(tmp_path / LOG), today=lambda: NOON)
    view.refresh()
    told = [view.twin(SICK) for _ in range(2)]
    assert [one and one.state for one in told] == ["act", "in_hand"]


def test_new_rows_of_a_lake_are_noticed_and_followers_are_told(made: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(made / "lake", lake)
    view = FleetView(LakeReader(lake), NoLog())
    view.refresh()
    assert view.refresh() == set()
    later = list(served_fleet.states({SICK: "bmw-gen5-front"}, seed=2, end_us=LAST_US + 7_200_000_000))
    sink = LakeSink(lake)
    sink.write(Output(0, points=later))
    sink.flush(30)
    sink.close()

    async def followed() -> list[str]:
        live = Live(view)
        stream = live.follow()
        events = [await anext(stream)]
        live.tell(view.refresh())
        return [*events, await anext(stream), await anext(stream)]

    fleet, twin, after = asyncio.run(followed())
    assert fleet.startswith("event: fleet\ndata: ")
    assert twin.startswith("event: twin\ndata: ")
    assert json.loads(twin.split("data: ")[1])["unit"] == SICK
    assert json.loads(after.split("data: ")[1])["newest"] == "2024-11-18T01:59:00Z"


def test_of_very_many_changes_a_follower_is_told_to_load_anew(made: Path) -> None:
    view = FleetView(LakeReader(made / "lake"), NoLog())

    async def followed() -> list[str]:
        live = Live(view)
        stream = live.follow()
        first = await anext(stream)
        live.tell({f"u{number}" for number in range(1000)})
        return [first, await anext(stream)]

    assert [event.split("\n")[0] for event in asyncio.run(followed())] == ["event: fleet", "event: reload"]


def test_the_committed_description_is_that_of_the_application() -> None:
    assert openapi.path().read_text(encoding="utf-8") == openapi.described()


def test_a_port_that_is_taken_is_said_in_one_line(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("EDU_TWIN_SERVE__PORT", str(other.getsockname()[1]))
        done = CliRunner().invoke(app, ["serve", "--lake", str(made / "lake")])
    assert (done.exit_code, "another program has it" in done.stderr) == (2, True)
    assert "EDU_TWIN_SERVE__PORT" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        (["--lake", "no/such/lake"], {}, "no lake at no/such/lake"),
        ([], {"MAKER": "bmw"}, "EDU_TWIN_INFLUX__URL, EDU_TWIN_LAKE__DIRECTORY or --lake"),
        ([], {}, "EDU_TWIN_MAKER: must be set"),
        (["--log", "x"], {"MAKER": "bmw"}, "--log: only with --lake"),
        (["--lake", "."], {"SERVE__PORT": "x"}, "EDU_TWIN_SERVE__PORT"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    arguments: list[str], settings: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDU_TWIN_MAKER", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(f"EDU_TWIN_{name}", value)
    done = CliRunner().invoke(app, ["serve", *arguments])
    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDU_TWIN_MAKER", "bmw")
    done = CliRunner().invoke(app, ["serve", "--print-config"])
    assert (done.exit_code, "EDU_TWIN_SERVE__PORT=8088" in done.stdout) == (0, True)
