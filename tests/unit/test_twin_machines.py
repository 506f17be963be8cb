"""Machines and inverters the family is made of: what is special about each, against the textbook."""

from typing import Any

import numpy as np
import pytest

from tests.machine import inverter_loss
from tests.unit.test_twin_losses import OMEGA, at, shipped, total
from twin.layout.fresh import fresh_row
from twin.physics.junction import device_losses
from twin.physics.losses import operating_point
from twin.variants import names

DEMANDING = ("bmw-gen5-front", "bmw-gen5-performance", "jaguar-ipace", "landrover-800v-rear", "mini-eesm")


def parameters(variant: str) -> Any:
    return shipped(variant).parameters.copy().view(np.recarray)[0]


def induction_torque(par: Any, slip_rad_s: float, current_a: float) -> tuple[float, float, float]:
    """Torque, i_d and i_q of an unsaturated cage machine fed with a current, from its equivalent circuit."""
    mutual_h, resistance = par.field_flux_h, par.cage_resistance_ohm
    branch = resistance / slip_rad_s / mutual_h  # rotor branch against the magnetising one: R / s over j omega M
    rotor_share = 1.0 / np.hypot(1.0, branch)
    i_q, i_d = current_a * rotor_share, current_a * rotor_share * branch
    air_gap_w_per_rad_s = 1.5 * i_q**2 * resistance / slip_rad_s  # power over electrical speed of the field
    return par.pole_pairs * air_gap_w_per_rad_s, i_d, i_q


def test_induction_machine_makes_the_torque_of_its_equivalent_circuit() -> None:
    par = parameters("bmw-gen6-front")
    par.field_saturation_a = 1e9
    torque_nm, i_d, i_q = induction_torque(par, 12.0, 250.0)
    flux_wb = par.field_flux_h * i_d
    assert 1.5 * par.pole_pairs * flux_wb * i_q == pytest.approx(torque_nm, rel=1e-9)
    assert par.cage_resistance_ohm * i_q / flux_wb == pytest.approx(12.0, rel=1e-9)


def test_slip_power_is_what_the_rotor_loses() -> None:
    par = parameters("bmw-gen6-front")
    work = at("bmw-gen6-front", 6_000.0, 120.0)
    _, i_q, magnetising_a = operating_point(par, 6_000.0, 120.0)
    flux_wb = par.field_flux_h * magnetising_a / np.hypot(1.0, magnetising_a / par.field_saturation_a)
    slip_rad_s = par.cage_resistance_ohm * i_q / flux_wb  # at 20 degC
    assert work.field20_w == pytest.approx(slip_rad_s / par.pole_pairs * 120.0, rel=0.02)
    assert 0.003 < slip_rad_s / (par.pole_pairs * 6_000.0 * OMEGA) < 0.02
    assert work.rotor_w == pytest.approx(work.field20_w * 1.16, rel=0.01)  # rows start at 60 degC


@pytest.mark.parametrize("rpm", [-3_000.0, -12.0, 0.0, 12.0, 3_000.0])
@pytest.mark.parametrize("torque_nm", [-120.0, 120.0])
def test_field_of_an_induction_machine_turns_as_its_air_gap_power_says(rpm: float, torque_nm: float) -> None:
    work = at("bmw-gen6-front", rpm, torque_nm)
    cage_w = work.rotor_w  # rows start warm; this machine loses nothing else in the rotor
    field_rad_s = (torque_nm * rpm * OMEGA + cage_w) / torque_nm  # torque times the field's speed crosses the gap
    pole_pairs = parameters("bmw-gen6-front").pole_pairs
    # the table is bilinear, so its currents make nearly the torque: 3 % of the slip
    slip_hz = pole_pairs * cage_w / abs(torque_nm) / (2.0 * np.pi)
    assert work.field_hz == pytest.approx(pole_pairs * abs(field_rad_s) / (2.0 * np.pi), abs=0.03 * slip_hz)


@pytest.mark.parametrize("variant", ["bmw-gen6-front", "jaguar-ipace", "bmw-gen5-rear", "lea-pmsm"])
@pytest.mark.parametrize(("rpm", "torque_nm"), [(5_000.0, 60.0), (5_000.0, -60.0), (-500.0, 60.0)])
def test_inverter_feeds_all_the_machine_but_its_field_winding(variant: str, rpm: float, torque_nm: float) -> None:
    par, work = parameters(variant), at(variant, rpm, torque_nm)
    field_circuit_w = 0.0
    if par.field_resistance_ohm > 0.0:
        field_a = par.table_field_share * operating_point(par, rpm, torque_nm)[2]  # none is measured
        field_circuit_w = par.brush_drop_v * abs(field_a)
        field_circuit_w += work.field20_w * fresh_row()["field_factor"][0]
    stator_w = work.electrical_w - work.inverter_w - field_circuit_w
    current_a = np.sqrt(work.copper_dc20_w / (1.5 * par.phase_resistance_ohm))
    reference_c = par.device_reference_c  # no base is known yet
    expected = device_losses(
        par, current_a, stator_w, work.dc_voltage_v, par.switching_frequency_hz, reference_c, reference_c
    )
    assert work.switch_square_w == pytest.approx(expected[2], rel=1e-9)
    assert work.diode_square_w == pytest.approx(expected[3], rel=1e-9)


def test_no_other_flux_of_the_induction_machine_loses_less() -> None:
    par = parameters("bmw-gen6-front")
    speed_rpm, torque_nm = 8.0 * par.map_speed_step_rpm, 10.0 * par.map_torque_step_nm  # a node of the table

    def loss(i_d: float) -> float:
        flux_wb = par.field_flux_h * i_d / np.hypot(1.0, i_d / par.field_saturation_a)
        i_q = torque_nm / (1.5 * par.pole_pairs * flux_wb)
        work = at("bmw-gen6-front", speed_rpm, torque_nm, i_d_a=i_d, i_q_a=i_q)
        return total(work)

    i_d, _, _ = operating_point(par, speed_rpm, torque_nm)
    assert loss(i_d) <= 1.01 * min(loss(other) for other in np.linspace(20.0, 200.0, 46))


def test_induction_machine_keeps_some_flux_while_ready_and_none_when_not() -> None:
    ready, off = at("bmw-gen6-front", 3_000.0, 0.0), at("bmw-gen6-front", 3_000.0, 0.0, powered=False)
    par = parameters("bmw-gen6-front")
    assert ready.copper_dc20_w == pytest.approx(1.5 * par.phase_resistance_ohm * par.cage_least_current_a**2)
    assert off.copper_w == off.iron_w == off.rotor_w == off.inverter_w == 0.0
    assert off.gear_w > 0.0


def test_two_inverters_lose_what_each_loses_at_half_the_current() -> None:
    six, one = parameters("bmw-gen5-performance"), parameters("bmw-gen5-performance")
    assert six.inverters == 2.0
    one.inverters = 1.0
    both = inverter_loss(six, 900.0, 200e3, 390.0, 10_000.0)
    assert both == pytest.approx(2.0 * inverter_loss(one, 450.0, 100e3, 390.0, 10_000.0), rel=1e-12)
    assert both < inverter_loss(one, 900.0, 200e3, 390.0, 10_000.0)  # r I^2 halves; thresholds and switching stay


def test_mosfet_inverter_is_the_mean_over_a_period_of_the_current() -> None:
    par = parameters("landrover-800v-rear")
    current, voltage, frequency = 200.0, 780.0, 12_000.0
    i = current * np.sin((np.arange(200_000) + 0.5) * np.pi / 200_000)
    conduction = 3.0 * np.mean(par.switch_resistance_ohm * i**2)  # one of two channels carries it, whichever
    share = 2.0 * par.dead_time_s * frequency
    dead = 3.0 * np.mean(par.body_diode_voltage_v * i) * share
    factor = (voltage / par.switching_voltage_v) ** par.switching_exponent
    switching = 3.0 * frequency * np.mean(par.switching_energy_j * i / par.switching_current_a) * factor
    expected = conduction + dead + switching + par.inverter_fixed_loss_w
    assert inverter_loss(par, current, 90e3, voltage, frequency) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("variant", DEMANDING)
def test_machine_makes_its_torque_within_current_and_voltage(variant: str) -> None:
    par, machine = parameters(variant), shipped(variant).file.machine
    speed_rpm = 0.05 * machine.max_speed.value
    for torque_nm, rpm in ((0.98 * machine.max_torque.value, speed_rpm), (None, 0.55 * machine.max_speed.value)):
        wanted = torque_nm or 0.85 * machine.max_power.value / (rpm * OMEGA)
        i_d, i_q, i_f = operating_point(par, rpm, wanted)
        psi = par.magnet_flux_wb + par.field_flux_h * i_f / np.hypot(1.0, i_f / par.field_saturation_a)
        made = 1.5 * par.pole_pairs * (psi * i_q + (par.d_inductance_h - par.q_inductance_h) * i_d * i_q)
        assert made == pytest.approx(wanted, rel=0.03)
        assert np.hypot(i_d, i_q) < 1.05 * par.current_limit_a
        flux = np.hypot(par.d_inductance_h * i_d + psi, par.q_inductance_h * i_q)
        assert par.pole_pairs * rpm * OMEGA * flux < 1.08 * par.modulation_limit * par.dc_voltage_v / np.sqrt(3.0)


@pytest.mark.parametrize("variant", names())
def test_best_efficiency_is_that_of_the_class(variant: str) -> None:
    par = parameters(variant)
    best = 0.0
    for column in range(4, 20, 4):
        for line in range(4, 20, 4):
            work = at(variant, column * par.map_speed_step_rpm, line * par.map_torque_step_nm)
            best = max(best, 1.0 - total(work) / (work.shaft_w + total(work) - work.gear_w))
    assert 0.92 < best < 0.97
