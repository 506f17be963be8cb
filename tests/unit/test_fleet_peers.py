"""Whom a unit is compared with, what is normal for it, and the parts of days."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from schemas.results import EduDay, Validity
from tests.fleet_days import Fleet
from twin.fleet import baselines, pairs, spread
from twin.fleet.days import Day, merge_parts, of_points, without
from twin.fleet.features import FEATURES, INDEX, N_FEATURES, observe
from twin.fleet.fleet_day import FleetDay
from twin.fleet.peers import KEPT_DAYS, Memory
from twin.fleet.rules import BaselineRules, ChangeRules, FleetRules
from twin.fleet.state import FleetState, new
from twin.fleet.units import UNIT, groups, partners

COOLING, DRAG = INDEX["cooling_conductance_ratio"], INDEX["drag_scale"]


def run(fleet: Fleet, days: int) -> FleetState:
    state, stage = new("maker", "model", FleetRules()), FleetDay(FleetRules())
    fleet.register(state)
    for day in fleet.days(days):
        stage.step(state, day)
    return state


def test_counts_of_two_groups_add_to_those_of_both_and_give_the_same_centre_in_any_order() -> None:
    values = np.random.default_rng(1).normal((0.0, 1.0, -2.0), 1.0, (2000, 3))
    one = np.zeros(2000, dtype=np.int64)
    half = (np.arange(2000) % 2).astype(np.int64)
    whole = spread.count(values, one, 1)
    halves = spread.count(values, half, 2)
    assert (spread.pool(halves, np.zeros(2, dtype=np.int64), 1) == whole).all()
    assert (spread.count(values[::-1], one, 1) == whole).all()


def test_centre_and_spread_are_those_of_the_values_and_a_tenth_of_nonsense_moves_them_little() -> None:
    values = np.random.default_rng(2).normal(0.7, 1.5, (5000, 1))
    counts = spread.count(values, np.zeros(5000, dtype=np.int64), 1)
    assert spread.centre(counts)[0, 0] == pytest.approx(np.median(values), abs=0.02)
    assert spread.summary(counts)[1][0, 0] == pytest.approx(1.5, rel=0.04)
    values[::10] = 1e6
    dirty = spread.count(values, np.zeros(5000, dtype=np.int64), 1)
    assert spread.centre(dirty)[0, 0] == pytest.approx(0.7, abs=0.3)


def test_nothing_counted_has_no_centre() -> None:
    counts = spread.count(np.full((4, 1), np.nan), np.zeros(4, dtype=np.int64), 1)
    assert spread.size(counts)[0, 0] == 0
    assert np.isnan(spread.centre(counts)[0, 0])


def test_strata_are_the_units_that_share_all_facts() -> None:
    rows = np.zeros(4, dtype=UNIT)
    rows["variant"], rows["climate"] = [1, 1, 2, 1], [1, 2, 1, 1]
    number, first = groups(rows, ("variant", "climate"))
    assert number[0] == number[3]
    assert len(set(number.tolist())) == 3 == len(first)


def test_partners_are_the_two_units_of_a_car() -> None:
    rows = np.zeros(6, dtype=UNIT)
    rows["vehicle"] = [1, 2, 1, 0, 3, 0]
    assert partners(rows).tolist() == [2, -1, 0, -1, -1, -1]


def test_what_both_units_of_a_car_show_is_taken_out_but_a_partners_fault_is_not_passed_on() -> None:
    rng = np.random.default_rng(3)
    cars = 400
    common = np.repeat(rng.standard_normal((cars, 1)), 2, axis=0)
    x = np.sqrt(0.6) * common + np.sqrt(0.4) * rng.standard_normal((2 * cars, 1))
    partner = np.arange(2 * cars) ^ 1
    quiet = np.zeros(x.shape, dtype=np.bool_)
    less, left = pairs.difference(x, partner, quiet)
    assert less.std() < 0.9 * x.std()
    assert less.std() == pytest.approx(left[0, 0], rel=0.1)
    x[0] = -20.0
    passed = pairs.difference(x, partner, quiet)[0][1, 0] - x[1, 0]
    assert abs(passed) <= 2.0
    quiet[0] = True
    assert pairs.difference(x, partner, quiet)[0][1, 0] == x[1, 0]


def test_a_normal_is_the_shrunk_mean_of_its_days() -> None:
    rules, changes = BaselineRules(), ChangeRules()
    u = np.zeros(1, dtype=UNIT)
    u["baseline_var"], u["scatter_var"] = 0.04, 0.0009
    y = np.random.default_rng(4).normal(0.1, 0.03, (rules.learn_days + 20, 1))
    sd = np.full((1, N_FEATURES), 0.03)
    for day in y:
        residual = np.full((1, N_FEATURES), np.nan)
        residual[0, COOLING] = day[0] - u["baseline"][0, COOLING]
        baselines.learn(u, residual, np.zeros((1, N_FEATURES), dtype=np.bool_), sd, rules, changes)
    rho = changes.autocorrelation
    noise = 0.03**2 * (1 + rho) / (1 - rho) / rules.learn_days
    weight = 0.04 / (0.04 + noise)
    assert u["baseline"][0, COOLING] == pytest.approx(weight * y[: rules.learn_days].mean(), abs=2e-3)
    assert u["baseline_var"][0, COOLING] == pytest.approx(weight * noise, rel=1e-3)


def test_a_unit_that_has_learned_keeps_its_normal_whatever_comes() -> None:
    u = np.zeros(1, dtype=UNIT)
    u["baseline_var"], u["days"] = 0.0001, BaselineRules().learn_days
    before = u["baseline"].copy()
    residual = np.full((1, N_FEATURES), -0.05)
    for _ in range(300):
        baselines.learn(
            u, residual, np.zeros(residual.shape, dtype=np.bool_), np.full(residual.shape, 0.03), BaselineRules(),
            ChangeRules(),
        )  # fmt: skip
    assert (u["baseline"] == before).all()


def test_units_find_their_own_normal_within_the_stated_deviation() -> None:
    fleet = Fleet(5, 300)
    state = run(fleet, 60)
    rows = state.units.rows
    anchors = np.array([state.memory.anchors[state.units.word("variant", k)][COOLING] for k in range(300)])
    error = rows["baseline"][:, COOLING] + anchors - fleet.normal[:, COOLING]
    error = error - np.array([np.median(error[(fleet.region == r)]) for r in range(3)])[fleet.region]
    assert np.sqrt(np.mean(error**2)) < 0.02
    assert np.mean(np.abs(error) < 2.0 * np.sqrt(rows["baseline_var"][:, COOLING])) > 0.8


def test_a_fleet_of_few_units_is_compared_with_whom_there_is() -> None:
    state = run(Fleet(6, 6), 30)
    assert np.isfinite(state.units.rows["baseline"]).all()


def test_parts_of_a_day_count_by_their_precision_in_any_order() -> None:
    shape = (3, N_FEATURES)
    value, sd, valid = np.full(shape, 1.0), np.full(shape, 0.1), np.ones(shape, dtype=np.bool_)
    value[2], sd[2] = 2.0, 0.2
    parts = Day(7, ["b", "a", "b"], value, sd, valid, np.zeros(3, dtype=np.int64), np.array([False, False, True]))
    merged = merge_parts(parts)
    assert merged.units == ["a", "b"]
    assert merged.value[1, 0] == pytest.approx((1.0 / 0.01 + 2.0 / 0.04) / (1.0 / 0.01 + 1.0 / 0.04))
    assert merged.signs.tolist() == [False, True]
    order = [2, 1, 0]
    turned = Day(7, [parts.units[k] for k in order], *(np.asarray(column)[order] for column in parts[2:]))  # type: ignore[arg-type]
    for one, other in zip(merge_parts(turned), merged, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other))


def test_what_cannot_be_a_logarithm_is_not_used() -> None:
    value = np.full((1, N_FEATURES), -1.0)
    y, _ = observe(value, np.ones_like(value), np.ones(value.shape, dtype=np.bool_))
    assert np.isnan(y[0][[feature.log for feature in FEATURES]]).all()
    assert np.isfinite(y[0, INDEX["brush_drop_v"]])


def test_a_day_is_read_from_the_points_of_the_unit_stage() -> None:
    def point(unit: str, ratio: float, validity: Validity) -> EduDay:
        return EduDay.model_construct(
            unit=unit, segment=2, loss_ratio=ratio, loss_ratio_sd=0.1, loss_ratio_validity=validity
        )

    points = [
        point("b", 1.2, Validity.VALID),
        point("a", 1.1, Validity.BALANCE_UNCERTAIN),
        point("b", 1.4, Validity.VALID),
    ]
    day = of_points(20_000, points, {"a"})
    assert day.units == ["a", "b"]
    assert day.value[1, INDEX["loss_ratio"]] == pytest.approx(1.3)
    assert day.valid[:, INDEX["loss_ratio"]].tolist() == [False, True]
    assert day.valid.sum() == 1
    assert day.segment.tolist() == [2, 2]
    assert day.signs.tolist() == [True, False]


def test_nothing_of_a_day_is_an_empty_day() -> None:
    assert of_points(20_000, []).units == []


def test_the_fields_of_the_table_are_those_of_a_day() -> None:
    for feature in FEATURES:
        assert {feature.name, feature.sd, feature.validity} <= set(EduDay.model_fields), feature.name


def test_what_is_far_from_the_variant_is_judged_and_what_is_not_excited_is_not() -> None:
    point = SimpleNamespace(unit="u", segment=1, loss_ratio=1.9, loss_ratio_sd=0.1, drag_scale=1.1, drag_scale_sd=0.1)
    point.loss_ratio_validity, point.drag_scale_validity = Validity.BEYOND_PRIOR, Validity.NOT_EXCITED
    day = of_points(20_000, [cast(EduDay, point)])
    assert day.valid[0, INDEX["loss_ratio"]]
    assert not day.valid[0, INDEX["drag_scale"]]


def test_a_unit_that_came_to_another_stratum_has_the_effect_of_the_wider_one_on_days_before() -> None:
    memory, day = Memory(), 20_000
    for name, effect in (
        ("v/front/unknown", 1.0),
        ("v/front/desert", 3.0),
        ("v/rear/unknown", 9.0),
        ("w/front/x", 7.0),
    ):
        memory.keep(name, day, np.where(np.arange(N_FEATURES) == COOLING, np.nan, effect))
    memory.keep("v/rear/usual", day + 1, np.full(N_FEATURES, 5.0))
    at = [memory.at(name, day)[DRAG] for name in ("v/front/unknown", "v/front/usual", "v/rear/usual")]
    assert at == [1.0, 2.0, 9.0]
    assert memory.at("v/other/usual", day)[DRAG] == 3.0
    assert memory.at("v/front/usual", day)[COOLING] == 0.0, "nobody knows"
    memory.begin(day + KEPT_DAYS)
    assert not memory.at("v/front/unknown", day + KEPT_DAYS).any(), "60 days later it is another day's place"


def test_a_late_part_of_a_unit_that_got_its_climate_since_is_judged_by_the_day_it_is_of() -> None:
    fleet = Fleet(3, 40)
    days = list(fleet.days(30))
    found = []
    for climate in ("", "air:warmer"):
        state, stage = new("maker", "model", FleetRules()), FleetDay(FleetRules())
        fleet.register(state)
        for day in days[:-1]:
            stage.step(state, day)
        name = fleet.names[0]
        at = state.units.place[name]
        kept = state.memory.effects
        for effects in kept.values():
            effects[days[-2].day % KEPT_DAYS] = 5.0  # a day on which all were far off
        if climate:
            state.units.register(name, climate=climate)
        one = np.array([unit == name for unit in days[-2].units])
        stage._late(state, without(days[-2], ~one))
        found.append(state.units.rows["last_x"][at].copy())
    np.testing.assert_array_equal(*found)
