"""A simulated unit taken for any other variant is noticed; taken for its own it is left alone (physics 9.3)."""

from functools import cache

import numpy as np
import pytest

from tests import lea, swaps
from tests.data import reference_data
from twin.estimators import fit
from twin.plant import machines
from twin.variants import names

SEED, MINUTES = 7, 120


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


@pytest.mark.parametrize("profile", lea.PROFILES)
def test_real_bench_machine_is_its_own_variant_and_no_other_magnet_machine(profile: int) -> None:
    recorded = lea.recording(reference_data("lea-pmsm-temperature"), profile)
    bench = swaps.Telemetry(recorded.times_us, recorded.samples, 1)
    own = swaps.judged("lea-pmsm", bench)
    assert np.isnan(own.alert_min)
    assert own.misfit < 0.75 * fit.LIMIT  # its constants leave saturation out: ten minutes of high torque reach 5.7
    for believed in ("bmw-i3", "jaguar-ipace", "landrover-800v-front", "landrover-800v-rear"):
        assert not np.isnan(swaps.judged(believed, bench).alert_min), believed
