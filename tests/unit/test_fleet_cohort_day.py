"""What the units of a closed day have in common, against a plain count of the same day."""

import numpy as np
import pytest

from schemas.daily import DayPart
from schemas.results import COHORT_SPREADS, COHORT_SUMS, CohortKind, EduCohort, EduDay
from streams.fleet_log import decode
from streams.fleet_pipeline import FleetPipeline
from tests.fleet_days import Fleet
from tests.fleet_records import FIRST_DAY, MAKER, log_of, registrations
from tests.unit.test_fleet_pipeline import RULES, Seen, as_log, feed, marker, one_day, part, service
from twin.fleet.cohort_day import cohorts, quantiles
from twin.fleet.features import FEATURES
from twin.fleet.use import DayUse

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
    ((_, names, points),) = cohorts(pipeline.state, whole, {})
    assert names[0] == "bmw-gen5-rear"
    assert (points["units"][0], points["signs"][0]) == (3, 1)
    assert points["cooling_conductance_ratio_p90"][0] == 1.2
    absent = one_day(FIRST_DAY, ["d"])._replace(
        value=np.full((1, len(FEATURES)), np.nan), valid=np.zeros((1, len(FEATURES)), np.bool_), signs=np.array([True])
    )
    ((_, _, points),) = cohorts(pipeline.state, absent, {})
    assert (points["units"][0], points["signs"][0]) == (0, 1)
    assert np.isnan(points["drag_scale_p50"]).all()


def used(unit: str, **fields: float | None) -> EduDay:
    """A part of a day with numbers of our own."""
    item = decode(next(as_log([part(unit, FIRST_DAY)])))
    assert isinstance(item, DayPart)
    zero = dict.fromkeys(COHORT_SUMS, 0.0) | dict.fromkeys(COHORT_SPREADS, 0.0)
    return item.point.model_copy(update=zero | fields)


def test_use_is_added_up_from_a_unit_s_parts_and_over_the_units() -> None:
    parts = [
        used("a", distance_km=10.0, drive_energy_wh=900.0, efficiency_model=0.9, max_torque_nm=50.0, missing_s=5.0),
        used("b", distance_km=40.0, drive_energy_wh=800.0, efficiency_model=0.8, max_torque_nm=None),
        used("a", distance_km=20.0, drive_energy_wh=50.0, efficiency_model=None, max_torque_nm=70.0),
    ]
    days, again = DayUse(), DayUse()
    for point in parts:
        days.add(point)
    again.unpack(*days.pack())
    use = again.take(FIRST_DAY)
    assert again.take(FIRST_DAY) == {}
    pipeline = FleetPipeline(MAKER, 1, RULES, [])
    feed(pipeline, part("a", FIRST_DAY), part("b", FIRST_DAY), part("c", FIRST_DAY), marker(FIRST_DAY, 0, 3))
    ((_, names, points),) = cohorts(pipeline.state, one_day(FIRST_DAY, ["a", "b", "c"]), use)
    variant = points[points["kind"] == CohortKind.VARIANT][0]
    assert (variant["distance_km_sum"], variant["missing_s_sum"]) == (70.0, 5.0)
    assert (variant["distance_km_p10"], variant["distance_km_p90"]) == (30.0, 40.0), "of units, not of parts"
    assert (variant["max_torque_nm_p10"], variant["max_torque_nm_p90"]) == (70.0, 70.0)
    assert variant["efficiency_all"] == pytest.approx(1_700.0 / 2_000.0), "where none is known nothing is counted"
    assert len(names) == len(points)


def test_what_comes_late_is_not_in_a_closed_day_s_use_and_a_restart_changes_nothing() -> None:
    def told(restart: bool) -> float:
        sink = Seen()
        pipeline = FleetPipeline(MAKER, 1, RULES, [sink])
        feed(pipeline, part("a", FIRST_DAY), part("b", FIRST_DAY))
        if restart:
            cut = pipeline.cut()
            pipeline = FleetPipeline(MAKER, 1, RULES, [sink])
            pipeline.restore(cut.closed, cut.waiting)
        feed(pipeline, marker(FIRST_DAY, 0, 2), part("a", FIRST_DAY), marker(FIRST_DAY + 1, 0, 0))
        points = [one for output in sink.outputs for one in output.points if one.model is EduCohort]
        (own,) = [one.records for one in points if one.records["day"][0] == FIRST_DAY]
        return float(own["distance_km_sum"][0])

    one = decode(next(as_log([part("a", FIRST_DAY)])))
    assert isinstance(one, DayPart)
    assert told(False) == told(True) == 2.0 * one.point.distance_km
