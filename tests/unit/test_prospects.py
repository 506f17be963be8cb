"""How long a component goes on, from what its days wore."""

import math
from pathlib import Path

import numpy as np
import pytest

from schemas.components import Component, Law
from twin.fleet.designs import Designs
from twin.fleet.life import LEVELS, Fleet, Floats
from twin.fleet.lives import EXPECTED_LIFE_SD_LN, Peer
from twin.fleet.prospects import Wear, lives, prospect, rates, scatter

MEDIAN, REPLACE = LEVELS.index(0.5), 0


def steady(days: int, way_km: float = 50.0, damage: float = 1e-5, every: int = 1, before: float = 0.0) -> Wear:
    day = 20_000 + np.arange(0, days, every)
    ones = np.ones(len(day))
    return Wear(day, way_km * ones, ones * way_km / 40.0, damage * ones, before)


def km(fleet: Fleet, wear: Wear) -> Floats:
    found = prospect(fleet, wear)
    assert found is not None
    return found.km


def test_rates_are_damage_over_what_was_driven_and_over_the_calendar() -> None:
    found = rates(steady(60, every=2))
    assert found is not None
    assert found.per_km == pytest.approx(1e-5 / 50.0)
    assert found.per_hour == pytest.approx(1e-5 / 1.25)
    assert found.per_day == pytest.approx(30 * 1e-5 / 59)


def test_a_rate_is_surer_the_more_weeks_agree() -> None:
    short, long = rates(steady(7)), rates(steady(84))
    assert short is not None
    assert long is not None
    assert long.sd_ln < 0.6 * short.sd_ln
    assert long.sd_ln > 0.2  # what the next driver does nobody knows


def test_old_use_does_not_count_for_the_rate_but_for_the_damage() -> None:
    hard, easy = steady(200, damage=1e-3), steady(98, damage=1e-6)
    both = Wear(
        np.concatenate((hard.day, easy.day + 200)),
        *(np.concatenate(pair) for pair in ((hard.km, easy.km), (hard.hours, easy.hours), (hard.damage, easy.damage))),
    )
    found = rates(both)
    assert found is not None
    assert found.per_km == pytest.approx(1e-6 / 50.0)
    assert both.now == pytest.approx(0.2 + 9.8e-5)


def test_without_wear_there_is_no_remaining_life() -> None:
    for wear in (steady(0), steady(10, damage=0.0)):
        assert prospect(lives(Component.OIL, Law.ARRHENIUS), wear) is None
    with pytest.raises(ValueError, match="margin"):
        prospect(lives(Component.MAGNETS, Law.KNEE), steady(10))


def test_the_law_stands_at_the_lives_it_states() -> None:
    """One tenth of bearings ends before L10: a unit of steady use reaches damage 1 with that probability."""
    for component, law, share in (
        (Component.DRIVE_END_BEARING, Law.ISO_281, 0.10),
        (Component.SOLDER, Law.AN21, 0.15),
        (Component.PITTING_DRIVING, Law.ISO_6336, 0.01),
        (Component.SEAL, Law.ARRHENIUS, 0.50),
    ):
        found = scatter(component, law)
        z = math.log(1.0 / found.median) / found.spread_ln
        assert 0.5 * math.erfc(-z / math.sqrt(2.0)) == pytest.approx(share, abs=0.002)


@pytest.mark.parametrize(("name", "share"), [("an21", 0.15), ("cips08", 0.50), ("lesit", 0.50)])
def test_a_module_lives_as_the_law_that_its_variant_names(tmp_path: Path, name: str, share: float) -> None:
    """The tables of a variant name a law; what share of the modules ends before its damage of 1 is that law's."""
    (tmp_path / "own.toml").write_text(f'name = "own"\nextends = "bmw-i3"\n[lifetime.module]\nlaw = "{name}"\n')
    own = Designs(tmp_path).of("own")
    assert own is not None
    for component in (Component.BOND_WIRES, Component.SOLDER):
        assert own.laws[component] is Law[name.upper()]
        fleet = lives(component, own.laws[component])
        assert float(fleet.lives.below(np.array([1.0]))[0]) == pytest.approx(share, abs=0.12)
        found = scatter(component, own.laws[component])
        assert 0.5 * math.erfc(math.log(found.median) / found.spread_ln / math.sqrt(2.0)) == pytest.approx(
            share, abs=0.002
        )


def test_remaining_life_is_damage_left_over_the_rate_in_every_clock() -> None:
    found = prospect(lives(Component.INSULATION, Law.ARRHENIUS), steady(365, damage=1e-4))
    assert found is not None
    assert found.km[MEDIAN] == pytest.approx((1.0 - 0.0365) / (1e-4 / 50.0), rel=0.15)
    assert found.hours[MEDIAN] == pytest.approx(found.km[MEDIAN] / 40.0, rel=0.02)
    assert found.days[MEDIAN] == pytest.approx(found.km[MEDIAN] / 50.0, rel=0.02)
    assert np.all(np.diff(found.km) > 0.0)
    assert found.km[REPLACE] < 0.4 * found.km[MEDIAN]


def test_more_damage_brings_the_replacement_nearer_and_a_faster_rate_all() -> None:
    base = km(lives(Component.SEAL, Law.ARRHENIUS), steady(100, damage=1e-4))
    worn = km(lives(Component.SEAL, Law.ARRHENIUS), steady(100, damage=1e-4, before=0.5))
    fast = km(lives(Component.SEAL, Law.ARRHENIUS), steady(100, damage=2e-4))
    assert worn[REPLACE] < 0.7 * base[REPLACE]
    assert 0.5 / 2e-6 + worn[MEDIAN] > base[MEDIAN]  # to have lived so long says something, too
    assert np.all(fast < base)


def test_peers_that_failed_early_bring_the_end_nearer_and_those_that_run_long_push_it_away() -> None:
    wear = steady(100, damage=1e-4)
    alone = km(lives(Component.DRIVE_END_BEARING, Law.ISO_281), wear)
    failed = km(lives(Component.DRIVE_END_BEARING, Law.ISO_281, [Peer(0.2 + 0.02 * k) for k in range(8)]), wear)
    running = km(lives(Component.DRIVE_END_BEARING, Law.ISO_281, [Peer(6.0, ended=False)] * 8), wear)
    assert failed[MEDIAN] < 0.5 * alone[MEDIAN]
    assert running[MEDIAN] > 1.5 * alone[MEDIAN]


def test_stated_intervals_cover_the_ends_of_simulated_lives() -> None:
    """Laws that are off, lives that scatter, weeks that differ, a driver who changes: 90 % intervals hold 85-95 %."""
    random, law, runs = np.random.default_rng(12), scatter(Component.BRUSHES, Law.SLIDING), 500
    fleet, held, made = lives(Component.BRUSHES, Law.SLIDING), 0, 0
    for _ in range(runs):
        off = math.exp(EXPECTED_LIFE_SD_LN * random.standard_normal())
        life = off * law.median * math.exp(law.spread_ln * random.standard_normal())
        age = math.exp(random.uniform(math.log(0.01), math.log(5.0)))
        if age >= life:
            continue
        per_km = 1e-6 * math.exp(random.normal(0.0, 0.3))
        weeks = np.repeat(np.exp(random.normal(0.0, 0.4, 13)), 7)
        damage = 50.0 * per_km * weeks
        before = max(age - float(damage.sum()), 0.0)
        wear = Wear(20_000 + np.arange(91), np.full(91, 50.0), np.full(91, 1.0), damage, before)
        left_km = (life - wear.now) / (per_km * math.exp(random.normal(0.5 * 0.4**2, 0.2)))
        found = km(fleet, wear)
        held += found[0] <= left_km <= found[4]
        made += 1
    assert made > 150
    assert 0.85 <= held / made <= 0.95
