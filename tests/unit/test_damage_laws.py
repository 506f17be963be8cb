"""Damage laws at their published values, their scale, and the direction of every influence."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.physics import ageing, bearings, gears
from twin.physics import power_module as module

SEVEN = [(60, 40), (60, 90), (100, 65), (80, 65), (40, 65), (30, 65), (20, 65)]
"""(range K, low degC) of the published table; from the third on the low temperature is 65 degC."""


class Module(NamedTuple):
    thickness_factor: float = 1.0
    foot_current_a: float = 10.0
    blocking_voltage_v: float = 750.0
    wire_um: float = 400.0
    cips08_k: float = 9.34e14


def printed(value: float, digits: int) -> float:
    """Rounded to as many significant digits as a table prints."""
    return float(f"{value:.{digits - 1}e}")


@pytest.mark.parametrize(
    ("law", "published"),
    [
        (module.AN21, [8.74e5, 2.61e5, 3.18e4, 1.02e5, 5.03e6, 4.58e7, 3.03e9]),
        (module.LESIT, [3.87e5, 2.72e4, 2.62e3, 1.31e4, 1.24e6, 7.04e6, 7.27e7]),
        (module.CIPS08, [1.20e6, 6.80e5, 9.25e4, 2.48e5, 5.29e6, 1.89e7, 1.13e8]),
    ],
)
def test_power_cycling_laws_give_their_published_cycles(law: int, published: list[float]) -> None:
    found = [printed(module.cycles_to_failure(law, Module(), float(dt), float(low), 2.0), 3) for dt, low in SEVEN]
    assert found == published
    assert module.cycles_to_failure(law, Module(), 0.0, 65.0, 2.0) == math.inf
    assert module.LAWS[law] in ("an21", "lesit", "cips08")


def test_long_cycles_wear_the_solder_and_short_ones_the_wires() -> None:
    assert [module.wears_solder(on_s) for on_s in (0.05, 5.0, 15.0, 3_600.0)] == [False, False, True, True]


def test_silicon_carbide_has_a_third_of_the_life() -> None:
    silicon, carbide = (module.cycles_to_failure(module.AN21, Module(k), 60.0, 40.0, 2.0) for k in (1.0, 0.33))
    assert carbide == pytest.approx(0.33 * silicon)


@given(st.sampled_from([0, 1, 2]), st.floats(2.0, 140.0), st.floats(-30.0, 110.0), st.floats(0.05, 100.0))
def test_larger_hotter_and_longer_cycles_never_last_longer(law: int, range_k: float, low_c: float, on_s: float) -> None:
    life = module.cycles_to_failure(law, Module(), range_k, low_c, on_s)
    assert 0.0 < module.cycles_to_failure(law, Module(), range_k * 1.05, low_c, on_s) < life
    assert module.cycles_to_failure(law, Module(), range_k, low_c + 5.0, on_s) < life
    assert module.cycles_to_failure(law, Module(), range_k, low_c, on_s * 1.5) <= life


@pytest.mark.parametrize(
    ("kind", "published"),
    [(bearings.BALL, [0.188, 0.529, 2.431, 4.202, 7.202]), (bearings.ROLLER, [0.124, 0.195, 0.399, 0.516, 0.664])],
)
def test_lubrication_factor_gives_its_published_values(kind: int, published: list[float]) -> None:
    assert [round(bearings.a_iso(kind, kappa, 0.1), 3) for kappa in (0.2, 0.5, 1.0, 2.0, 4.0)] == published


def test_lubrication_factor_is_held_to_its_range() -> None:
    for kind in (bearings.BALL, bearings.ROLLER):
        assert bearings.a_iso(kind, 9.0, 0.1) == bearings.a_iso(kind, 4.0, 0.1)
        assert bearings.a_iso(kind, 0.01, 0.1) == bearings.a_iso(kind, 0.1, 0.1)
        assert bearings.a_iso(kind, 4.0, 50.0) == bearings.MOST_A_ISO
        assert bearings.a_iso(kind, 4.0, 0.0) == pytest.approx(0.1)


def test_reference_viscosity_gives_its_published_values() -> None:
    assert round(bearings.reference_viscosity(500.0, 60.0), 2) == 33.42
    assert round(bearings.reference_viscosity(8_000.0, 60.0), 3) == 6.495


def test_oil_viscosity_goes_through_its_data_sheet_and_falls_with_temperature() -> None:
    found = [bearings.oil_viscosity(temp_c, 28.0, 5.8) for temp_c in (-20.0, 40.0, 70.0, 100.0, 140.0)]
    assert found[1] == pytest.approx(28.0)
    assert found[3] == pytest.approx(5.8)
    assert found == sorted(found, reverse=True)


def test_bearing_life_is_a_million_turns_at_the_rating_and_falls_with_the_load() -> None:
    assert bearings.bearing_damage(bearings.BALL, 1e6, 5e3, 5e3, 1.0, 1.0) == 1.0
    ball, roller = (bearings.bearing_damage(kind, 1e6, 1e4, 5e3, 1.0, 1.0) for kind in (0, 1))
    assert (ball, roller) == (pytest.approx(8.0), pytest.approx(2.0 ** (10.0 / 3.0)))
    assert bearings.bearing_damage(bearings.BALL, -1e6, 5e3, 5e3, 2.0, 0.64) == pytest.approx(1.0 / 1.28)
    assert bearings.equivalent_load_n(1_000.0, 100.0, 0.56, 1.8) == 1_000.0
    assert bearings.equivalent_load_n(1_000.0, 800.0, 0.56, 1.8) == pytest.approx(2_000.0)


def test_forces_of_a_helical_tooth() -> None:
    tangential, radial, axial = bearings.tooth_forces_n(-400.0, 0.08, math.radians(20.0), math.radians(30.0))
    assert tangential == pytest.approx(10_000.0)
    assert radial == pytest.approx(10_000.0 * math.tan(math.radians(20.0)) / math.cos(math.radians(30.0)))
    assert axial == pytest.approx(10_000.0 * math.tan(math.radians(30.0)))


def test_gear_lives_are_those_of_the_standard_at_both_ends_of_the_line() -> None:
    pitting = (gears.PITTING_CYCLES, gears.PITTING_SLOPE)
    bending = (gears.BENDING_CYCLES, gears.BENDING_SLOPE)
    assert gears.tooth_damage(300.0, 5e7, 300.0, *pitting) == 1.0
    assert gears.tooth_damage(300.0 * 1.6**2, 1e5, 300.0, *pitting) == pytest.approx(1.0, rel=0.01)
    assert gears.tooth_damage(300.0, 3e6, 300.0, *bending) == 1.0
    assert gears.tooth_damage(300.0 * 2.5, 1e3, 300.0, *bending) == pytest.approx(1.0, rel=0.01)


def test_powers_of_torque_without_pow_are_those_of_the_laws() -> None:
    shares = np.geomspace(0.05, 1.6, 500)
    powers = np.array([gears.load_powers(share) for share in shares])
    slopes = np.array([gears.PITTING_SLOPE, gears.BENDING_SLOPE, 3.0, gears.ROLLER_SLOPE])
    assert powers == pytest.approx(shares[:, None] ** slopes, rel=1e-3)
    assert (np.diff(powers, axis=0) > 0.0).all()
    assert gears.load_powers(0.0) == (0.0, 0.0, 0.0, 0.0)
    assert np.isfinite(gears.load_powers(10.0)).all()  # more than a machine can


@pytest.mark.parametrize(
    ("activation_ev", "published"),
    [(0.9, [7_550, 20_000, 57_970, 186_260, 674_000]), (1.1, [6_080, 20_000, 73_436, 305_825, 1_470_000])],
)
def test_insulation_lives_are_the_published_hours(activation_ev: float, published: list[int]) -> None:
    for temp_c, hours in zip((200.0, 180.0, 160.0, 140.0, 120.0), published, strict=True):
        life_h = ageing.arrhenius_life_h(temp_c, 20_000.0, 180.0, activation_ev)
        digits = len(str(hours).rstrip("0"))
        assert printed(life_h, digits) == pytest.approx(hours, rel=0.6 * 10.0 ** (1 - digits))
    assert ageing.thermal_damage(3_600.0 * 20_000.0, 180.0, 20_000.0, 180.0, activation_ev) == 1.0


def test_oil_life_halves_per_ten_kelvin() -> None:
    assert ageing.arrhenius_life_h(100.0, 10_000.0, 90.0, 0.85) == pytest.approx(5_000.0, rel=0.06)


def test_a_seal_wears_by_distance_and_faster_when_hot() -> None:
    distance_m = 10.0 * 3_600.0 * 6_000.0
    assert ageing.seal_damage(distance_m, 120.0, 6_000.0, 120.0, 10.0, 0.85) == pytest.approx(1.0)
    assert ageing.seal_damage(distance_m, 130.0, 6_000.0, 120.0, 10.0, 0.85) > 1.7
    assert ageing.seal_damage(0.0, 130.0, 6_000.0, 120.0, 10.0, 0.85) == 0.0


def test_a_vehicle_life_slides_226_000_km_on_its_slip_rings() -> None:
    revolutions = 3e8 / (2.0 * math.pi * 0.35) * 8.774
    distance_m = ageing.sliding_distance_m(-revolutions, 0.06)
    assert distance_m / 1e3 == pytest.approx(226_000.0, rel=0.005)
    assert ageing.brush_damage(distance_m, 1.0, 2.26) == pytest.approx(1.0, rel=0.005)


def test_magnet_margin_shrinks_with_heat_and_with_current_against_the_magnet() -> None:
    magnet = (1.2e6, -0.006, 2.5e5, -0.0012, 800.0)
    cold = ageing.magnet_margin_a_m(20.0, 0.0, *magnet)
    assert cold == pytest.approx(9.5e5)
    assert ageing.magnet_margin_a_m(20.0, 300.0, *magnet) == cold
    assert ageing.magnet_margin_a_m(20.0, -300.0, *magnet) == pytest.approx(cold - 2.4e5)
    assert ageing.magnet_margin_a_m(150.0, -400.0, *magnet) < 0.0
