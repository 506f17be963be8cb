"""Remaining life by an indicator's days: share of the way, segments, noise, and intervals that hold."""

import math

import numpy as np
import pytest

from schemas.results import EduDay
from twin.fleet.indicators import INDICATORS, Floats, History, Outlook, ended, kind, levels, outlook, progress, rebased
from twin.fleet.life import LEVELS
from twin.fleet.lives import Peer
from twin.fleet.prospects import Wear
from twin.fleet.readings import NODES, densities

COOLING, MODULE = INDICATORS[:2]
DAYS, WAY_KM = 200, 60.0
DESIGN_KM = 300_000.0
REPLACE, MEDIAN = LEVELS.index(0.05), LEVELS.index(0.5)


def history(level: Floats, segment: Floats | None = None) -> History:
    day = np.arange(len(level))
    segments = np.zeros(len(level), np.int64) if segment is None else segment.astype(np.int64)
    return History(20_000 + day, WAY_KM * (1.0 + day), level, segments)


def driven(days: int) -> Wear:
    ones = np.ones(days)
    return Wear(20_000 + np.arange(days), WAY_KM * ones, ones, WAY_KM * ones)


def look(level: Floats, peers: list[Peer] | None = None) -> Outlook:
    found = outlook(COOLING, kind(peers or [], DESIGN_KM), history(level), driven(len(level)))
    assert found is not None
    return found


def noise(seed: int, days: int = DAYS) -> Floats:
    return np.random.default_rng(seed).normal(0.0, 0.03, days)


def test_every_indicator_is_a_field_of_the_day() -> None:
    for one in INDICATORS:
        assert {one.field, one.validity} <= set(EduDay.model_fields)


def test_levels_rise_towards_the_end_whichever_way_the_figure_goes() -> None:
    assert levels(COOLING, np.array([1.4, 0.7 * 1.4])) == pytest.approx(
        [-math.log(1.4), -math.log(1.4) + COOLING.limit]
    )
    assert levels(MODULE, np.array([0.9, 1.2 * 0.9])) == pytest.approx([math.log(0.9), math.log(0.9) + MODULE.limit])


def test_half_of_the_way_is_seen_to_within_its_noise_and_too_few_days_tell_nothing() -> None:
    level = noise(1) + np.linspace(0.0, 0.5, DAYS) * COOLING.limit
    found = progress(COOLING, level)
    assert found is not None
    assert abs(found.share - 0.5) < 2.0 * found.noise
    assert 0.1 < found.noise < 0.3
    assert progress(COOLING, level[:9]) is None


def test_what_changes_with_a_segment_is_no_wear_and_the_way_so_far_is_kept() -> None:
    level = np.linspace(0.0, 0.5, DAYS) * COOLING.limit
    segment = (np.arange(DAYS) >= 120).astype(float)
    jumped = level + 0.4 * segment
    found, plain = (progress(COOLING, rebased(history(one, segment))) for one in (jumped, level))
    assert found is not None
    assert plain is not None
    assert found.share == pytest.approx(plain.share, abs=1e-9)
    assert found.share == pytest.approx(0.46, abs=0.06)
    whole = progress(COOLING, jumped)
    assert whole is not None
    assert whole.share > 1.0, "beyond the limit"


def test_a_unit_that_shows_nothing_is_as_its_kind_and_one_that_is_far_ends_soon() -> None:
    still, far = look(noise(2)), look(noise(2) + np.linspace(0.0, 0.85, DAYS) ** 4 * COOLING.limit)
    late = look(noise(2) + np.linspace(0.0, 0.98, DAYS) ** 4 * COOLING.limit)
    assert still.km[MEDIAN] > 100_000.0
    assert far.km[MEDIAN] < 0.3 * still.km[MEDIAN]
    assert late.km[MEDIAN] < far.km[MEDIAN]
    for one in (still, far, late):
        assert np.all(np.diff(one.km) > 0.0)
        assert one.km[REPLACE] < 0.5 * one.km[MEDIAN]
        assert one.hours[MEDIAN] == pytest.approx(one.km[MEDIAN] / WAY_KM, rel=0.1)
        assert one.days[MEDIAN] == pytest.approx(one.hours[MEDIAN], rel=0.01)


def test_peers_that_ended_shift_what_is_expected() -> None:
    life_km = WAY_KM * DAYS
    peers = [
        ended(COOLING, history(noise(10 + k) + np.linspace(0.0, 1.0, DAYS) ** 4 * COOLING.limit), life_km)
        for k in range(6)
    ]
    assert all(peer.shares is not None and peer.noise > 0.0 for peer in peers)
    young = noise(3, 40)
    assert look(young, peers).km[MEDIAN] < 0.2 * look(young).km[MEDIAN]


def test_until_peers_ended_a_unit_is_expected_to_last_as_far_as_it_is_designed_for() -> None:
    far, near = (outlook(COOLING, kind([], km), history(noise(2)), driven(DAYS)) for km in (DESIGN_KM, 0.5 * DESIGN_KM))
    assert far is not None
    assert near is not None
    assert far.km[MEDIAN] > 200_000.0
    assert near.km[MEDIAN] == pytest.approx(0.5 * far.km[MEDIAN], rel=0.15)


def test_without_noise_densities_are_those_of_a_grid_of_shares() -> None:
    """A little noise changes nothing but a factor that is the same at all fractions of life."""
    exact, noisy = (
        densities(np.array([0.4]), noise).table()[0][:, (NODES > 0.3) & (NODES < 0.9)] for noise in (0.0, 0.02)
    )
    shape = (noisy / noisy.sum(axis=1, keepdims=True)) / (exact / exact.sum(axis=1, keepdims=True))
    wide = exact.max(axis=1) > 1e-3
    assert np.all(np.abs(shape[wide][exact[wide] > 0.05 * exact[wide].max(axis=1, keepdims=True)] - 1.0) < 0.2)


def test_stated_intervals_cover_the_ends_of_simulated_units() -> None:
    """Noisy days of units whose wear feeds itself, lives that scatter about the design: 90 % hold 85-97 %."""
    random, held, runs = np.random.default_rng(8), 0, 120
    fleet = kind([], DESIGN_KM)
    for _ in range(runs):
        life_km = DESIGN_KM * math.exp(random.normal(0.0, 1.1))
        age_km = life_km * random.uniform(0.2, 0.95)
        km = np.linspace(age_km / DAYS, age_km, DAYS)
        level = random.normal(0.0, 0.03, DAYS) + (km / life_km) ** 4 * COOLING.limit
        way_km = np.full(DAYS, age_km / DAYS)
        days = Wear(20_000 + np.arange(DAYS), way_km, np.ones(DAYS), way_km)
        found = outlook(COOLING, fleet, History(days.day, km, level, np.zeros(DAYS, np.int64)), days)
        assert found is not None
        held += found.km[0] <= life_km - age_km <= found.km[-1]
    assert 0.85 <= held / runs <= 0.97
