"""Damage of a unit through the twin: what it grows with, that it adds up, and how it is told."""

import math
from typing import Any

import numpy as np
import pytest

from schemas.components import Component, Law
from schemas.results import Validity
from tests import drives
from tests.drives import START_US
from tests.wearing import HOUR_US, MINUTE_US, Unit, warm
from twin.layout import COMPONENTS, MEAN_SAMPLED
from twin.physics import bearings
from twin.physics.gears import tooth_damage
from twin.twin import Twin
from twin.variants import load

REAR, JAGUAR = Twin(load("bmw-gen5-rear")), Twin(load("jaguar-ipace"))
TEETH = ("pitting_driving", "bending_driving")


def steady(twin: Twin = REAR, minutes: int = 5, **signals: float) -> Unit:
    """A unit at one operating point."""
    count = minutes * 60
    return Unit(twin).drive(warm(count, **signals), drives.times(count, hz=1.0))


@pytest.mark.parametrize("torque_nm", [200.0, -200.0])
def test_torque_times_1_1_is_tooth_damage_times_1_1_to_the_slope_on_the_flank_that_bears_it(torque_nm: float) -> None:
    one, more = steady(torque_nm=torque_nm).wear, steady(torque_nm=1.1 * torque_nm).wear
    flank, other = ("driving", "braking") if torque_nm > 0.0 else ("braking", "driving")
    assert more[f"pitting_{flank}"] / one[f"pitting_{flank}"] == pytest.approx(1.1**6.61, rel=1e-3)
    assert more[f"bending_{flank}"] / one[f"bending_{flank}"] == pytest.approx(1.1**8.74, rel=1e-3)
    assert one[f"pitting_{other}"] == one[f"bending_{other}"] == 0.0


def test_tooth_damage_is_that_of_the_law_for_the_turns_made() -> None:
    unit, teeth = steady(torque_nm=300.0), REAR.variant.file.lifetime.teeth
    turns = 299.0 * 5_000.0 / 60.0  # the first sample has no time before it
    expected = tooth_damage(300.0, turns, teeth.pitting_torque.value, 5e7, 6.61)
    assert unit.wear["pitting_driving"] == pytest.approx(expected, rel=1e-3)


def test_bearing_damage_is_that_of_iso_281_with_the_film_of_the_oil() -> None:
    unit, par = steady(torque_nm=150.0), REAR.variant.parameters.view(np.recarray)[0]
    oil_c = float(unit.row.temp_c[5])
    viscosity = bearings.oil_viscosity(oil_c, *par.oil_viscosity_mm2_s[:2])
    for number, (name, exponent) in enumerate((("drive_end_bearing", 3.0), ("gear_bearing", 10.0 / 3.0))):
        share = 150.0 / 456.0
        rpm = 5_000.0 * par.bearing_turns[number]
        kappa = viscosity / bearings.reference_viscosity(rpm, par.bearing_mm[number])
        contamination = par.bearing_fatigue[number] / (share * par.bearing_load[number])
        factor = bearings.a_iso(int(par.bearing_kind[number]), kappa, contamination)
        turns = 299.0 * rpm / 60.0
        expected = turns * (share * par.bearing_load[number]) ** exponent / (factor * 1e6)
        assert unit.wear[name] == pytest.approx(expected, rel=0.02)


def test_hotter_is_faster_for_all_that_ages_by_heat_and_for_thin_films() -> None:
    def hot(temp_c: float) -> dict[str, float]:
        names = ("winding_temp_c", "coolant_in_temp_c", "coolant_out_temp_c", "oil_temp_c", "ambient_temp_c")
        return steady(**dict.fromkeys(names, temp_c)).wear

    cool, warmer = hot(60.0), hot(90.0)
    for name in ("insulation", "field_winding", "oil", "seal"):
        assert warmer[name] > 4.0 * cool[name] > 0.0, name
    for name in ("drive_end_bearing", "gear_bearing"):
        assert warmer[name] > cool[name] > 0.0, name
    assert warmer["brushes"] == cool["brushes"] > 0.0


def test_deeper_temperature_swings_of_the_junction_wear_more() -> None:
    def swings(torque_nm: float) -> dict[str, float]:
        samples = warm(6_000)
        samples["torque_nm"] = np.where(np.arange(6_000) // 50 % 2 == 0, torque_nm, 0.0)
        return Unit(REAR).drive(samples, drives.times(6_000)).wear

    gentle, hard, harder = swings(150.0), swings(300.0), swings(450.0)
    assert 0.0 < gentle["bond_wires"] < 0.05 * hard["bond_wires"]
    assert hard["bond_wires"] < 0.3 * harder["bond_wires"]


def test_damage_adds_up_over_trips_and_days() -> None:
    unit, count = Unit(REAR), 1_200
    alone = steady(minutes=20, torque_nm=250.0).wear
    for trip in range(3):
        unit.drive(warm(count, torque_nm=250.0), drives.times(count, hz=1.0, start_us=START_US + trip * 20 * HOUR_US))
    unit.tick(START_US + 96 * HOUR_US)
    for name in TEETH:
        assert unit.wear[name] == pytest.approx(3.0 * alone[name], rel=1e-12)
    parts = unit.of("day_parts")
    assert len(parts) == 2
    assert parts["wear"].sum(axis=0) == pytest.approx(unit.row.wear, rel=1e-9)


def test_a_second_cut_by_samples_of_any_rate_counts_the_same_turns() -> None:
    times_us = START_US + np.cumsum(np.array([100_000, 370_000, 1_430_000, 2_100_000] * 100))
    odd = Unit(REAR).drive(warm(len(times_us), torque_nm=250.0), times_us)
    seconds = (times_us[-1] - times_us[0]) // 1_000_000 + 1
    even = Unit(REAR).drive(warm(int(seconds), torque_nm=250.0), times_us[0] + np.arange(int(seconds)) * 1_000_000)
    per_s = [unit.wear["pitting_driving"] / unit.row.wear_m for unit in (odd, even)]
    assert per_s[0] == pytest.approx(per_s[1], rel=1e-9)


def healths(unit: Unit) -> dict[str, Any]:
    """The last health point of each component."""
    return {COMPONENTS[point["component"]]: point for point in unit.of("healths")}


def trip(twin: Twin = REAR, minutes: int = 30, **signals: float) -> Unit:
    unit = steady(twin, minutes, **signals)
    return unit.tick(START_US + minutes * MINUTE_US + HOUR_US)


def test_at_the_end_of_a_trip_every_component_tells_its_damage_its_rates_and_its_law() -> None:
    unit = trip(torque_nm=200.0)
    found = healths(unit)
    assert set(found) == set(COMPONENTS) - {"magnets"}
    for name, point in found.items():
        assert point["time_us"] == START_US + 30 * MINUTE_US
        assert point["damage"] == unit.wear[name]
        km, hours = point["distance_km"], point["driving_h"]
        assert (km, hours) == (pytest.approx(unit.row.wear_m / 1e3), pytest.approx(0.5))
        assert point["per_1000_km"] == pytest.approx(point["damage"] / km * 1e3)
        assert point["per_10_h"] == pytest.approx(point["damage"] / hours * 10.0)
        assert point["today_per_1000_km"] == pytest.approx(point["per_1000_km"], rel=0.01, abs=1e-30)
        assert point["damage_sd_ln"] >= 0.5
        assert point["damage_sd_ln"] < 1.3 or name == "field_winding"  # no thermometer of the rotor here
        assert point["overflows"] == 0
    assert Law(found["bond_wires"]["law"]) is Law.AN21
    assert Law(found["gear_bearing"]["law"]) is Law.ISO_281
    assert Law(found["oil"]["law"]) is Law.ARRHENIUS
    assert found["bond_wires"]["sampling_factor"] == pytest.approx(1.06)
    assert math.isnan(found["oil"]["sampling_factor"])
    unit.tick(START_US + 48 * HOUR_US)
    assert len(unit.of("healths")) == len(found), "the day that ends with the trip says no more"
    midnight = START_US + 47 * HOUR_US + 50 * MINUTE_US
    unit.drive(warm(1_200), drives.times(1_200, hz=1.0, start_us=midnight))
    assert len(unit.of("healths")) == 2 * len(found), "a day that ends under way is told at once"


def test_a_unit_at_its_design_torque_and_temperatures_wears_as_its_design_says() -> None:
    """Oil at the steady temperature whose Arrhenius rate is the mean of the profile: the ratio is one."""
    variant = REAR.variant
    design, oil = variant.file.design, variant.file.lifetime.oil
    per_h = 1e3 * variant.parameters["design_per_m"][0][Component.OIL] * design.distance.value
    per_h /= design.driving_time.value
    slope_k = oil.activation.value / 8.617333e-5
    kelvin = 1.0 / (1.0 / (oil.temp.value + 273.15) - math.log(per_h * oil.life.value) / slope_k)
    names = ("winding_temp_c", "coolant_in_temp_c", "coolant_out_temp_c", "oil_temp_c", "ambient_temp_c")
    mean_km_h = design.distance.value / design.driving_time.value
    rpm = mean_km_h / 3.6 / variant.wheel_radius_m * variant.gear_ratio * 60.0 / (2.0 * math.pi)
    unit = trip(torque_nm=0.0, motor_speed_rpm=rpm, **dict.fromkeys(names, kelvin - 273.15))
    assert healths(unit)["oil"]["design_ratio"] == pytest.approx(1.0, rel=0.05)


def test_magnets_have_a_margin_and_no_sum() -> None:
    cool = healths(trip(JAGUAR, torque_nm=100.0, i_d_a=-100.0, i_q_a=200.0))["magnets"]
    pulled = healths(trip(JAGUAR, torque_nm=100.0, i_d_a=-500.0, i_q_a=200.0))["magnets"]
    assert math.isnan(cool["damage"])
    assert math.isnan(cool["design_ratio"])
    assert cool["margin_a_m"] - pulled["margin_a_m"] > 0.6 * 300_000.0 * 400.0 / 600.0
    assert pulled["margin_a_m"] > 0.0
    assert cool["over_limit_s"] == 0.0
    assert "brushes" not in healths(trip(JAGUAR))


def test_means_hide_peaks_so_what_wears_by_peaks_is_not_valid() -> None:
    unit, count = Unit(REAR), 1_800
    frames = drives.frames(count)
    frames["flags"] = MEAN_SAMPLED
    settled = warm(count, winding_temp_c=78.0)  # as warm as the load makes it
    unit.pieces.append(unit.twin.step(unit.rows, frames, drives.times(count, hz=1.0), settled))
    unit.tick(START_US + 2 * HOUR_US)
    found = healths(unit)
    for name in ("bond_wires", "solder", "pitting_driving", "bending_braking", "gear_bearing"):
        assert Validity(found[name]["validity"]) is Validity.DECLARED_AVERAGED
    for name in ("oil", "insulation", "seal"):
        assert Validity(found[name]["validity"]) is Validity.VALID
    unit.drive(warm(60), drives.times(60, hz=1.0, start_us=START_US + 3 * HOUR_US))  # point samples again
    unit.tick(START_US + 5 * HOUR_US)
    assert Validity(healths(unit)["bond_wires"]["validity"]) is Validity.AVERAGED


def test_without_a_sensor_damage_goes_on_by_the_estimate_and_says_how_sure_it_is() -> None:
    known = healths(trip(winding_temp_c=78.0))  # as warm as the load makes it
    guessed = healths(trip(winding_temp_c=78.0, oil_temp_c=math.nan, coolant_in_temp_c=math.nan))
    for name in ("oil", "seal", "solder"):
        assert guessed[name]["damage_sd_ln"] > known[name]["damage_sd_ln"], name
        assert math.isfinite(guessed[name]["damage"])
    assert known["oil"]["validity"] == Validity.VALID != guessed["oil"]["validity"]
    assert Validity(guessed["bond_wires"]["validity"]) is Validity.NO_COOLANT_TEMP


def test_slow_samples_are_made_up_for_and_fast_ones_are_not() -> None:
    samples = warm(12_000)
    samples["torque_nm"] = np.where(np.arange(12_000) // 100 % 2 == 0, 400.0, 0.0)
    fast = Unit(REAR).drive(samples, drives.times(12_000))
    slow = Unit(REAR).drive(samples[9::10], drives.times(12_000)[9::10])
    factor = [healths(unit.tick(START_US + 2 * HOUR_US))["bond_wires"]["sampling_factor"] for unit in (fast, slow)]
    assert factor == [pytest.approx(1.005), pytest.approx(1.06)]
    assert slow.wear["bond_wires"] == pytest.approx(fast.wear["bond_wires"], rel=0.3)


def test_a_day_ends_alike_whether_a_tick_or_the_next_day_closes_it() -> None:
    samples, later = warm(605, torque_nm=250.0), START_US + 30 * HOUR_US
    times_us = drives.times(605, hz=1.0) + 400_000  # the last second is not complete
    parts, points = [], []
    for ticks in (True, False):
        unit = Unit(REAR).drive(samples, times_us)
        if ticks:
            unit.tick(START_US + HOUR_US).tick(later)
        unit.drive(samples, times_us + 30 * HOUR_US + MINUTE_US)
        parts.append(unit.of("day_parts")[0])
        points.append([point.tobytes() for point in np.unique(unit.of("healths"))])
    assert parts[0]["wear"].tobytes() == parts[1]["wear"].tobytes()
    assert points[0] == points[1]
