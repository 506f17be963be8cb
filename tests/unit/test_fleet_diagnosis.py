"""From shifts of features to a fault, with the evidence."""

import numpy as np
import pytest

from twin.fleet.diagnosis import diagnose, log_likelihoods
from twin.fleet.features import FEATURES, GATE, INDEX, N_FEATURES, NOISE_SD
from twin.fleet.signatures import FAULTS, MAIN, NAMES, PATTERNS, SHIFTS, UNEXPLAINED

SD = NOISE_SD[None] / 2.0


@pytest.mark.parametrize("at", range(len(PATTERNS)), ids=[name for name, _ in PATTERNS])
@pytest.mark.parametrize("size", [1.0, 2.0])
def test_every_fault_is_known_by_each_of_its_patterns_at_any_size(at: int, size: float) -> None:
    fault = PATTERNS[at][0]
    found = diagnose(size * SHIFTS[at][None], SD)[0]
    assert found.fault == fault
    assert found.probability > 0.4
    main = FEATURES[MAIN[at]].name
    assert any(words.startswith(main) for words in found.evidence_for)
    assert found.check == FAULTS[fault].check


def test_noise_does_not_change_a_clear_diagnosis() -> None:
    rng = np.random.default_rng(1)
    right = 0
    for k, (fault, _) in enumerate(PATTERNS):
        off, noise = rng.standard_normal((2, 40, N_FEATURES))
        shifts = SHIFTS[k] * (1.0 + 0.15 * off) + SD * noise
        right += sum(found.fault == fault for found in diagnose(shifts, np.repeat(SD, 40, axis=0)))
    assert right / (40 * len(PATTERNS)) > 0.85


def test_a_fall_that_no_fault_makes_is_unexplained() -> None:
    shift = np.zeros((1, N_FEATURES))
    shift[0, INDEX["cooling_conductance_ratio"]] = 0.3  # cools better than ever
    assert diagnose(shift, SD)[0].fault == UNEXPLAINED


def test_a_sensor_may_drift_either_way() -> None:
    shift = -SHIFTS[[name for name, _ in PATTERNS].index("winding_sensor")][None]
    assert diagnose(shift, SD)[0].fault == "winding_sensor"


def test_a_fault_whose_main_feature_nobody_measures_is_not_named() -> None:
    shift = np.zeros((1, N_FEATURES))
    shift[0, INDEX["copper_loss_scale"]] = 0.3
    shift[0, INDEX["magnet_flux_20c_wb"]] = np.nan
    likelihood = log_likelihoods(shift, SD)
    assert likelihood[0, NAMES.index("demagnetisation")] == -np.inf
    assert np.isfinite(likelihood[0, NAMES.index("phase_current_gain")])


def test_what_stays_is_evidence_too() -> None:
    shift = np.zeros((1, N_FEATURES))
    shift[0, INDEX["module_resistance_ratio"]] = 0.25
    dry = diagnose(shift, SD)[0]
    assert dry.fault == "interface_dry_out"
    assert "cooling_conductance_ratio unchanged" in dry.evidence_for
    shift[0, INDEX["cooling_conductance_ratio"]] = -0.4
    assert diagnose(shift, SD)[0].fault == "cooling_loss"


def test_evidence_against_names_what_should_have_shifted() -> None:
    shift = np.zeros((1, N_FEATURES))
    shift[0, INDEX["vibration_m_s2"]] = 1.4
    shift[0, INDEX["vibration_kurtosis"]] = 4.0
    shift[0, INDEX["drag_scale"]] = 0.2
    shift[0, INDEX["loss_ratio"]] = np.nan
    found = diagnose(shift, SD)[0]
    assert found.fault == "bearing_wear"
    assert "loss_ratio not measured" in found.evidence_against


def test_every_pattern_is_of_features_that_exist_and_has_a_main_one_above_its_gate() -> None:
    assert {name for name, _ in PATTERNS} == set(FAULTS)
    for k, (_, shifts) in enumerate(PATTERNS):
        assert set(shifts) <= set(INDEX)
        assert abs(SHIFTS[k, MAIN[k]]) >= 0.5 * GATE[MAIN[k]]


COOLED = ("pump_flow_ratio", "module_resistance_ratio", "cooling_conductance_ratio", "drag_scale")


@pytest.mark.parametrize(
    ("shifts", "fault"),
    [
        ((-0.36, -0.07, 0.05, 0.0), "pump"),  # the usual way out for the heat, less flow
        ((-0.16, 0.39, -0.14, 0.18), "air_in_coolant"),
        ((0.0, 0.5, -0.25, 0.25), "cooling_loss"),
        ((0.0, 0.15, 0.0, 0.0), "interface_dry_out"),
        ((0.0, 0.0, 0.0, 0.35), "oil_loss"),
    ],
)
def test_less_flow_air_deposits_and_a_dry_interface_are_told_apart(shifts: tuple[float, ...], fault: str) -> None:
    shift = np.zeros((1, N_FEATURES))
    for name, size in zip(COOLED, shifts, strict=True):
        shift[0, INDEX[name]] = size
    assert diagnose(shift, SD)[0].fault == fault


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_current_sensor_shows_otherwise_in_a_machine_with_magnets(sign: float) -> None:
    """Without the copper's part it would be the DC sensor."""
    shift = np.zeros((1, N_FEATURES))
    shift[0, INDEX["loss_ratio"]], shift[0, INDEX["copper_loss_scale"]] = sign * 0.4, sign * 0.4
    found = diagnose(shift, SD)[0]
    assert found.fault == "phase_current_gain"
    assert any(words.startswith("copper_loss_scale") for words in found.evidence_for)
    shift[0, INDEX["copper_loss_scale"]] = 0.0
    assert diagnose(shift, SD)[0].fault == "dc_current_gain"
