"""Whose weather is alike: bands of the air that units drive in, against the fleet's."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from twin.fleet.climate import LEAST_DAYS, follow
from twin.fleet.features import GATE
from twin.fleet.rules import BaselineRules
from twin.fleet.units import UNKNOWN, Units

RULES = BaselineRules()
NAMES = [f"u{k:02d}" for k in range(30)]
AIR_C = np.repeat([4.0, 15.0, 27.0], 10)
"""Ten units each in the north, the middle and the south."""


def fleet() -> tuple[Units, NDArray[np.int64]]:
    units = Units()
    return units, units.places(NAMES)


def words(units: Units) -> list[str]:
    return [units.word("climate", at) for at in range(len(units.names))]


def drive(units: Units, index: NDArray[np.int64], air_c: NDArray[np.float64], first: int, days: int) -> None:
    rng = np.random.default_rng(first)
    for day in range(first, first + days):
        follow(units, index, air_c + rng.normal(0.0, 2.0, len(air_c)), day, RULES)


def test_units_are_banded_by_the_fleets_median_and_not_before_a_few_days() -> None:
    units, index = fleet()
    drive(units, index, AIR_C, 0, LEAST_DAYS - 1)
    assert set(words(units)) == {UNKNOWN}
    drive(units, index, AIR_C, LEAST_DAYS - 1, 10)
    assert words(units) == 10 * ["air:colder"] + 10 * ["air:usual"] + 10 * ["air:warmer"]


def test_a_season_moves_nobody() -> None:
    units, index = fleet()
    drive(units, index, AIR_C, 0, 10)
    before = words(units)
    for day in range(10, 375):
        follow(units, index, AIR_C + 12.0 * np.sin(2.0 * np.pi * day / 365.0), day, RULES)
        assert words(units) == before


def test_a_fleet_in_one_climate_is_one_band() -> None:
    units, index = fleet()
    drive(units, index, np.full(30, 15.0), 0, 60)
    assert set(words(units)) == {"air:usual"}


def test_a_unit_near_an_edge_does_not_flap() -> None:
    units, index = fleet()
    air_c = np.where(np.arange(30) == 0, 15.0 - 6.0, 15.0)
    seen = []
    for day in range(200):
        follow(units, index, air_c + np.where(np.arange(30) == 0, 4.0 * (-1.0) ** (day // 3), 0.0), day, RULES)
        seen.append(units.word("climate", 0))
    assert sum(one != other for one, other in pairwise(seen[20:])) <= 1


def test_who_moves_keeps_a_normal_that_is_less_sure_and_learned_again() -> None:
    units, index = fleet()
    drive(units, index, AIR_C, 0, 20)
    units.rows["days"][:] = 100
    units.rows["baseline"][:] = 0.5
    units.rows["baseline_var"][:] = 1e-4
    drive(units, index, np.where(np.arange(30) == 0, 27.0, AIR_C), 20, 40)
    assert words(units)[0] == "air:warmer"
    row = units.rows[0]
    assert (row["baseline"] == 0.5).all()
    assert (row["days"] == RULES.least_days).all()
    assert (row["baseline_var"] > 0.9 * (RULES.segment_sd_gates * GATE) ** 2).all()
    assert (units.rows["days"][1:] == 100).all()


@pytest.mark.parametrize("stated", ["desert", "usual", "warmer"])
def test_what_the_registry_says_stays_and_who_measures_no_air_is_unknown(stated: str) -> None:
    units, index = fleet()
    units.register("u00", climate=stated)
    air_c = AIR_C.copy()
    air_c[1] = np.nan
    drive(units, index, air_c, 0, 20)
    assert words(units)[:3] == [stated, UNKNOWN, "air:colder"]


def test_the_order_of_the_units_does_not_matter() -> None:
    one, other = fleet()[0], Units()
    index = one.places(NAMES)
    turned = other.places(NAMES[::-1])[::-1].copy()
    for day in range(12):
        air_c = AIR_C + np.random.default_rng(day).normal(0.0, 3.0, 30)
        follow(one, index, air_c, day, RULES)
        follow(other, turned, air_c, day, RULES)
    assert [one.word("climate", k) for k in index] == [other.word("climate", k) for k in turned]
