"""Vehicles of the simulator on the cycles of certification, against EPA and dynamometer rows (../shared/data)."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from streams.sources.scenario import load_cycle
from tests.data import reference_data
from twin.plant import machines
from twin.plant.cycles import Consumption, consumption

pytestmark = pytest.mark.data

WH_PER_GALLON = 33_705.0
KM_PER_MILE = 1.609344

MODELS = {
    "i4": 'i4 eDrive 40 Gran Coupe (18" Wheels)',
    "ix50": 'iX xDrive50 (20" Wheels)',
    "mini-se": "MINI COOPER SE HARDTOP 2 DOOR",
    "i-pace": "I-Pace EV400",
}
VEHICLES = {vehicle for name in machines.names() for vehicle in machines.vehicles(name)}
PROCEDURES = {"udds": "Charge Depleting UDDS", "hwfet": "Charge Depleting Highway"}


def charging_efficiency() -> float:
    """Energy into the battery over energy from the wall, where EPA meters: one figure for all of FASTSim's cars."""
    with (reference_data("machine-parameters") / "fastsim_vehicle_db_ev_rows.csv").open(encoding="utf-8-sig") as file:
        (share,) = {float(row["chg_eff"]) for row in csv.DictReader(file)}
    return share


def test_every_vehicle_with_a_row_is_compared() -> None:
    """The other vehicles (iX M60, Range Rover, iX3 Gen6) have none: their road loads are estimates."""
    assert {*MODELS, "i3"} == VEHICLES - {"ix-m60", "range-rover", "ix3-gen6"}
    assert charging_efficiency() == 0.86


@cache
def driven(vehicle: str, name: str, folder: Path) -> Consumption:
    found = consumption(vehicle, load_cycle(folder, name), runs=2)
    assert found.followed_m_s < 0.5, "the vehicle keeps up with the cycle"
    return found


@pytest.mark.parametrize("name", PROCEDURES)
@pytest.mark.parametrize("vehicle", MODELS)
def test_consumption_is_within_ten_percent_of_the_certification(vehicle: str, name: str) -> None:
    with (reference_data("epa-2022") / "bmw_mini_jaguar_ev_only.csv").open(encoding="utf-8-sig") as file:
        (mpge,) = {
            float(row["RND_ADJ_FE"])
            for row in csv.DictReader(file)
            if row["Represented Test Veh Model"] == MODELS[vehicle]
            and row["Test Procedure Description"] == PROCEDURES[name]
        }
    certified = WH_PER_GALLON / mpge / KM_PER_MILE * charging_efficiency()
    assert driven(vehicle, name, reference_data("drive-cycles")).battery_wh_km == pytest.approx(certified, rel=0.10)


@pytest.mark.parametrize(("name", "rows"), [("udds", "UDDS"), ("hwfet", "Hwy"), ("us06", "US06")])
def test_an_i3_needs_what_it_needed_on_the_dynamometer(name: str, rows: str) -> None:
    with (reference_data("anl-d3-bmw-i3") / "d3_2014_bmw_i3_bev_tests.csv").open(encoding="utf-8-sig") as file:
        measured = [
            float(row["DC_Wh_per_km"])
            for row in csv.DictReader(file)
            if row["cycle"].startswith(rows) and row["settings"].startswith("Off") and float(row["cell_temp_C"]) > 20
        ]
    assert len(measured) >= 2
    found = driven("i3", name, reference_data("drive-cycles"))
    assert found.battery_wh_km == pytest.approx(float(np.mean(measured)), rel=0.10)


@pytest.mark.parametrize("vehicle", ["i4", "ix50", "mini-se", "i-pace", "i3"])
def test_the_world_cycle_lies_between_town_and_aggressive_driving(vehicle: str) -> None:
    folder = reference_data("drive-cycles")
    town, world, bold = (driven(vehicle, name, folder).battery_wh_km for name in ("udds", "wltc_3b", "us06"))
    assert town < world < bold
