"""Batches, plants, firmware and hardware: what their units share is said once."""

import numpy as np
import pytest
from scipy.stats import binomtest

from schemas.fleet_alerts import FleetAlert, FleetTransition
from tests.fleet_days import Batch, Fleet, Injection, Step
from twin.fleet.cohort_rates import Ledger, rates
from twin.fleet.features import N_FEATURES
from twin.fleet.fleet_day import FleetDay
from twin.fleet.population import correlation, distances, odd
from twin.fleet.rules import CohortRules, Detector, FleetRules, PopulationRules
from twin.fleet.state import new


def opened(fleet: Fleet, days: int) -> list[FleetAlert]:
    state, stage, told = new("maker", "model", FleetRules()), FleetDay(FleetRules()), []
    fleet.register(state)
    for number, day in enumerate(fleet.days(days)):
        fleet.flash(state, number)
        told += stage.step(state, day)
    return [alert for alert in told if alert.transition == FleetTransition.OPENED and alert.severity != "watch"]


def ledger(signs: dict[str, int], unit_days: dict[str, int]) -> Ledger:
    book = Ledger()
    book.advance(100)
    for name, count in signs.items():
        book.add(f"batch:v/{name}", 100, count, unit_days[name])
    book.add("variant:v/v", 100, sum(signs.values()), sum(unit_days.values()))
    return book


def test_the_rate_test_is_the_exact_binomial_one() -> None:
    found = rates(ledger({"a": 25, "b": 60, "c": 70}, {"a": 400, "b": 4000, "c": 4000}), CohortRules())
    assert [rate.name for rate in found] == ["v/a"]
    exact = binomtest(25, 155, 400 / 8400, alternative="greater").pvalue
    assert found[0].p_value == pytest.approx(exact, rel=1e-9)
    assert found[0].expected == pytest.approx(130 * 400 / 8000)


def test_signs_older_than_the_windows_are_forgotten() -> None:
    book = ledger({"a": 25, "b": 60}, {"a": 400, "b": 4000})
    book.advance(161)
    assert rates(book, CohortRules()) == []
    assert book.sums(60).sum() == 0


def test_rate_tests_of_equal_cohorts_stay_within_their_budget() -> None:
    rng, rules, book, false = np.random.default_rng(1), CohortRules(), Ledger(), 0
    names, years = [f"b{k}" for k in range(60)], 4
    for day in range(365 * years):
        book.advance(day)
        counts = rng.poisson(40 * 0.01, len(names))
        for name, count in zip(names, counts, strict=True):
            book.add(f"batch:v/{name}", day, int(count), 40)
        book.add("variant:v/v", day, int(counts.sum()), 40 * len(names))
        false += bool(rates(book, rules)) and day % 60 == 0
    assert false <= rules.false_per_year * years + 3.0 * np.sqrt(rules.false_per_year * years)


def test_a_bad_batch_is_named_as_a_batch_and_nothing_else_is() -> None:
    found = opened(Fleet(2, 1200, batches=(Batch(7, 4.0, 10),), signs_per_day=0.4 / 30.0), 42)
    cohorts = [alert for alert in found if alert.is_cohort]
    assert [alert.subject for alert in cohorts] == ["batch:bmw-gen5-rear/b007"]
    assert cohorts[0].detector == Detector.COHORT_RATE


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("every", [1, 3])
def test_a_firmware_step_is_one_cohort_alert_and_no_unit_alert(declared: bool, every: int) -> None:
    plain = Fleet(3, 400)
    units = np.flatnonzero(plain.variant == 0)[::every]
    step = Step(35, units, np.ones(N_FEATURES), declared)
    found = opened(Fleet(3, 400, steps=(step,)), 60)
    assert [alert.subject for alert in found] == ["firmware:bmw-gen5-rear/fw-2"]
    assert found[0].day == 20_035
    assert found[0].diagnosis == "software"


def test_a_fault_is_found_soon_after_new_firmware_too() -> None:
    plain = Fleet(4, 400)
    rear = np.flatnonzero(plain.variant == 0)
    fault = Injection("pump", 1.0, rear[5:6], np.array([37]))
    found = opened(Fleet(4, 400, (fault,), (Step(35, rear, np.ones(N_FEATURES)),)), 52)
    units = [alert for alert in found if not alert.is_cohort]
    assert [alert.subject for alert in units] == [plain.names[rear[5]]]
    assert units[0].diagnosis == "pump"


@pytest.mark.parametrize(("units", "begins"), [(7, 35), (1, 33)])
def test_new_software_of_a_few_units_hides_no_fault(units: int, begins: int) -> None:
    """On the very day, if some others tell what the software did; of a single unit if it began before."""
    rear = np.flatnonzero(Fleet(6, 400).variant == 0)
    few = rear[20 : 20 + units]
    fault = Injection("pump", 1.0, few[:1], np.array([begins]))
    fleet = Fleet(6, 400, (fault,), (Step(35, few, np.ones(N_FEATURES)),))
    assert [(alert.subject, alert.diagnosis) for alert in opened(fleet, 52)] == [(fleet.names[few[0]], "pump")]


def test_a_step_of_a_whole_stratum_that_nobody_declared_is_about_the_stratum() -> None:
    plain = Fleet(5, 300)
    rear = np.flatnonzero((plain.variant == 0) & (plain.region == 0))
    fleet = Fleet(5, 300, steps=(Step(35, rear, np.full(N_FEATURES, 2.0), False),))
    fleet.flash = lambda *_: None  # type: ignore[method-assign]
    found = opened(fleet, 50)
    assert [alert.subject for alert in found] == ["stratum:bmw-gen5-rear/rear/region-0"]


def test_units_of_one_origin_that_begin_on_one_day_are_one_alert() -> None:
    plain = Fleet(6, 480)
    some = np.flatnonzero((plain.variant == 0) & (plain.batch == 1))[:14]  # not the half that moves the batch's centre
    fault = Injection("isolation", 1.0, some, np.full(len(some), 35))
    found = opened(Fleet(6, 480, (fault,)), 55)
    assert [alert.subject for alert in found if alert.detector == Detector.STORM] == ["batch:bmw-gen5-rear/b001"]
    assert len([alert for alert in found if not alert.is_cohort]) <= len(some) / 3  # those found before that day


def test_correlation_is_that_of_the_values_and_the_same_in_any_order() -> None:
    rng = np.random.default_rng(7)
    z = rng.multivariate_normal([0.0, 0.0, 0.0], [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]], 4000)
    z[rng.random(z.shape) < 0.1] = np.nan
    matrix = correlation(z)
    assert matrix[0, 1] == pytest.approx(0.72, abs=0.04)
    assert abs(matrix[0, 2]) < 0.05
    assert (correlation(z[::-1]) == matrix).all()


def test_the_odd_unit_is_the_one_that_breaks_the_pattern() -> None:
    rng = np.random.default_rng(8)
    z = rng.multivariate_normal([0.0, 0.0], [[1, 0.9], [0.9, 1]], 1000)
    z[0] = (2.2, -2.2)  # neither is far by itself
    stratum = np.zeros(1000, dtype=np.int64)
    distance = distances(z, stratum)
    looks, nobody, rules = np.zeros(1000, dtype=np.int64), np.zeros(1000, dtype=np.bool_), PopulationRules()
    look = odd(distance, stratum, looks, nobody, rules)
    assert not look.chosen.any()
    look = odd(distance, stratum, look.looks, nobody, rules)
    assert np.flatnonzero(look.chosen).tolist() == [0]
    assert distance[0] > look.limit[0]


def test_a_look_brings_no_more_than_can_be_reviewed() -> None:
    distance = np.concatenate([np.ones(990), np.linspace(5.0, 6.0, 10)])
    stratum = np.zeros(1000, dtype=np.int64)
    rules = PopulationRules(looks=1)
    nobody = np.zeros(1000, dtype=np.bool_)
    look = odd(distance, stratum, np.zeros(1000, dtype=np.int64), nobody, rules)
    assert np.flatnonzero(look.chosen).tolist() == [998, 999]
