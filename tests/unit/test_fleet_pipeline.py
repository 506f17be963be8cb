"""A maker's log becomes closed days and alerts: markers, late parts, registry, work done, commands, silence."""

import json
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime

import numpy as np
import orjson
import pytest
from structlog.testing import capture_logs

from schemas.alerts import Alert, Transition
from schemas.daily import Acknowledge, Part, ServiceEvent, Snooze
from schemas.fleet_alerts import FleetTransition
from schemas.results import EduFleet
from streams.fleet_heard import Came, Heard
from streams.fleet_log import encode
from streams.fleet_pipeline import FleetPipeline, as_log
from streams.records import LogRecord
from tests.fleet_days import Fleet, Injection
from tests.fleet_records import (
    FIRST_DAY,
    MAKER,
    WAY_KM,
    Seen,
    interleaved,
    log_of,
    marker,
    part_record,
    parts,
    registrations,
)
from twin.fleet.days import Day
from twin.fleet.features import N_FEATURES
from twin.fleet.peers import KEPT_DAYS
from twin.fleet.rules import FleetRules
from twin.layout import DAY_US

RULES = FleetRules()
NOW_US = FIRST_DAY * DAY_US
VARIANT = "bmw-gen5-rear"


def new(partitions: int = 2) -> FleetPipeline:
    return FleetPipeline(MAKER, partitions, RULES, [])


def feed(pipeline: FleetPipeline, *records: LogRecord) -> None:
    pipeline.process(list(as_log(records)))


def one_day(day: int, units: Iterable[str], conductance: float = 1.0) -> Day:
    names = list(units)
    shape = (len(names), N_FEATURES)
    value = np.full(shape, conductance)
    valid = np.ones(shape, dtype=np.bool_)
    return Day(day, names, value, np.full(shape, 0.03), valid, np.zeros(len(names), np.int64), valid[:, 0])


def part(unit: str, day: int, number: int = 0, conductance: float = 1.0) -> LogRecord:
    return part_record(one_day(day, [unit], conductance), 0, VARIANT, number)


def service(unit: str, day: int, what: Part = Part.PUMP, failed: bool = False, **more: str) -> LogRecord:
    time_us = day * DAY_US + DAY_US // 2
    action = "flashed" if what is Part.SOFTWARE else "replaced"
    event = ServiceEvent(unit=unit, maker=MAKER, action=action, part=what, time_us=time_us, failed=failed, **more)
    return next(iter(encode(event)))


def segment(pipeline: FleetPipeline, unit: str) -> int:
    units = pipeline.state.units
    return int(units.rows["segment"][units.place[unit]])


def test_a_day_closes_when_every_partition_has_put_it_out() -> None:
    pipeline = new(2)
    feed(pipeline, part("a", FIRST_DAY), part("b", FIRST_DAY), marker(FIRST_DAY, 0, 1))
    assert pipeline.state.day == -1
    feed(pipeline, marker(FIRST_DAY, 1, 1))
    assert pipeline.state.day == FIRST_DAY
    assert pipeline.state.units.rows["last_day"].tolist() == [FIRST_DAY, FIRST_DAY]
    assert pipeline.counts["missing"] == 0


def test_a_partition_ahead_does_not_close_the_day_of_the_others() -> None:
    pipeline = new(2)
    feed(pipeline, part("a", FIRST_DAY), *[marker(FIRST_DAY + k, 0, k == 0) for k in range(5)])
    feed(pipeline, part("b", FIRST_DAY), marker(FIRST_DAY, 1, 1))
    assert pipeline.state.day == FIRST_DAY
    feed(pipeline, marker(FIRST_DAY + 3, 1, 0))
    assert pipeline.state.day == FIRST_DAY + 3, "days without parts close, too"


def test_a_part_that_comes_late_changes_its_unit_with_the_next_day_and_no_closed_one() -> None:
    pipeline = new(1)
    feed(pipeline, part("a", FIRST_DAY), marker(FIRST_DAY, 0, 1), part("b", FIRST_DAY))
    at = pipeline.state.units.place["b"]
    assert pipeline.counts == {"part": 1, "marker": 1, "late": 1}
    assert pipeline.state.units.rows["last_day"][at] < FIRST_DAY
    feed(pipeline, part("b", FIRST_DAY + 1), marker(FIRST_DAY + 1, 0, 1))
    feed(pipeline, part("b", FIRST_DAY, 1), marker(FIRST_DAY + 2, 0, 0))
    assert pipeline.state.units.rows["days"][at, 0] == 2


def test_a_part_too_late_to_be_judged_is_counted_only() -> None:
    pipeline = new(1)
    feed(pipeline, marker(FIRST_DAY, 0, 0), part("a", FIRST_DAY - 60), marker(FIRST_DAY + 1, 0, 0))
    assert pipeline.counts["outdated"] == 1
    assert pipeline.state.units.rows["last_day"][0] < 0


def test_parts_that_markers_promised_are_missed() -> None:
    pipeline = new(1)
    feed(pipeline, part("a", FIRST_DAY), marker(FIRST_DAY, 0, 3))
    assert pipeline.counts["missing"] == 2


def test_what_is_no_record_of_this_log_is_refused_with_a_reason() -> None:
    sink = Seen()
    pipeline = FleetPipeline(MAKER, 1, RULES, [sink])
    broken = part("a", FIRST_DAY)._replace(value=b"{}")
    foreign = marker(FIRST_DAY, 0, 0, maker="jaguar")
    feed(pipeline, broken, foreign, marker(FIRST_DAY, 7, 0), LogRecord(None, b"x", ()))
    why = [refused.reject.detail for refused in sink.outputs[0].refused]
    assert [text[:20] for text in why] == [
        "edu_twin.day_part.v1",
        "maker 'jaguar' in th",
        "marker of partition ",
        "not a record of the ",
    ]
    assert pipeline.counts == {"rejected": 4}
    assert pipeline.state.day == -1


def changed(record: LogRecord, **change: object) -> LogRecord:
    """The record with another value of its point, or other sums of wear."""
    said = orjson.loads(record.value or b"")
    for name, value in change.items():
        (said["sums"] if name == "wear" else said["point"])[name] = value
    return record._replace(value=json.dumps(said).encode())  # which writes what is no number, too


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"wear": 1.0}, "sums.wear"),
        ({"wear": [[1.0]] * 14}, "sums.wear"),
        ({"wear": [-1.0] * 14}, "sums.wear"),
        ({"wear": [math.inf] * 14}, "sums.wear"),
        ({"wear": [math.nan] * 14}, "sums.wear"),
        ({"distance_km": -5.0}, "distance_km is -5.0"),
        ({"distance_km": 1e300}, "distance_km"),
        ({"driving_s": math.nan}, "driving_s"),
        ({"day": -1}, "day -1"),
        ({"day": 1 << 40}, "in no calendar"),
    ],
)
def test_a_part_that_cannot_be_added_up_is_refused_and_the_others_of_its_day_count(
    change: dict[str, object], why: str
) -> None:
    sink = Seen()
    pipeline = FleetPipeline(MAKER, 1, RULES, [sink])
    feed(pipeline, part("good", FIRST_DAY), changed(part("bad", FIRST_DAY), **change), marker(FIRST_DAY, 0, 1))
    assert pipeline.state.day == FIRST_DAY
    assert pipeline.state.units.names == ["good"]
    (refused,) = [one for output in sink.outputs for one in output.refused]
    assert why in refused.reject.detail


def test_a_part_that_comes_twice_counts_once_before_and_after_its_day_and_a_restart() -> None:
    once = [part("a", FIRST_DAY, 1), part("a", FIRST_DAY), marker(FIRST_DAY, 0, 2)]
    later = [part("a", FIRST_DAY + 1), marker(FIRST_DAY + 1, 0, 1)]
    plain, hostile = new(1), new(1)
    feed(plain, *once, *later)
    feed(hostile, *once[:2], *once[:2], once[2])
    cut, other = hostile.cut(), new(1)
    other.restore(cut.closed, cut.waiting)
    feed(other, *once, later[0], *once, *later)
    assert hostile.counts["duplicate"] + other.counts["duplicate"] == 7
    assert other.state.save() == plain.state.save()
    assert float(plain.state.ages.rows["km"][0, 0]) == pytest.approx(3 * WAY_KM)


def test_parts_beyond_those_told_apart_all_count_and_a_new_day_forgets_the_one_sixty_days_before() -> None:
    heard = Heard()
    heard.grow(1)
    fresh = [heard.part(0, 10, number) is Came.FRESH for number in (50, 50, 0, 0, 41, 41)]
    assert fresh == [True, True, True, False, True, False]
    assert heard.part(0, 10 + KEPT_DAYS, 0) is Came.FRESH
    assert heard.part(0, 10, 1) is Came.AGAIN, "too old to be known"
    assert heard.newest.tolist() == [10 + KEPT_DAYS]


def spanning(unit: str, hours: tuple[int, int], number: int = 0) -> LogRecord:
    begin_us, end_us = (FIRST_DAY * DAY_US + hour * 3_600_000_000 for hour in hours)
    return changed(part(unit, FIRST_DAY, number), start_us=begin_us, end_us=end_us)


def test_a_unit_whose_state_was_lost_goes_on_with_its_day_from_part_0() -> None:
    before, after = spanning("a", (2, 9)), spanning("a", (9, 20))
    pipeline = new(1)
    feed(pipeline, before, before)
    cut, other = pipeline.cut(), new(1)
    other.restore(cut.closed, cut.waiting)
    with capture_logs() as said:
        feed(other, after, before, after)
    assert (other.counts["part"], other.counts["duplicate"], said) == (1, 2, [])
    with capture_logs() as said:
        feed(other, *2 * [spanning("a", (2, 23))])
    assert [(one["log_level"], one["unit"], one["day"]) for one in said] == [("warning", "a", FIRST_DAY)]
    feed(other, marker(FIRST_DAY, 0, 2))
    assert float(other.state.ages.rows["km"][0, 0]) == pytest.approx(2 * WAY_KM)


def test_a_part_dated_far_ahead_hides_none_that_is_due() -> None:
    pipeline = new(1)
    feed(pipeline, marker(FIRST_DAY - 1, 0, 0), part("a", FIRST_DAY + 100 * KEPT_DAYS))
    feed(pipeline, part("a", FIRST_DAY), part("a", FIRST_DAY), marker(FIRST_DAY, 0, 1))
    assert pipeline.counts == {"part": 2, "duplicate": 1, "marker": 2}
    assert float(pipeline.state.ages.rows["km"][0, 0]) == pytest.approx(WAY_KM)


def test_a_marker_that_comes_twice_promises_its_parts_once() -> None:
    pipeline = new(2)
    feed(pipeline, part("a", FIRST_DAY), *2 * [marker(FIRST_DAY, 0, 1)], marker(FIRST_DAY, 1, 1))
    assert pipeline.counts["missing"] == 1, "what the other partition promised"


def test_the_registry_says_where_a_unit_comes_from() -> None:
    fleet = Fleet(1, 4)
    pipeline = new(1)
    feed(pipeline, *registrations(fleet))
    units = pipeline.state.units
    assert [units.word("batch", k) for k in range(4)] == [f"b{fleet.batch[k]:03d}" for k in range(4)]
    assert [units.word("mounting", k) for k in range(4)] == ["rear", "front", "rear", "front"]
    feed(pipeline, service("u000001", FIRST_DAY, Part.SOFTWARE, version="2.1"))
    assert units.word("firmware", 1) == "2.1"


def test_work_done_begins_a_segment_with_its_own_day() -> None:
    pipeline = new(1)
    feed(pipeline, service("a", FIRST_DAY + 1))
    for day in range(FIRST_DAY, FIRST_DAY + 3):
        feed(pipeline, part("a", day), marker(day, 0, 1))
        assert segment(pipeline, "a") == (day > FIRST_DAY)
    feed(pipeline, service("a", FIRST_DAY + 3, Part.SOFTWARE), part("a", FIRST_DAY + 3), marker(FIRST_DAY + 3, 0, 1))
    assert segment(pipeline, "a") == 1, "of software the telemetry tells"


def unit_alert(
    unit: str, day: int, alert: str = "winding_over_temperature", transition: Transition = Transition.OPENED
) -> LogRecord:
    said = Alert(
        id=f"{unit}/{alert}/{day}/{transition}",
        unit=unit,
        variant=VARIANT,
        maker=MAKER,
        alert=alert,
        transition=transition,
        time_us=day * DAY_US + 1,
        value=1.0,
        limit=0.5,
        unit_of_value="degC",
        check="look",
        model_version="test",
    )
    return next(iter(encode(said)))


def sign_day(pipeline: FleetPipeline, unit: str) -> int:
    units = pipeline.state.units
    return int(units.rows["sign_day"][units.place[unit]])


def test_alerts_and_failures_are_signs_of_their_day() -> None:
    pipeline = new(1)
    names = ("hot", "failed", "sound", "wrong_papers")
    feed(pipeline, *(part(unit, FIRST_DAY) for unit in names), unit_alert("hot", FIRST_DAY))
    feed(
        pipeline,
        service("failed", FIRST_DAY + 1, failed=True),
        unit_alert("wrong_papers", FIRST_DAY, "variant_mismatch"),
    )
    feed(pipeline, marker(FIRST_DAY, 0, 4))
    assert [sign_day(pipeline, unit) == FIRST_DAY for unit in names] == [True, False, False, False]
    feed(pipeline, marker(FIRST_DAY + 1, 0, 0))
    assert sign_day(pipeline, "failed") == FIRST_DAY + 1, "although it does not drive any more"


@pytest.mark.parametrize(
    ("alert", "transition"),
    [
        ("signal_implausible", Transition.OPENED),
        ("sensor_stuck", Transition.OPENED),
        ("winding_over_temperature", Transition.RESOLVED),
    ],
)
def test_spoilt_telemetry_and_an_end_are_no_signs(alert: str, transition: Transition) -> None:
    pipeline = new(1)
    feed(pipeline, part("a", FIRST_DAY), unit_alert("a", FIRST_DAY, alert, transition), marker(FIRST_DAY, 0, 1))
    assert sign_day(pipeline, "a") != FIRST_DAY


def test_what_failed_long_ago_or_was_told_before_is_no_sign_of_the_day_it_is_told() -> None:
    """A maker's whole history comes with the first file of its log, and again with the next."""
    pipeline, names = new(1), ("old", "both", "late", "sound")
    history = [service("old", FIRST_DAY - 400, failed=True), service("both", FIRST_DAY - 400, failed=True)]
    fresh = [service("both", FIRST_DAY, failed=True), service("late", FIRST_DAY - 5, failed=True)]
    feed(pipeline, *history, *fresh, *(part(unit, FIRST_DAY) for unit in names), marker(FIRST_DAY, 0, 4))
    assert [sign_day(pipeline, unit) == FIRST_DAY for unit in names] == [False, True, True, False]
    later = FIRST_DAY + RULES.cohorts.sign_days + 1
    feed(pipeline, *history, *fresh, *(part(unit, later) for unit in names), marker(later, 0, 4))
    assert [sign_day(pipeline, unit) for unit in names[1:3]] == [FIRST_DAY, FIRST_DAY]
    assert sign_day(pipeline, "old") < FIRST_DAY - 400


@pytest.fixture(scope="module")
def broken() -> tuple[FleetPipeline, str]:
    """A fleet with one weak pump, told of, and the alert's name."""
    fleet = Fleet(3, 80, (Injection("pump", 1.0, np.array([9]), np.array([30])),))
    pipeline = new(3)
    feed(pipeline, *registrations(fleet), *interleaved(log_of(fleet, fleet.days(45, FIRST_DAY)), 1))
    opened = [alert for alert in pipeline.cut().told if alert.transition is FleetTransition.OPENED]
    assert [alert.subject for alert in opened] == ["u000009"]
    return pipeline, opened[0].alert_id


def again(pipeline: FleetPipeline) -> FleetPipeline:
    """Another stage that goes on from the same state."""
    cut, other = pipeline.cut(), new(3)
    other.restore(cut.closed, cut.waiting)
    return other


def command(item: Acknowledge | Snooze) -> LogRecord:
    return next(iter(encode(item)))


def test_commands_are_records_that_act_on_the_alert(broken: tuple[FleetPipeline, str]) -> None:
    pipeline, alert_id = again(broken[0]), broken[1]
    acknowledge = command(Acknowledge(maker=MAKER, alert_id=alert_id, time_us=NOW_US))
    until = datetime.fromtimestamp((pipeline.state.day + 7) * 86_400, UTC).date()
    snooze = command(Snooze(maker=MAKER, alert_id=alert_id, until=until, time_us=NOW_US))
    unknown = command(Acknowledge(maker=MAKER, alert_id="nobody/1", time_us=NOW_US))
    feed(pipeline, acknowledge, acknowledge, unknown, snooze)
    told = pipeline.cut().told
    assert [one.transition for one in told] == [FleetTransition.ACKNOWLEDGED, FleetTransition.SNOOZED]
    assert {one.alert_id for one in told} == {alert_id}
    assert pipeline.state.life.open["u000009", False].snoozed_until == pipeline.state.day + 7


def test_commands_about_a_limit_are_told_as_they_were_said() -> None:
    """The unit stage knows whether it is crossed: nothing is kept of it here."""
    pipeline, alert_id, today = new(1), "a/winding_over_temperature", FIRST_DAY
    feed(pipeline, part("a", FIRST_DAY), unit_alert("a", FIRST_DAY), marker(FIRST_DAY, 0, 1))
    before = pipeline.cut()
    until = datetime.fromtimestamp((today + 7) * 86_400, UTC).date()
    over = datetime.fromtimestamp(today * 86_400, UTC).date()
    feed(
        pipeline,
        command(Acknowledge(maker=MAKER, alert_id=alert_id, time_us=NOW_US)),
        command(Snooze(maker=MAKER, alert_id=alert_id, until=until, time_us=NOW_US)),
        command(Snooze(maker=MAKER, alert_id=alert_id, until=over, time_us=NOW_US)),
    )
    good = command(Acknowledge(maker=MAKER, alert_id=alert_id, time_us=NOW_US))
    feed(pipeline, good._replace(value=(good.value or b"").replace(b"%d" % NOW_US, b"%d" % (NOW_US * 1000))))
    assert pipeline.counts["rejected"] == 1, "in no calendar"
    after = pipeline.cut()
    assert [(one.id, one.quiet_until_day) for one in after.told] == [
        (f"{alert_id}/acknowledged/{today}", None),
        (f"{alert_id}/snoozed/{today}/{today + 7}", today + 7),
    ]
    assert (after.closed, after.waiting) == (before.closed, before.waiting)


def test_points_say_how_units_stand_among_their_peers() -> None:
    fleet = Fleet(3, 240, (Injection("fouling", 1.0, np.array([9]), np.array([30])),))
    sink = Seen()
    pipeline = FleetPipeline(MAKER, 1, RULES, [sink])
    (told,) = log_of(fleet, fleet.days(45, FIRST_DAY), 1)
    feed(pipeline, *registrations(fleet), *told)
    told_of = sink.outputs[-1].points
    last = [points for points in told_of if points.model is EduFleet and points.records["day"][0] == FIRST_DAY + 44]
    assert sorted(points.variant for points in last) == ["bmw-gen5-front", "bmw-gen5-rear", "jaguar-ipace"]
    found = {unit: row for points in last for unit, row in zip(points.units, points.records, strict=True)}
    assert found["u000009"]["cooling_conductance_ratio_change"] < -0.1
    assert found["u000009"]["distance_rank"] > 0.8
    assert abs(np.nanmedian([row["cooling_conductance_ratio_z"] for row in found.values()])) < 0.2
    assert all(points.model.model_fields.keys() >= {"day", "peers"} for points in last)


def silent_fleet(silent: int, units: int = 60) -> FleetPipeline:
    fleet = Fleet(5, units)
    pipeline = new(1)
    feed(pipeline, *registrations(fleet))
    for day in fleet.days(RULES.silence.days + 6, FIRST_DAY):
        records = parts(fleet, day)
        if day.day > FIRST_DAY + 2:
            records = [one for one in records if int(one.key[1:]) >= silent]  # type: ignore[index]
        feed(pipeline, *records, marker(day.day, 0, len(records)))
    return pipeline


def test_a_unit_that_speaks_no_more_is_told_of_once() -> None:
    pipeline = silent_fleet(2)
    told = [alert for alert in pipeline.cut().told if alert.detector == "silent"]
    assert sorted((alert.subject, alert.severity) for alert in told) == [("u000000", "watch"), ("u000001", "watch")]
    assert all(alert.day - alert.window_from_day == RULES.silence.days - 1 for alert in told)


def test_a_silent_unit_whose_car_drives_is_said_to_be_so_and_one_taken_out_is_not_missed() -> None:
    assert any("drives" in word for alert in silent_fleet(1).cut().told for word in alert.evidence_for)
    fleet = Fleet(5, 2)
    pipeline = new(1)
    feed(pipeline, *registrations(fleet), part("u000000", FIRST_DAY), part("unregistered", FIRST_DAY))
    feed(pipeline, marker(FIRST_DAY, 0, 2), service("u000000", FIRST_DAY, Part.UNIT), marker(FIRST_DAY + 50, 0, 0))
    assert pipeline.cut().told == []


def test_when_many_fall_silent_on_one_day_one_alert_says_so() -> None:
    told = [alert for alert in silent_fleet(60).cut().told if alert.detector == "silent"]
    assert {alert.subject for alert in told if alert.is_cohort} == {"telemetry:all"}
    assert len(told) < 12


def test_state_of_another_number_of_partitions_is_refused(broken: tuple[FleetPipeline, str]) -> None:
    cut = broken[0].cut()
    with pytest.raises(ValueError, match="state of 3 partitions, 2 are set"):
        new(2).restore(cut.closed, cut.waiting)


def test_a_date_of_a_snooze_is_a_utc_day() -> None:
    said = command(Snooze(maker=MAKER, alert_id="a/1", until=date(2026, 12, 1), time_us=NOW_US))
    assert dict(said.headers)["ce_id"] == b"a/1/snooze/2026-12-01"
