"""Limits of units as alerts with a life."""

from schemas.alerts import Transition
from schemas.fleet_alerts import FleetTransition
from streams.limits import LIMIT, Limits, alert_id, step, with_limits
from tests.fleet_told import fleet_alert
from tests.synthetic import alert
from twin.layout import DAY_US

DAY = 20_500
MORNING_US = DAY * DAY_US + 3_600_000_000
CROSSED = alert("fleet-7/u1", MORNING_US)
BACK = alert("fleet-7/u1", MORNING_US + 60_000_000, Transition.RESOLVED)
AGAIN = alert("fleet-7/u1", MORNING_US + DAY_US)


def steps(limits: Limits, *said: object) -> list[tuple[str, FleetTransition]]:
    return [(one.alert_id, one.transition) for alert in said for one in limits.take(alert)]  # type: ignore[arg-type]


def test_a_limit_is_one_alert_from_crossing_it_to_coming_back() -> None:
    limits = Limits()
    name, later = alert_id(CROSSED), alert_id(AGAIN)
    assert steps(limits, CROSSED) == [(name, FleetTransition.OPENED)]
    assert limits.crossed("fleet-7/u1", "oil_over_temperature") == CROSSED
    assert limits.find(name) == CROSSED
    assert steps(limits, CROSSED, BACK) == [(name, FleetTransition.RESOLVED)]
    assert (limits.crossed("fleet-7/u1", "oil_over_temperature"), limits.find(name)) == (None, None)
    assert steps(limits, BACK) == [], "nothing is open that could end"
    assert steps(limits, AGAIN) == [(later, FleetTransition.OPENED)]
    assert [limits.find(name), limits.find(later), limits.find("u1/20500"), limits.find("")] == [
        None,
        AGAIN,
        None,
        None,
    ]


def test_what_crosses_anew_without_having_come_back_ends_the_alert_before() -> None:
    limits = Limits()
    assert steps(limits, CROSSED, AGAIN) == [
        (alert_id(CROSSED), FleetTransition.OPENED),
        (alert_id(CROSSED), FleetTransition.EXPIRED),
        (alert_id(AGAIN), FleetTransition.OPENED),
    ]


def test_what_is_heard_again_makes_the_same_steps_and_ends_the_same() -> None:
    limits = Limits()
    said = (CROSSED, BACK, AGAIN)
    first = [one for alert in said for one in limits.take(alert)]
    again = [one for alert in said for one in limits.take(alert)]
    assert {one.id for one in again} <= {one.id for one in first}
    assert limits.crossed("fleet-7/u1", "oil_over_temperature") == AGAIN
    other = Limits()
    other.unpack(limits.pack())
    assert other.pack() == limits.pack()
    assert other.find(alert_id(AGAIN)) == AGAIN


def test_a_step_says_what_was_crossed_and_until_when_it_is_quiet() -> None:
    asleep = step(CROSSED, FleetTransition.SNOOZED, DAY, DAY + 7)
    assert (asleep.subject, asleep.detector, asleep.severity) == ("fleet-7/u1", LIMIT, "ticket")
    assert (asleep.statistic, asleep.limit, asleep.evidence_for) == (121.5, 120.0, ["121.5 degC, limit 120 degC"])
    assert asleep.quiet_until_day == DAY + 7
    longer = step(CROSSED, FleetTransition.SNOOZED, DAY, DAY + 8)
    assert longer.id != asleep.id, "a second snooze of a day is another step"
    watched = CROSSED.model_copy(update={"alert": "sensor_stuck", "value": None, "limit": None})
    opened = step(watched, FleetTransition.OPENED, DAY)
    assert (opened.severity, opened.evidence_for) == ("watch", [])


def test_steps_of_both_stages_are_in_the_order_of_their_days() -> None:
    in_hand = step(CROSSED, FleetTransition.ACKNOWLEDGED, DAY)
    told = with_limits([fleet_alert(day=DAY + 1), in_hand], [BACK, CROSSED])
    assert [(one.subject, one.transition) for one in told] == [
        ("fleet-7/u1", FleetTransition.OPENED),
        ("fleet-7/u1", FleetTransition.ACKNOWLEDGED),
        ("fleet-7/u1", FleetTransition.RESOLVED),
        ("u1", FleetTransition.OPENED),
    ]
