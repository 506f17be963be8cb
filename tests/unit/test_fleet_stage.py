"""Whole stories through the stage: the tests of physics 7.2's detectors, restarts, late parts."""

from collections.abc import Iterable

import numpy as np
import pytest

from schemas.fleet_alerts import FleetAlert, FleetTransition
from tests.fleet_days import Fleet, Injection
from twin.fleet.days import Day, without
from twin.fleet.fleet_day import FleetDay
from twin.fleet.rules import Detector, FleetRules
from twin.fleet.state import FleetState, new, restore
from twin.fleet.units import FACTS

RULES = FleetRules()
STAGE = FleetDay(RULES)
FIRST_DAY = 20_000


def faulty(seed: int, shift: int = 0, drop_out: float = 0.0) -> Fleet:
    units = np.arange(5, 245, 7)  # of all variants and regions
    onset = np.random.default_rng(seed).integers(45, 55, len(units)) + shift
    faults = tuple(
        Injection(fault, 0.8, units[k::4], onset[k::4])
        for k, fault in enumerate(("pump", "bearing_wear", "interface_dry_out", "dc_current_gain"))
    )
    return Fleet(seed, 250, faults, drop_out=drop_out)


def start(fleet: Fleet) -> FleetState:
    state = new("maker", "model", RULES)
    fleet.register(state)
    return state


def story(fleet: Fleet, days: Iterable[Day]) -> list[FleetAlert]:
    state = start(fleet)
    return [alert for day in days for alert in STAGE.step(state, day)]


def first_days(told: list[FleetAlert]) -> dict[str, int]:
    """Subject -> day of its first ticket or page."""
    found: dict[str, int] = {}
    for alert in told:
        if alert.severity != "watch" and alert.transition in (FleetTransition.OPENED, FleetTransition.UPDATED):
            found.setdefault(alert.subject, alert.day - FIRST_DAY)
    return found


@pytest.fixture(scope="module")
def plain() -> list[FleetAlert]:
    fleet = faulty(1)
    return story(fleet, fleet.days(80, FIRST_DAY))


def test_faults_are_found_and_sound_units_are_not(plain: list[FleetAlert]) -> None:
    fleet = faulty(1)
    broken = {fleet.names[k] for injection in fleet.injections for k in injection.units}
    found = first_days(plain)
    assert len(broken & set(found)) >= 0.95 * len(broken)
    assert len(set(found) - broken) <= 1


def test_a_story_that_is_told_later_has_the_same_alerts_as_much_later(plain: list[FleetAlert]) -> None:
    fleet = faulty(1)
    later = story(fleet, fleet.days(80, FIRST_DAY + 35))  # whole weeks and blocks of five days
    assert [(a.subject, a.transition, a.detector, a.day + 35) for a in plain] == [
        (a.subject, a.transition, a.detector, a.day) for a in later
    ]


def test_a_fault_that_comes_later_is_found_as_much_later() -> None:
    early, late = (faulty(2, shift) for shift in (0, 10))
    found = [first_days(story(fleet, fleet.days(90, FIRST_DAY))) for fleet in (early, late)]
    waits = []
    for fleet, days in zip((early, late), found, strict=True):
        onset = {fleet.names[u]: o for i in fleet.injections for u, o in zip(i.units, i.onset, strict=True)}
        waits.append([days[name] - onset[name] for name in onset if name in days])
    assert len(waits[0]) >= 30 <= len(waits[1])
    assert abs(np.median(waits[0]) - np.median(waits[1])) <= 1.0


def test_other_names_in_another_order_have_the_same_alerts(plain: list[FleetAlert]) -> None:
    fleet = faulty(1)
    order = np.random.default_rng(3).permutation(fleet.n)
    other = {fleet.names[k]: f"x{order[k]:06d}" for k in range(fleet.n)}

    def renamed(day: Day) -> Day:
        names = [other[name] for name in day.units]
        sort = sorted(range(len(names)), key=names.__getitem__)
        columns = (np.asarray(column)[sort] for column in day[2:])
        return Day(day.day, [names[k] for k in sort], *columns)  # type: ignore[arg-type]

    state, known = new("maker", "model", RULES), start(fleet).units
    for k in np.argsort(order):
        name = fleet.names[k]
        state.units.register(other[name], **{kind: known.word(kind, known.place[name]) for kind in FACTS})
    told = [alert for day in fleet.days(80, FIRST_DAY) for alert in STAGE.step(state, renamed(day))]

    def key(alert: FleetAlert, name: str) -> tuple[object, ...]:
        return alert.day, name, alert.transition, alert.detector, alert.statistic, alert.diagnosis

    assert sorted(key(a, other.get(a.subject, a.subject)) for a in plain) == sorted(key(a, a.subject) for a in told)


def test_a_fifth_of_the_days_lost_costs_no_more_than_a_third_of_the_time(plain: list[FleetAlert]) -> None:
    whole, holed = faulty(1), faulty(1, drop_out=0.2)
    found = [first_days(plain), first_days(story(holed, holed.days(90, FIRST_DAY)))]
    onset = {whole.names[u]: o for i in whole.injections for u, o in zip(i.units, i.onset, strict=True)}
    both = [name for name in onset if name in found[0] and name in found[1]]
    assert len(both) >= 0.9 * len(onset)
    waits = [np.mean([found[k][name] - onset[name] + 1 for name in both]) for k in range(2)]
    assert waits[1] <= 1.3 * waits[0] + 0.5
    assert len(set(found[1]) - set(onset)) <= len(set(found[0]) - set(onset)) + 1


@pytest.mark.parametrize("stop", [3, 37, 52, 61])
def test_a_stage_restored_after_any_day_goes_on_with_the_same_alerts(plain: list[FleetAlert], stop: int) -> None:
    fleet, told = faulty(1), []
    state = start(fleet)
    for number, day in enumerate(fleet.days(80, FIRST_DAY)):
        told += STAGE.step(state, day)
        if number == stop:
            saved = state.save()
            state = restore(saved, "maker", "model", RULES)
            assert state.save() == saved
    assert told == plain


def test_a_part_that_comes_late_changes_its_unit_but_no_closed_day() -> None:
    fleet = faulty(4)
    days = list(fleet.days(70, FIRST_DAY))
    name = fleet.names[fleet.injections[0].units[0]]
    onset = int(fleet.injections[0].onset[0])
    states = [start(fleet), start(fleet)]
    told: list[list[FleetAlert]] = [[], []]
    kept: list[Day] = []
    for number, day in enumerate(days):
        own = np.array([unit == name for unit in day.units], dtype=np.bool_)
        cut = onset <= number < onset + 8
        told[0] += STAGE.step(states[0], day)
        if cut:
            kept.append(without(day, ~own))
        late = kept if number == onset + 8 else []
        before = {key: values.copy() for key, values in states[1].memory.effects.items()}
        told[1] += STAGE.step(states[1], without(day, own) if cut else day, late)
        for key, values in before.items():
            same = np.arange(len(values)) != day.day % len(values)
            assert np.array_equal(values[same], states[1].memory.effects[key][same], equal_nan=True)
    found = [first_days(part) for part in told]
    assert name in found[0]
    assert found[1][name] == onset + 8


def test_a_day_is_closed_once() -> None:
    fleet = Fleet(5, 30)
    state = start(fleet)
    day = next(iter(fleet.days(1, FIRST_DAY)))
    STAGE.step(state, day)
    with pytest.raises(ValueError, match="after day"):
        STAGE.step(state, day)


def test_a_repair_ends_the_alert_and_a_later_fault_opens_a_new_one() -> None:
    fault = Injection("interface_dry_out", 1.0, np.array([10]), np.array([40]))
    broken, sound = Fleet(6, 120, (fault,)), Fleet(6, 120)
    state, told = start(broken), []
    for number, (bad, good) in enumerate(zip(broken.days(110, FIRST_DAY), sound.days(110, FIRST_DAY), strict=True)):
        told += STAGE.step(state, good if 55 <= number < 85 else bad)
    own = [alert.transition for alert in told if alert.subject == broken.names[10]]
    assert own[0] == FleetTransition.OPENED
    assert FleetTransition.RESOLVED in own
    assert own.count(FleetTransition.OPENED) == 2


def test_a_detector_in_shadow_finds_the_same_and_tells_nobody() -> None:
    fleet = faulty(1)
    rules = FleetRules(shadow=frozenset(Detector))
    state, told = new("maker", "model", rules), []
    fleet.register(state)
    for day in fleet.days(70, FIRST_DAY):
        told += FleetDay(rules).step(state, day)
    assert told
    assert all(alert.shadow for alert in told)


def test_an_empty_day_and_a_fleet_of_strangers_are_no_trouble() -> None:
    state = new("maker", "model", RULES)
    fleet = Fleet(7, 20)
    day = next(iter(fleet.days(1, FIRST_DAY)))
    assert STAGE.step(state, without(day, np.ones(len(day.units), dtype=np.bool_))) == []
    for later in fleet.days(12, FIRST_DAY + 1):
        STAGE.step(state, later)
    assert np.isfinite(state.units.rows["baseline"]).all()
