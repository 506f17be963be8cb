"""What may be added to damage counted from slow samples, and when nothing may."""

import math
from itertools import pairwise

import pytest

from twin.physics.sampling import FACTORS, INTERVALS_S, damage_correction


def test_point_samples_are_corrected_by_the_published_factors() -> None:
    assert [damage_correction(interval_s, False)[0] for interval_s in INTERVALS_S] == pytest.approx(list(FACTORS))
    assert damage_correction(1.0, False) == pytest.approx((1.06, 0.03))
    assert damage_correction(0.001, False) == (1.0, 0.0)


def test_slower_samples_need_more_correction() -> None:
    found = [damage_correction(0.01 * 1.2**k, False)[0] for k in range(34)]
    assert all(slow >= fast for fast, slow in pairwise(found))


@pytest.mark.parametrize(
    ("interval_s", "averaged"), [(1.0, True), (0.1, True), (6.0, False), (0.0, False), (math.nan, False)]
)
def test_averaged_and_too_slow_samples_have_no_correction(interval_s: float, averaged: bool) -> None:
    factor, sd = damage_correction(interval_s, averaged)
    assert math.isnan(factor)
    assert math.isnan(sd)
