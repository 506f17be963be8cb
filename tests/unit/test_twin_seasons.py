"""Losses that follow oil and magnets, and coolant that thickens; judged in winter and summer by the simulator."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests import simulated
from tests.unit.test_twin_losses import at, shipped
from twin.physics.bearings import oil_viscosity
from twin.physics.losses import COLDEST_OIL_C, oil_factors, operating_point, unit_oil_viscosity, warm_current
from twin.physics.thermal import STILL_FLOW, conductance, effective_flow
from twin.plant.machines import load as machine
from twin.plant.trips import DAY_S
from twin.plant.unit import SimulatedUnit, Surroundings
from twin.twin import Twin
from twin.variants import names

SEASONS = {"winter": simulated.WINTER, "summer": simulated.SUMMER}
JUDGED = ("bmw-gen5-rear", "jaguar-ipace")


def parameters(variant: str) -> Any:
    return shipped(variant).parameters.view(np.recarray)[0]


@cache
def season(name: str, first_day: int) -> tuple[float, float]:
    """Modelled over true gear loss, and bias of the driving efficiency [pp], of eight units over two days."""
    twin, modelled_j, true_j, bias_pp = Twin(shipped(name)), 0.0, 0.0, []
    for number in range(8):
        place = Surroundings(number, number % 3, plant=number % 4, batch=number)  # no one factory's bias
        unit = SimulatedUnit(machine(name), 1, number, first_day * DAY_S, place)
        samples, truth = simulated.drives_of(unit, first_day, 2)
        results, trips = simulated.estimate(twin, samples, truth)
        modelled_j += float(np.nansum(results.states["gear_loss_w"] * results.states["duration_s"]))
        true_j += float(truth["gear_loss_w"].sum())
        mechanical_w, at_us = truth["shaft_power_w"] - truth["gear_loss_w"], truth["time_s"] * 1_000_000
        for trip in trips[np.isfinite(trips["efficiency_model"])]:
            driving = (at_us >= trip["time_us"]) & (at_us <= trip["end_us"]) & (mechanical_w > 0.0)
            true = mechanical_w[driving].sum() / truth["dc_power_w"][driving].sum()
            bias_pp.append(100.0 * (trip["efficiency_model"] - true))
    return modelled_j / true_j, float(np.mean(bias_pp))


@pytest.mark.parametrize("name", JUDGED)
def test_gear_loss_follows_the_cold_oil_from_summer_to_winter(name: str) -> None:
    winter, summer = season(name, SEASONS["winter"])[0], season(name, SEASONS["summer"])[0]
    assert winter == pytest.approx(summer, rel=0.08)


@pytest.mark.parametrize("when", SEASONS)
@pytest.mark.parametrize("name", JUDGED)
def test_efficiency_is_right_in_the_mean_in_every_season(name: str, when: str) -> None:
    assert abs(season(name, SEASONS[when])[1]) <= 0.6


def factors(par: Any, oil_temp_c: float) -> tuple[float, float]:
    return oil_factors(par, unit_oil_viscosity(par, oil_temp_c))


def test_oil_factors_are_the_textbook_powers_of_the_viscosity() -> None:
    par, file = parameters("bmw-gen5-rear"), shipped("bmw-gen5-rear").file.gear
    stated_c = file.oil_temp.value
    assert factors(par, stated_c) == pytest.approx((1.0, 1.0))
    nu = {t: oil_viscosity(t, file.oil_viscosity_40c.value, file.oil_viscosity_100c.value) for t in (0.0, stated_c)}
    ratio, churning = nu[0.0] / nu[stated_c], file.churning_share.value
    mesh, drag = factors(par, 0.0)
    assert mesh == pytest.approx(ratio**-0.05)
    assert drag == pytest.approx(churning * ratio**0.21 + (1.0 - churning) * ratio ** (2.0 / 3.0))


def test_oil_drags_less_the_warmer_it_is_and_not_without_end_in_the_cold() -> None:
    for name in names():
        drags = [factors(parameters(name), temp_c)[1] for temp_c in np.arange(-40.0, 151.0, 10.0)]
        assert np.all(np.diff(drags) <= 0.0)
        assert drags[0] == factors(parameters(name), COLDEST_OIL_C)[1] < 15.0


def test_bench_without_a_gear_drags_alike_at_every_temperature() -> None:
    assert factors(parameters("lea-pmsm"), 0.0) == (1.0, 1.0)


@pytest.mark.parametrize("torque_nm", [-150.0, 60.0, 200.0])
@pytest.mark.parametrize("name", ["bmw-i3", "jaguar-ipace"])
def test_warm_magnets_need_the_current_that_still_makes_the_torque(name: str, torque_nm: float) -> None:
    par, warm = parameters(name), 0.9
    i_d, cold_a, _ = operating_point(par, 3_000.0, torque_nm)
    warm_a = warm_current(par, i_d, cold_a, warm)

    def torque(flux_wb: float, i_q: float) -> float:
        return float(1.5 * par.pole_pairs * (flux_wb + (par.d_inductance_h - par.q_inductance_h) * i_d) * i_q)

    assert torque(warm * par.magnet_flux_wb, warm_a) == pytest.approx(torque(par.magnet_flux_wb, cold_a))
    assert abs(cold_a) < abs(warm_a) < abs(cold_a) / warm  # reluctance makes its share of the torque


def test_warm_magnets_change_no_measured_current_but_the_flux_in_the_iron() -> None:
    measured = {"i_d_a": -100.0, "i_q_a": 200.0}
    cold, warm = (at("jaguar-ipace", 6_000.0, 100.0, flux_factor=f, **measured) for f in (1.0, 0.9))
    assert warm.copper_w == cold.copper_w
    assert warm.iron_w < cold.iron_w
    cold, warm = (at("jaguar-ipace", 3_000.0, 100.0, flux_factor=f) for f in (1.0, 0.9))
    assert 1.05 < warm.copper_w / cold.copper_w < 1.0 / 0.9**2


def test_cold_glycol_halves_what_the_jacket_takes() -> None:
    par = parameters("bmw-gen5-rear")
    (jacket,) = (k for k in range(par.edges) if par.edge_flow_exponent[k] == 0.8)
    flow = par.nominal_flow_l_min
    cold, warm = (conductance(par, jacket, effective_flow(par, flow, t), 0.0, t) for t in (0.0, 60.0))
    assert cold / warm == pytest.approx(0.5, rel=0.01)
    assert effective_flow(par, 0.0, 60.0) == STILL_FLOW
