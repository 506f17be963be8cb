"""How sure a modelled loss is, part by part, and what becomes of it in efficiencies."""

import math
from typing import Any

import numpy as np
import pytest

from twin.estimators import consider, loss_sd
from twin.layout import COPPER_DC20_J, END_WINDING, N_SUMS, OIL, SLOT_WINDING
from twin.layout.fresh import fresh_row
from twin.variants import load


def unit(name: str = "bmw-gen5-rear") -> tuple[Any, Any, Any]:
    """Parameters, the row of a running filter, and sums with 100 J lost in each part."""
    row: Any = fresh_row().view(np.recarray)[0]
    row.ready = 1
    row.temp_c[:] = 60.0
    sums = np.zeros(N_SUMS)
    sums[list(loss_sd.PARTS)] = 100.0
    return load(name).parameters.reshape(1).view(np.recarray)[0], row, sums


def test_without_doubt_about_temperatures_a_part_has_the_spread_of_its_scale() -> None:
    par, row, sums = unit()
    row.ready = 0
    sds_j = np.zeros(len(loss_sd.PARTS))
    total_j = loss_sd.step(par, row, sums, sds_j)
    assert sds_j == pytest.approx(100.0 * par.part_loss_sd)
    assert total_j == pytest.approx(100.0 * math.sqrt(np.sum(par.part_loss_sd**2)))


def test_a_winding_known_to_5_k_makes_its_loss_2_percent_less_sure() -> None:
    par, row, sums = unit()
    sums[COPPER_DC20_J] = 90.0
    row.covariance[consider.place(END_WINDING)] = row.covariance[consider.place(SLOT_WINDING)] = 25.0
    row.covariance[consider.place(SLOT_WINDING) - 1] = 25.0  # both err together
    sds_j = np.zeros(len(loss_sd.PARTS))
    loss_sd.step(par, row, sums, sds_j)
    by_temperature_j = math.sqrt(sds_j[loss_sd.COPPER] ** 2 - (100.0 * par.part_loss_sd[loss_sd.COPPER]) ** 2)
    assert by_temperature_j == pytest.approx(0.00393 * 5.0 * 90.0, rel=0.02)


def test_cold_oil_whose_temperature_is_a_guess_makes_the_gear_less_sure_than_warm_oil() -> None:
    found = []
    for temp_c in (-10.0, 70.0):
        par, row, sums = unit()
        row.temp_c[:] = temp_c
        mesh, drag = loss_sd.oil_factors(par, loss_sd.unit_oil_viscosity(par, temp_c))
        row.mesh_factor, row.drag_factor = mesh, drag
        row.covariance[consider.place(OIL)] = 64.0
        sds_j = np.zeros(len(loss_sd.PARTS))
        loss_sd.step(par, row, sums, sds_j)
        found.append(sds_j[loss_sd.GEAR])
    assert found[0] > found[1] > 100.0 * par.part_loss_sd[loss_sd.GEAR]


def test_the_sum_is_as_sure_as_its_own_limit_where_its_parts_are_not_known() -> None:
    par, row, sums = unit("bmw-i3")
    row.ready = 0
    total_j = loss_sd.step(par, row, sums, np.zeros(len(loss_sd.PARTS)))
    assert total_j == pytest.approx(par.loss_scale_sd * 500.0)
    assert total_j < 100.0 * math.sqrt(np.sum(par.part_loss_sd**2))
