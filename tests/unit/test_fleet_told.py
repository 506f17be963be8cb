"""Alerts of the fleet stage on their way out: line protocol, lake, state topic, commands that show them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from schemas.alerts import Transition
from schemas.daily import Acknowledge
from schemas.fleet_alerts import FleetTransition
from streams.alert_history import of_lake, standing
from streams.cli import app
from streams.fleet_pipeline import FleetCut
from streams.fleet_statelog import MARK_KEY, PIECE_BYTES, FleetStateLog, Pieces
from streams.limits import taken
from streams.results import Output
from streams.settings import Settings
from streams.sinks.alert_lines import fleet_alert_lines
from streams.sinks.lake import LakeSink
from tests.fleet_told import OPENED_DAY, fleet_alert
from tests.synthetic import alert as unit_alert
from tests.synthetic import output, points

STEPS = [
    fleet_alert(),
    fleet_alert(FleetTransition.ACKNOWLEDGED),
    fleet_alert(FleetTransition.UPDATED, OPENED_DAY + 6, severity="page"),
    fleet_alert(subject="batch:i3/b7", severity="watch"),
    fleet_alert(FleetTransition.RESOLVED, OPENED_DAY + 9, subject="batch:i3/b7", severity="watch"),
    fleet_alert(subject="u2", shadow=True),
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    sink = LakeSink(folder)
    sink.write(output(points(3, measurement="edu_day")))
    for one in (*STEPS, STEPS[0]):  # what comes twice is one
        sink.write(Output(0, fleet_alerts=[one]))
        sink.flush()
    sink.close()
    return folder


def test_a_line_has_the_unit_as_tag_and_lists_as_json() -> None:
    ((line, count),) = fleet_alert_lines([STEPS[0]])
    assert count == 1
    assert line.startswith(b"edu_alert,alert_id=u1/20500/opened/20500,maker=bmw,unit=u1 ")
    assert b',is_cohort=false,transition="opened",' in line
    assert rb'evidence_for="[\"conductance \\\"low\\\"\"]"' in line
    assert line.endswith(b" 1771286400000000\n"), "the end of the day"
    ((cohort, _),) = fleet_alert_lines([STEPS[3]])
    assert b"unit=" not in cohort
    assert b'subject="batch:i3/b7"' in cohort


def test_the_lake_gives_back_what_was_told_in_its_order(lake: Path) -> None:
    history = of_lake(lake)
    assert sorted(history.alerts, key=lambda one: one.id) == sorted(STEPS, key=lambda one: one.id)
    now = standing(history.alerts)
    assert [(one.subject, one.transition) for one in now] == [
        ("u1", FleetTransition.UPDATED),
        ("u2", FleetTransition.OPENED),
        ("batch:i3/b7", FleetTransition.RESOLVED),
    ]


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["alerts", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_people_see_what_is_open_and_everything_of_one(lake: Path) -> None:
    found = run("list", "--lake", str(lake))
    assert "u1/20500" in found
    assert "u2" not in found, "in shadow"
    assert "batch" not in found, "it has ended"
    assert "batch:i3/b7/20500" in run("list", "--all", "--lake", str(lake))
    story = run("show", "u1/20500", "--lake", str(lake))
    for word in ("page", "cooling_loss", "92%", 'conductance "low"', "coolant level", "acknowledged ticket", "50"):
        assert word in story
    assert [one["id"] for one in json.loads(run("show", "u1/20500", "--json", "--lake", str(lake)))] == [
        step.id for step in STEPS[:3]
    ]


def test_an_unknown_alert_and_no_maker_are_said(lake: Path) -> None:
    result = CliRunner().invoke(app, ["alerts", "show", "u9/1", "--lake", str(lake)])
    assert (result.exit_code, "there is no alert u9/1" in result.output) == (2, True)
    result = CliRunner().invoke(app, ["alerts", "list"], env={"EDU_TWIN_MAKER": ""})
    assert (result.exit_code, "whose fleet" in result.output) == (2, True)


def test_the_budget_counts_openings_by_detector_with_bounds(lake: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('shadow = ["ramp"]')
    found = json.loads(run("budget", "--json", "--rules", str(rules), "--lake", str(lake)))
    by_name = {line["detector"]: line for line in found["detectors"]}
    assert by_name["change"]["rate"]["alarms"] == 3
    assert by_name["change"]["rate"]["low"] < by_name["change"]["rate"]["per_1000"] < by_name["change"]["rate"]["high"]
    assert by_name["ramp"]["shadow"]
    assert "not shown" in run("budget", "--lake", str(lake))


def test_limits_of_units_are_listed_and_cost_no_detector_anything(tmp_path: Path) -> None:
    crossed, other = unit_alert("u3"), unit_alert("u4")
    back = unit_alert("u4", other.time_us + 1, Transition.RESOLVED)
    in_hand = taken(Acknowledge(maker="bmw", alert_id="u3/oil_over_temperature", time_us=crossed.time_us), "model")
    assert in_hand
    sink = LakeSink(tmp_path)
    sink.write(output(points(3, measurement="edu_day")))
    sink.write(Output(0, alerts=[crossed, other, back], fleet_alerts=[in_hand]))
    sink.flush()
    sink.close()
    (shown,) = json.loads(run("list", "--json", "--lake", str(tmp_path)))
    assert (shown["subject"], shown["transition"], shown["detector"]) == ("u3", "acknowledged", "limit")
    assert "oil_over_temperature" in run("show", shown["alert_id"], "--lake", str(tmp_path))
    found = json.loads(run("budget", "--json", "--lake", str(tmp_path)))
    assert {line["rate"]["alarms"] for line in found["detectors"]} == {0}


def fleet_log() -> FleetStateLog:
    return FleetStateLog(Settings(maker="bmw"), 0)


def test_a_state_of_many_pieces_is_saved_and_read_and_what_did_not_change_is_not_written_again() -> None:
    log, pieces = fleet_log(), Pieces()
    assert pieces.take() is None
    first = FleetCut(bytes(3 * PIECE_BYTES + 5), b"waiting", [])
    records = list(log._records(first, 7))
    assert [record.key for record in records] == [
        *(b"closed/000%d" % number for number in range(4)),
        b"waiting/0000",
        MARK_KEY,
    ]
    again = list(log._records(first._replace(waiting=b"more"), 9))
    assert [record.key for record in again] == [b"waiting/0000", MARK_KEY]
    smaller = list(log._records(FleetCut(b"x", b"", []), 11))
    for written, whole, mark in ((records, first, 7), (again, first._replace(waiting=b"more"), 9)):
        for record in written:
            pieces.put(record.key or b"", record.value)
        assert pieces.take() == (whole.closed, whole.waiting, mark)
    for record in smaller:
        pieces.put(record.key or b"", record.value)
    assert pieces.take() == (b"x", b"", 11), "pieces of a larger state before are left alone"


def test_a_lost_piece_is_an_error() -> None:
    log, pieces = fleet_log(), Pieces()
    for record in list(log._records(FleetCut(bytes(2 * PIECE_BYTES), b"", []), 7))[1:]:
        pieces.put(record.key or b"", record.value)
    with pytest.raises(ValueError, match="lost closed/0000"):
        pieces.take()
