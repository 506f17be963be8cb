"""The life of an alert."""

import pytest

from schemas.fleet_alerts import Change, FleetTransition
from twin.fleet.alerts import Finding, Life
from twin.fleet.budget import expected, poisson
from twin.fleet.diagnosis import Diagnosis
from twin.fleet.rules import Detector, FleetRules, Severity

RULES = FleetRules()


def finding(
    detector: Detector = Detector.CHANGE, size: float = 2.0, fault: str = "cooling_loss", sure: float = 0.9
) -> Finding:
    change = Change(feature="cooling_conductance_ratio", change=-0.2, change_sd=0.01, baseline=0.1, peers=50)
    diagnosis = Diagnosis(fault, sure, ("pro",), ("contra",), "look")
    return Finding("u1", False, detector, size, 9.0, 8.0, diagnosis, (change,), 95, 1)


@pytest.fixture
def life() -> Life:
    return Life("maker", "model-1", RULES)


def test_an_alert_says_all_that_is_needed_to_judge_it(life: Life) -> None:
    (alert,) = life.take(finding(), 100)
    assert alert.id == "u1/100/opened/100"
    assert (alert.transition, alert.severity, alert.detector) == (FleetTransition.OPENED, "ticket", "change")
    assert (alert.diagnosis, alert.check) == ("cooling_loss", "look")
    assert (alert.evidence_for, alert.evidence_against) == (["pro"], ["contra"])
    assert alert.changes[0].peers == 50
    assert (alert.statistic, alert.limit, alert.window_from_day, alert.members) == (9.0, 8.0, 95, 1)
    assert (alert.model_version, alert.rules_version) == ("model-1", RULES.version)


def test_the_same_finding_on_the_next_days_is_told_once(life: Life) -> None:
    assert len(life.take(finding(), 100)) == 1
    assert [life.take(finding(), day) for day in range(101, 130)] == [[]] * 29


def test_an_escalation_a_growth_and_another_diagnosis_are_updates(life: Life) -> None:
    life.take(finding(Detector.CHANGE_WATCH), 100)
    (alert,) = life.take(finding(Detector.CHANGE), 101)
    assert (alert.transition, alert.severity) == (FleetTransition.UPDATED, "ticket")
    assert life.take(finding(size=2.5), 110) == []
    assert life.take(finding(size=3.1), 111)[0].alert_id == "u1/100"
    assert life.take(finding(size=3.1, fault="bearing_wear", sure=0.5), 120) == []
    assert life.take(finding(size=3.1, fault="bearing_wear"), 121)[0].diagnosis == "bearing_wear"


def test_a_lower_detector_does_not_lower_an_alert(life: Life) -> None:
    life.take(finding(Detector.CHANGE), 100)
    (alert,) = life.take(finding(Detector.CHANGE_WATCH, size=9.0), 110)
    assert alert.severity == "ticket"


def test_it_ends_only_after_calm_days_in_a_row_and_rests_before_it_may_come_again(life: Life) -> None:
    life.take(finding(), 100)
    for day in range(101, 105):
        assert life.rest("u1", True, day) == []
    assert life.rest("u1", False, 105) == []
    told = [alert for day in range(106, 111) for alert in life.rest("u1", True, day)]
    assert [alert.transition for alert in told] == [FleetTransition.RESOLVED]
    assert told[0].day == 110
    assert life.take(finding(), 115) == []
    assert life.take(finding(), 110 + RULES.life.rest_days)[0].alert_id == "u1/124"


def test_a_page_does_not_wait_for_the_rest(life: Life) -> None:
    life.take(finding(), 100)
    for day in range(101, 106):
        life.rest("u1", True, day)
    assert life.take(finding(Detector.CHANGE_PAGE), 106)[0].severity == "page"


def test_who_has_it_in_hand_hears_of_escalations_only(life: Life) -> None:
    life.take(finding(Detector.CHANGE_WATCH), 100)
    assert life.acknowledge("u1/100", 101)[0].transition == FleetTransition.ACKNOWLEDGED
    assert life.acknowledge("u1/100", 101) == []
    assert life.take(finding(Detector.CHANGE_WATCH, size=9.0), 110) == []
    assert life.take(finding(Detector.CHANGE), 111)[0].severity == "ticket"


def test_a_snoozed_alert_is_quiet_until_its_day(life: Life) -> None:
    life.take(finding(), 100)
    assert life.snooze("u1/100", 110, 101)[0].transition == FleetTransition.SNOOZED
    assert life.take(finding(size=9.0), 105) == []
    assert life.take(finding(Detector.CHANGE_PAGE), 106)[0].severity == "page"
    assert life.take(finding(Detector.CHANGE_PAGE, size=9.0), 110)[0].transition == FleetTransition.UPDATED


def test_two_snoozes_of_one_day_are_two_steps_and_the_same_one_again_is_none(life: Life) -> None:
    life.take(finding(), 100)
    told = [alert for until in (110, 115, 115, 110) for alert in life.snooze("u1/100", until, 101)]
    assert [alert.id for alert in told] == [f"u1/100/snoozed/101{number}" for number in ("", "/2", "/3")]
    assert life.open["u1", False].snoozed_until == 110


def test_commands_about_nothing_do_nothing(life: Life) -> None:
    assert life.acknowledge("u9/1", 5) == []
    assert life.snooze("u9/1", 9, 5) == []
    assert life.rest("u9", True, 5) == []


def test_what_is_silent_too_long_expires(life: Life) -> None:
    life.take(finding(), 100)
    life.rest("u1", True, 120, valid=False)
    assert life.expire(159) == []
    assert life.expire(160)[0].transition == FleetTransition.EXPIRED
    assert life.open == {}


def test_a_rule_in_shadow_has_alerts_of_its_own() -> None:
    life = Life("maker", "model-1", FleetRules(shadow=frozenset({Detector.RAMP})))
    (shadow,) = life.take(finding(Detector.RAMP), 100)
    (real,) = life.take(finding(Detector.CHANGE), 101)
    assert (shadow.shadow, shadow.alert_id) == (True, "u1/100/shadow")
    assert (real.shadow, real.alert_id) == (False, "u1/101")


def test_a_life_goes_on_from_what_was_saved(life: Life) -> None:
    life.take(finding(), 100)
    life.acknowledge("u1/100", 101)
    other = Life("maker", "model-1", RULES)
    other.restore(life.dump())
    for day in range(102, 107):
        assert other.rest("u1", True, day) == life.rest("u1", True, day)
    assert other.dump() == life.dump()


def test_the_bounds_of_a_rate_are_those_of_poisson() -> None:
    none = poisson(0, 3000.0)
    assert none.high == pytest.approx(1.0, abs=0.002)  # none in N: 3/N
    some = poisson(10, 1000.0)
    assert (some.low, some.high) == pytest.approx((5.43, 16.96), abs=0.01)


def test_the_budget_counts_openings_and_those_in_shadow(life: Life) -> None:
    told = life.take(finding(Detector.RAMP), 100) + life.take(finding(Detector.CHANGE), 101)
    lines = {line.detector: line for line in expected(told, 5000.0, FleetRules(shadow=frozenset({Detector.RAMP})))}
    assert lines[Detector.RAMP].rate.alarms == 1
    assert lines[Detector.RAMP].shadow
    assert lines[Detector.CHANGE].rate.alarms == 0
    assert not lines[Detector.RAMP].proven


def test_the_shares_of_a_severity_are_all_of_its_budget() -> None:
    from twin.fleet.rules import SEVERITY

    for severity in Severity:
        assert sum(RULES.budget.share[d] for d in Detector if SEVERITY[d] == severity) == pytest.approx(1.0)
