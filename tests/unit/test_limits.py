"""Limits of units as alerts that people take in hand."""

from datetime import date, timedelta
from threading import Event, Thread
from typing import Any

from schemas.alerts import Alert, Transition, UnitAlert
from schemas.daily import Acknowledge, Snooze
from schemas.fleet_alerts import FleetAlert, FleetTransition
from streams.limits import HOLDS_DAYS, LIMIT, MOST_STEPS, limit_of, names, stories, taken
from streams.serve.alert_book import AlertBook
from tests.fleet_told import fleet_alert
from tests.synthetic import alert
from twin.layout import DAY_US

UNIT, NAME = "fleet-7/u1", "oil_over_temperature"
ID = f"{UNIT}/{NAME}"
DAY = 20_500
TODAY = date(1970, 1, 1) + timedelta(days=DAY)
BITS = int(UnitAlert.OIL_OVER_TEMPERATURE)


def crossed(day: int = DAY, hour: int = 1) -> Alert:
    return alert(UNIT, day * DAY_US + hour * 3_600_000_000)


def back(day: int = DAY, hour: int = 2) -> Alert:
    return alert(UNIT, day * DAY_US + hour * 3_600_000_000, Transition.RESOLVED)


def state(bits: int = BITS, day: int = DAY) -> dict[str, Any]:
    return {"unit": UNIT, "maker": "bmw", "alerts": bits, "time_us": day * DAY_US + 1}


def acknowledge(day: int = DAY) -> Acknowledge:
    return Acknowledge(maker="bmw", alert_id=ID, time_us=day * DAY_US + 5)


def snooze(until: int, day: int = DAY) -> Snooze:
    return Snooze(maker="bmw", alert_id=ID, until=date(1970, 1, 1) + timedelta(days=until), time_us=day * DAY_US + 5)


def step_of(command: Acknowledge | Snooze) -> FleetAlert:
    made = taken(command, "model")
    assert made
    return made


def book(*said: Alert, bits: int = BITS, today: date = TODAY) -> AlertBook:
    made = AlertBook(lambda: today)
    made.take([], said)
    made.limits.cross(UNIT, state(bits))
    return made


def now(of: AlertBook) -> tuple[FleetTransition, bool, bool]:
    view = of.view(ID)
    assert view
    return view.transition, view.is_open, view.in_hand


def test_an_id_is_of_a_limit_or_of_the_fleet_stage() -> None:
    assert limit_of(ID) == (UNIT, NAME)
    for other in ("u1/20500", "u1/20500/shadow", "batch:i3/b7/20500", NAME, f"/{NAME}", ""):
        assert limit_of(other) is None
    assert names(BITS | int(UnitAlert.SENSOR_STUCK)) == [NAME, "sensor_stuck"]


def test_a_command_makes_a_step_and_one_that_is_over_none() -> None:
    step = step_of(acknowledge())
    assert (step.alert_id, step.subject, step.detector, step.severity, step.day) == (ID, UNIT, LIMIT, "ticket", DAY)
    asleep = step_of(snooze(DAY + 7))
    assert (asleep.transition, asleep.quiet_until_day) == (FleetTransition.SNOOZED, DAY + 7)
    assert step_of(snooze(DAY + 8)).id != asleep.id, "a second snooze of a day is another step"
    assert taken(snooze(DAY), "model") is None
    assert taken(Acknowledge(maker="bmw", alert_id="u1/20500", time_us=1), "model") is None
    assert taken(Acknowledge(maker="bmw", alert_id=ID, time_us=10**18), "model") is None, "in no calendar"


def test_a_limit_is_one_alert_however_often_it_is_crossed() -> None:
    of = book(crossed(), back(), crossed(hour=3))
    assert now(of) == (FleetTransition.OPENED, True, False)
    view = of.view(ID)
    assert view
    assert (view.evidence_for, view.labels) == (["121.5 degC, limit 120 degC"], {"degC": "°C"})
    assert [one.alert_id for one in of.views()] == [ID]
    steps = [one.transition for one in of.steps(ID)]
    assert steps == [FleetTransition.OPENED, FleetTransition.RESOLVED, FleetTransition.OPENED]


def test_what_the_newest_state_says_counts_whoever_said_what() -> None:
    """A state that was lost, another variant or a new unit never says that it came back."""
    of = book(crossed())
    of.limits.cross(UNIT, state(0, DAY + 1))
    assert now(of) == (FleetTransition.RESOLVED, False, False)
    assert of.views() == []
    assert [one.alert_id for one in of.views(UNIT)] == [ID], "of one unit all that ever were"
    unheard = book()
    assert now(unheard) == (FleetTransition.OPENED, True, False)
    assert unheard.views()[0].evidence_for == []
    assert book(bits=0).view(ID) is None


def test_in_hand_is_what_somebody_acknowledged_before_it_was_crossed_again() -> None:
    of = book(crossed())
    of.said(acknowledge(), for_good=True)
    assert now(of) == (FleetTransition.ACKNOWLEDGED, True, True)
    of.take([step_of(acknowledge())])
    assert len(of.steps(ID)) == 2, "the fleet stage tells the same step"
    of.take([], [back(), crossed(DAY + HOLDS_DAYS)])
    assert now(of) == (FleetTransition.ACKNOWLEDGED, True, True)
    of.take([], [crossed(DAY + HOLDS_DAYS + 1)])
    assert now(of) == (FleetTransition.OPENED, True, False)
    later = book()
    later.take([step_of(acknowledge())])
    assert now(later) == (FleetTransition.ACKNOWLEDGED, True, True), "though the crossing is no more known"


def test_asleep_until_its_day_however_often_it_is_crossed() -> None:
    of = book(crossed())
    of.take([step_of(snooze(DAY + 3))])
    of.take([], [back(), crossed(DAY + 1)])
    assert now(of) == (FleetTransition.SNOOZED, True, True)
    view = of.view(ID)
    assert view
    assert view.snoozed_until == TODAY + timedelta(days=3)
    of._today = of.limits._today = lambda: TODAY + timedelta(days=3)
    assert now(of) == (FleetTransition.OPENED, True, False)


def test_what_is_heard_again_changes_nothing_and_little_is_kept() -> None:
    said = [one for day in range(DAY, DAY + 60) for one in (crossed(day), back(day))]
    of = book()
    assert of.take([step_of(acknowledge())], said) == {UNIT}
    first = of.steps(ID)
    assert len(first) == MOST_STEPS + 1
    assert of.take([step_of(acknowledge())], said) == set()
    assert of.steps(ID) == first


def test_the_last_step_is_how_it_is_now() -> None:
    """What people said of a day stands at its end, after the unit had come back or crossed it again."""
    in_hand, asleep = step_of(acknowledge()), step_of(snooze(DAY + 3))
    again = crossed(DAY + 1)

    def last(said: list[Alert], told: list[FleetAlert], today: int = DAY + 1) -> FleetAlert:
        return stories(said, told, today)[-1]

    assert last([crossed(), back()], [in_hand]).transition is FleetTransition.RESOLVED
    assert last([crossed()], [in_hand]).transition is FleetTransition.ACKNOWLEDGED
    assert last([crossed(), back(), again], [in_hand]).transition is FleetTransition.ACKNOWLEDGED
    assert last([crossed(), back(), again], [asleep]).transition is FleetTransition.SNOOZED
    assert last([crossed(), back(), again], [asleep], DAY + 3).transition is FleetTransition.OPENED
    assert last([crossed(DAY + HOLDS_DAYS + 1)], [in_hand]).transition is FleetTransition.OPENED
    assert last([crossed()], [in_hand]).evidence_for == ["121.5 degC, limit 120 degC"]
    assert {one.alert_id for one in stories([crossed()], [in_hand, fleet_alert()], DAY)} == {ID}, "none of the fleet's"


def test_the_view_is_the_step_that_people_made() -> None:
    of, asleep = book(crossed()), step_of(snooze(DAY + 3))
    of.take([asleep])
    view = of.view(ID)
    assert view
    assert (view.id, view.day, view.quiet_until_day) == (asleep.id, DAY, DAY + 3)


def test_a_crossing_that_nobody_told_of_yet_is_not_the_one_before() -> None:
    of = book(crossed(), back(), today=TODAY + timedelta(days=30))
    of.take([step_of(acknowledge())])
    of.limits.cross(UNIT, state(day=DAY + 30))
    assert now(of) == (FleetTransition.OPENED, True, False)
    view = of.view(ID)
    assert view
    assert (view.opened_day, view.evidence_for) == (DAY + 30, [])


def test_the_newest_snooze_counts_and_an_acknowledgement_beside_it() -> None:
    of = book(crossed(), today=TODAY + timedelta(days=4))
    of.take([step_of(snooze(DAY + 30)), step_of(snooze(DAY + 3, DAY + 1))])
    assert now(of) == (FleetTransition.OPENED, True, False), "it was made shorter"
    of.take([step_of(acknowledge(DAY + 2))])
    assert now(of) == (FleetTransition.ACKNOWLEDGED, True, True)
    of.take([step_of(snooze(DAY + 9, DAY + 3))])
    assert now(of) == (FleetTransition.SNOOZED, True, True)


def test_a_limit_that_is_not_known_here_is_left_alone() -> None:
    """A newer worker may have more of them."""
    newer = crossed().model_copy(update={"alert": "stator_on_fire"})
    strange = step_of(acknowledge()).model_copy(update={"alert_id": f"{UNIT}/stator_on_fire"})
    of = book(bits=0)
    assert of.take([strange], [newer]) == set()
    assert stories([newer], [strange], DAY) == []
    assert names(BITS | 1 << 20) == [NAME]


def test_only_what_somebody_said_is_kept() -> None:
    of = book(bits=0)
    for number in range(50):
        assert of.view(f"u{number}/{NAME}") is None
    assert of.limits._views == {}
    assert dict(of.limits._stories) == {}


def test_one_thread_may_write_while_others_read() -> None:
    of = book(crossed())
    wrong, over = list[BaseException](), Event()

    def read() -> None:
        try:
            while not over.is_set():
                of.views()
                of.steps(ID)
        except BaseException as error:  # of another thread: it must be seen
            wrong.append(error)

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for day in range(DAY, DAY + 300):
        of.take([step_of(acknowledge(day))], [crossed(day), back(day)])
        of.limits.cross(UNIT, state(BITS if day % 2 else 0, day))
    over.set()
    for reader in readers:
        reader.join(10)
    assert wrong == []
    assert now(of)[1], "the last state counts, whoever read meanwhile"
