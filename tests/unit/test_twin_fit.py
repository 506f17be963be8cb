"""The twin notices a unit of another variant, and leaves healthy units of its own alone."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from schemas.alerts import UnitAlert
from tests import drives
from tests.machine import Machine
from twin.estimators import fit
from twin.twin import Twin
from twin.variants import load, names

SECONDS = 1_200
MISMATCH = int(UnitAlert.VARIANT_MISMATCH)
SENSOR = int(UnitAlert.WINDING_SENSOR_REJECTED)


@cache
def telemetry(variant: str, seed: int = 0) -> NDArray[Any]:
    return Machine(variant, seed).drive(SECONDS)


@cache
def twin(variant: str) -> Twin:
    return Twin(load(variant))


def heard(variant: str, samples: NDArray[Any], repeat: int = 1) -> tuple[Any, list[Any]]:
    """The row and the alerts of a twin of ``variant`` after these samples, one drive after the other."""
    rows = twin(variant).new_rows()
    rows.add()
    alerts: list[Any] = []
    for turn in range(repeat):
        times_us = drives.times(len(samples), hz=1.0, start_us=drives.START_US + turn * len(samples) * 1_000_000)
        alerts.extend(twin(variant).step(rows, drives.frames(len(samples)), times_us, samples).alerts)
    return rows.records[0], alerts


@pytest.mark.parametrize("variant", names())
def test_healthy_unit_with_scatter_fits_its_variant(variant: str) -> None:
    row, alerts = heard(variant, telemetry(variant, seed=1))
    assert alerts == []
    assert fit.misfit(row) < 0.6 * fit.LIMIT


@pytest.mark.parametrize(
    ("unit", "believed"),
    [
        ("bmw-i3", "bmw-gen5-performance"),
        ("bmw-gen5-performance", "bmw-i3"),
        ("bmw-gen5-performance", "mini-eesm"),
        ("jaguar-ipace", "landrover-800v-rear"),
        ("landrover-800v-rear", "bmw-gen5-rear"),
        ("bmw-gen6-front", "lea-pmsm"),
        ("mini-eesm", "landrover-800v-front"),
    ],
)
def test_unit_of_another_variant_is_noticed(unit: str, believed: str) -> None:
    row, alerts = heard(believed, telemetry(unit), repeat=2)
    opened = [alert for alert in alerts if alert["alert"] == MISMATCH and alert["opened"] == 1]
    assert len(opened) == 1
    assert opened[0]["value"] > opened[0]["limit"] == fit.LIMIT
    assert opened[0]["time_us"] - drives.START_US > 60_000_000  # not at the first odd second
    assert fit.misfit(row) > fit.CALM


def test_temperatures_alone_are_evidence_and_no_proof() -> None:
    samples = telemetry("mini-eesm").copy()
    for name in ("vehicle_speed_km_h", "dc_voltage_v", "field_current_a", "i_d_a", "i_q_a"):
        samples[name] = np.nan
    own, _ = heard("mini-eesm", samples, repeat=2)
    other, alerts = heard("lea-pmsm", samples, repeat=2)
    assert fit.misfit(own) < 2.0
    assert fit.misfit(other) >= fit.MOST_TEMPERATURE
    assert MISMATCH not in [alert["alert"] for alert in alerts]  # a fault of the cooling looks the same


def test_winding_sensor_far_off_from_the_start_is_told_as_such() -> None:
    samples = telemetry("bmw-gen5-rear").copy()
    samples["winding_temp_c"] += 20.0
    _, alerts = heard("bmw-gen5-rear", samples, repeat=2)
    assert MISMATCH not in [alert["alert"] for alert in alerts]


def test_a_minute_of_nonsense_from_the_vehicle_is_not_another_variant() -> None:
    samples = telemetry("bmw-i3").copy()
    samples["vehicle_speed_km_h"][600:660] = 0.0
    _, alerts = heard("bmw-i3", samples)
    assert MISMATCH not in [alert["alert"] for alert in alerts]


def test_another_identity_is_judged_anew() -> None:
    rows = twin("bmw-i3").new_rows()
    rows.add()
    wrong, right = telemetry("bmw-gen5-rear"), telemetry("bmw-i3")
    first = twin("bmw-i3").step(rows, drives.frames(SECONDS), drives.times(SECONDS, hz=1.0), wrong)
    assert MISMATCH in first.alerts["alert"]
    later_us = drives.times(SECONDS, hz=1.0, start_us=drives.START_US + SECONDS * 1_000_000)
    second = twin("bmw-i3").step(rows, drives.frames(SECONDS, identity=2), later_us, right)
    assert [(int(change["alert"]), int(change["opened"])) for change in second.alerts] == [(MISMATCH, 0)]


def test_misfit_that_comes_late_is_a_fault_and_not_a_mix_up() -> None:
    rows = twin("bmw-i3").new_rows()
    rows.add()
    rows.records["segment_driven_s"] = fit.JUDGED_S
    results = twin("bmw-i3").step(
        rows, drives.frames(SECONDS), drives.times(SECONDS, hz=1.0), telemetry("bmw-gen5-rear")
    )
    assert MISMATCH not in results.alerts["alert"]
    assert fit.misfit(rows.records[0]) > fit.LIMIT


def test_broken_winding_sensor_is_told_once_and_one_glitch_is_not() -> None:
    samples = telemetry("bmw-gen5-rear").copy()
    samples["winding_temp_c"][900:915] += 40.0
    _, alerts = heard("bmw-gen5-rear", samples)
    assert SENSOR not in [alert["alert"] for alert in alerts]
    samples["winding_temp_c"][600:] += 40.0
    _, alerts = heard("bmw-gen5-rear", samples, repeat=2)
    assert [int(alert["opened"]) for alert in alerts if alert["alert"] == SENSOR] == [1]
