"""A simulated unit taken for any other variant is noticed; taken for its own it is left alone (physics 9.3)."""

from functools import cache

import numpy as np
import pytest

from tests import swaps
from twin.estimators import fit
from twin.plant import machines
from twin.variants import names

SEED, MINUTES = 7, 150


@cache
def unit(variant: str) -> swaps.Telemetry:
    return swaps.telemetry(variant, SEED, 0, MINUTES)


@pytest.mark.parametrize("variant", machines.names())
def test_unit_of_its_own_variant_is_left_alone(variant: str) -> None:
    verdict = swaps.judged(variant, unit(variant))
    assert np.isnan(verdict.alert_min)
    assert verdict.misfit < fit.LIMIT


@pytest.mark.parametrize("variant", machines.names())
def test_unit_is_noticed_by_the_twin_of_every_other_variant(variant: str) -> None:
    for believed in set(names()) - {variant}:
        verdict = swaps.judged(believed, unit(variant))
        assert 2.0 < verdict.alert_min < MINUTES, believed
