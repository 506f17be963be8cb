"""Changes of single units: the sums against plain loops and published run lengths."""

import numpy as np
import pytest

from twin.fleet import changes
from twin.fleet.features import DOWN, GATE, N_FEATURES, UP
from twin.fleet.rules import ChangeRules
from twin.fleet.units import BLOCK_DAYS, BLOCKS, UNIT

INDEPENDENT = ChangeRules(autocorrelation=1e-9)


def fresh(units: int) -> np.ndarray:
    u = np.zeros(units, dtype=UNIT)
    u["last_x_day"] = -1_000_000
    u["block_number"] = -1_000
    return u


def follow(u: np.ndarray, x: np.ndarray, day: int, rules: ChangeRules = INDEPENDENT) -> changes.Changes:
    """One day of residuals (units,) for every feature, SD 1."""
    residual = np.repeat(x[:, None], N_FEATURES, axis=1)
    return changes.follow(u, residual, np.ones_like(residual), np.ones(residual.shape, dtype=np.bool_), day, rules)


def test_the_sums_are_those_of_a_plain_loop() -> None:
    x = np.random.default_rng(1).normal(0.4, 1.5, 200)
    u, up, down = fresh(1), 0.0, 0.0
    for day, one in enumerate(x):
        follow(u, np.array([one]), day)
        clipped = max(-4.0, min(4.0, one))
        up, down = (min(max(0.0, s + side - 1.0), 24.0) for s, side in ((up, clipped), (down, -clipped)))
        assert u["up"][0, 0] == pytest.approx(up, abs=1e-4)
        assert u["down"][0, 0] == pytest.approx(down, abs=1e-4)


@pytest.mark.parametrize(
    ("slack", "limit", "shift", "days"), [(0.5, 4.0, 1.0, 8.3), (0.5, 5.0, 1.0, 10.3), (1.0, 5.0, 2.0, 5.7)]
)
def test_steps_are_found_after_the_known_number_of_days(slack: float, limit: float, shift: float, days: float) -> None:
    rules = ChangeRules(autocorrelation=1e-9, slack_sd=slack, clip_sd=100.0)
    rng, units = np.random.default_rng(2), 3000
    u, first = fresh(units), np.zeros(units)
    for day in range(60):
        follow(u, rng.standard_normal(units) + shift, day, rules)
        first = np.where((first == 0) & (u["up"][:, 0] >= limit), day + 1, first)
    assert first.min() > 0
    assert first.mean() == pytest.approx(days, rel=0.06)  # physics 7.2


def test_days_that_repeat_each_other_become_independent() -> None:
    rng, units, rho = np.random.default_rng(3), 400, 0.4
    u, x, before, products = fresh(units), np.zeros(units), np.zeros((units, N_FEATURES)), []
    for day in range(200):
        x = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(units)
        residual = np.repeat(x[:, None], N_FEATURES, axis=1)
        said = changes.whiten(u, residual, day, ChangeRules(clip_sd=100.0))
        if day > 5:
            products.append(float((said * before)[:, 0].mean()))
        before = said
    assert abs(np.mean(products)) < 0.02
    assert before.std() == pytest.approx(1.0, rel=0.1)


def test_a_day_late_says_something_but_the_newest_day_stays_the_one_before() -> None:
    u = fresh(1)
    follow(u, np.array([1.0]), 10)
    follow(u, np.array([3.0]), 7)
    assert u["last_x"][0, 0] == 1.0
    assert u["up"][0, 0] == pytest.approx(2.0)


def test_the_ramp_statistic_is_the_largest_over_all_beginnings() -> None:
    x = np.concatenate([np.zeros(30), np.linspace(0.0, 2.0, 30)]) + np.random.default_rng(4).normal(0.0, 0.1, 60)
    u = fresh(1)
    for day, one in enumerate(x):
        found = follow(u, np.array([one]), day)
    whole = [x[day:].sum() ** 2 / (60 - day) for day in range(0, 60, BLOCK_DAYS)]
    assert found.ramp[0, 0] == pytest.approx(max(whole), rel=1e-3)
    for day in range(60, 60 + BLOCKS * BLOCK_DAYS):
        found = follow(u, np.zeros(1), day)
    assert abs(found.ramp[0, 0]) < 1e-3


def test_a_side_that_is_no_fault_gives_no_change() -> None:
    for shift, wanted in ((3.0, UP), (-3.0, DOWN)):
        u = fresh(1)
        for day in range(20):
            found = follow(u, np.array([shift]), day)
        assert ((found.sum[0] >= 8.0) == wanted).all()


def test_one_wild_day_is_no_change() -> None:
    u = fresh(1)
    for day in range(30):
        found = follow(u, np.array([1000.0 if day == 10 else 0.0]), day)
        assert (found.sum < 8.0).all()
    assert (np.abs(u["level"]) < GATE.max() * 10).all()


def test_a_change_under_way_is_pending_and_forgotten_after_a_repair() -> None:
    from twin.fleet.baselines import forget_change

    u = fresh(2)
    for day in range(10):
        follow(u, np.array([5.0, 0.0]), day)
    busy = changes.pending(u, INDEPENDENT)
    assert busy[0].all()
    assert not busy[1].any()
    forget_change(u, np.ones((2, N_FEATURES), dtype=np.bool_))
    assert not changes.pending(u, INDEPENDENT).any()
    assert not u["block"].any()
