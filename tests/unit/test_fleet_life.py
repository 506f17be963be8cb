"""Remaining life: what is known of the peers, what the indicator adds, and where nothing can be said."""

import math

import numpy as np
import pytest
from scipy.integrate import trapezoid

from twin.fleet.indicator import Track, follow, share, shares_at
from twin.fleet.life import LEVELS, by_indicator, forecast, learn
from twin.fleet.lives import FRACTIONS, Peer, learn_lives
from twin.fleet.readings import CHOICES, LEAST_WAY, NODES, between, densities, warned_density

MEDIAN = LEVELS.index(0.5)
STEADY = FRACTIONS**3
SUDDEN = np.zeros(9)
LIVES_KM = (210_000.0, 260_000.0, 180_000.0, 240_000.0, 300_000.0, 205_000.0)


def peers(shares: np.ndarray | None) -> list[Peer]:
    return [Peer(life, shares=shares) for life in LIVES_KM]


def test_with_no_peers_the_life_expected_and_its_spread_stand() -> None:
    lives = learn_lives([], expected_life=1.0, spread_ln=0.5)
    assert float(lives.below(np.array([1.0]))[0]) == pytest.approx(0.5, abs=0.01)
    assert lives.cumulative[0] < 1e-3
    assert lives.cumulative[-1] > 1.0 - 1e-3
    with pytest.raises(ValueError, match="no unit has ended"):
        learn_lives([Peer(5_000.0, ended=False)])


def test_many_ended_peers_outweigh_the_expectation() -> None:
    random = np.random.default_rng(3)
    found = learn_lives([Peer(life) for life in 2.0 * random.lognormal(0.0, 0.2, 200)], expected_life=1.0)
    low, middle, high = np.exp(np.interp((0.1, 0.5, 0.9), found.cumulative, found.ln_life))
    assert middle == pytest.approx(2.0, rel=0.05)
    assert math.log(high / low) / 2.563 == pytest.approx(0.2, rel=0.2)


def test_units_that_still_run_prolong_the_lives_expected() -> None:
    ended = [Peer(100.0), Peer(120.0)]
    running = [Peer(200.0, ended=False) for _ in range(20)]
    young = [Peer(1.0, ended=False) for _ in range(20)]
    at = np.array([150.0])
    alone, prolonged, unchanged = (float(learn_lives([*ended, *more]).below(at)[0]) for more in ([], running, young))
    assert prolonged < 0.5 * alone
    assert unchanged == pytest.approx(alone, abs=0.02)


def test_peers_of_another_variant_count_less() -> None:
    own, other = [Peer(100.0) for _ in range(5)], [Peer(400.0, weight=0.3) for _ in range(5)]
    at = np.array([200.0])
    mixed = float(learn_lives([*own, *other]).below(at)[0])
    assert 0.5 < mixed < float(learn_lives(own).below(at)[0])


@pytest.mark.parametrize("variability", [0.05, 0.2, 2.0])
@pytest.mark.parametrize("fraction", [0.2, 0.6, 0.9])
def test_readings_have_a_density_that_integrates_to_one(variability: float, fraction: float) -> None:
    used = np.linspace(-8.0, 1.0 - LEAST_WAY, 20_000)
    found = warned_density(used, np.array(fraction), np.array(variability))
    assert trapezoid(found, used) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("choice", [0, 8, 17, 35])
def test_readings_without_warning_have_a_density_that_integrates_to_one(choice: int) -> None:
    used = np.linspace(0.0, 1.0, 500)
    found = densities(used ** CHOICES[choice, 0]).unwarned[:, choice]
    assert trapezoid(found, used) == pytest.approx(1.0, abs=1e-3)


def test_readings_given_the_life_are_those_of_walks_that_end_then() -> None:
    """Judge: walks with any drift that first reach the limit near step 400; the drift must not matter."""
    random = np.random.default_rng(11)
    variability, steps = 0.2, 400
    halves = []
    for drift in (0.6, 1.4):
        walks = np.cumsum(drift / steps + np.sqrt(variability / steps) * random.normal(size=(20_000, 460)), axis=1)
        first = np.argmax(walks >= 1.0, axis=1)
        halves.append(walks[(first > 380) & (first < 420), 199])
    grid = np.linspace(1e-3, 0.98, 981)
    density = warned_density(grid, np.array(0.5), np.array(variability))
    expected = trapezoid(density * grid, grid) / trapezoid(density, grid)
    for used in halves:
        assert len(used) > 400
        assert used[used > 0.0].mean() == pytest.approx(expected, abs=0.03)


def test_an_indicator_that_warned_before_sharpens_and_moves_the_forecast() -> None:
    fleet, age = learn(peers(STEADY)), 130_000.0
    by_age = forecast(fleet, age).quantiles()
    fresh, worn = (forecast(fleet, age, level).quantiles() for level in (0.05, 0.6))
    assert worn[MEDIAN] < 0.5 * by_age[MEDIAN] < 0.5 * fresh[MEDIAN]
    assert worn[-1] - worn[0] < 0.8 * (by_age[-1] - by_age[0])
    assert age + worn[MEDIAN] == pytest.approx(age / 0.6 ** (1 / 3), rel=0.1)


def test_an_indicator_that_never_warned_changes_little_and_says_so() -> None:
    sudden, steady = learn(peers(SUDDEN)), learn(peers(STEADY))
    age = 150_000.0
    by_age, with_it = forecast(sudden, age).quantiles(), forecast(sudden, age, 0.0).quantiles()
    assert with_it == pytest.approx(by_age, rel=0.5)
    assert forecast(sudden, age, 0.0).unannounced > 0.5 > forecast(steady, age, 0.3).unannounced
    assert math.isnan(forecast(sudden, age).unannounced)


@pytest.mark.parametrize("level", [None, math.nan, 0.0, 0.4, 1.0, 7.0])
@pytest.mark.parametrize("age", [0.0, 1.0, 150_000.0, 900_000.0, 5e7])
def test_quantiles_are_finite_and_in_order_at_any_age_and_reading(level: float | None, age: float) -> None:
    found = forecast(learn(peers(STEADY)), age, level).quantiles()
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0.0).all()
    assert found[0] >= 0.0


def test_the_nearer_the_limit_the_less_is_left() -> None:
    fleet = learn(peers(STEADY))
    left = [forecast(fleet, 120_000.0, level).quantiles()[MEDIAN] for level in np.linspace(0.1, 1.0, 12)]
    assert left == sorted(left, reverse=True)


def test_the_clock_does_not_matter() -> None:
    km, hours = learn(peers(STEADY)), learn([Peer(life / 50.0, shares=STEADY) for life in LIVES_KM])
    found = forecast(hours, 2_400.0, 0.2).quantiles()
    assert 50.0 * found == pytest.approx(forecast(km, 120_000.0, 0.2).quantiles(), rel=1e-6)


def test_a_rate_turns_damage_into_km_and_adds_its_own_uncertainty() -> None:
    left = forecast(learn([], expected_life=1.0, spread_ln=0.5), 0.3)
    damage, km = left.quantiles(), left.at_rate(0.0) / 1e-6
    assert km == pytest.approx(damage * 1e6, rel=0.02)
    wider = left.at_rate(0.8) / 1e-6
    assert wider[0] < km[0]
    assert wider[-1] > km[-1]
    assert wider[MEDIAN] == pytest.approx(km[MEDIAN], rel=0.15)


@pytest.mark.parametrize("rate_sd_ln", [0.2, 0.5, 1.2])
def test_an_uncertain_rate_spreads_as_draws_of_it_do(rate_sd_ln: float) -> None:
    left = forecast(learn(peers(STEADY)), 130_000.0, 0.3)
    random = np.random.default_rng(5)
    middle = left.remaining * math.sqrt(left.remaining[0] / left.remaining[1])
    drawn = random.choice(middle, 400_000, p=left.probability) * np.exp(rate_sd_ln * random.normal(size=400_000))
    assert left.at_rate(rate_sd_ln) == pytest.approx(np.quantile(drawn, LEVELS), rel=0.02)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_units_together_are_told_what_each_is_told_alone(noise: float) -> None:
    fleet = learn(peers(STEADY))
    ages, shares = np.array([5_000.0, 130_000.0, 400_000.0]), np.array([0.0, 0.3, 0.9])
    together = by_indicator(fleet, ages, shares, np.full(3, noise)).quantiles()
    alone = [forecast(fleet, age, share, noise).quantiles() for age, share in zip(ages, shares, strict=True)]
    assert together == pytest.approx(np.array(alone), rel=1e-9)


def test_tables_over_the_fraction_of_life_are_near_the_densities() -> None:
    past_over_left = np.geomspace(0.1, 50.0, 301)
    exact = warned_density(np.array(0.5), past_over_left / (1.0 + past_over_left), CHOICES[:, 1:])
    table = warned_density(np.array(0.5), NODES, CHOICES[:, 1:])
    place = between(np.broadcast_to(past_over_left, (len(CHOICES), 301)))
    assert np.all(np.abs(place.of(table) - exact) < 0.02 * exact.max(axis=1, keepdims=True))
    weight = np.random.default_rng(1).random((len(CHOICES), 301))
    assert (place.spread(weight) * table).sum() == pytest.approx((weight * place.of(table)).sum())


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_sums_of_readings_are_those_of_their_table(noise: float) -> None:
    random, readings = np.random.default_rng(2), densities(np.array([0.1, 0.7]), noise)
    nodes, choices = random.random((2, len(NODES))), random.random((2, len(CHOICES)))
    assert readings.held(nodes) == pytest.approx((readings.table() @ nodes[..., None])[..., 0])
    assert readings.mixed(choices) == pytest.approx((choices[:, None] @ readings.table())[:, 0])


def test_lives_of_many_units_that_run_are_those_of_each_by_itself() -> None:
    """Ages are counted on the points of the lives: next to nothing is lost."""
    few, many = (learn_lives([Peer(100.0), *[Peer(age, ended=False) for age in ages]]) for ages in ((80.0,), (80.9,)))
    at = np.array([50.0, 100.0, 300.0])
    assert few.below(at) == pytest.approx(many.below(at), rel=0.02)
    one, two = (
        learn_lives([Peer(100.0), *peers]) for peers in ([Peer(80.0, False)] * 2, [Peer(80.0, False, weight=2.0)])
    )
    assert one.cumulative == pytest.approx(two.cumulative)


def test_the_way_to_the_limit_starts_at_the_best_level() -> None:
    levels = np.concatenate((np.linspace(3.0, 1.0, 20), np.linspace(1.0, 5.0, 80)))
    found = shares_at(levels, 5.0, np.array([0.02, 0.2, 0.6, 1.0]))
    assert math.isnan(found[0])
    assert found[1] == 0.0
    assert found[2] == pytest.approx(0.48, abs=0.03)
    assert found[3] == pytest.approx(0.98, abs=0.02)
    assert shares_at(levels, 4.0, np.array([1.0]), above_best=True)[0] == pytest.approx(found[3], abs=0.02)


def test_a_level_that_is_no_number_changes_nothing_and_a_lost_way_is_no_way() -> None:
    track = Track()
    for level in (1.0, 1.0, math.nan, 1.0, math.inf, 1.0):
        track = follow(track, level)
    assert track == Track((1.0, 1.0, 1.0, 1.0), 1.0)
    assert share(track, 1.0) == share(track, 0.5) == 1.0
    assert share(track, 2.0) == 0.0


def test_the_same_peers_teach_the_same_bits() -> None:
    first, second = (forecast(learn(peers(STEADY)), 99_000.0, 0.31) for _ in range(2))
    assert first.probability.tobytes() == second.probability.tobytes()


@pytest.mark.parametrize("share", [0.9, 1.0, 1.3, 6.4])
@pytest.mark.parametrize("age_km", [2_400.0, 150_000.0])
def test_a_young_unit_at_its_limit_is_not_taken_for_one_whose_end_gives_no_warning(share: float, age_km: float) -> None:
    """Where the limit is the end by definition: before, half of it was explained so, with 90,000 km to go."""
    found = forecast(learn([], 300_000.0, ends_at_limit=True), age_km, share, 0.135)
    assert float(found.unannounced) < 0.01
    assert found.quantiles()[MEDIAN] < 0.15 * age_km
    assert found.quantiles()[0] < 0.002 * age_km, "replace by"


@pytest.mark.parametrize("noise", [1e-9, 1e-3, 0.05, 10.0])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, 40.0])
def test_any_noise_and_any_reading_beyond_the_limit_have_quantiles(noise: float, share: float) -> None:
    for fleet in (learn(peers(STEADY)), learn([], 1.0, ends_at_limit=True)):
        found = forecast(fleet, 100.0, share, noise).quantiles()
        assert np.isfinite(found).all()
        assert (np.diff(found) > 0.0).all()
