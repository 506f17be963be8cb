"""What the units of a closed day have in common, against a plain count of the same day."""

import numpy as np
import pytest

from schemas.results import CohortKind, EduCohort
from streams.fleet_pipeline import FleetPipeline
from tests.fleet_days import Fleet
from tests.fleet_records import FIRST_DAY, MAKER, log_of, registrations
from tests.unit.test_fleet_pipeline import RULES, Seen, as_log, feed, marker, one_day, part, service
from twin.fleet.cohort_day import cohorts, quantiles
from twin.fleet.features import FEATURES

DAYS = 20


def test_quantiles_are_values_of_the_nearest_rank_and_nan_is_nobody_s() -> None:
    value = np.array([5.0, np.nan, 1.0, 3.0, np.nan, 2.0, 4.0])
    number = np.array([0, 0, 0, 0, 1, 2, 0])
    found = quantiles(value, number, 4, [0.0, 0.5, 1.0])
    assert found[0].tolist() == [1.0, 4.0, 5.0]  # of 1, 3, 4, 5: rank 1.5 rounds up
    assert found[2].tolist() == [2.0, 2.0, 2.0]
    assert np.isnan(found[[1, 3]]).all()


def test_a_fleet_s_points_are_counts_and_medians_of_its_units() -> None:
    fleet, sink = Fleet(3, 60), Seen()
    pipeline = FleetPipeline(MAKER, 1, RULES, [sink])
    feed(pipeline, *registrations(fleet))
    (told,) = log_of(fleet, fleet.days(DAYS, FIRST_DAY), 1)
    pipeline.process(list(as_log(told)))
    last = [
        (points, record, name)
        for output in sink.outputs
        for points in output.points
        if points.model is EduCohort
        for record, name in zip(points.records, points.units, strict=True)
        if record["day"] == FIRST_DAY + DAYS - 1
    ]
    units = pipeline.state.units
    drove = units.rows["last_day"] == FIRST_DAY + DAYS - 1
    assert {CohortKind(record["kind"]) for _, record, _ in last} == set(CohortKind)
    for points, record, name in last:
        fact = CohortKind(record["kind"]).name.lower()
        members = [
            at
            for at in np.flatnonzero(drove)
            if (units.word("variant", at), units.word(fact, at)) == (points.variant, name)
        ]
        assert record["units"] == len(members) > 0
        level = np.sort(units.rows["level"][members, 0].astype(float))
        assert record["cooling_conductance_ratio_change_p50"] == pytest.approx(
            np.expm1(level[int((len(level) - 1) / 2 + 0.5)])
        )
        low, middle, high = (record[f"cooling_conductance_ratio_p{q}"] for q in (10, 50, 90))
        assert low <= middle <= high
        if len(members) > 20:
            assert 0.8 < middle < 1.25


def test_invalid_values_count_for_nothing_and_a_unit_that_failed_and_stands_is_a_sign_only() -> None:
    pipeline = FleetPipeline(MAKER, 1, RULES, [])
    day = one_day(FIRST_DAY, ["a", "b", "c"])
    feed(
        pipeline, part("a", FIRST_DAY), part("b", FIRST_DAY), part("c", FIRST_DAY), service("d", FIRST_DAY, failed=True)
    )
    feed(pipeline, marker(FIRST_DAY, 0, 3))
    valid = day.valid.copy()
    valid[0] = False
    value = np.where(valid, np.array([[9.0], [1.1], [1.2]]), 9.0)
    whole = day._replace(value=value, valid=valid, signs=np.array([False, True, False]))
    ((_, names, points),) = cohorts(pipeline.state, whole)
    assert names[0] == "bmw-gen5-rear"
    assert (points["units"][0], points["signs"][0]) == (3, 1)
    assert points["cooling_conductance_ratio_p90"][0] == 1.2
    absent = one_day(FIRST_DAY, ["d"])._replace(
        value=np.full((1, len(FEATURES)), np.nan), valid=np.zeros((1, len(FEATURES)), np.bool_), signs=np.array([True])
    )
    ((_, _, points),) = cohorts(pipeline.state, absent)
    assert (points["units"][0], points["signs"][0]) == (0, 1)
    assert np.isnan(points["drag_scale_p50"]).all()
