"""Slow parameters of simulated days: each fault moves its own parameter, and nothing else moves."""

from functools import cache

import numpy as np
import pytest

from schemas.results import Validity
from tests import drives, slow, slow_truth
from twin.fleet import drift
from twin.layout import DAY
from twin.layout.drift import DRIFT_SUMS
from twin.variants import load

EESM, PM = "bmw-gen5-rear", "jaguar-ipace"
SEED = 5
DAYS = 1
PARAMETERS = {
    "cooling_conductance_ratio": "cooling_conductance_ratio_sd",
    "drag_scale": "drag_scale_sd",
    "module_resistance_ratio": "module_resistance_ratio_sd",
    "leg_resistance_ratio": "leg_resistance_ratio_sd",
    "field_resistance_20c_ohm": "field_resistance_20c_sd_ohm",
    "brush_drop_v": "brush_drop_sd_v",
    "magnet_flux_20c_wb": "magnet_flux_20c_sd_wb",
    "resolver_offset_deg": "resolver_offset_sd_deg",
    "copper_loss_scale": "copper_loss_scale_sd",
    "iron_loss_scale": "iron_loss_scale_sd",
    "inverter_loss_scale": "inverter_loss_scale_sd",
    "pump_flow_ratio": "pump_flow_ratio_sd",
    "isolation_decades": "isolation_decades_sd",
    "vibration_m_s2": "vibration_m_s2_sd",
    "vibration_kurtosis": "vibration_kurtosis_sd",
}


@cache
def day(name: str, *faults: tuple[str, float]) -> slow.Days:
    """A hot day on the motorway of one unit."""
    return slow.run(name, 0, DAYS, SEED, faults)


def changes(name: str, *faults: tuple[str, float]) -> dict[str, tuple[float, float]]:
    """Parameter -> its change by the faults, of ratios relative, and over the stated SD; same unit, day and noise."""
    sound, faulty = day(name).points[0], day(name, *faults).points[0]
    found = {}
    for value, sd in PARAMETERS.items():
        if np.isfinite(sound[value]):
            change = faulty[value] - sound[value]
            size = change / sound[value] if value.endswith(("ratio", "scale")) else change
            found[value] = (float(size), float(change / sound[sd]))
    return found


FAULTS = [
    (EESM, ("fouling", 0.6), "cooling_conductance_ratio", (-0.4, -0.12), {"module_resistance_ratio", "drag_scale"}),
    (EESM, ("interface_dry_out", 0.3), "module_resistance_ratio", (0.1, 0.4), set()),
    (EESM, ("leg_ageing", 0.3), "leg_resistance_ratio", (0.12, 0.28), set()),
    (EESM, ("pump", 0.3), "pump_flow_ratio", (-0.32, -0.28), set()),
    (EESM, ("isolation", 2.0), "isolation_decades", (-2.02, -1.98), set()),
    (EESM, ("brush_wear", 2.0), "brush_drop_v", (1.7, 2.3), {"isolation_decades"}),
    (EESM, ("field_short", 0.02), "field_resistance_20c_ohm", (-0.08, -0.045), set()),
    (EESM, ("bearing_wear", 0.5), "drag_scale", (0.03, 0.4), {"vibration_m_s2", "vibration_kurtosis"}),
    (EESM, ("gear_pitting", 0.5), "vibration_m_s2", (1.6, 2.2), {"vibration_kurtosis"}),
    (EESM, ("turn_short", 0.5), "copper_loss_scale", (0.35, 0.65), {"cooling_conductance_ratio"}),
    (PM, ("demagnetisation", 0.05), "magnet_flux_20c_wb", (-0.0045, -0.0027), set()),
    (PM, ("resolver_offset", 1.5), "resolver_offset_deg", (1.2, 1.8), set()),
]


@pytest.mark.parametrize(("name", "fault", "moved", "band", "also"), FAULTS, ids=[row[1][0] for row in FAULTS])
def test_a_fault_moves_its_parameter_by_its_size_and_no_other(
    name: str, fault: tuple[str, float], moved: str, band: tuple[float, float], also: set[str]
) -> None:
    """``also``: what the same fault does elsewhere, as deposits do that cover every cooled wall."""
    found = changes(name, fault)
    assert band[0] < found[moved][0] < band[1], found
    others = {value: change for value, change in found.items() if value not in also | {moved}}
    assert len(others) >= 6
    assert {value: change for value, change in others.items() if abs(change[1]) > 1.0} == {}


def test_a_sound_unit_is_within_its_deviations_of_what_it_is() -> None:
    point, truth = day(EESM).points[0], day(EESM).unit.parameters
    for value, true in (("field_resistance_20c_ohm", truth.field_resistance_20c_ohm), ("brush_drop_v", 2.0)):
        assert abs(point[value] - true) < 2.5 * point[PARAMETERS[value]], value
    point, truth = day(PM).points[0], day(PM).unit.parameters
    for value, true in (("magnet_flux_20c_wb", truth.magnet_flux_wb), ("resolver_offset_deg", 0.0)):
        assert abs(point[value] - true) < 2.5 * point[PARAMETERS[value]], value


def test_three_quarters_of_the_cooling_lost_are_published_and_said_to_be_hard_to_believe() -> None:
    part = day(EESM).parts[:1].copy()
    part["cooling_sums"][..., 4:6] *= 4.0  # four times the rise for the same losses
    part["cooling_sums"][..., 6] *= 16.0
    found = drift.estimates(load(EESM), part)
    sound = day(EESM).points[0]["cooling_conductance_ratio"]
    assert found["cooling_conductance_ratio"] == pytest.approx(sound / 4.0, rel=1e-3)
    assert found["cooling_conductance_ratio_validity"] == Validity.BEYOND_PRIOR


def test_a_loss_scale_that_a_day_does_not_tell_is_not_published_with_its_prior() -> None:
    point = day(EESM).points[0]
    assert point["loss_scale_n_eff"] > 20.0
    for part in ("iron", "inverter"):
        assert point[f"{part}_loss_scale_validity"] == Validity.NOT_EXCITED
        assert np.isnan([point[f"{part}_loss_scale"], point[f"{part}_loss_scale_sd"]]).all()
    assert point["copper_loss_scale_validity"] == Validity.VALID
    assert point["copper_loss_scale_sd"] < 0.5


def test_a_copper_loss_of_three_times_the_model_is_told_and_said_to_be_hard_to_believe() -> None:
    found = day(EESM, ("turn_short", 2.0))
    point, true = found.points[0], slow_truth.losses(found.points[0], found.drives)["copper_loss_scale"]
    assert true > 2.5
    assert abs(point["copper_loss_scale"] - true) < 2.0 * point["copper_loss_scale_sd"]
    assert point["copper_loss_scale_validity"] == Validity.BEYOND_PRIOR


def test_what_a_sensor_scales_by_is_in_the_deviation_however_many_samples_there_are() -> None:
    point = day(EESM).points[0]
    assert point["vibration_m_s2_sd"] > 0.05 * point["vibration_m_s2"]
    assert point["pump_flow_ratio_sd"] > 0.02 * point["pump_flow_ratio"]
    assert point["isolation_decades_sd"] > 0.02


@pytest.mark.parametrize("name", [EESM, PM])
def test_a_reading_counts_as_long_as_it_lasts_at_any_rate(name: str) -> None:
    """A day at 1 Hz, and each of its samples held for ten of 10 Hz: the same was seen, so no more is known."""
    samples, truth = slow.simulate(name, 0, 1, SEED)[1][0]
    begins_us, points = slow.times_us(truth), []
    for hz in (1, 10):
        part_us = np.arange(hz) * (1_000_000 // hz)
        rows, times_us = slow.twin(name).new_rows(), (begins_us[:, None] + part_us).ravel()
        rows.add()
        slow.twin(name).step(rows, drives.frames(len(times_us)), times_us, np.repeat(samples, hz))
        points.append(slow.twin(name).tick(rows, int(times_us[-1]) + 2 * 86_400_000_000).days[0])
    once, held = points
    for value in (
        "isolation_decades",
        "vibration_m_s2",
        "vibration_kurtosis",
        "pump_flow_ratio",
        "resolver_offset_deg",
    ):
        spread = {"resolver_offset_deg": "resolver_offset_sd_deg"}.get(value, f"{value}_sd")
        count = f"{value.removesuffix('_deg')}_n_eff"
        assert held[count] == pytest.approx(once[count], rel=0.05), value
        assert held[value] == pytest.approx(once[value], abs=0.2 * once[spread]), value
        assert held[spread] == pytest.approx(once[spread], rel=0.1), value


def test_an_offset_of_the_inlet_that_a_soak_has_shown_does_not_pass_for_a_cooling_loss() -> None:
    sound, off = (slow.run(EESM, 0, 3, SEED, faults).points[2] for faults in ((), (("coolant_sensor", 1.0),)))
    assert off["coolant_in_offset_k"] - sound["coolant_in_offset_k"] > 0.5
    assert off["cooling_conductance_ratio"] == pytest.approx(sound["cooling_conductance_ratio"], rel=0.03)
    assert off["cooling_conductance_ratio_sd"] < sound["cooling_conductance_ratio"] * 0.25


def test_a_change_of_software_begins_a_segment_and_moves_nothing() -> None:
    same = slow.run(EESM, 0, 2, SEED)
    changed = slow.run(EESM, 0, 2, SEED, identities=(1, 2))
    assert changed.points["segment"].tolist() == [1, 2]
    for value, sd in PARAMETERS.items():
        if np.isfinite(same.points[1][value]):
            moved = changed.points[1][value] - same.points[1][value]
            assert abs(moved) < 0.1 * same.points[1][sd], value
    with pytest.raises(ValueError, match="segments 1, 2"):
        drift.merged(changed.parts)


def test_parts_of_a_day_add_up_to_the_day() -> None:
    """As when a backlog comes after a tick has closed the day: sums to 1e-12, estimates the same functions of them."""
    whole = slow.run(EESM, 0, 2, SEED)
    total = drift.merged(whole.parts)
    for name, _ in DRIFT_SUMS:
        np.testing.assert_allclose(total[name][0], whole.parts[0][name] + whole.parts[1][name], rtol=1e-12)
    found = drift.estimates(load(EESM), whole.parts[:1])
    for name in drift.FIELDS:
        assert found[name] == pytest.approx(float(whole.points[0][name]), nan_ok=True), name
    both = drift.estimates(load(EESM), total)
    assert both["cooling_conductance_ratio_n_eff"] > found["cooling_conductance_ratio_n_eff"]
    values = whole.points["field_resistance_20c_ohm"]
    assert min(values) - 0.01 < both["field_resistance_20c_ohm"] < max(values) + 0.01


def test_what_is_missing_has_a_reason() -> None:
    point = day(PM).points[0]
    assert point["field_validity"] == Validity.NOT_APPLICABLE
    assert np.isnan(point["brush_drop_v"])
    assert day(EESM).points[0]["magnet_flux_validity"] == Validity.NOT_APPLICABLE
    blank = drift.estimates(load(PM), np.zeros(1, DAY))
    for part in ("copper", "iron", "inverter"):
        assert blank[f"{part}_loss_scale_validity"] == Validity.NO_DC_SIDE
    assert blank["cooling_conductance_ratio_validity"] == Validity.NO_DATA
    assert all(np.isnan(blank[value]) for value in PARAMETERS)
    assert drift.estimates(load("bmw-gen6-front"), np.zeros(1, DAY))["resolver_offset_validity"] == (
        Validity.NOT_APPLICABLE
    )
